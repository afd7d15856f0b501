// A strict reader of canonical JSON (RFC 8785, integers within ±2^53 only): what is read is exactly what
// would be written, so bytes that differ never read as the same value. One pass, no copy of the text; several
// times as fast as parsing and writing again to compare.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace slipway::journal {

inline constexpr int kMaxDepth = 64;

// Reads piece by piece; false = not canonical here, see at(). Not thread-safe.
class CanonicalReader {
 public:
  explicit CanonicalReader(std::string_view text) : text_(text) {}

  bool Literal(std::string_view expected);
  bool Integer(std::int64_t& value);
  bool String(std::string& value);
  bool Value(base::Json& value);
  bool AtEnd() const { return i_ == text_.size(); }
  std::size_t at() const { return i_; }

 private:
  class Builder;
  bool StringView(std::string_view& view, std::string& buffer);
  bool Escape(std::string& out);
  bool Take(char c);

  std::string_view text_;
  std::size_t i_ = 0;
};

// kInvalid, with the byte offset in `what`, for anything base::CanonicalJson would not have written.
base::Result<base::Json> ReadCanonical(std::string_view text);

}  // namespace slipway::journal
