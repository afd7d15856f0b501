// Databases that slipway makes beside a customer's: `acme__1a2b3c4d` while a restore is going on,
// `acme__before_1a2b3c4d` for the one it replaced, `acme__undone_…` for one that was taken back, and
// `acme__proof_…` for the time of a proof. The digits stand for the step instance. What a database is, and
// until when it is kept, stands in the last line of its comment; nothing without such a line is ever dropped
// by name alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

// 8 hex digits that no other step instance on this database has.
std::string InstanceTag(const Context& context, std::string_view database);
// `<database><infix><tag>`, where `database` is cut so that all of it fits into a name.
std::string Beside(std::string_view database, std::string_view infix, std::string_view tag);

inline constexpr std::string_view kRestored = "__";
inline constexpr std::string_view kBefore = "__before_";
inline constexpr std::string_view kUndone = "__undone_";
inline constexpr std::string_view kProof = "__proof_";

// A session with a database other than `database`: the connection's own, else `postgres`.
SqlResult<Session> OpenBeside(const Context& context, std::string_view database);

// What pg_database says of one.
struct NamedDatabase {
  std::string name;
  std::int64_t oid = 0;
  std::string owner;
  std::int64_t connection_limit = -1;
  std::string comment;
};
SqlResult<std::optional<NamedDatabase>> FindDatabase(Session& session, const std::string& name);

// A comment with the lines of slipway taken out, and with one of them put in. `mark` is CallerName of a step
// instance.
std::string WithoutOurs(std::string_view comment);
std::string WithOurs(std::string_view comment, std::string_view mark, std::string_view what);
// `what` of the last line, where it is one of slipway's, and whose it is; empty: it is not.
struct OurLine {
  std::string mark;
  std::string what;
};
std::optional<OurLine> OurLineOf(std::string_view comment);

// What is kept of `database` and until when.
struct Kept {
  std::string name;
  base::Time until;
  bool past = false;
};
std::string KeptText(base::Time until, std::string_view database);  // `kept until 2026-…Z, was acme`
// Of a database with this name and comment; nullopt: it is not kept of `database`.
std::optional<Kept> ReadKept(const std::string& name, std::string_view comment, std::string_view database,
                             base::Time now);
SqlResult<std::vector<Kept>> KeptOf(Session& session, const std::string& database, base::Time now);

// Ends who is connected to it. It being gone already is fine.
SqlStatus DropDatabase(Session& session, const std::string& name);

}  // namespace slipway::drivers::postgres
