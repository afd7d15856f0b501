// A secret value that cannot be printed by accident, and the masker that keeps it out of what is written
// down.
#pragma once

#include <boost/json/value_from.hpp>
#include <concepts>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace slipway::base {

// Printed and serialised as «secret»; only Reveal() gives the value, so that every use can be found by name.
// The bytes are wiped when it is destroyed.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();
  const std::string& Reveal() const { return value_; }

 private:
  std::string value_;
};

inline constexpr std::string_view kSecretText = "«secret»";
std::ostream& operator<<(std::ostream& out, const Secret& secret);
void tag_invoke(const boost::json::value_from_tag&, Json& json, const Secret& secret);

// Replaces every occurrence of the known secrets by `***`: raw, each line of a multi-line value,
// JSON-escaped, URL-encoded and base64 (all three alignments). Values shorter than 4 bytes cannot be masked
// and are refused where secrets are read. Not thread-safe while Add is called; Mask is const.
class Masker {
 public:
  void Add(const Secret& secret);
  bool empty() const { return needles_.empty(); }
  std::size_t longest() const {
    return longest_;
  }  // bytes a stream must hold back so that a split value is still found
  std::string Mask(std::string_view text) const;
  template <std::convertible_to<std::string_view> Text>
  std::string Mask(
      const Text& text) const {  // Json is built from text as well: this settles which one is meant
    return Mask(std::string_view(text));
  }
  Json Mask(const Json& value) const;  // every string and member name within

 private:
  std::vector<std::string> needles_;  // longest first
  std::size_t longest_ = 0;
};

}  // namespace slipway::base
