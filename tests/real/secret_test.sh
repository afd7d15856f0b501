#!/usr/bin/env bash
# Canaries through every way a secret can go, good and bad ends included; then the store, the files, the argument lists and the terminal
# are searched for them, plain, with line ends and quotes escaped, in base64, URL-escaped.
. "$(dirname "$0")/lib.sh"
umask 077
mkdir -p "$root/w/releases/v1" "$root/safe" && cd "$root/w" || exit 1

canary=CANARYaa$(head -c 9 /dev/urandom | base64 | tr '+/' 'xy')
printf '%s' "$canary-plain" >"$root/safe/plain"
printf '%s\n%s\n%s\n' "$canary-line1" "$canary-line2" "$canary-line3" >"$root/safe/lines"
printf '%s' "$canary-\"quoted\"\\back/slash&<tag>%20é" >"$root/safe/json"
printf '%s' "$canary-parameter" >"$root/safe/parameter"
printf '%s' "$canary-header" >"$root/safe/header"

# A server that answers with what it was asked, headers and body: one that tells secrets to everybody.
cat >"$root/echo.pl" <<'PL'
use strict; use IO::Socket::INET; $SIG{CHLD} = 'IGNORE';
my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $ARGV[0] // 0, Listen => 16, ReuseAddr => 1) or die "$!";
$| = 1; print $s->sockport, "\n";
while (my $c = $s->accept) {
  next if fork;
  my $head = ''; while (my $line = <$c>) { $head .= $line; last if $line =~ /^\r?\n$/ }
  my $body = ''; if ($head =~ /content-length: *(\d+)/i) { read($c, $body, $1) }
  my $status = $head =~ m{^\S+ /(\d+)} ? $1 : 200;
  if ($status == 999) { sleep 3; exit }
  my $answer = "$head\n$body";
  print $c "HTTP/1.1 $status Said\r\nX-Echo: ", ($head =~ /token: *(\S+)/i ? $1 : ''), "\r\nContent-Length: ", length($answer), "\r\nConnection: close\r\n\r\n$answer";
  exit;
}
PL
perl "$root/echo.pl" >"$root/port" &
server=$!
for ((i = 0; i < 100; ++i)); do [[ -s $root/port ]] && break; sleep 0.05; done
port=$(cat "$root/port")

put slipway.yaml <<YAML
apiVersion: slipway/v1
kind: Workspace
name: shop
environments: [ { name: dev }, { name: prod } ]
connections:
  app: { driver: service, command: [./start], slots: { blue: { port: auto } }, stop_timeout: 1s, env: { APP_TOKEN: "\${{ secrets.plain }}" } }
secrets:
  plain: { file: $root/safe/plain }
  lines: { file: $root/safe/lines }
  json: { file: $root/safe/json }
  header: { file: $root/safe/header }
  fromenv: { env: REAL_CANARY }
notify:
  - { on: [failed, waiting, succeeded, rolled_back], url: "http://127.0.0.1:$port/200/hook?t=\${{ secrets.plain }}" }
  - { on: [failed, waiting, succeeded, rolled_back], command: [sh, -c, "cat >>$root/told"] }
YAML
put releases/v1/start <<'SH'
#!/bin/bash
echo "the service says $APP_TOKEN and $STEP_TOKEN" >&2
[[ -z $DIE ]] || { for ((i = 0; i < 3000; ++i)); do printf '%s %s ' "$APP_TOKEN" "$STEP_TOKEN"; ((i % 7)) || echo; done; exit 7; }
exec sleep 1000000
SH
chmod +x releases/v1/start
export REAL_CANARY=$canary-environment

# procedure NAME ON_FAILURE, its steps on stdin.
procedure() {
  {
    printf 'apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: %s, title: S, version: 1.0.0, status: published, owner: o }\n' "$1"
    printf 'parameters: { token: { type: secret, required: true, description: t }, release: { type: release, default: v1 } }\non_failure: %s\nphases:\n  - id: p\n    title: P\n    steps:\n' "$2"
    cat
  } >"$1.yaml"
}
all_env='env: { A: "${{ secrets.plain }}", B: "${{ secrets.lines }}", C: "${{ secrets.json }}", D: "${{ parameters.token }}", E: "${{ secrets.fromenv }}" }'
leak='
            printf "%s\n" "$A" "$B" "$C" "$D" "$E"; printf "%s" "$A" "$B" "$C" "$D" "$E" | base64 -w0; echo; printf "%s" "$C" | base64; printf "%s" "$B" | base64
            printf "x%s" "$A" | base64 -w0; echo; printf "xy%s" "$A" | base64 -w0; echo
            for v in "$A" "$B" "$C" "$D" "$E"; do half=$((${#v} / 2)); printf "%s" "${v:0:$half}"; sleep 0.1; printf "%s\n" "${v:$half}"; printf "%s" "${v:0:$half}" >&2; sleep 0.1; printf "%s\n" "${v:$half}" >&2; printf "%s\n" "$v" >&2; done
            for ((i = 0; i < 60000; ++i)); do printf "%s " "$A"; done
            perl -e '"'"'for (@ENV{qw(A B C D E)}) { my $j = $_; $j =~ s/(["\\])/\\$1/g; $j =~ s/\n/\\n/g; print "{\"v\":\"$j\"}\n"; my $u = $_; $u =~ s/([^A-Za-z0-9_.~-])/sprintf("%%%02X", ord $1)/ge; print "$u\n" }'"'"'
