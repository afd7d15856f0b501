#!/usr/bin/env bash
# kill -9 of the real program at any instant: the program alone, its guard, its whole process group. Then: nothing is left running,
# no effect happened twice unless its step says `repeat`, none is forgotten, the run ends, its end stays, and the log verifies.
. "$(dirname "$0")/lib.sh"
rounds=${ROUNDS:-5}

mkdir -p "$root/w/releases/v1" "$root/w/bin" && cd "$root/w" || exit 1
put slipway.yaml <<'YAML'
apiVersion: slipway/v1
kind: Workspace
name: shop
environments: [ { name: dev }, { name: prod } ]
connections:
  app: { driver: service, command: [./start], slots: { blue: { port: auto } }, stop_timeout: 1s }
YAML
put targets/all.yaml <<'YAML'
- { id: t1, kind: cell }
YAML
# effect NAME: writes an open and a closing line; slow enough to be met in between.
put bin/effect <<'SH'
#!/bin/bash
printf '%s begin\n' "$1" >>effects
sleep "0.$(printf %02d $((RANDOM % 18 + 4)))"
printf '%s end\n' "$1" >>effects
SH
put releases/v1/start <<'SH'
#!/bin/bash
exec sleep 1000000
SH
chmod +x bin/effect releases/v1/start
cat >forward.part <<'YAML'
      - { id: first, title: First, uses: exec.run, with: { argv: [bin/effect, first] }, undo: { none: "kept" }, interrupted: { probe: { uses: exec.check, with: { shell: "grep -q '^first end' effects" } } } }
      - { id: asked, title: Nobody can tell, uses: exec.run, with: { argv: [bin/effect, asked] }, undo: { none: "kept" } }
      - { id: up, title: Start it, uses: service.start, with: { slot: blue, release: "${{ parameters.release }}" } }
      - { id: a, needs: [up], title: A, uses: exec.run, with: { argv: [bin/effect, a] }, undo: { none: "kept" }, interrupted: repeat }
      - { id: b, needs: [up], title: B, uses: exec.run, with: { argv: [bin/effect, b] }, undo: { none: "kept" }, interrupted: repeat }
      - { id: c, needs: [up], title: C, uses: exec.run, with: { argv: [bin/effect, c] }, undo: { uses: exec.run, with: { argv: [bin/effect, c-undone] } } }
      - { id: down, needs: [a, b, c], title: Stop it, uses: service.stop, with: { slot: blue } }
      - { id: last, title: Last, uses: exec.run, with: { argv: [bin/effect, last] }, undo: { none: "kept" } }
YAML
procedure() {
  cat <<YAML
apiVersion: slipway/v1
kind: Procedure
metadata: { id: $1, title: Killed, version: 1.0.0, status: published, owner: ops }
parameters:
  release: { type: release, required: true, description: what }
targets: { kind: cell }
on_failure: rollback
phases:
  - id: all
    title: All
    for_each: target
    steps:
YAML
  cat forward.part
}
procedure good | put good.yaml
{ procedure bad; echo '      - { id: breaks, title: Breaks, uses: exec.check, with: { argv: ["false"] } }'; } | put bad.yaml

count() { if [[ -f effects ]]; then grep -c "^$1\$" effects || true; else echo 0; fi; }

# Commands and services are found while they live: an empty search below means that they are gone.
{ procedure see | sed '/first, title: First/,$d'; cat; } <<'YAML' | put see.yaml
      - { id: up, title: Start it, uses: service.start, with: { slot: blue, release: "${{ parameters.release }}" } }
      - { id: look, title: Look, uses: exec.check, with: { argv: [sleep, "3.125"] } }
      - { id: down, title: Stop it, uses: service.stop, with: { slot: blue } }
YAML
"$SLIPWAY" run see.yaml -p release=v1 >out 2>&1 &
seen 'sleep 3.125'
seen 'sleep 1000000'
wait $!
status=$?
is "the run that is looked at ($(cat out))" $status 0
is "its service is stopped" "$(marked 'sleep 1000000')" ""
before=R1

