#!/usr/bin/env bash
# The drafts of procedures/drafts: each says which driver is missing and which page it came from, passes its check, and is refused by
# a strict environment before anything begins.
set -euo pipefail
slipway=$1 source=$2

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "FAILED: $1" >&2; exit 1; }
cd "$folder"
"$slipway" init . >/dev/null
cp "$source"/procedures/drafts/*.yaml procedures/
cat slipway.yaml | grep -q 'strict' || fail "the workspace has no strict environment"

digest=sha256:$(printf x | sha256sum | cut -c1-64)
declare -A parameters=(
  [object-storage-document]="-p document=a -p change=CR-1" [platform-rollback]="-p deployment=d-1"
  [platform-failure]="-p service=web"
  [configuration-change]="-p environment=prod" [build-sign-promote]="-p image=a"
  [kubernetes-deployment]="-p image=a@$digest")
for file in "$source"/procedures/drafts/*.yaml; do
  name=$(basename "$file" .yaml)
  grep -q 'status: draft' "$file" || fail "$name is no draft"
  grep -qE '^  source: [a-z0-9-]+\.md:[0-9]+$' "$file" || fail "$name does not say where it came from"
  grep -qE '^  Missing: ' "$file" || fail "$name does not say which driver is missing"
  "$slipway" check "procedures/$name.yaml" >out 2>&1 || { cat out; fail "$name is not right"; }
  # shellcheck disable=SC2086
  "$slipway" run --no-wait -e prod "procedures/$name.yaml" ${parameters[$name]-} >out 2>&1 && fail "$name ran in a strict environment"
  grep -q "$name is not published, and prod is strict" out || { cat out; fail "$name was not refused for being a draft"; }
done
! "$slipway" runs | grep -qE '^R[0-9]' || fail "a draft began a run"
echo ok
