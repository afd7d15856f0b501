#!/usr/bin/env bash
# Hostile input through the command line: a clear error (cause, place, next command), the right exit code, in bounded time and memory.
. "$(dirname "$0")/lib.sh"
limit_kb=204800
# The sanitizers' own memory and time are not the program's.
grep -qa -e __asan_init -e __tsan_init "$SLIPWAY" && limit_kb=unlimited slow=5000

cd "$root" || exit 1
"$SLIPWAY" init w >/dev/null && cd w || exit 1
printf 'a\n' >releases.txt

# wants CODE PART COMMAND…: exits with CODE, says PART and what to do next (or shows the place), within bounds: a
# second of the processor, which a busy machine does not make longer.
wants() {
  local code=$1 part=$2 status ms TIMEFORMAT='%3U %3S'
  shift 2
  ms=$({ time (
    [[ $limit_kb == unlimited ]] || ulimit -d "$limit_kb"
    timeout -s KILL 10 "$SLIPWAY" "$@" </dev/null >"$root/err" 2>&1 # no exec: it would not be timed
  ); } 2>&1)
  status=$?
  ms=$(awk '{ print int(($1 + $2) * 1000) }' <<<"$ms")
  local said what
  said=$(head -c 20000 "$root/err" | tr -d '\0')
  what="slipway $(printf '%s' "$*" | head -c 120 | tr -d '\n')"
  is "exit of $what ($said)" "$status" "$code"
  has "error of $what" "$said" "$part"
  [[ $said == *error:* ]] && ok || fail "$what: no 'error:' in: $said"
  LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$root/err" && fail "$what: control characters reach the terminal"
  ((ms < ${slow:-1000})) && ok || fail "$what took $ms ms of the processor"
  [[ $said == *next:* || $said == *empty.yaml:1:1* || $said == *"    | "* || $said == *"the workspace has"* ]] && ok || fail "$what: names no next command: $said"
}

head_of() { printf 'apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: x, title: X, version: 1.0.0, status: published, owner: o }\n'; }
repeat() { perl -e 'print $ARGV[0] x $ARGV[1]' "$1" "$2"; }
body() { printf 'phases: [ { id: p, title: P, steps: [ { id: s, title: S, uses: exec.check, with: { argv: ["true"] } } ] } ]\n'; }

# --- documents
{ printf 'a: &a [x,x,x,x,x,x,x,x,x]\n'; for ((i = 0; i < 60; ++i)); do printf 'b%d: &b%d [*a,*a,*a,*a,*a,*a,*a,*a]\n' $i $i; done; } >bomb.yaml
{ head_of; printf 'phases: '; repeat '[' 10000; repeat ']' 10000; } >deep.yaml
{ head_of; printf 'phases: '; repeat '{a: ' 10000; printf 1; repeat '}' 10000; } >deepmap.yaml
{ head_of; printf 'phases:\n'; perl -e 'print " " x $_, "- \n" for 1..5000'; } >deepblock.yaml
{ head_of; printf 'description: "\xff\xfe\xc0\xaf"\n'; body; } >utf8.yaml
{ head_of; printf 'description: "a\0b"\n'; body; } >nul.yaml
{ head_of; printf 'on_failure: stop\non_failure: pause\n'; body; } >twice.yaml
{ head_of; printf 'phases: [ { id: p, title: P, max_parallel: 99999999999999999999999999, steps: [ { id: s, title: S, uses: exec.check, with: { argv: ["true"] }, timeout: 999999999999999999d, retry: { attempts: 18446744073709551617 } } ] } ]\n'; } >huge.yaml
{ head_of; body; printf 'description: "'; repeat x 4300000; printf '"\n'; } >big.yaml
{ head_of; printf 'parameters:\n'; perl -e 'print "  p$_: {}\n" for 1..90000'; body; } >many.yaml
{ head_of; printf 'phases: [ { id: p, title: P, steps: [ { id: s, title: S, uses: exec.check, when: "'; repeat '(' 20000; printf 1; repeat ')' 20000; printf '", with: { argv: ["true"] } } ] } ]\n'; } >expr.yaml
{ head_of; printf 'phases: [ { id: p, title: P, steps: [ { id: s, title: S, uses: exec.check, when: "'; repeat '!' 60000; printf 'true", with: { argv: ["true"] } } ] } ]\n'; } >not.yaml
{ head_of; printf 'parameters: { x: { pattern: "'; repeat '(a{1000})' 200; printf '{1000}" } }\n'; body; } >pattern.yaml
{ head_of; printf '\x1b]0;owned\x07: 1\nphases: [ { id: p, title: "\\e[2Jx", stesp: "\\e[31m" } ]\n'; } >escape.yaml
{ head_of; printf 'phases: [ { id: p, title: P, steps: [ { id: s, title: S, uses: exec.check, with: { '; perl -e 'print "a$_: 1, " for 1..90000'; printf 'argv: ["true"] } } ] } ]\n'; } >arguments.yaml
{ head_of; printf 'parameters: { x: { type: string, default: x } }\nphases: [ { id: p, title: P, steps: [ { id: s, title: S, uses: exec.check, with: { argv: [ '; repeat '"${{ parameters.x }}", ' 60000; printf 'a ] } } ] } ]\n'; } >names.yaml
: >empty.yaml
printf '\xef\xbb\xbf\n---\n...\n---\n' >docs.yaml
head -c 100000 /dev/urandom >random.yaml
mkdir dir.yaml
mkfifo fifo.yaml
for verb in check plan run print simulate; do
  wants 2 anchors $verb bomb.yaml
  wants 2 'deep.yaml:4:' $verb deep.yaml
  wants 2 'deepmap.yaml:4:' $verb deepmap.yaml
  wants 2 'utf8.yaml:4:' $verb utf8.yaml
  wants 2 'nul.yaml:4:' $verb nul.yaml
  wants 2 'twice.yaml:5:1' $verb twice.yaml
  wants 2 'huge.yaml:4:' $verb huge.yaml
  wants 2 4MiB $verb big.yaml
  wants 2 'escape.yaml:' $verb escape.yaml
  wants 2 error: $verb empty.yaml
  wants 2 error: $verb random.yaml
  wants 2 error: $verb dir.yaml
  wants 2 error: $verb fifo.yaml
  wants 2 error: $verb /dev/zero
  wants 2 "no such file" $verb nowhere.yaml
