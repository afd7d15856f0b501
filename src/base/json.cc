#include "base/json.h"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <memory_resource>
#include <utility>
#include <vector>

#include "base/utf8.h"

namespace slipway::base {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 64;

// ---- writing ---------------------------------------------------------------------------------------------

// True for the bytes that stand in canonical text as they are.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (unsigned c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

// The place of a UTF-8 byte in the order of UTF-16 code units: the characters beyond the basic plane (lead
// bytes F0 to F4) are surrogates there and come before U+E000 to U+FFFF (lead bytes EE and EF).
unsigned Utf16Rank(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0xEE || byte == 0xEF ? byte + 0x10u : byte;
}

bool KeyLess(std::string_view a, std::string_view b) {
  const auto [in_a, in_b] = std::ranges::mismatch(a, b);
  if (in_b == b.end()) return false;
  return in_a == a.end() || Utf16Rank(*in_a) < Utf16Rank(*in_b);
}

std::string_view Key(const json::key_value_pair& member) {
  return {member.key().data(), member.key().size()};
}

void AppendInteger(std::string& out, std::int64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void AppendEscape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

// Writes a quoted string; false when it is not UTF-8.
bool AppendString(std::string& out, std::string_view text) {
  out += '"';
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* run = at;
    while (run != end && kPlain[static_cast<unsigned char>(*run)]) ++run;
    if (run == end || static_cast<unsigned char>(*run) < 0x80) {
      out.append(at, run);
      if (run != end) AppendEscape(out, *run++);
    } else {
      const Utf8Char c = FirstUtf8({run, static_cast<std::size_t>(end - run)});
      if (c.size == 0) return false;
      run += c.size;
      out.append(at, run);
    }
    at = run;
  }
  out += '"';
  return true;
}

class CanonicalWriter {
 public:
  // Null when all went well, else what is wrong.
  const char* Write(const Json& value, std::size_t depth) {
    switch (value.kind()) {
      case json::kind::null:
        out.append("null");
        return nullptr;
      case json::kind::bool_:
        out.append(value.get_bool() ? "true" : "false");
        return nullptr;
      case json::kind::int64:
        return Integer(value.get_int64());
      case json::kind::uint64:
        if (value.get_uint64() > static_cast<std::uint64_t>(kMaxInteger)) return kTooLarge;
        return Integer(static_cast<std::int64_t>(value.get_uint64()));
      case json::kind::double_:
        return "a floating-point number cannot be stored";
      case json::kind::string:
        return AppendString(out, View(value.get_string())) ? nullptr : kNotUtf8;
      case json::kind::array:
        return Array(value.get_array(), depth + 1);
      case json::kind::object:
        return Object(value.get_object(), depth + 1);
    }
    return "a value of an unknown kind";
  }

  std::string out;

 private:
  static constexpr const char* kTooLarge = "an integer beyond 2^53 cannot be stored";
  static constexpr const char* kNotUtf8 = "text that is not UTF-8 cannot be stored";
  static constexpr const char* kTooDeep = "a value nested deeper than 64 cannot be stored";

  const char* Integer(std::int64_t number) {
    if (number > kMaxInteger || number < -kMaxInteger) return kTooLarge;
    AppendInteger(out, number);
    return nullptr;
  }

  const char* Array(const JsonArray& array, std::size_t depth) {
    if (depth > kMaxDepth) return kTooDeep;
    out += '[';
    for (const Json& item : array) {
      if (&item != array.data()) out += ',';
      if (const char* problem = Write(item, depth)) return problem;
    }
    out += ']';
    return nullptr;
  }

  const char* Member(const json::key_value_pair& member, bool first, std::size_t depth) {
    if (!first) out += ',';
    if (!AppendString(out, Key(member))) return kNotUtf8;
    out += ':';
    return Write(member.value(), depth);
  }

