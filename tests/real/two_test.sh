#!/usr/bin/env bash
# Two terminals at one run, signals, and every exit code of the command line.
. "$(dirname "$0")/lib.sh"
cd "$root" && "$SLIPWAY" init w >/dev/null && cd w || exit 1
put targets/t.yaml <<<'- { id: t1, kind: cell }'
put releases/v1/x <<<x
# procedure ID ON_FAILURE, its steps on stdin: one phase over the target t1.
procedure() {
  {
    printf 'apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: %s, title: T, version: 1.0.0, status: published, owner: o }\nparameters: { release: { type: release, default: v1 } }\ntargets: { kind: cell }\non_failure: %s\nphases:\n  - id: p\n    title: P\n    for_each: target\n    steps:\n' "$1" "${2:-pause}"
    cat
  } >"$1.yaml"
}
procedure slow <<'YAML'
      - { id: one, title: One, uses: exec.run, undo: { uses: exec.run, with: { argv: [sh, -c, 'echo one-undone >>effects'] } }, with: { shell: 'echo one >>effects' } }
      - { id: two, title: Two, uses: exec.run, interrupted: repeat, undo: { uses: exec.run, with: { argv: [sh, -c, 'echo two-undone >>effects'] } }, with: { shell: 'echo two >>effects; sleep 1.5' } }
      - { id: three, title: Three, uses: exec.run, undo: { none: k }, with: { shell: 'echo three >>effects' } }
YAML
procedure person <<'YAML'
      - { id: one, title: One, uses: exec.run, undo: { none: k }, with: { shell: 'echo one >>effects' } }
      - { id: slow, title: Two, needs: [], uses: exec.run, undo: { none: k }, with: { shell: 'sleep 1.5' } }
      - { id: asked, title: Asked, needs: [], confirm: { fields: [ { id: who, type: string, required: true } ] } }
      - { id: last, title: Last, needs: [asked], uses: exec.run, undo: { none: k }, with: { shell: 'echo "last $W" >>effects', env: { W: "${{ steps.asked.outputs.who }}" } } }
YAML
procedure back rollback <<'YAML'
      - { id: one, title: One, uses: exec.run, undo: { uses: exec.run, with: { argv: [sh, -c, 'echo undone >>effects'] } }, with: { shell: 'echo one >>effects' } }
      - { id: no, title: No, uses: exec.check, with: { argv: ["false"] } }
YAML
procedure stuck rollback <<'YAML'
      - { id: one, title: One, uses: exec.run, undo: { uses: exec.run, with: { argv: ["false"] } }, with: { shell: 'echo one >>effects' } }
      - { id: no, title: No, uses: exec.check, with: { argv: ["false"] } }
YAML
procedure stops stop <<'YAML'
      - { id: no, title: No, uses: exec.check, with: { argv: ["false"] } }
YAML

# start FILE: in a group of its own, as a terminal would; sets pid, run, and waits until PATTERN stands in effects.
start() {
  rm -f effects
  "$SLIPWAY" holds lift v1 --reason next >/dev/null 2>&1
  set -m
  "$SLIPWAY" run "$1" >"$root/out" 2>&1 &
  set +m
  pid=$!
  local i
  for ((i = 0; i < 200; ++i)); do grep -q "${2:-two}" effects 2>/dev/null && break; sleep 0.02; done
  run=$(sed -n '1s/^\(R[0-9]*\) .*/\1/p' "$root/out")
  [[ $run ]] || run=$("$SLIPWAY" runs --json | sed -n 's/.*"id": "\(R[0-9]*\)".*/\1/p' | head -1)
}
# code WANTED COMMAND…: sets out
code() {
  local wanted=$1 got
  shift
  out=$("$SLIPWAY" "$@" 2>&1 </dev/null)
  got=$?
  [[ $got == "$wanted" ]] && ok || fail "slipway $*: exit $got, wanted $wanted: $out"
}
ends() { # WANTED: of the process under way
  wait "$pid"
  local got=$?
  [[ $got == "$1" ]] && ok || fail "the driving process: exit $got, wanted $1: $(cat "$root/out")"
}
count() { if [[ -f effects ]]; then grep -c "^$1\$" effects || true; else echo 0; fi; }

# a second run, a second driver
start slow.yaml
seen "sleep 1.5"
code 3 run slow.yaml
has "the refusal names the holder" "$out" "held by $run"
has "and what to do" "$out" "next: slipway"
code 3 run person.yaml
code 3 resume "$run"
has "the refusal names the process" "$out" "pid $pid"
code 3 retry "$run"
code 0 explain "$run"
has "explain says who drives it" "$out" "$pid"
# a person pauses it from the other terminal
code 0 pause "$run"
ends 4
is "the step under way was finished, no other began" "$(count two)$(count three)" 10
is "paused" "$(state "$run")" paused
code 3 run slow.yaml
has "a paused run still holds" "$out" "held by $run"
code 0 resume "$run"
is "three was done once" "$(count one)$(count two)$(count three)" 111
code 3 resume "$run"
code 3 pause "$run"
code 3 cancel "$run" --leave-changes --reason x
is "terminal is terminal" "$(state "$run")" succeeded

