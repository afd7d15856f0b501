// JSON values, and the one form in which they are stored and hashed.
//
// Stored JSON is canonical (RFC 8785) and holds only null, booleans, strings, arrays, objects and integers
// within ±2^53: no floating point, so that two implementations can never disagree about a byte.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::base {

using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

inline constexpr std::int64_t kMaxInteger = std::int64_t{1} << 53;

// The RFC 8785 form: members sorted by UTF-16 code units, no blanks, shortest escapes.
// Error (kInvalid): a floating-point number, an integer beyond ±2^53, or text that is not UTF-8.
Result<std::string> CanonicalJson(const Json& value);

// Parses one JSON text. Errors (kInvalid): duplicate members, depth over 64, a number beyond a double,
// trailing bytes. The value lives in `memory`, where one is given (a monotonic_resource halves the time); it
// must outlive the value.
Result<Json> ParseJson(std::string_view text, boost::json::storage_ptr memory = {});

// Two-space indented, members in the order given; for people and `--json`.
std::string PrettyJson(const Json& value);

// Look-ups that answer a default instead of failing; for reading our own documents.
std::string GetString(const JsonObject& object, std::string_view key, std::string_view fallback = "");
std::int64_t GetInt(const JsonObject& object, std::string_view key, std::int64_t fallback = 0);
bool GetBool(const JsonObject& object, std::string_view key, bool fallback = false);
const JsonObject& GetObject(const JsonObject& object, std::string_view key);  // empty object when absent
const JsonArray& GetArray(const JsonObject& object, std::string_view key);    // empty array when absent

// Standard view of a json string.
inline std::string_view View(const boost::json::string& s) { return {s.data(), s.size()}; }

}  // namespace slipway::base