done
for file in deepblock docs expr not pattern arguments names; do wants 2 "$file.yaml" check $file.yaml; done
[[ $("$SLIPWAY" check many.yaml >/dev/null 2>"$root/err"; echo $?) == [02] ]] && ok || fail "many parameters"

# --- names that leave the workspace
{ head_of; printf 'parameters: { release: { type: release, required: true } }\n'; body; } >release.yaml
mkdir -p releases/v1 && echo x >releases/v1/file
for name in ../../etc /etc . .. ../w/releases/v1 'v1/../v1' '' 'v1/' $'v1\n' v9 "$(repeat v 5000)" '~root' '%2e%2e' $'\x1b[2J'; do
  wants 2 elease run release.yaml -p "release=$name"
done
ln -s /etc releases/etc
wants 2 link run release.yaml -p release=etc
mkdir releases/linked && ln -s /etc/passwd releases/linked/passwd
wants 2 link run release.yaml -p release=linked
mkdir releases/piped && mkfifo releases/piped/p
wants 2 error: run release.yaml -p release=piped
mkdir releases/hollow
wants 2 hollow run release.yaml -p release=hollow
for text in 'directory: ../..' 'directory: /etc' "directory: releases/etc"; do
  { head_of; printf 'phases: [ { id: p, title: P, steps: [ { id: s, title: S, uses: exec.check, with: { argv: ["true"], %s } } ] } ]\n' "$text"; } >leave.yaml
  "$SLIPWAY" run leave.yaml >"$root/out" 2>"$root/err" && fail "$text: was run"
done
for arg in 'x=1' '=1' '' 'release' $'release=\xff' ; do wants 2 error: run release.yaml -p "$arg"; done

# --- the command line
long=$(repeat a 3000)
for run in R0 R999 R-1 R99999999999999999999 '' r1 ../R1 $'R1\n' "$long" "R1'; drop table event; --" '%s%n'; do
  for verb in show log explain resume pause cancel rollback retry; do wants 2 error: $verb "$run"; done
  wants 2 error: confirm "$run" s
  wants 2 error: settle "$run" s done
done
wants 2 error: "$long"
wants 2 error: run procedures/hello.yaml -e "../$long"
wants 2 error: run procedures/hello.yaml --plan '../..'
wants 2 error: run procedures/hello.yaml --plan ''
wants 2 error: -C "$root/nowhere" runs
wants 2 error: -C / runs
wants 2 error: targets adopt ../../x v1
wants 2 error: targets adopt x ../../etc
wants 2 error: holds lift ../../etc --reason x
wants 2 error: runs -n -1
wants 2 error: runs -n 99999999999999999999
wants 2 'unknown state' runs -s nonsense
wants 2 empty run procedures/hello.yaml -e ''
wants 2 empty runs -s ""

# --- the workspace's own files
cp slipway.yaml "$root/good.yaml"
workspace() { cat >slipway.yaml; wants 2 "${1:-slipway.yaml}" run procedures/hello.yaml; cp "$root/good.yaml" slipway.yaml; }
cat bomb.yaml | workspace
cat random.yaml | workspace
cat big.yaml | workspace
: | workspace
printf 'apiVersion: slipway/v1\nkind: Workspace\nname: ../../x\nenvironments: [ { name: dev } ]\n' | workspace
printf 'apiVersion: slipway/v1\nkind: Workspace\nname: x\nenvironments: [ { name: dev, time_zone: ../../etc/passwd } ]\n' | workspace time_zone
printf 'apiVersion: slipway/v1\nkind: Workspace\nname: x\nenvironments: []\n' | workspace
printf 'apiVersion: slipway/v2\nkind: Workspace\nname: x\nenvironments: [ { name: dev } ]\n' | workspace
rm slipway.yaml && mkdir slipway.yaml && { wants 2 error: run procedures/hello.yaml; rmdir slipway.yaml; cp "$root/good.yaml" slipway.yaml; }
mv targets "$root/targets.good" 2>/dev/null
hostile_target() { mkdir -p targets && cat >targets/h.yaml; wants 2 targets/h.yaml run procedures/hello.yaml; rm -r targets; }
printf -- '- { id: ../../etc, kind: x }\n' | hostile_target
printf -- '- { id: a, kind: x }\n- { id: a, kind: x }\n' | hostile_target
printf -- '- { id: "a\\u0000b", kind: x }\n' | hostile_target
printf -- '- { id: "%s", kind: x }\n' "$(repeat a 200)" | hostile_target
cat bomb.yaml | hostile_target

