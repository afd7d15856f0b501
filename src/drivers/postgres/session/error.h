// How a call to a PostgreSQL server fails. An error is a value; what its kind proves differs, and actions
// steer by the kind and by the SQLSTATE, never by the text.
#pragma once

#include <expected>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace slipway::drivers::postgres {

enum class SqlFailure {
  kUnreachable,  // there is no connection, so nothing was asked
  kRefused,      // the server answered and would not have us: wrong password, no such database, too many
  kStatement,    // the server refused the statement; it did not happen, and the session goes on
  kStopped,      // cancelled or out of time: it was not sent, or the server says that it did not happen
  kLost,         // the connection ended while the statement was under way: nobody knows whether it happened
};

struct SqlError {
  SqlFailure kind = SqlFailure::kLost;
  std::string state;     // SQLSTATE, five characters; empty where the server did not answer
  std::string message;   // of one line, without secrets, without a final full stop
  std::string detail;    // the server's DETAIL
  std::string hint;      // the server's HINT
  std::string context;   // the server's CONTEXT: which function, which line of it
  std::string where;     // `database acme of db.example.com:5432`
  int line = 0;          // of the statement, from 1; 0 where it does not matter
  int position = 0;      // character of the statement, from 1; 0 the same
  bool severed = false;  // the connection is of no use any more

  // kRefused and kStatement: kRefused, unless it may be different in a moment. The others: kIo.
  operator base::Error() const;  // NOLINT(google-explicit-constructor): so that SLIPWAY_TRY passes it on
};

template <typename T>
using SqlResult = std::expected<T, SqlError>;
using SqlStatus = SqlResult<void>;

// `permission denied for table staff (SQLSTATE 42501, line 3 of the statement; database acme of db:5432)`.
std::string ToString(const SqlError& error);

// Takes the values of rows out of what the server said: the log keeps it for ever, and whose they are is the
// database's affair. Which key, column or constraint it was stays. Server messages in any language.
void HideRows(SqlError& error);

// All that is known of it, for the evidence of an outcome.
base::JsonObject Evidence(const SqlError& error);

// SQLSTATEs that somebody acts on (PostgreSQL manual, appendix A).
inline constexpr char kNoSuchDatabase[] = "3D000";
inline constexpr char kDuplicateDatabase[] = "42P04";
inline constexpr char kDuplicateObject[] = "42710";
inline constexpr char kObjectInUse[] = "55006";
inline constexpr char kReadOnlyTransaction[] = "25006";
inline constexpr char kQueryCanceled[] = "57014";

}  // namespace slipway::drivers::postgres
