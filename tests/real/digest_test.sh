#!/usr/bin/env bash
# One digest for one plan: two paths, another user, time zones, locales, umasks, one CPU, another order of making folders. And each input
# of the plan, changed alone, changes it.
. "$(dirname "$0")/lib.sh"
chmod 755 "$root"
make() { # FOLDER ORDER
  local names=(a b c zz d) name
  [[ $2 == back ]] && names=(d zz c b a)
  mkdir -p "$1" && cd "$1" || exit 1
  mkdir -p releases/v1
  for name in "${names[@]}"; do
    mkdir -p "releases/v1/$name"
    echo "$name" >"releases/v1/$name/file"
    printf -- '- { id: t-%s, kind: cell, labels: { ring: "%s", unread: x }, attributes: { path: "/%s", other: y } }\n' "$name" "$name" "$name" | put "targets/$name.yaml"
  done
  chmod u+x releases/v1/a/file
  put script.sh <<<'echo hello'
  put slipway.yaml <<'YAML'
apiVersion: slipway/v1
kind: Workspace
name: shop
environments:
  - { name: dev, time_zone: Europe/Berlin, calendar: nights }
  - { name: prod }
calendars:
  - { name: nights, time_zone: Europe/Berlin, windows: [ { days: [mon-sun], from: "00:00", to: "24:00" } ] }
connections:
  app: { driver: service, command: [./start], slots: { blue: { port: 18999 } } }
secrets:
  token: { env: REAL_TOKEN }
YAML
  put p.yaml <<'YAML'
apiVersion: slipway/v1
kind: Procedure
metadata: { id: p, title: P, version: 1.0.0, status: published, owner: o }
parameters:
  release: { type: release, default: v1 }
  n: { type: integer, default: "7" }
  s: { type: secret }
targets: { kind: cell, where: { labels.ring: [a, b, c, d, zz] } }
phases:
  - id: p
    title: P
    for_each: target
    waves: [ 25%, 100% ]
    steps:
      - { id: see, title: See, uses: service.status, with: { connection: app } }
      - { id: s, title: S, uses: exec.check, with: { argv: [echo, "${{ target.attributes.path }}", "${{ parameters.n }}", "${{ parameters.release.digest }}"], env: { T: "${{ secrets.token }}" } } }
YAML
}
export REAL_TOKEN=value-one
digest() { "$SLIPWAY" plan p.yaml "$@" --json 2>"$root/err" | sed -n 's/^  "digest": "\(sha256:[0-9a-f]*\)".*/\1/p'; }
make "$root/one" forth
one=$(digest)
[[ $one == sha256:* ]] && ok || fail "no digest: $(cat "$root/err")"
same() { local got; got=$("${@:2}"); is "$1 ($(cat "$root/err"))" "$got" "$one"; }
changed() { # WHAT COMMAND…: the digest is another one after it, in a fresh copy
  local what=$1 got
  shift
  rm -rf "$root/copy" && cp -r "$root/one" "$root/copy" && rm -rf "$root/copy/.slipway" && cd "$root/copy" && eval "$*"
  got=$(digest ${arguments:-})
  [[ $got == sha256:* && $got != "$one" ]] && ok || fail "$what changed nothing: '$got' $(cat "$root/err")"
}
unchanged() {
  local what=$1
  shift
  rm -rf "$root/copy" && cp -r "$root/one" "$root/copy" && rm -rf "$root/copy/.slipway" && cd "$root/copy" && eval "$*"
  is "$what ($(cat "$root/err"))" "$(digest ${arguments:-})" "$one"
}
same again digest
(make "$root/a/much/longer path/two" back)
cd "$root/a/much/longer path/two" && same "another path and order" digest
for zone in UTC America/St_Johns Asia/Kathmandu nonsense; do TZ=$zone same "TZ=$zone" digest; done
for locale in C C.UTF-8 POSIX; do LC_ALL=$locale LANG=$locale same "LC_ALL=$locale" digest; done
for mask in 000 077 027; do
  (umask $mask; make "$root/mask$mask" forth; cd "$root/mask$mask" && digest) >"$root/got"
  is "umask $mask" "$(cat "$root/got")" "$one"