# confirm while it is driven: the process goes on by itself
start person.yaml one
code 2 confirm "$run" asked@t1
code 2 confirm "$run" asked@t1 --field who=
code 2 confirm "$run" asked@t1 --field nobody=x
code 2 confirm "$run" missing@t1 --field who=ann
code 2 confirm "$run" asked@t2 --field who=ann
has "another target: the one there is is named" "$out" "next: slipway confirm $run asked@t1"
code 2 confirm "$run" asked --field who=ann
has "no target: the one there is is named" "$out" "next: slipway confirm $run asked@t1"
code 0 confirm "$run" asked@t1 --field who=ann
code 3 confirm "$run" asked@t1 --field who=bob
ends 0
is "the answer arrived" "$(count 'last ann')" 1
# not driven: exit 4, and resume goes on
rm -f effects
code 4 run person.yaml
run=$("$SLIPWAY" runs --json | sed -n 's/.*"id": "\(R[0-9]*\)".*/\1/p' | head -1)
code 4 resume "$run"
code 0 confirm "$run" asked@t1 --field who=eve
code 0 resume "$run"
is "the answer arrived" "$(count 'last eve')" 1

# rollback and cancel from the other terminal
start slow.yaml
code 0 rollback "$run" --reason 'changed our minds'
ends 1
is "rolled back" "$(state "$run")" rolled_back
is "what was done is undone" "$(count one-undone)$(count two-undone)$(count three)" 110
code 3 run slow.yaml
has "the release is on hold" "$out" hold
code 2 holds lift v1
start slow.yaml
code 3 cancel "$run"
has "cancel names rollback" "$out" rollback
code 0 cancel "$run" --leave-changes --reason x
ends 1
is "cancelled" "$(state "$run")" cancelled
is "nothing is undone" "$(count one-undone)$(count two-undone)" 00

# Ctrl-C: once a pause, twice a crash
start slow.yaml
kill -INT -- "-$pid"
ends 130
is "Ctrl-C pauses" "$(state "$run")" paused
is "the step under way was finished" "$(count two)$(count three)" 10
has "and says how to go on" "$(cat "$root/out")" "slipway resume $run"
code 0 resume "$run"
start slow.yaml
kill -TERM "$pid"
ends 130
is "TERM pauses" "$(state "$run")" paused
code 0 rollback "$run"
start slow.yaml
kill -INT "$pid"
sleep 0.3
kill -INT "$pid"
wait "$pid"
got=$?
[[ $got == 130 ]] && ok || fail "the second Ctrl-C: exit $got"
is "no command is left" "$(sleep 0.5; marked 'sleep 1.5')" ""
[[ $(state "$run") == running ]] && ok || fail "after two Ctrl-C: $(state "$run")"
code 3 run slow.yaml
code 0 resume "$run"
is "the interrupted step was done again, as it says" "$(count two)" 2

# two resume at once: one drives, the other is refused or sees it is over
start slow.yaml
kill -9 "$pid"; wait "$pid" 2>/dev/null
"$SLIPWAY" resume "$run" >"$root/r1" 2>&1 & a=$!
"$SLIPWAY" resume "$run" >"$root/r2" 2>&1 & b=$!
wait $a; ca=$?; wait $b; cb=$?
[[ $ca$cb == 03 || $ca$cb == 30 ]] && ok || fail "two resumes at once: $ca and $cb: $(cat "$root/r1" "$root/r2")"
is "each step once, the repeated one twice" "$(count one)$(count two)$(count three)" 121
# eight runs at once for one target: one gets it
rm -f effects
for ((i = 0; i < 8; ++i)); do { "$SLIPWAY" run slow.yaml >"$root/n$i" 2>&1; echo $? >"$root/c$i"; } & done
wait
is "one of eight" "$(cat "$root"/c[0-7] | sort | tr -d '\n')" 03333333
is "one effect" "$(count one)$(count two)$(count three)" 111

# exit codes
code 1 run back.yaml
is "rolled back" "$(count undone)" 1
code 0 holds lift v1 --reason x
code 1 run stops.yaml
code 1 run stuck.yaml
run=$("$SLIPWAY" runs --json | sed -n 's/.*"id": "\(R[0-9]*\)".*/\1/p' | head -1)
is "parked" "$(state "$run")" rollback_failed
code 0 holds lift v1 --reason x
code 3 run slow.yaml
has "which keeps its targets" "$out" "held by $run"
code 1 rollback "$run"
code 0 cancel "$run" --leave-changes --reason 'by hand'
code 2 run nowhere.yaml
code 2 nonsense
code 2 run slow.yaml --plan ''
code 3 run slow.yaml --plan sha256:000000000000
code 0 audit verify

# an answer that cannot be written is no success; a reader that goes away is none of ours
for verb in runs 'show R1' 'show R1 --json' 'audit verify' 'docs'; do
  "$SLIPWAY" $verb >/dev/full 2>"$root/err"
  is "$verb to a full disk" $? 5
  has "$verb to a full disk" "$(cat "$root/err")" "could be written"
done
"$SLIPWAY" docs | head -1 >/dev/null
is "docs to a reader that goes away" "${PIPESTATUS[0]}" 0
"$SLIPWAY" runs >&-
is "runs to nobody: what it said is lost, and that is no success" $? 5
finish