kills=0
# attack PID: ends it, its guard or its group at some instant; 0 = it was alive.
attack() {
  local pid=$1 guard
  sleep "0.$(printf %03d $((RANDOM % 300)))"
  kill -0 "$pid" 2>/dev/null || return 1
  kills=$((kills + 1))
  case $((RANDOM % 4)) in
    0 | 1) kill -9 "$pid" ;;
    2) # the guard and then the program: nobody is left that could end the commands
      for guard in $(cat "/proc/$pid/task/$pid/children" 2>/dev/null); do
        [[ $(tr '\0' ' ' <"/proc/$guard/cmdline" 2>/dev/null) == *slipway* ]] && kill -9 "$guard"
      done
      kill -9 "$pid" ;;
    3) kill -9 -- "-$pid" 2>/dev/null || kill -9 "$pid" ;;
  esac 2>/dev/null
  wait "$pid" 2>/dev/null
}

for ((round = 1; round <= rounds || (kills < 30 && round <= 12); ++round)); do
  kind=good
  ((round % 3)) || kind=bad
  rm -f effects
  "$SLIPWAY" holds lift v1 --reason "next round" >/dev/null 2>&1
  run=
  set -m
  "$SLIPWAY" run "$kind.yaml" -p release=v1 >out 2>&1 &
  set +m
  pid=$!
  attack "$pid"
  for ((try = 0; try < 40; ++try)); do
    if [[ -z $run ]]; then
      run=$("$SLIPWAY" runs --json | sed -n 's/.*"id": "\(R[0-9]*\)".*/\1/p' | head -1)
      [[ -n $run && $run != "${before:-}" ]] || { # killed before anything was on record: begin again
        run=
        set -m; "$SLIPWAY" run "$kind.yaml" -p release=v1 >out 2>&1 & pid=$!; set +m
        attack "$pid"
        continue
      }
    fi
    now=$(state "$run")
    case $now in succeeded | failed | rolled_back | cancelled | rollback_failed) break ;; esac
    # What only a person can know: say what the file says.
    for step in asked last c; do
      [[ $("$SLIPWAY" show "$run" --json | tr -d '\n ' | grep -o "\"id\":\"$step\"[^}]*" | head -1) == *'"state":"unknown"'* ]] || continue
      name=$step
      [[ $step == c && $(count 'c end') != 0 && $("$SLIPWAY" log "$run" c@t1) == *undo* ]] && name=c-undone
      n=$(count "$name end")
      if [[ $n == 0 ]]; then word=repeat; else word=done; fi
      # where the act was cut in the middle it is begun again on purpose
      [[ $word == done ]] || sed -i "/^$name begin\$/d" effects 2>/dev/null
      "$SLIPWAY" settle "$run" "$step@t1" $word --reason "the file says so" >settled 2>&1 || fail "settle $step: $(cat settled)"
    done
    set -m
    "$SLIPWAY" resume "$run" >out 2>&1 &
    set +m
    pid=$!
    if ((try < 9)); then attack "$pid"; else wait "$pid"; fi
  done
  wait 2>/dev/null
  before=$run
  case $kind in good) is "round $round: $run ends" "$now" succeeded ;; bad) is "round $round: $run ends" "$now" rolled_back ;; esac
  [[ $now == succeeded || $now == rolled_back ]] || { cat out; "$SLIPWAY" show "$run"; "$SLIPWAY" log "$run" | tail -20; }
  is "round $round: first ended once" "$(count 'first end')" 1
  is "round $round: asked ended once" "$(count 'asked end')" 1
  is "round $round: last ended once" "$(count 'last end')" 1
  is "round $round: c ended once" "$(count 'c end')" 1
  [[ $kind == good ]] || is "round $round: c was taken back once" "$(count 'c-undone end')" 1
  (($(count 'a end') >= 1 && $(count 'b end') >= 1)) && ok || fail "round $round: a repeated step was forgotten"
  left=$(marked 'effect')
  is "round $round: no command is left" "$left" ""
  left=$(marked 'sleep 1000000')
  [[ $kind == bad ]] || is "round $round: the service is stopped" "$left" ""
  is "round $round: resume of what is over is refused" "$("$SLIPWAY" resume "$run" >/dev/null 2>&1; echo $?)" 3
  is "round $round: the end stays" "$(state "$run")" "$now"
done

verdict=$("$SLIPWAY" audit verify 2>&1) || fail "audit verify: $verdict"
has "the log verifies" "$verdict" consistent
is "no slipway is left" "$(marked slipway)" ""
echo "$kills kills in $((round - 1)) runs"
((kills >= 30)) || fail "only $kills kills"
finish
