// Migrations as they stand in a folder, and how each file is executed.
//
//   migrations/<vX.Y.Z>/NNN_description.sql
//
// ReadMigrations is the only function of sql/ that reads files. docs/formats/migrations.md is the page for
// people.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/version.h"
#include "sql/split.h"

namespace slipway::sql {

// What takes a migration back: `001_add_badges.down.sql` beside `001_add_badges.sql`.
struct Down {
  std::string path;  // `v2.1.0/001_add_badges.down.sql`
  std::string file;  // as in Migration
  std::string text;
  std::string sha256;
};

struct Migration {
  base::Version version;
  std::int64_t number = 0;  // 1 … 999,999
  std::string description;  // `add_badges`
  std::string path;         // `v2.1.0/001_add_badges.sql`, what a ledger records
  std::string file;         // the same below the folder as it was given, for messages
  std::string text;
  std::string sha256;        // `sha256:…` of the text
  std::optional<Down> down;  // nullopt: nothing takes it back but a backup
  std::uint64_t size() const { return text.size(); }
};

// In order: SemVer precedence of the version (v1.10.0 after v1.9.0), then number. Or everything that is
// wrong: names, links, files that are empty or not UTF-8, a number or a version twice, a folder that holds no
// migration, a `.down.sql` without the file that it takes back.
std::expected<std::vector<Migration>, base::Diagnostics> ReadMigrations(const std::filesystem::path& folder);

// What is done in one go.
struct Segment {
  enum class Kind {
    kTransaction,  // all statements in one transaction, which whoever executes them begins and commits
    kOutside,      // one statement that is its own transaction, or several
  };
  Kind kind = Kind::kTransaction;
  std::string
      modes;  // kTransaction: what the file's own BEGIN asked for, such as `ISOLATION LEVEL SERIALIZABLE`
  std::vector<Statement> statements;  // never empty; kOutside: exactly one
};

// A file is one transaction; a statement that cannot run inside one divides it. The file's own BEGIN and
// COMMIT are understood and not among the statements. Errors: what Split finds, a statement that is refused
// inside the file's own transaction, ROLLBACK, BEGIN and COMMIT that do not pair.
std::expected<std::vector<Segment>, base::Diagnostics> Segments(std::string_view text, std::string_view file);

// The statements of a `.down.sql`, which is executed in the transaction of its version and so may hold
// neither BEGIN nor COMMIT nor what cannot run in one. Errors: what Segments finds, and those.
std::expected<std::vector<Statement>, base::Diagnostics> DownStatements(const Down& down);

// The same over statements that are already split, for lint: `segment[i]` is where statement i is executed,
// -1 for BEGIN and COMMIT themselves.
struct Division {
  struct Part {
    Segment::Kind kind;
    std::string modes;
  };
  std::vector<Part> parts;
  std::vector<int> segment;
  base::Diagnostics errors;
};
Division Divide(const Script& script, std::string_view file);

}  // namespace slipway::sql