'
procedure good pause <<YAML
      - id: said
        title: Says it all
        uses: exec.run
        undo: { none: "kept" }
        with:
          $all_env
          shell: |$leak
      - { id: read, title: From its input, uses: exec.run, undo: { none: k }, with: { argv: [cat], input: "\${{ secrets.lines }} and \${{ secrets.json }}" } }
      - { id: parsed, title: As json, uses: exec.run, undo: { none: k }, with: { env: { A: "\${{ secrets.plain }}" }, shell: 'printf "{\"a\":[\"%s\"],\"%s\":1}" "\$A" "\$A"', parse: json } }
      - { id: listed, title: As lines, uses: exec.run, undo: { none: k }, with: { env: { B: "\${{ secrets.lines }}" }, shell: 'printf "%s" "\$B"', parse: lines } }
      - { id: onward, title: An output with it, uses: exec.run, undo: { none: k }, with: { argv: [cat], input: "\${{ steps.read.outputs.stdout }}" } }
      - { id: sent, title: Sent, uses: http.request, undo: { none: k }, with: { url: "http://127.0.0.1:$port/200?q=\${{ secrets.plain }}", headers: { token: "\${{ secrets.header }}", authorization: "Bearer \${{ parameters.token }}" }, body: '{"a":"\${{ secrets.json }}","b":"\${{ secrets.lines }}"}' } }
      - { id: looked, title: Looked, uses: http.check, with: { url: "http://127.0.0.1:$port/200", headers: { token: "\${{ secrets.header }}" } } }
      - { id: up, title: Up, uses: service.start, with: { slot: blue, release: "\${{ parameters.release }}", env: { STEP_TOKEN: "\${{ secrets.json }}", DIE: "" } } }
      - { id: down, title: Down, uses: service.stop, with: { slot: blue } }
YAML
bad() { procedure "$1" "${2:-rollback}"; }
bad fails <<YAML
      - id: said
        title: Fails aloud
        uses: exec.run
        undo: { uses: exec.run, with: { env: { A: "\${{ secrets.plain }}" }, shell: 'echo "undone with \$A"; exit 3' } }
        with:
          $all_env
          shell: |$leak
            exit 9
YAML
bad slow <<YAML
      - { id: s, title: Too slow, uses: exec.run, timeout: 500ms, undo: { none: k }, interrupted: repeat, with: { env: { A: "\${{ secrets.plain }}", D: "\${{ parameters.token }}" }, shell: 'echo "\$A \$D"; echo "\$A" >&2; sleep 30' } }
YAML
bad nothere <<YAML
      - { id: s, title: No such program, uses: exec.run, undo: { none: k }, with: { argv: ["./\${{ secrets.plain }}"] } }
YAML
bad refused <<YAML
      - { id: s, title: Answered 500, uses: http.request, undo: { none: k }, with: { url: "http://127.0.0.1:$port/500/\${{ secrets.plain }}", headers: { token: "\${{ secrets.header }}" }, body: "\${{ secrets.lines }}" } }
YAML
bad nobody <<YAML
      - { id: s, title: No such host, uses: http.check, with: { url: "http://\${{ secrets.header }}.invalid:1/\${{ secrets.plain }}" } }
YAML
bad late <<YAML
      - { id: s, title: No answer, uses: http.check, with: { url: "http://127.0.0.1:$port/999/\${{ secrets.plain }}", headers: { token: "\${{ secrets.header }}" }, timeout: 500ms } }
YAML
bad dies <<YAML
      - { id: up, title: Dies at once, uses: service.start, with: { slot: blue, release: "\${{ parameters.release }}", env: { STEP_TOKEN: "\${{ secrets.json }}", DIE: "y" } } }
YAML
bad folder <<YAML
      - { id: s, title: A folder, uses: exec.run, undo: { none: k }, with: { argv: ["true"], directory: "\${{ secrets.plain }}" } }
YAML
bad crash pause <<YAML
      - { id: s, title: Killed, uses: exec.run, undo: { none: k }, interrupted: repeat, with: { env: { A: "\${{ secrets.plain }}", D: "\${{ parameters.token }}" }, input: "\${{ secrets.lines }}", shell: 'echo "\$A \$D"; cat; echo "\$A" >&2; sleep 0.8' } }
YAML

