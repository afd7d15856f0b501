# Read by bash scripts (`source tools/shop.sh`): a copy of examples/web on free ports with its HAProxy, clients that keep asking,
# and what HAProxy itself says of it. All of it ends with the script, unless `keep` is set.
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
keep=${keep:-}
shop='' load_pid='' watcher_pid=''

fail() {
  printf '\n%s: error: %s\n' "${0##*/}" "$1" >&2
  [[ -z $shop ]] || printf '%s: everything is left in %s\n' "${0##*/}" "$shop" >&2
  keep=yes
  exit 1
}
title() { printf '\n=== %s\n' "$1"; }
expect() { [[ $2 == "$3" ]] || fail "$1: expected \`$3\`, found \`$2\`"; }
now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo "${t%???}"; }
seconds() { awk -v ms="$1" 'BEGIN { printf "%.1f", ms / 1000 }'; }

# ---- programs -------------------------------------------------------------------------------------------------------------

slipway='' slipway_load='' slipway_ask=''
slipway() { "$slipway" "$@"; }
find_programs() {
  local programs program found
  # The tests run the programs that they built themselves.
  [[ -n ${SLIPWAY_PROGRAMS:-} ]] || "$project/bin/build" release slipway slipway-load slipway-ask
  programs=$(readlink -f "${SLIPWAY_PROGRAMS:-$project/build/release}")
  for program in slipway slipway-load slipway-ask; do
    found=$(find "$programs" -maxdepth 2 -name "$program" -type f | head -n 1)
    [[ -n $found ]] || fail "$program is not built"
    declare -g "${program//-/_}=$found"
  done
}

# ---- the shop -------------------------------------------------------------------------------------------------------------

# Below the ports that the system gives to connections, so that none of those takes it meanwhile.
free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); do
    [[ " ${ports[*]:-} " != *" $port "* ]] || continue
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  ports+=("$port")
}

# Makes the workspace, stands in it, and starts its HAProxy.
open_shop() {
  find_programs
  shop=$(mktemp -d "${TMPDIR:-/tmp}/slipway-shop-XXXXXX")
  trap close_shop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  cp -r "$project/examples/web/." "$shop"
  cp "$project"/procedures/*.yaml "$shop/procedures/"
  cd "$shop"
  mkdir run
  local _
  ports=()
  for _ in site blue green; do free_port; done
  sed -i "s/18080/${ports[0]}/g; s/18081/${ports[1]}/g; s/18082/${ports[2]}/g" haproxy.cfg slipway.yaml targets/web.yaml
  url=http://127.0.0.1:${ports[0]}/
  haproxy -W -D -f haproxy.cfg -p run/haproxy.pid >run/haproxy.log 2>&1 || fail "HAProxy did not start: $(cat run/haproxy.log)"
}

close_shop() {
  local status=$? pid file
  for pid in $load_pid $watcher_pid; do kill "$pid" 2>/dev/null || true; done
  if [[ -z $keep && -n $shop ]]; then
    for pid in $(cat run/haproxy.pid 2>/dev/null); do kill "$pid" 2>/dev/null || true; done
    for file in .slipway/service/web/*/data/nginx.pid; do
      [[ ! -s $file ]] || kill -QUIT "$(cat "$file")" 2>/dev/null || true
    done
    cd /
    rm -rf "$shop"
  fi
  exit $status
}

# ---- what stands there, by HAProxy's own word -----------------------------------------------------------------------------

ask_haproxy() { "$slipway_ask" run/haproxy.sock "$1"; }
# `blue 100 ready, green 0 maint`: weight and admin state of every server.
weights() {
  ask_haproxy 'show servers state web' |
    awk '$2 == "web" { printf "%s%s %s %s", separator, $4, $8, $7 == 0 ? "ready" : $7 == 1 ? "maint" : $7; separator = ", " }'
}
# Every change of the weights with its time, until it is ended.
watch_weights() {
  local last='' seen
  while seen=$(weights 2>/dev/null); do
    [[ $seen == "$last" ]] || printf '%s %s\n' "$(now_ms)" "$seen" >>run/weights
    last=$seen
    sleep 0.02
  done
}
start_watching() {
  watch_weights &
  watcher_pid=$!
}
# Milliseconds from the first to the last change after FROM (a time).
switch_ms() { awk -v from="$1" '$1 >= from { if (!first) first = $1; last = $1 } END { print last - first }' run/weights; }
# The sum of COLUMNS of `show stat` over the servers of the backend.
counters() {
  ask_haproxy 'show stat' | awk -F, -v columns="$1" '
    NR == 1 { for (i = 1; i <= NF; ++i) name[i] = $i; split(columns, wanted, " "); next }
    $1 == "web" && $2 != "BACKEND" { for (i = 1; i <= NF; ++i) for (w in wanted) if (name[i] == wanted[w]) sum += $i }
    END { print sum + 0 }'
}

# ---- the clients ----------------------------------------------------------------------------------------------------------

# 500 requests a second on 32 kept connections; SHARE percent of them (default 5) last two seconds.
start_clients() {
  : >run/load
  "$slipway_load" "$url" --connections 32 --rate 500 --slow /slow --slow /download --slow-share "${1:-5}" >>run/load &
  load_pid=$!
}
# What the clients met since the last time, into `requests`, `failures` and `failing_ms`.
count_clients() {
  local lines line
  lines=$(wc -l <run/load)
  kill -USR1 "$load_pid" || fail "the clients are gone"
  while (($(wc -l <run/load) == lines)); do sleep 0.02; done
  line=$(tail -n 1 run/load)
  requests=$(number requests "$line") failures=$(number failures "$line")
  failing_ms=$(($(number last_failure_ms "$line") - $(number first_failure_ms "$line")))
}
stop_clients() {
  kill "$load_pid"
  wait "$load_pid" || true
  load_pid=''
}
number() { sed -E "s/.*\"$1\": ([0-9]+).*/\\1/" <<<"$2"; }

# ---- slipway --------------------------------------------------------------------------------------------------------------

member() { sed -nE "s/^  \"$1\": \"?([^\",]*)\"?,?\$/\\1/p" | head -n 1; }
newest_run() { slipway runs --json | sed -nE 's/.*"id": "([^"]+)".*/\1/p' | head -n 1; }
state_of() { slipway show "$1" --json | member state; }
# Processes of slipway itself that work in this shop; the services it started are other programs.
left_of_slipway() {
  local process
  for process in /proc/[0-9]*; do
    [[ $(readlink "$process/exe" 2>/dev/null) == "$slipway" && $(readlink "$process/cwd" 2>/dev/null) == "$shop"* ]] || continue
    printf '%s ' "${process#/proc/}"
  done
}
