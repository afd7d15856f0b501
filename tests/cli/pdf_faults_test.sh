#!/usr/bin/env bash
# `slipway print --pdf` where Chromium is absent, hangs, crashes or writes nothing, by fakes in PATH: one clear error in bounded time,
# no file, and nothing left running.
set -euo pipefail
slipway=$1

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }
export TMPDIR=$folder/tmp
mkdir "$TMPDIR" "$folder/fake"
cd "$folder"
"$slipway" init shop >/dev/null
cd shop

# What a fake starts sleeps for a number of seconds that nobody else does.
nap=$((1000000 + $$))
left() { ps -eo args | grep -x "sleep $nap"; }
# chromium SCRIPT: what PATH finds under that name.
chromium() {
  printf '#!/bin/bash\n%s\n' "$1" >"$folder/fake/chromium"
  chmod +x "$folder/fake/chromium"
}
# refused CODE TEXT: the PDF is not made, and the error is TEXT and names the way out.
refused() {
  local got=0
  PATH=$folder/fake:$PATH "$slipway" print procedures/hello.yaml --pdf >out 2>&1 || got=$?
  [[ $got == "$1" ]] || { cat out; fail "exit $got, wanted $1, where it says: $2"; }
  grep -qF -- "$2" out || { cat out; fail "it does not say: $2"; }
  grep -qF -- '--html' out || { cat out; fail "it does not name the way out"; }
  (($(wc -l <out) <= 3)) || { cat out; fail "more than an error"; }
  [[ ! -e hello.pdf ]] || fail "a file was written all the same"
  [[ -z $(ls -A "$TMPDIR") ]] || fail "left behind: $(ls -A "$TMPDIR")"
  ! left || fail "something still runs"
}

got=0
PATH=$folder/fake "$slipway" print procedures/hello.yaml --pdf >out 2>&1 || got=$?
[[ $got == 3 ]] || fail "without a Chromium it exits with $got"
grep -q 'there is none in PATH' out && grep -q 'apt-get install chromium' out || { cat out; fail "it does not say what to install"; }
"$slipway" print procedures/hello.yaml --html | grep -q '<title>' || fail "HTML needs no Chromium"

chromium "kill -SEGV \$\$"
refused 5 'it was ended by signal 11'
chromium "sleep $nap & sleep $nap & exit 7"
refused 5 'it exited with 7'
chromium 'exit 0'
refused 5 'it exited with 0, and what it wrote is no PDF, or nothing'
chromium 'for a in "$@"; do [[ $a != --print-to-pdf=* ]] || echo "no page" >"${a#*=}"; done'
refused 5 'what it wrote is no PDF'
chromium 'head -c 50000000 /dev/zero; exit 9'
refused 5 'it exited with 9'

# A part of it that outlives it is ended, and the page counts.
chromium 'for a in "$@"; do [[ $a != --print-to-pdf=* ]] || echo "%PDF-1.4" >"${a#*=}"; done
'"sleep $nap &"
PATH=$folder/fake:$PATH "$slipway" print procedures/hello.yaml --pdf >out 2>&1 || { cat out; fail "the page was not taken"; }
! left || fail "a part of it still runs"
rm hello.pdf

# It hangs, will not end by itself, and has children.
chromium "trap '' TERM; sleep $nap & sleep $nap & while :; do wait; done"
began=$SECONDS
refused 5 'it was ended after 1m'
((SECONDS - began < 75)) || fail "it took $((SECONDS - began)) s"

# Whoever ends or kills slipway meanwhile leaves nothing running either.
for signal in TERM KILL; do
  PATH=$folder/fake:$PATH "$slipway" print procedures/hello.yaml --pdf >out 2>&1 &
  printing=$!
  for _ in {1..100}; do [[ $(left | wc -l) == 2 ]] && break; sleep 0.05; done
  [[ $(left | wc -l) == 2 ]] || fail "the fake did not start"
  kill -s "$signal" "$printing"
  wait "$printing" 2>/dev/null || true
  for _ in {1..100}; do left >/dev/null || break; sleep 0.1; done
  ! left || fail "something still runs after $signal"
done
[[ ! -e hello.pdf ]] || fail "a file was written all the same"
echo ok
