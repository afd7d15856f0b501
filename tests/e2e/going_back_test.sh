#!/usr/bin/env bash
# Going back, on a real PostgreSQL and with the program itself: what is restored is what was recorded, and nothing else.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/../../tools/estate.sh"
open_estate

# version DATABASE; rows DATABASE TABLE
version() { ask "$1" "SELECT version FROM schema_migrations ORDER BY string_to_array(ltrim(version, 'v'), '.')::int[] DESC LIMIT 1"; }
rows() { ask "$1" "SELECT count(*) FROM $2"; }
agree() { code 0 slipway confirm "$1" "agree@$2" --check all; }
# works RUN: goes on with it once somebody agreed, and says that the customer can work with what came of it.
works() { code 4 slipway resume --no-wait "$1" && code 0 slipway confirm "$1" works --check all && code 0 slipway resume "$1"; }

make_customers
sed -i 's/"day": "[A-Za-z]*"/"day": "any"/; s/"time": "[0-9:-]*"/"time": "flexible"/' customers.json
code 0 slipway fleet import customers.json
code 0 slipway fleet update --to v2.0.0 --customer granite,juniper,kestrel # R1
ask granite "INSERT INTO employees (email, name) VALUES ('a@x.example', 'Before')"
code 0 slipway fleet update --to v2.1.0 --customer granite,juniper # R2

title "The backup of the run that took the customer away is restored, although younger ones lie beside it"
ask granite "INSERT INTO employees (email, name) VALUES ('b@x.example', 'After')"
code 0 slipway fleet update --to v2.1.0 --customer granite # R3: nothing to do, and a backup of v2.1.0
newest=$(ls -t backups/granite_*.backup | head -n 1)
code 0 slipway fleet rollback --customer granite --to v2.0.0 --dry-run
says "granite goes back from v2.1.0 to v2.0.0, which R2 took it away from"
[[ $said != *"$newest"* ]] || fail "it would restore the newest backup: $said"
says "public.employees  1"
code 0 slipway fleet rollback --customer granite --to v2.0.0 --dry-run --json
said=$(tr -d ' \n' <<<"$said")
says '"way_back":{"customer":"granite","from":"v2.1.0","to":"v2.0.0","run":"R2",'
says '"loss":"atleast1rowswerewrittensince:public.employees1","lost":[{"table":"public.employees","rows":1}]}'
expect "runs after a dry run" "$(newest_run)" R3
code 4 slipway fleet rollback --customer granite --to v2.0.0 --no-wait # R4
expect "granite before anybody agreed" "$(version granite)" v2.1.0
agree R4 granite
works R4
expect "granite" "$(version granite)" v2.0.0
expect "rows of granite" "$(ask granite "SELECT string_agg(name, ',') FROM employees")" Before
expect "the replaced database, kept" "$(ask postgres "SELECT count(*) FROM pg_database WHERE datname LIKE 'granite\_\_before%'")" 1

title "A version that is not there touches no customer"
for how in --dry-run --no-wait; do
  code 2 slipway fleet update --to v9.9.9 --customer granite "$how"
  says "there is no version v9.9.9 among the migrations (migrations/)"
  says "next: --to v2.2.0, the newest there is"
done
expect "runs after what was refused" "$(newest_run)" R4
code 2 slipway fleet add --config customers/acme.json --to v9.9.9 --dry-run
says "there is no version v9.9.9 among the migrations (migrations/)"

title "What nothing on record leads to is refused"
code 3 slipway fleet rollback --customer granite --to v2.0.0
says "granite has v2.0.0 already, as R4/"
code 3 slipway fleet rollback --customer granite --to v2.1.0
says "slipway fleet update --to v2.1.0 --customer granite"
code 3 slipway fleet rollback --customer kestrel --to v1.0.0
says "no run on record took kestrel away from v1.0.0"
code 3 slipway fleet rollback --customer juniper --to v1.1.0
says "taken away from v2.0.0 (R2)"
code 2 slipway fleet rollback --customer junipr --to v2.0.0
says "did you mean juniper?"