# Every argument list while all of it goes on.
CANARY=$canary perl -e '$| = 1; while (1) { for my $f (glob "/proc/[0-9]*/cmdline") { open(my $h, "<", $f) or next; local $/; my $l = <$h> // next; $l =~ tr/\0/ /; print "$l\n" if index($l, $ENV{CANARY}) >= 0 } }' >"$root/seen" &
sampler=$!
(exec -a "$canary-on-purpose" sleep 1) &

"$SLIPWAY" plan good.yaml -p token=@"$root/safe/parameter" >>"$root/terminal" 2>&1 || fail "plan"
"$SLIPWAY" plan good.yaml -p token=@"$root/safe/parameter" --json >>"$root/terminal" 2>&1
"$SLIPWAY" run good.yaml -p token=@"$root/safe/parameter" >>"$root/terminal" 2>&1
is "the good run" $? 0
((failures)) && tail -20 "$root/terminal"
for name in fails slow nothere refused nobody late dies folder; do
  timeout 20 "$SLIPWAY" run $name.yaml -p token=@"$root/safe/parameter" >>"$root/terminal" 2>&1
  status=$?
  [[ $status == [124] ]] && ok || fail "$name: exit $status: $(tail -5 "$root/terminal")"
  "$SLIPWAY" holds lift v1 --reason again >/dev/null 2>&1
done
"$SLIPWAY" run crash.yaml -p token=@"$root/safe/parameter" >>"$root/terminal" 2>&1 &
sleep 0.6
kill -9 $! 2>/dev/null
wait $! 2>/dev/null
crashed=$("$SLIPWAY" runs --json | sed -n 's/.*"id": "\(R[0-9]*\)".*/\1/p' | head -1)
"$SLIPWAY" resume "$crashed" -p token=@"$root/safe/parameter" >>"$root/terminal" 2>&1
is "the crashed run" $? 0
# Words that are wrong, said with a secret beside them.
"$SLIPWAY" run good.yaml -p token=@"$root/safe/nowhere" >>"$root/terminal" 2>&1
"$SLIPWAY" run good.yaml -p "token=$canary-in-argv" >"$root/argv" 2>&1
is "a secret in the arguments is refused" $? 2
is "and not repeated" "$(grep -c CANARY "$root/argv")" 0
for run in $("$SLIPWAY" runs --json | sed -n 's/.*"id": "\(R[0-9]*\)".*/\1/p'); do
  for how in show log explain 'log --output' 'log --json --output' 'show --json' 'audit show'; do "$SLIPWAY" $how "$run"; done
done >>"$root/terminal" 2>&1
"$SLIPWAY" audit export all.bundle >>"$root/terminal" 2>&1
"$SLIPWAY" print good.yaml >>"$root/terminal" 2>&1
"$SLIPWAY" audit verify >"$root/verdict" 2>&1 || fail "audit verify: $(cat "$root/verdict")"
kill $sampler $server
wait $sampler $server 2>/dev/null
# deliberate canaries above in the arguments of our own run of the program do not count
grep -q on-purpose "$root/seen" && ok || fail "the arguments were not looked at"
grep -v -e in-argv -e on-purpose "$root/seen" >"$root/seen.ours"

# What base64 makes of its inside, at each of the three alignments.
core=${canary:2}
patterns=()
for ((i = 2; i + 10 <= ${#canary}; ++i)); do patterns+=(-e "${canary:i:10}"); done # parts too: what a cut leaves
for lead in '' x xy; do
  coded=$(printf '%s%s' "$lead" "$canary" | base64 -w0)
  patterns+=(-e "${coded:4:12}")
done
look() { # WHAT FILE…
  local what=$1 hits
  shift
  hits=$(grep -caF "${patterns[@]}" "$@" 2>/dev/null | grep -v ':0$' | grep -v '^0$')
  [[ -z $hits ]] && ok || fail "$what: a canary in $hits: $(grep -aohF "${patterns[@]}" "$@" | sort | uniq -c | head -5); $(grep -aoE ".{0,60}${core:0:10}.{0,30}" "$@" | head -5 | tr -d '\0')"
}
cp .slipway/journal.db "$root/copy.db"
mapfile -t files < <(find .slipway -type f ! -name 'service.log*')
base64 "$root/safe/plain" >"$root/safe/coded"
printf x%s "$canary" | base64 >"$root/safe/shifted"
for value in "$root"/safe/*; do
  grep -qaF "${patterns[@]}" "$value" && ok || fail "the search would not find $value"
done
(($(grep -c '\*\*\*' "$root/terminal") > 20)) && ok || fail "hardly anything was masked: was it said?"
look "the store" "${files[@]}"
look "the argument lists" "$root/seen.ours"
look "the terminal" "$root/terminal"
look "what was told" "$root/told"
# Blobs, events and export as text: base64 in the export is undone line by line.
perl -MMIME::Base64 -ne 'while (/"bytes":"([^"]*)"/g) { print decode_base64($1), "\n" } print' all.bundle >"$root/opened"
look "the export, opened" "$root/opened"
is "no command is left" "$(marked 'sleep 30')" ""
finish