# --- a store that is broken
"$SLIPWAY" run procedures/hello.yaml >/dev/null || fail "hello"
cp -r .slipway "$root/store"
broken() { # CODE PART: the verbs that read, and the one that writes
  local verb said status
  # Who asks whether the log is sound gets an answer wherever the file can be opened at all.
  said=$(timeout -s KILL 10 "$SLIPWAY" audit verify 2>&1 </dev/null)
  status=$?
  if [[ $said == *BROKEN:* ]]; then is "exit of audit verify ($said)" "$status" 1; else wants "$1" "$2" audit verify; fi
  for verb in runs 'show R1' 'audit show' "audit export $root/never" 'run procedures/hello.yaml' targets holds; do wants "$1" "$2" $verb; done
  chmod -R u+rwX .slipway && rm -rf .slipway && cp -r "$root/store" .slipway
}
: >.slipway/journal.db && rm -f .slipway/journal.db-* && broken 5 journal
head -c 100000 /dev/urandom >.slipway/journal.db && rm -f .slipway/journal.db-* && broken 5 journal
truncate -s 20000 .slipway/journal.db && rm -f .slipway/journal.db-* && broken 5 journal
truncate -s 100 .slipway/journal.db && rm -f .slipway/journal.db-* && broken 5 journal
rm .slipway/journal.db* && mkdir .slipway/journal.db && broken 5 journal
rm .slipway/journal.db* && ln -s /dev/zero .slipway/journal.db && broken 5 journal
rm -r .slipway && : >.slipway && { wants 5 .slipway run procedures/hello.yaml; rm .slipway; cp -r "$root/store" .slipway; }
chmod 644 .slipway/key.secret && { wants 5 'chmod 600' audit export "$root/never"; chmod 600 .slipway/key.secret; }
for key in empty garbage other; do
  case $key in
    empty) : >.slipway/key.secret ;;
    garbage) echo '!!!!' >.slipway/key.secret ;;
    other) head -c 32 /dev/urandom | base64 >.slipway/key.secret ;;
  esac
  wants 5 key.secret audit export "$root/never"
  cp "$root/store/key.secret" .slipway/
done
rm .slipway/key.secret && { wants 5 key.secret audit export "$root/never"; cp "$root/store/key.secret" .slipway/; }
"$SLIPWAY" run procedures/hello.yaml >/dev/null 2>"$root/err" && ok || fail "after the repairs: $(cat "$root/err")"

# --- a bundle from a stranger
"$SLIPWAY" audit export whole.bundle >"$root/out" || fail "export"
key=$(cat .slipway/key.pub)
"$SLIPWAY" audit verify whole.bundle --key "$key" >"$root/out" 2>&1 && ok || fail "a good bundle: $(cat "$root/out")"
bundle() { # its bytes on stdin
  cat >bad.bundle
  "$SLIPWAY" audit verify bad.bundle --key "$key" >"$root/err" 2>&1 </dev/null
  local status=$?
  [[ $status == [12] ]] && ok || fail "hostile bundle $1: exit $status: $(head -c 500 "$root/err")"
  [[ $(cat "$root/err") == *consistent* ]] && fail "hostile bundle $1 passed"
}
bundle empty </dev/null
head -c 3000000 /dev/urandom | bundle random
repeat '[' 2000000 | bundle deep
repeat '{"bundle":' 100000 | bundle deepmap
head -n 1 whole.bundle | bundle 'header only'
head -n -1 whole.bundle | bundle 'without its seal'
sed 2d whole.bundle | bundle 'without an event'
sed '2{h;d};3{G}' whole.bundle | bundle 'reordered'
sed '2p' whole.bundle | bundle 'twice'
sed '3s/seq/sEq/' whole.bundle | bundle 'edited'
head -c 900 whole.bundle | bundle 'cut'
tr '\n' '\r' <whole.bundle | bundle 'line ends'
{ cat whole.bundle; echo '{"event":"x"}'; } | bundle 'more after the seal'
sed '1s/"bundle":1/"bundle":99999999999999999999/' whole.bundle | bundle 'version'
for bad in '' x "$(repeat A 5000)" "$root/nokey" ../../etc/passwd /dev/zero; do wants 2 error: audit verify whole.bundle --key "$bad"; done
wants 2 error: audit verify nowhere.bundle --key "$key"
wants 2 error: audit verify /dev/zero --key "$key"
wants 2 error: audit verify . --key "$key"
finish