title "Another file under the name of the recorded one is refused before anything is changed"
recorded=$(slipway fleet rollback --customer juniper --to v2.0.0 --dry-run | sed -n 's/^backup  \([^,]*\),.*/\1/p')
sed -i -E 's/("sha256": ?"sha256:)[^a]/\1a/; t; s/("sha256": ?"sha256:)a/\1b/' "$recorded.manifest.json"
code 0 slipway fleet rollback --customer juniper --to v2.0.0 --dry-run --json
says '"loss": "nobody knows what would be lost: '
says '"lost": null'
code 1 slipway fleet rollback --customer juniper --to v2.0.0 # R5
says "not the one on record"
expect "juniper" "$(version juniper)" v2.1.0
rm "$recorded"
code 3 slipway fleet rollback --customer juniper --to v2.0.0
says "the backup that R2 made is gone, and nothing on record says who deleted it"

title "An update that died half way is taken back to the backup that its first attempt made"
ask kestrel "INSERT INTO employees (email, name, department) VALUES ('a@x.example', 'Kim', 'Sales'), ('b@x.example', 'Kim', 'Sales')"
code 1 slipway fleet update --to v2.1.0 --customer kestrel # R6: the third file fails
code 1 slipway retry R6                                    # R7: it backs up what R6 left
expect "a column of v2.1.0" "$(ask kestrel "SELECT count(*) FROM information_schema.columns WHERE table_name = 'employees' AND column_name LIKE 'badge%'")" 1
code 4 slipway fleet rollback --customer kestrel --to v2.0.0 --no-wait # R8
says "which R6 took it away from"
agree R8 kestrel
works R8
expect "columns of v2.1.0" "$(ask kestrel "SELECT count(*) FROM information_schema.columns WHERE table_name = 'employees' AND column_name LIKE 'badge%'")" 0
expect "rows of kestrel" "$(rows kestrel employees)" 2

title "The report of a run lists every customer, and what nobody reached is not started"
code 0 slipway fleet report R6
says "kestrel   "
says "failed"
[[ -f reports/R6-update-customers.md && -f reports/R6-update-customers.json ]] || fail "R6 has no report"
grep -q '"to": "unknown"' reports/R6-update-customers.json || fail "a half-done update is told as a version"
grep -q '| granite | .* | succeeded | v2.0.0 | v2.1.0 |' reports/R2-update-customers.md || fail "$(cat reports/R2-update-customers.md)"
grep -q '| granite | enterprise | succeeded | v2.1.0 | v2.0.0 |' reports/R4-rollback-customer.md || fail "$(cat reports/R4-rollback-customer.md)"
expect "customers in the report of R2" "$(grep -c '"ring"' reports/R2-update-customers.json)" 2
code 2 slipway fleet report R99
code 0 slipway fleet update --to v2.0.0 --customer lumen-health,ember-finance,staging # R9
ask staging "INSERT INTO employees (email, name, department) VALUES ('a@x.example', 'Kim', 'Sales'), ('b@x.example', 'Kim', 'Sales')"
ask ember_finance "INSERT INTO employees (email, name, department) VALUES ('a@x.example', 'Kim', 'Sales'), ('b@x.example', 'Kim', 'Sales')"
sed -i 's/stop_after_failures: 2/stop_after_failures: 1/' procedures/update-customers.yaml
code 1 slipway fleet update --to v2.1.0 --customer lumen-health,ember-finance,staging # R10: staging is the first ring
code 0 slipway fleet report R10
says "1 failed, 2 not_started"
says "next: slipway retry R10"

title "A drill restores each newest backup and tells how long it took; who has none fails alone"
code 1 slipway run procedures/restore-drill.yaml --only id=granite,kestrel,fjord-systems # R11
code 0 slipway fleet report R11 --json
says "there is no backup of fjord_systems"
expect "proven by the drill" "$(grep -c '"prove_ms": [0-9]' <<<"$said")" 2
expect "scratch databases" "$(ask postgres "SELECT count(*) FROM pg_database WHERE datname LIKE '%\_\_proof\_%'")" 0

title "What is past its retention goes, and never the newest backup that is proven"
code 0 slipway run procedures/prune-backups.yaml -p keep=1 -p older_than=1ms --only id=granite # R13
left=$(ls backups/granite_*.backup)
expect "backups of granite" "$(wc -l <<<"$left")" 1
code 0 slipway run procedures/restore-drill.yaml --only id=granite
code 3 slipway fleet rollback --customer granite --to v1.1.0
code 1 slipway run procedures/prune-backups.yaml --only id=fjord-systems
says "no backup of fjord_systems is proven"
expect "the database that was replaced, until its date" "$(ask postgres "SELECT count(*) FROM pg_database WHERE datname LIKE 'granite\_\_before%'")" 1

