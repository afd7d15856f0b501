# Read by bash scripts (`source tools/estate.sh`): a copy of examples/fleet with a PostgreSQL of its own on a free port and an empty
# database for each customer. All of it ends with the script, unless `keep` is set.
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
keep=${keep:-}
estate='' server_pid=''
postgres=/usr/lib/postgresql/15/bin

fail() {
  printf '\n%s: error: %s\n' "${0##*/}" "$1" >&2
  [[ -z $estate ]] || printf '%s: everything is left in %s\n' "${0##*/}" "$estate" >&2
  keep=yes
  exit 1
}
title() { printf '\n=== %s\n' "$1"; }
expect() { [[ $2 == "$3" ]] || fail "$1: expected \`$3\`, found \`$2\`"; }

slipway() { "$slipway" "$@"; }
find_slipway() {
  # The tests run the program that they built themselves.
  [[ -n ${SLIPWAY_PROGRAMS:-} ]] || "$project/bin/build" release slipway
  slipway=$(readlink -f "${SLIPWAY_PROGRAMS:-$project/build/release}")/slipway
  [[ -x $slipway ]] || fail "slipway is not built"
}

# PostgreSQL refuses root.
as_postgres() { if ((EUID == 0)); then runuser -u postgres -- "$@"; else "$@"; fi; }
# ask DATABASE SQL: the answer, as the superuser over the socket.
ask() { as_postgres "$postgres/psql" -XAtq -h "$estate/server" -p "$port" -U postgres -d "$1" -c "$2"; }

free_port() {
  while port=$((20000 + RANDOM % 12000)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
}

open_estate() {
  find_slipway
  estate=$(mktemp -d "${TMPDIR:-/tmp}/slipway-fleet-XXXXXX")
  chmod 711 "$estate"
  trap close_estate EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  cp -r "$project/examples/fleet/." "$estate"
  cp "$project"/procedures/fleet/*.yaml "$estate/procedures/"
  cd "$estate"
  mkdir run server
  free_port
  sed -i "s/25432/$port/g" customers.json slipway.yaml customers/*.json targets/demo.yaml
  ((EUID != 0)) || chown postgres: server
  as_postgres "$postgres/initdb" -D server/data -U postgres --auth-local=trust --auth-host=scram-sha-256 -E UTF8 --no-locale \
    >run/server.log 2>&1 || fail "$(cat run/server.log)"
  as_postgres "$postgres/postgres" -D "$estate/server/data" -k "$estate/server" -p "$port" -h 127.0.0.1 -c fsync=off >>run/server.log 2>&1 &
  server_pid=$!
  local _
  for _ in {1..200}; do
    ask postgres 'SELECT 1' >/dev/null 2>&1 && break
    sleep 0.05
  done
  (umask 077 && head -c 24 /dev/urandom | base64 >run/password && head -c 48 /dev/urandom | base64 >run/backup-key)
  ask postgres "CREATE ROLE slipway LOGIN CREATEDB CREATEROLE PASSWORD '$(cat run/password)'"
}

# A role and an empty database for each customer of the registry.
make_customers() {
  local database
  for database in $(sed -n 's/^    *"database_url": .*\/\([a-z_]*\)",*$/\1/p' customers.json); do
    ask postgres "CREATE ROLE $database LOGIN" && ask postgres "GRANT $database TO slipway" &&
      ask postgres "CREATE DATABASE $database OWNER $database" || fail "no database for $database"
  done
}

close_estate() {
  if [[ -n $keep ]]; then
    printf '\nleft standing: %s, the server has the pid %s\n' "$estate" "$server_pid"
    return
  fi
  if [[ -n $server_pid ]]; then
    as_postgres "$postgres/pg_ctl" -D "$estate/server/data" -m immediate stop >/dev/null 2>&1 || true
    wait "$server_pid" 2>/dev/null || true
  fi
  cd / && rm -rf "$estate"
}

# code WANTED COMMAND…: sets `said`; both streams.
code() {
  local wanted=$1 got=0
  shift
  said=$("$@" 2>&1 </dev/null) || got=$?
  [[ $got == "$wanted" ]] || fail "exit $got, wanted $wanted: $*: $said"
}
says() { [[ $said == *"$1"* ]] || fail "it does not say \`$1\`: $said"; }
newest_run() { slipway runs --json | sed -n 's/^ *"id": "\(R[0-9]*\)",*$/\1/p' | head -n 1; }
# versions: each customer's, as its own database says.
versions() {
  local database
  for database in $(sed -n 's/^    *"database_url": .*\/\([a-z_]*\)",*$/\1/p' customers.json); do
    printf '%s %s\n' "$(ask "$database" 'SELECT version FROM schema_migrations ORDER BY string_to_array(ltrim(version, '\''v'\''), '\''.'\'')::int[] DESC LIMIT 1')" "$database"
  done
}
