# What the attacks of this folder share: a workspace of their own, counted checks, and an end that leaves no process.
# Wanted in the environment: SLIPWAY (the program) and SQL (tests/real/sql.cc).
set -uo pipefail
: "${SLIPWAY:?the program under test}"
: "${SQL:=/bin/false}"
export LC_ALL=C NO_COLOR=1

seed=${SEED:-$RANDOM$RANDOM}
RANDOM=$((seed % 32768))
echo "seed $seed (SEED=$seed repeats it)"

root=$(mktemp -d "${TMPDIR:-/tmp}/slipway-real.XXXXXX")
export REAL_TEST_MARK=$root # every process of this test carries it; slipway hands on no name that begins with its own
failures=0 checks=0

# marked [PART]: the living processes of this test but for the shells that run it, one "pid command" a line.
marked() {
  local proc pid command
  for proc in /proc/[0-9]*; do
    pid=${proc#/proc/}
    [[ $pid != "$$" && $pid != "$BASHPID" ]] || continue
    grep -qaF "REAL_TEST_MARK=$root" "$proc/environ" || continue
    command=$(tr "\0" " " <"$proc/cmdline") || continue
    [[ $command != *"$0"* && $command == *"${1:-}"* ]] && printf "%s %s\n" "$pid" "$command"
  done 2>/dev/null
  return 0
}

# seen PART: such a process of this test lives, at most a little later: what `marked` does not find later is gone, and not overlooked.
seen() {
  local i
  for ((i = 0; i < 100; ++i)); do [[ -z $(marked "$1") ]] || { ok; return; }; sleep 0.05; done
  fail "the search for '$1' finds nothing where it runs"
}

clean() {
  local pid
  while read -r pid _; do kill -9 "$pid" 2>/dev/null; done < <(marked)
  mountpoint -q "$root/disk" 2>/dev/null && umount "$root/disk"
  if [[ -n ${KEEP:-} ]]; then echo "kept $root"; else rm -rf "$root"; fi
}
trap clean EXIT

fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}
ok() { checks=$((checks + 1)); }

# is WHAT ACTUAL EXPECTED
is() { if [[ $2 == "$3" ]]; then ok; else fail "$1: is '$2', wanted '$3'"; fi; }
# has WHAT TEXT PART
has() { if [[ $2 == *"$3"* ]]; then ok; else fail "$1: '$3' is not in: $2"; fi; }

# A document's text from stdin into a file of the workspace.
put() {
  mkdir -p "$(dirname "$1")"
  cat >"$1"
}

# state RUN: its state, by --json.
state() { "$SLIPWAY" show "$1" --json 2>/dev/null | sed -n 's/^  "state": "\([a-z_]*\)".*/\1/p' | head -1; }

finish() {
  echo "$checks checks passed, $failures failed"
  ((failures == 0))
}