title "What nobody looked at is unknown, and no pass"
code 1 slipway fleet verify --customer granite
says "unknown slow statements: the extension pg_stat_statements is not installed"
says "1 customer, 1 unknown"
code 0 slipway fleet verify --customer granite --slow-statements 0s
says "1 customer, 1 pass"
code 1 slipway fleet verify --customer granite,juniper --slow-statements 0s --to v2.1.0
says "2 customers, 1 fail, 1 pass"
says "fail version: v2.0.0"
ask granite "ALTER TABLE employees ADD CONSTRAINT named CHECK (name <> '') NOT VALID"
code 1 slipway fleet verify --customer granite --slow-statements 0s
says "fail constraints: not validated: named of employees"

title "By its down-migrations juniper goes back without a backup of v2.0.0, and what was written since stays"
code 2 slipway fleet rollback --customer juniper --to v2.0.0 --by magic
ask juniper "INSERT INTO employees (email, name, badge) VALUES ('late@x.example', 'Late', 'B-7')"
written=$(rows juniper employees)
code 1 slipway fleet rollback --customer juniper --to v1.1.0 --by down --dry-run
says "error: juniper does not go back to v1.1.0 by its down-migrations: v2.0.0/001_compliance.sql is not reversible: there is no v2.0.0/001_compliance.down.sql beside it"
says "next: slipway fleet rollback --customer juniper --to v1.1.0, by its backup"
code 1 slipway fleet rollback --customer juniper --to v1.1.0 --by down
code 0 slipway fleet rollback --customer juniper --to v2.0.0 --by down --dry-run
says "v2.1.0/001_badge.down.sql"
expect "juniper after a dry run" "$(version juniper)" v2.1.0
code 4 slipway fleet rollback --customer juniper --to v2.0.0 --by down --no-wait
run=$(newest_run)
agree "$run" juniper
works "$run"
expect "juniper" "$(version juniper)" v2.0.0
expect "rows of juniper" "$(rows juniper employees)" "$written"
expect "a column of v2.1.0" "$(ask juniper "SELECT count(*) FROM information_schema.columns WHERE table_name = 'employees' AND column_name LIKE 'badge%'")" 0
grep -q '| juniper | .* | succeeded | v2.1.0 | v2.0.0 |' "reports/$run-migrate-down.md" || fail "$(cat "reports/$run-migrate-down.md")"
code 0 slipway fleet update --to v2.1.0 --customer juniper
expect "juniper, forward again" "$(version juniper)" v2.1.0

title "A run that made no backup leads back to none, and an undone restore leaves the way back as it was"
mkdir -p procedures
cat >procedures/migrate-only.yaml <<'YAML'
apiVersion: slipway/v1
kind: Procedure
metadata: { id: migrate-only, title: Migrate and make no backup, version: 1.0.0, status: published, owner: ops }
parameters: { to: { type: string, required: true, description: the version } }
targets: { kind: customer }
phases:
  - id: migrate
    title: Migrate
    for_each: target
    steps:
      - id: migrate
        title: Migrate
        uses: postgres.migrate
        with: { connection: "${{ target.attributes.connection }}", database: "${{ target.attributes.database }}", to: "${{ parameters.to }}" }
        undo: { none: nobody asked for one }
YAML
code 0 slipway run procedures/migrate-only.yaml -p to=v1.1.0 --only id=cedar-retail
code 0 slipway run procedures/migrate-only.yaml -p to=v2.1.0 --only id=cedar-retail
run=$(newest_run)
code 3 slipway fleet rollback --customer cedar-retail --to v1.1.0
says "$run took cedar-retail away from v1.1.0 and made no backup before"
ask granite "ALTER TABLE employees DROP CONSTRAINT named"
code 0 slipway fleet update --to v2.1.0 --customer granite
left=$(newest_run)
ask granite "INSERT INTO employees (email, name) VALUES ('late@x.example', 'Late')"
written=$(rows granite employees)
code 4 slipway fleet rollback --customer granite --to v2.0.0 --no-wait
run=$(newest_run)
agree "$run" granite
works "$run"
expect "granite, restored" "$(version granite) $(rows granite employees)" "v2.0.0 $((written - 1))"
code 0 slipway rollback "$run"
expect "granite, its restore undone" "$(version granite) $(rows granite employees)" "v2.1.0 $written"
code 0 slipway fleet rollback --customer granite --to v2.0.0 --dry-run
says "granite goes back from v2.1.0 to v2.0.0, which $left took it away from"

code 0 slipway audit verify
printf '\nall of it holds\n'
