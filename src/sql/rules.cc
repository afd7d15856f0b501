#include "sql/rules.h"

#include <algorithm>
#include <string>

namespace slipway::sql {
namespace {

constexpr auto kError = base::Severity::kError;
constexpr auto kWarning = base::Severity::kWarning;

constexpr Rule kRules[] = {
    // How a file is executed.
    {"concurrently-in-transaction", kError,
     "it cannot run inside a transaction, the server refuses it (SQLSTATE 25001, for a DO block 2D000)",
     "write it outside BEGIN … COMMIT, or in a file of its own: it is then executed outside any transaction",
     false},
    {"unbalanced-transaction", kError,
     "BEGIN and COMMIT do not pair, so nobody can say what would be one transaction",
     "remove BEGIN and COMMIT: a file is one transaction by itself", false},
    {"refused-on-partitioned", kError,
     "the server refuses it on a partitioned table (SQLSTATE 0A000, for a foreign key 42809)",
     "CREATE INDEX ON ONLY it, then CONCURRENTLY on each partition and ALTER INDEX … ATTACH PARTITION; a "
     "foreign key "
     "NOT VALID on each partition",
     false},
    {"rollback-in-file", kError, "the file would be recorded as applied although it takes back what it did",
     "remove it; to undo a migration, restore or write one that goes on from here", false},
    {"no-statements", kWarning, "the file would be recorded as applied although it does nothing",
     "write its statements, or remove the file", false},

    // Locks and rewrites.
    {"index-not-concurrent", kError, "nothing can write to the table until the index is built",
     "CREATE INDEX CONCURRENTLY …, REINDEX … CONCURRENTLY; on a partitioned table CREATE INDEX ON ONLY it, "
     "then "
     "CONCURRENTLY on each partition and ALTER INDEX … ATTACH PARTITION"},
    {"drop-index-not-concurrent", kWarning,
     "it waits for every query on the table, and every later one waits for it", "DROP INDEX CONCURRENTLY …"},
    {"volatile-default", kError,
     "every row gets a value of its own, so the table is rewritten while nobody can read it",
     "ADD COLUMN without the default, ALTER COLUMN … SET DEFAULT, then fill the old rows in batches"},
    {"type-change-rewrites", kError, "the table and its indexes are rewritten while nobody can read it",
     "add a column of the new type, write both, fill the old rows in batches, switch, drop the old one two "
     "versions later"},
    {"type-change-may-rewrite", kWarning,
     "only if this widens the old type (varchar to text, a greater length) is the table not rewritten while "
     "nobody can read it",
     "waive it with the old type as the reason if it is a widening; otherwise add a new column as for "
     "type-change-rewrites"},
    {"foreign-key-validates", kError, "every row is checked while nobody can write to the table",
     "ADD CONSTRAINT … NOT VALID, then in the next file VALIDATE CONSTRAINT …"},
    {"validated-in-same-transaction", kWarning,
     "the lock of ADD CONSTRAINT … NOT VALID is held until every row is checked",
     "VALIDATE CONSTRAINT in a file of its own"},
    {"unique-constraint-builds-index", kError, "nobody can read or write the table until the index is built",
     "CREATE UNIQUE INDEX CONCURRENTLY i …, then ADD CONSTRAINT … UNIQUE USING INDEX i"},
    {"exclusion-builds-index", kError,
     "nobody can read or write the table until the index is built and its rows are compared",
     "a new table with the constraint, filled in batches; where it is small, waive it with its size as the "
     "reason"},
    {"set-not-null-scans", kWarning, "every row is checked while nobody can read the table",
     "ADD CONSTRAINT c CHECK (x IS NOT NULL) NOT VALID; in the next file VALIDATE CONSTRAINT c; then SET NOT "
     "NULL, which sees "
     "the proof, and DROP CONSTRAINT c"},
    {"unbatched-update", kError, "every row is locked and written anew in one transaction",
     "a DO block that loops over a few thousand rows (WHERE id IN (SELECT … LIMIT 5000)) with COMMIT after "
     "each batch"},
    {"lock-table", kWarning, "everybody else waits until the transaction ends",
     "lock the rows: SELECT … FOR UPDATE"},
    {"vacuum-full", kError, "the table is written anew while nobody can read it",
     "VACUUM, or pg_repack outside a migration"},
    {"set-rewrites-table", kError, "the table is written anew while nobody can read it",
     "a new table that is so from the beginning, filled in batches; where it is small, waive it with its "
     "size as the "
     "reason"},

    // What the application and its data rely on.
    {"not-null-without-default", kError, "it fails as soon as the table has a row",
     "ADD COLUMN … NOT NULL DEFAULT constant, or without NOT NULL first"},
    {"drop-without-deprecation", kError, "what still reads it fails at once, and its data are gone",
     "COMMENT ON … IS 'deprecated: …' at least two versions earlier, so that nothing running still uses it; "
     "then DROP"},
    {"drop-cascade", kError, "CASCADE removes whatever depends on it, unseen",
     "drop each dependent by its name, without CASCADE"},
    {"truncate-cascade", kError, "CASCADE empties every table that refers to it, unseen",
     "TRUNCATE each table by its name"},
    {"rename-breaks-clients", kError, "what runs still uses the old name and fails at once",
     "add the new one beside the old, write both, and drop the old two versions later; for a table a view "
     "with the old name"},
    {"disable-trigger", kWarning, "foreign keys and triggers are not kept meanwhile, for nobody",
     "leave them on and work in batches"},

    // Records, rights and secrets.
    {"duplicate-version-record", kError,
     "each applied file is recorded for you, and a second record of a version violates its key",
     "remove the statement"},
    {"writes-slipways-own", kError,
     "what the schema `slipway` says was done would not be what was done, and everybody relies on it",
     "remove the statement; what is recorded there is only to be read", false},
    {"grant-to-public", kWarning, "every role of the server gets the right, those of tomorrow too",
     "GRANT … TO one role"},
    {"secret-in-clear", kError,
     "the password stands in a file that everybody can read, and in the server's log",
     "create the role without a password; it is set apart, from the secret store"},
    {"copy-from-program", kError, "a migration would run a command on the database server",
     "COPY … FROM stdin with the data below"},
    {"superuser-statement", kWarning, "it needs a superuser, which a migration's role is not",
     "have it done once when the database is provisioned"},
    {"cluster-wide", kError, "it changes the whole server and every other database on it",
     "do it apart from any migration"},

    // Waivers.
    {"bad-waiver", kError, "the waiver silences nothing",
     "-- slipway:allow RULE the reason, on a line just above the statement", false},
    {"unused-waiver", kWarning, "the statement below does nothing that this rule is about",
     "remove the waiver", false},
};

}  // namespace

std::span<const Rule> Rules() { return kRules; }

const Rule* FindRule(std::string_view id) {
  const auto* found = std::ranges::find(kRules, id, &Rule::id);
  return found == std::end(kRules) ? nullptr : found;
}

base::Diagnostic Finding(std::string_view rule, std::string_view subject, std::string_view file,
                         base::Position at) {
  const Rule& known = *FindRule(rule);
  return {.severity = known.severity,
          .file = std::string(file),
          .at = at,
          .what = std::string(subject) + ": " + std::string(known.danger),
          .suggestion = std::string(known.safe),
          .rule = std::string(rule)};
}

}  // namespace slipway::sql