done
same "one CPU" taskset -c 0 bash -c "$(declare -f digest); root=$root; digest"
if ((EUID == 0)) && id nobody >/dev/null 2>&1; then
  cp -r "$root/one" "$root/theirs" && rm -rf "$root/theirs/.slipway" && chown -R nobody "$root/theirs" && cd "$root/theirs"
  cp "$SLIPWAY" "$root/slipway" && chmod 755 "$root/slipway"
  is "another user" "$(setpriv --reuid nobody --clear-groups env HOME=/ "$root/slipway" plan p.yaml --json 2>"$root/err" | sed -n 's/^  "digest": "\(sha256:[0-9a-f]*\)".*/\1/p')" "$one"
fi
cd "$root/one" && REAL_TOKEN=value-two same "a secret's value" digest
cd "$root/one" && HOSTNAME=x USER=x HOME=/nonexistent same "user and host of the environment" digest

changed "the procedure's bytes" "printf '# a remark\n' >>p.yaml"
arguments='-p n=8' changed "a parameter" :
arguments='-e prod' changed "the environment" :
changed "its time zone" "sed -i 's/dev, time_zone: Europe.Berlin/dev, time_zone: UTC/' slipway.yaml"
changed "its strictness" "sed -i 's/{ name: dev,/{ name: dev, strict: true,/' slipway.yaml"
changed "a gate of its" "sed -i 's/{ name: dev,/{ name: dev, gates: [ { window: {} } ],/' slipway.yaml"
changed "a byte of the release" "echo x >>releases/v1/zz/file"
changed "a name in the release" "mv releases/v1/zz/file releases/v1/zz/File"
changed "an executable bit of it" "chmod u+x releases/v1/zz/file"
changed "a new file of it" ": >releases/v1/new"
changed "a target more" "echo '- { id: t-x, kind: cell, labels: { ring: a }, attributes: { path: x } }' >targets/x.yaml"
changed "a target less" "rm targets/zz.yaml"
changed "a label read" "sed -i 's/ring: \"a\"/ring: b/' targets/a.yaml"
changed "an attribute read" "sed -i 's|/zz|/z|' targets/zz.yaml"
changed "a connection's document" "sed -i 's/port: 18999/port: 18998/' slipway.yaml"
# A fact alone: what stands beside it is there without it, and changes nothing.
beside() {
  printf '#!/bin/sh\nexec sleep 1000000\n' | put releases/v2/start
  chmod +x releases/v2/start
  put start.yaml <<'YAML'
apiVersion: slipway/v1
kind: Procedure
metadata: { id: start, title: S, version: 1.0.0, status: published, owner: o }
parameters: { release: { type: release, default: v2 } }
phases: [ { id: p, title: P, steps: [ { id: up, title: Up, uses: service.start, with: { slot: blue, release: "${{ parameters.release }}" } } ] } ]
YAML
}
unchanged "what a service is started with" beside
changed "a fact: a service runs in the slot" 'beside; "$SLIPWAY" run start.yaml >"$root/err" 2>&1 || fail "the service did not start: $(cat "$root/err")"'
changed "a slot more in a connection" "sed -i 's/blue: { port: 18999 }/blue: { port: 18999 }, green: { port: 18997 }/' slipway.yaml"

unchanged "nothing" :
unchanged "an attribute nobody reads" "sed -i 's/other: y/other: z/' targets/a.yaml"
unchanged "a label nobody reads" "sed -i 's/unread: x/unread: z/' targets/a.yaml"
unchanged "a target not selected" "echo '- { id: t-x, kind: cell, labels: { ring: no } }' >targets/x.yaml"
unchanged "what a calendar says" "sed -i 's/\"24:00\"/\"23:00\"/' slipway.yaml"
unchanged "another release" "mkdir releases/v2 && echo x >releases/v2/x"
unchanged "an empty folder of the release" "mkdir releases/v1/empty"
unchanged "times and other permission bits" "touch -d 2001-01-01 releases/v1/a/file && chmod 700 releases/v1/a && chmod g+w releases/v1/b/file"
unchanged "a file nobody names" "echo x >>script.sh"
unchanged "a connection nobody uses" "sed -i 's/^connections:/connections:\n  unused: { driver: service, command: [x], slots: { s: { port: 18990 } } }/' slipway.yaml"
finish
