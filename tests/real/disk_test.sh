#!/usr/bin/env bash
# A full disk: a small file system of its own where this may be mounted, else a limit on the size of every file. The error says what to do,
# the exit code is 5, nothing that was done is lost or done twice, and `resume` finishes once there is room.
. "$(dirname "$0")/lib.sh"
mkdir -p "$root/disk" "$root/effects"
if mount -t tmpfs -o size=3m tmpfs "$root/disk" 2>/dev/null; then small=1; else small=; echo "no mount: files are limited instead"; fi
cd "$root/disk" || exit 1
"$SLIPWAY" init w >/dev/null && cd w || exit 1
{
  cat <<'YAML'
apiVersion: slipway/v1
kind: Procedure
metadata: { id: much, title: M, version: 1.0.0, status: published, owner: o }
on_failure: pause
phases:
  - id: p
    title: P
    steps:
YAML
  for ((i = 1; i <= 24; ++i)); do
    echo "      - { id: s$i, title: S, uses: exec.run, undo: { none: k }, interrupted: { probe: { uses: exec.check, with: { shell: 'test -e $root/effects/s$i' } } }, with: { shell: 'echo x >>$root/effects/s$i; head -c 200000 /dev/urandom | base64 -w0' } }"
  done
} >much.yaml
limited() { if [[ $small ]]; then "$@"; else (ulimit -f 1500; trap '' XFSZ; exec "$@"); fi; }

limited "$SLIPWAY" run much.yaml >"$root/out" 2>&1
status=$?
is "exit on a full disk ($(tail -5 "$root/out"))" "$status" 5
has "the error" "$(cat "$root/out")" "error:"
has "the error" "$(cat "$root/out")" "next:"
[[ $small ]] && has "the cause" "$(cat "$root/out")" "disk is full"
done_before=$(ls "$root/effects" | wc -l)
((done_before > 2 && done_before < 24)) && ok || fail "$done_before steps were done: not in the middle"
# Looking still works, and so does the proof; going on fails the same way and does nothing twice.
for verb in runs 'show R1' 'explain R1' 'log R1'; do
  limited "$SLIPWAY" $verb >"$root/out" 2>&1
  status=$?
  is "$verb on a full disk ($(tail -3 "$root/out"))" "$status" 0
done
limited "$SLIPWAY" audit verify >"$root/out" 2>&1
status=$?
is "audit verify on a full disk ($(tail -3 "$root/out"))" "$status" 0
for ((i = 0; i < 3; ++i)); do
  limited "$SLIPWAY" resume R1 >"$root/out" 2>&1
  status=$?
  is "resume on a full disk ($(tail -3 "$root/out"))" "$status" 5
done
limited "$SLIPWAY" run much.yaml >"$root/out" 2>&1
status=$?
is "another run on a full disk ($(tail -3 "$root/out"))" "$status" 5
[[ $small ]] && { mount -o remount,size=64m "$root/disk" || fail remount; }
"$SLIPWAY" resume R1 >"$root/out" 2>&1
status=$?
is "resume with room ($(tail -5 "$root/out"))" "$status" 0
is "steps done" "$(ls "$root/effects" | wc -l)" 24
# `much` was begun again above on purpose: only what one run did is counted once.
is "done twice" "$(cat "$root"/effects/s2[0-4] | wc -l)" 5
"$SLIPWAY" audit verify >"$root/out" 2>&1
status=$?
is "audit verify ($(tail -3 "$root/out"))" "$status" 0
is "left running" "$(marked base64)" ""

# No room for the store at all.
if [[ $small ]]; then
  umount -l "$root/disk" && mount -t tmpfs -o size=16k tmpfs "$root/disk" && cd "$root/disk" || exit 1
  "$SLIPWAY" init tiny >/dev/null 2>&1 && cd tiny
  head -c 100000 /dev/zero >filler 2>/dev/null
  "$SLIPWAY" run procedures/hello.yaml >"$root/out" 2>&1
  status=$?
  [[ $status != 0 ]] && ok || fail "a run on no disk: $status"
  has "no room at all" "$(cat "$root/out")" "error:"
  rm -f filler; mount -o remount,size=16m "$root/disk"
  rm -rf "$root/disk/tiny2" && "$SLIPWAY" init "$root/disk/tiny2" >/dev/null && cd "$root/disk/tiny2" && "$SLIPWAY" run procedures/hello.yaml >"$root/out" 2>&1
  is "and with room" $? 0
  cd "$root/disk/tiny" && { [[ -f slipway.yaml && -f procedures/hello.yaml && -s slipway.yaml && -s procedures/hello.yaml ]] && { "$SLIPWAY" run procedures/hello.yaml >"$root/out" 2>&1; status=$?; is "the store that had no room begins ($(tail -3 "$root/out"))" "$status" 0; }; }
  cd /
fi
finish
