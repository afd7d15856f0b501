// Errors are values. A function that can fail returns Result<T>; nothing throws across a module boundary.
//
// An Error names the place, the cause and what to do next, none with a final full stop. Its kind is the
// exit code a person will see; add a kind only when a caller acts on it.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace slipway::base {

enum class ErrorKind {
  kInvalid,   // the input is wrong (exit 2)
  kRefused,   // the input is right and a rule, lock or hold says no (exit 3)
  kConflict,  // somebody else wrote first; read again and decide anew
  kIo,        // the disk, the network or a peer failed
  kInternal,  // a bug of ours (exit 5)
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string what;   // the cause
  std::string where;  // the place: a file and line, a run, a target; may be empty
  std::string next;   // the next command or edit; may be empty

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> Fail(ErrorKind kind, std::string what, std::string where = "",
                                   std::string next = "") {
  return std::unexpected(Error{kind, std::move(what), std::move(where), std::move(next)});
}
inline std::unexpected<Error> Invalid(std::string what, std::string where = "", std::string next = "") {
  return Fail(ErrorKind::kInvalid, std::move(what), std::move(where), std::move(next));
}
inline std::unexpected<Error> Refused(std::string what, std::string where = "", std::string next = "") {
  return Fail(ErrorKind::kRefused, std::move(what), std::move(where), std::move(next));
}

// `<what> (<where>)`, then `; next: <next>` where there is one.
std::string ToString(const Error& error);

}  // namespace slipway::base

// Returns the error of `expr` to the caller, or goes on.
#define SLIPWAY_CHECK_OK(expr)                                   \
  do {                                                           \
    if (auto slipway_status = (expr); !slipway_status)           \
      return std::unexpected(std::move(slipway_status).error()); \
  } while (false)

#define SLIPWAY_CONCAT_(a, b) a##b
#define SLIPWAY_CONCAT(a, b) SLIPWAY_CONCAT_(a, b)
// `SLIPWAY_TRY(auto x, F());` binds the value of F(), or returns its error to the caller.
#define SLIPWAY_TRY(decl, expr) SLIPWAY_TRY_(decl, expr, SLIPWAY_CONCAT(slipway_result_, __LINE__))
#define SLIPWAY_TRY_(decl, expr, tmp)                       \
  auto tmp = (expr);                                        \
  if (!tmp) return std::unexpected(std::move(tmp).error()); \
  decl = std::move(*tmp)
