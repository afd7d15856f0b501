#!/usr/bin/env bash
# Opens what earlier versions wrote with the program at hand, reads it, verifies it and goes on with it: every folder format-N, against
# the text it held then. `read_test.sh FOLDER --write` writes that text down.
# Wanted in the environment: SLIPWAY (the program).
set -uo pipefail
: "${SLIPWAY:?the program under test}"
export LC_ALL=C NO_COLOR=1
cd "$(dirname "$(readlink -f "$0")")" || exit 1

work=$(mktemp -d "${TMPDIR:-/tmp}/slipway-compat.XXXXXX")
trap 'rm -rf "$work"' EXIT

# say COMMAND…: the command, what it says, and how it ends.
say() {
  local code=0
  echo "\$ slipway $*"
  "$SLIPWAY" "$@" 2>&1 </dev/null || code=$?
  ((code == 0)) || echo "[exit $code]"
}

session() {
  say runs --json
  local run
  for run in R1 R2 R3; do say show "$run"; done
  say log R2 read@a --output
  say log R3 ask@b --output
  say holds
  say targets
  say audit verify
  say audit verify all.bundle --key .slipway/key.pub
  say audit verify R2.bundle --key .slipway/key.pub
}

# What was begun then is gone on with now: nothing of it depends on the hour or on who does it.
go_on() {
  "$SLIPWAY" confirm R3 sign@b --field name=ann >/dev/null &&
    "$SLIPWAY" resume R3 >/dev/null && "$SLIPWAY" audit verify >/dev/null &&
    "$SLIPWAY" run procedures/put.yaml -p release=v1 >/dev/null && "$SLIPWAY" audit verify >/dev/null
}

failed=0
folders=(format-*)
[[ $# == 0 ]] || folders=("$1")
for folder in "${folders[@]}"; do
  cp -r "$folder" "$work/" && cd "$work/$folder" && mv store .slipway && chmod 600 .slipway/* || exit 1
  session >"$work/said"
  cd - >/dev/null || exit 1
  if [[ ${2:-} == --write ]]; then
    cp "$work/said" "$folder/expected.txt"
    continue
  fi
  diff "$folder/expected.txt" "$work/said" || { echo "FAILED: $folder is not read as it was (above)" >&2; failed=1; }
  (cd "$work/$folder" && go_on) || { echo "FAILED: the waiting run of $folder cannot be gone on with" >&2; failed=1; }
done
exit $failed