  const char* Object(const JsonObject& object, std::size_t depth) {
    if (depth > kMaxDepth) return kTooDeep;
    out += '{';
    bool first = true;
    if (std::ranges::is_sorted(object, KeyLess, Key)) {  // as whatever was read from a store is
      for (const auto& member : object) {
        if (const char* problem = Member(member, std::exchange(first, false), depth)) return problem;
      }
    } else {
      std::array<std::byte, 512> buffer;
      std::pmr::monotonic_buffer_resource memory(buffer.data(), buffer.size());
      std::pmr::vector<const json::key_value_pair*> members(&memory);
      members.reserve(object.size());
      for (const auto& member : object) members.push_back(&member);
      std::ranges::sort(members, KeyLess, [](const auto* member) { return Key(*member); });
      for (const auto* member : members) {
        if (const char* problem = Member(*member, std::exchange(first, false), depth)) return problem;
      }
    }
    out += '}';
    return nullptr;
  }
};

void WritePretty(const Json& value, std::size_t indent, std::string& out) {
  const auto new_line = [&](std::size_t depth) { out.append("\n").append(depth * 2, ' '); };
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    for (const auto& member : *object) {
      if (&member != object->begin()) out += ',';
      new_line(indent + 1);
      out += json::serialize(member.key());
      out += ": ";
      WritePretty(member.value(), indent + 1, out);
    }
    new_line(indent);
    out += '}';
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out += '[';
    for (const Json& item : *array) {
      if (&item != array->data()) out += ',';
      new_line(indent + 1);
      WritePretty(item, indent + 1, out);
    }
    new_line(indent);
    out += ']';
  } else {
    out += json::serialize(value);
  }
}

// ---- reading ---------------------------------------------------------------------------------------------

using json::error_code;
using json::string_view;

// The handler of json::parser, but it counts the members it saw: an object keeps one of two equal members, so
// a smaller count in the value means a duplicate, found without looking up a single name.
class CountingHandler {
 public:
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  explicit CountingHandler(json::storage_ptr memory) : stack_({}, Scratch().data(), Scratch().size()) {
    stack_.reset(std::move(memory));
  }

  Json Release() { return stack_.release(); }
  std::size_t members() const { return members_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t n, error_code&) {
    members_ += n;
    stack_.push_object(n);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t n, error_code&) {
    stack_.push_array(n);
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_key(string_view part, std::size_t, error_code&) {
    stack_.push_key(part);
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(string_view part, std::size_t, error_code&) {
    stack_.push_string(part);
    return true;
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, string_view, error_code&) {
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, string_view, error_code&) {
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double number, string_view, error_code& error) {
    if (!std::isfinite(number)) {  // no text of it could be read again
      error = json::error::exponent_overflow;
      return false;
    }
    stack_.push_double(number);
    return true;
  }
  bool on_bool(bool value, error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  // Per thread, not per call: clearing it each time would cost as much as reading a small event.
  static std::array<unsigned char, 8192>& Scratch() {
    thread_local std::array<unsigned char, 8192> scratch;
    return scratch;
  }

  json::value_stack stack_;
  std::size_t members_ = 0;
};

std::size_t CountMembers(const Json& value) {
  std::size_t count = 0;
  if (const auto* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += CountMembers(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const Json& item : *array) count += CountMembers(item);
  }
  return count;
}

}  // namespace

Result<std::string> CanonicalJson(const Json& value) {
  CanonicalWriter writer;
  writer.out.reserve(512);
  if (const char* problem = writer.Write(value, 0)) return Invalid(problem);
  return std::move(writer.out);
}

Result<Json> ParseJson(std::string_view text, boost::json::storage_ptr memory) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<CountingHandler> parser(options, std::move(memory));
  error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (error) {
    return Invalid("not valid JSON: " + error.message(), "byte " + std::to_string(read));
  }
  Json value = parser.handler().Release();
  if (CountMembers(value) != parser.handler().members()) {
    return Invalid("not valid JSON: an object has the same member twice");
  }
  return value;
}

std::string PrettyJson(const Json& value) {
  std::string out;
  WritePretty(value, 0, out);
  return out;
}

std::string GetString(const JsonObject& object, std::string_view key, std::string_view fallback) {
  const Json* value = object.if_contains(key);
  return std::string(value != nullptr && value->is_string() ? View(value->get_string()) : fallback);
}

std::int64_t GetInt(const JsonObject& object, std::string_view key, std::int64_t fallback) {
  const Json* value = object.if_contains(key);
  if (value == nullptr) return fallback;
  if (const auto* number = value->if_int64()) return *number;
  if (const auto* number = value->if_uint64(); number != nullptr && std::in_range<std::int64_t>(*number)) {
    return static_cast<std::int64_t>(*number);
  }
  return fallback;
}

bool GetBool(const JsonObject& object, std::string_view key, bool fallback) {
  const Json* value = object.if_contains(key);
  return value != nullptr && value->is_bool() ? value->get_bool() : fallback;
}

const JsonObject& GetObject(const JsonObject& object, std::string_view key) {
  static const JsonObject empty;
  const Json* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : empty;
}

const JsonArray& GetArray(const JsonObject& object, std::string_view key) {
  static const JsonArray empty;
  const Json* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : empty;
}

}  // namespace slipway::base
