#!/usr/bin/env bash
# What `fleet update --dry-run` says is what the update does, on a real PostgreSQL and with the program itself.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/../../tools/estate.sh"
open_estate

make_customers
sed -i 's/"day": "[A-Za-z]*"/"day": "any"/; s/"time": "[0-9:-]*"/"time": "flexible"/' customers.json
code 0 slipway fleet import customers.json
code 0 slipway fleet update --to v2.0.0 --customer granite,juniper,kestrel # R1

title "Customers of which the same is true stand together, statement by statement; nothing is done"
code 0 slipway fleet update --to v2.1.0 --dry-run
says "9 customers have no version on record and would get 9 files: blue-harbor, cedar-retail,"
says "3 customers have v2.0.0 and would get 3 files: granite, juniper, kestrel
  v2.1.0/001_badge.sql, 1 statement
        2  ALTER TABLE employees ADD COLUMN badge text
  v2.1.0/002_badge_index.sql, 1 statement
        2  CREATE INDEX CONCURRENTLY employees_by_department ON employees (department)  [outside a transaction]
  v2.1.0/003_names_unique.sql, 1 statement"
says "next: slipway run procedures/update-customers.yaml -e production -p to=v2.1.0 --plan sha256:"
expect "runs after a dry run" "$(newest_run)" R1
code 0 slipway fleet update --to v2.0.0 --customer granite --dry-run
says "1 customer has v2.0.0 already: granite"

title "Who is named and is not there is told, and nobody else is done instead"
code 2 slipway fleet update --to v2.1.0 --customer granite,junper
says "there is no target \`junper\` among the 12 that are selected"
says "did you mean \`juniper\`?"

title "The plan that is shown is the one that runs"
code 0 slipway fleet update --to v2.1.0 --customer granite --dry-run
digest=$(sed -n 's/^Plan \(sha256:.*\)$/\1/p' <<<"$said")
code 0 slipway fleet update --to v2.1.0 --customer granite --dry-run --json
said=$(tr -d ' \n' <<<"$said")
says "\"digest\":\"$digest\""
says "\"due\":[{\"customers\":[\"granite\"],\"version\":\"v2.0.0\","
code 0 slipway fleet update --to v2.1.0 --customer granite --plan "$digest" # R2
code 3 slipway fleet update --to v2.1.0 --customer juniper --plan "$digest"

title "Of a file that an update began, what is left is shown"
cat >migrations/v2.1.0/003_names_unique.sql <<'SQL'
CREATE INDEX CONCURRENTLY employees_by_name ON employees (name);
CREATE UNIQUE INDEX CONCURRENTLY employees_name_in_department ON employees (department, name);
SQL
ask kestrel "INSERT INTO employees (email, name, department) VALUES ('a@x.example', 'Kim', 'Sales'), ('b@x.example', 'Kim', 'Sales')"
code 1 slipway fleet update --to v2.1.0 --customer kestrel # R3: two of one name
code 0 slipway fleet update --to v2.1.0 --customer kestrel --dry-run
says "1 customer has v2.0.0 and would get 1 file: kestrel
  v2.1.0/003_names_unique.sql, 1 statement (1 more are done already)
        2  CREATE UNIQUE INDEX"

title "What lint says of it is said, and what destroys data"
mkdir migrations/v2.3.0
cat >migrations/v2.3.0/001_tidy.sql <<'SQL'
CREATE INDEX violations_by_day ON violations (occurred_at);
ALTER TABLE users DROP COLUMN email;
SQL
code 1 slipway fleet update --to v2.3.0 --customer juniper --dry-run
says "! migrations/v2.3.0/001_tidy.sql:1:1: error index-not-concurrent: "
says "! data are gone for good: "
says "001_tidy.sql:2 drops column \`email\` of \`users\`; it waits for a proven backup"
code 1 slipway fleet update --to v2.3.0 --customer juniper # R4
says "2 of 2 findings are errors, the first: migrations/v2.3.0/001_tidy.sql:1: "
says "; all, with the safe form: slipway log R4 lint --output"
code 0 slipway log R4 lint --output
says "migrations/v2.3.0/001_tidy.sql:1:1: error: index on \`violations\`: nothing can write to the table until the index is built [index-not-concurrent]
    CREATE INDEX CONCURRENTLY"
says "migrations/v2.3.0/001_tidy.sql:2:19: error: column \`email\` of \`users\`: "
printf '\\d\n' >migrations/v2.3.0/002_command.sql
code 1 slipway fleet update --to v2.3.0 --customer juniper --dry-run
says "! migrations/v2.3.0/002_command.sql:1:1: error: \`\\d\` is a command of psql"
rm migrations/v2.3.0/002_command.sql

title "What was applied before there was lint stops an update, and its dry run says so; --from leaves it out"
printf 'CREATE INDEX employees_by_hand ON employees (created_at);\n' >migrations/v2.3.0/001_tidy.sql
mkdir migrations/v2.4.0
printf 'ALTER TABLE employees ADD COLUMN floor text;\n' >migrations/v2.4.0/001_floor.sql
code 1 slipway fleet update --to v2.4.0 --customer granite --dry-run
says "! the update would be refused: lint: 1 of 1 findings are errors, the first: migrations/v2.3.0/001_tidy.sql:1: "
code 1 slipway fleet update --to v2.4.0 --from v2.3.0 --customer granite # R5: it lacks v2.3.0, and that is judged
says "FAILED    judge@granite"
rm -r migrations/v2.4.0

title "Where nobody can say, that is said, and the exit code is not 0"
code 2 slipway fleet update --to v9.9.9 --customer granite,juniper --dry-run
says "there is no version v9.9.9 among the migrations (migrations/)"
sed -i 's/badge text/badge varchar/' migrations/v2.1.0/001_badge.sql
code 1 slipway fleet update --to v2.1.0 --customer kestrel,juniper --dry-run
says "1 customer has v2.0.0 and would get 3 files: juniper"
says "nobody can say what kestrel would get: v2.1.0/001_badge.sql was changed since it was applied by slipway R3/migrate@kestrel"
ask postgres "DROP DATABASE juniper"
code 1 slipway fleet update --to v2.1.0 --customer juniper --dry-run
says "nobody can say what juniper would get: "
