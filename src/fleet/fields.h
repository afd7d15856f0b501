// Reads the JSON of SecureWatch's files by a schema written as code: what workspace::Reader does, and the
// types that JSON and these files have.
//
// A wrong value is reported with its place and answered with nothing, so that reading goes on to the next
// error. A secret is never repeated, nor any line that holds one shown.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/version.h"
#include "workspace/calendar.h"
#include "workspace/reader.h"

namespace slipway::fleet {

// A value and where it stands.
template <typename T>
struct Placed {
  T value{};
  base::Position at;
};
using PlacedText = Placed<std::string>;
using PlacedVersion = Placed<std::optional<base::Version>>;  // none: it was wrong, which has been said

// `14_days`, `60_days_after_release`.
struct Span {
  base::Duration length{};
  bool after_release = false;
};

// When a customer's database may be changed.
struct Maintenance {
  std::optional<workspace::Window> window;  // none: at any time
  std::string time_zone;                    // empty: the customer's own, which nobody wrote down
};

class Fields : public workspace::Reader {
 public:
  using Reader::Reader;

  // Of the member `key`, where there is one. A text is not empty.
  std::string Text(const base::YamlNode& map, std::string_view key);
  PlacedText TextAt(const base::YamlNode& map, std::string_view key);
  bool Flag(const base::YamlNode& map, std::string_view key, bool fallback);
  std::optional<bool> Flag(const base::YamlNode& map, std::string_view key);
  std::optional<std::int64_t> Number(const base::YamlNode& map, std::string_view key);  // whole, from 0
  PlacedText OneOf(const base::YamlNode& map, std::string_view key, std::span<const std::string> values);
  PlacedVersion Version(const base::YamlNode& map, std::string_view key);  // `v1.2.0`
  std::string Date(const base::YamlNode& map, std::string_view key);       // `2026-11-21`
  std::optional<Span> Duration(const base::YamlNode& map, std::string_view key);
  std::optional<Maintenance> MaintenanceWindow(const base::YamlNode& map, std::string_view key);
  std::vector<PlacedText> Texts(const base::YamlNode& map, std::string_view key);
  // Versions a policy or registry supports: no word that means a different version tomorrow.
  std::vector<PlacedVersion> Versions(const base::YamlNode& map, std::string_view key);
  // A map of keys and values in which nothing is asked of the keys; every value is a text, number or boolean.
  void FreeMap(const base::YamlNode& map, std::string_view key);

  // Of a value itself.
  std::string TextOf(const base::YamlNode& node, std::string_view what);
  PlacedVersion VersionOf(const base::YamlNode& node, std::string_view what);
};

// `v1.2.0, v1.3.0`.
std::string List(const std::vector<PlacedVersion>& versions);
bool Contains(const std::vector<PlacedVersion>& versions, const base::Version& version);

}  // namespace slipway::fleet
