// What a statement is, told from its words alone: which command, on which object, whether it controls
// transactions, and whether it may run inside one. What only the server knows (is the table partitioned?) is
// not guessed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/reader.h"

namespace slipway::sql {

enum class Control {
  kNone,
  kBegin,      // BEGIN, START TRANSACTION
  kCommit,     // COMMIT, END
  kRollback,   // ROLLBACK, ABORT
  kSavepoint,  // SAVEPOINT, RELEASE, ROLLBACK TO: inside a transaction
  kOther,      // two-phase commit, and what ends one transaction and begins another
};

struct Kind {
  std::string command;  // `create index`, `alter table`, `update`: without modifiers, in lower case
  Control control = Control::kNone;
  std::string modes;    // kBegin: the transaction modes as written, such as `ISOLATION LEVEL SERIALIZABLE`
  std::string outside;  // why it runs outside a transaction: `CREATE INDEX CONCURRENTLY`; empty = it need not
  bool refused = false;       // and the server refuses it inside one
  std::vector<Name> objects;  // what it creates, alters or drops; an index may have no name of its own
  Name table;                 // create index: the table
};

Kind Classify(std::string_view statement);

// SET, RESET and SELECT set_config(…): what holds for the session, and so beyond the transaction it stands
// in.
bool SetsSession(std::string_view statement);

// What a DO block in PL/pgSQL executes, where it stands in dollar quotes: a part of `statement`. Empty
// otherwise.
std::string_view BodyOfDo(std::string_view statement);

// An option such as `(FULL, ANALYZE false)` holds them: on, off, or not among them.
std::optional<bool> Option(const Reader& options, std::string_view name);

}  // namespace slipway::sql
