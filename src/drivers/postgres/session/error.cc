#include "drivers/postgres/session/error.h"

#include <fmt/format.h>

namespace slipway::drivers::postgres {
namespace {

// What was said and by which code, without the place.
std::string Said(const SqlError& error) {
  std::string text = error.message;
  if (!error.detail.empty()) text += ": " + error.detail;
  std::string code = error.state.empty() ? "" : "SQLSTATE " + error.state;
  if (error.line > 0) code += fmt::format("{}line {} of the statement", code.empty() ? "" : ", ", error.line);
  return code.empty() ? text : fmt::format("{} ({})", text, code);
}

// What the server is short of, or only on its way to, may be different in a moment: classes 53 and 57P.
base::ErrorKind KindOf(const SqlError& error) {
  switch (error.kind) {
    case SqlFailure::kRefused:
    case SqlFailure::kStatement:
      return error.state.starts_with("53") || error.state.starts_with("57P") ? base::ErrorKind::kIo
                                                                             : base::ErrorKind::kRefused;
    case SqlFailure::kUnreachable:
    case SqlFailure::kStopped:
    case SqlFailure::kLost:
      return base::ErrorKind::kIo;
  }
  return base::ErrorKind::kIo;
}

// From the first `open` to the last `close`, both of which stay.
void Hide(std::string& text, std::string_view open, std::string_view close) {
  const std::size_t from = text.find(open);
  const std::size_t to = text.rfind(close);
  if (from == text.npos || to == text.npos || to < from + open.size()) return;
  text.replace(from + open.size(), to - from - open.size(), "\u2026");
}

}  // namespace

// Classes 22, a value that does not fit, and 23, a row that may not be (PostgreSQL manual, appendix A).
void HideRows(SqlError& error) {
  if (error.state.starts_with("22")) Hide(error.message, "\"", "\"");
  if (error.state.starts_with("23") && error.detail.contains("=(")) {
    Hide(error.detail, "=(", ")");  // Key (name)=(…) already exists
  } else if (error.state.starts_with("22") || error.state.starts_with("23")) {
    error.detail.clear();  // the failing row
  }
  if (error.context.starts_with("COPY ")) Hide(error.context, ": \"", "\"");
}

SqlError::operator base::Error() const { return {KindOf(*this), Said(*this), where, hint}; }

std::string ToString(const SqlError& error) { return base::ToString(base::Error(error)); }

base::JsonObject Evidence(const SqlError& error) {
  base::JsonObject evidence{{"error", error.message}};
  if (!error.state.empty()) evidence["sqlstate"] = error.state;
  if (!error.detail.empty()) evidence["detail"] = error.detail;
  if (!error.hint.empty()) evidence["hint"] = error.hint;
  if (!error.context.empty()) evidence["context"] = error.context;
  if (error.line > 0) evidence["line"] = error.line;
  if (!error.where.empty()) evidence["where"] = error.where;
  return evidence;
}

}  // namespace slipway::drivers::postgres
