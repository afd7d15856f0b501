#include "fleet/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace slipway::fleet {
namespace {

using base::Position;
using base::YamlNode;

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

// Days on which the window opens; none: any day. False when it is wrong.
bool ReadDay(const YamlNode& node, Fields& fields, std::vector<int>& days) {
  const std::string text = fields.TextOf(node, "day");
  if (text.empty()) return false;
  if (text == "any") return true;
  const auto found = std::ranges::find(kDays, text);
  if (found != kDays.end()) {
    days.push_back(static_cast<int>(found - kDays.begin()));
    return true;
  }
  std::vector<std::string> names(kDays.begin(), kDays.end());
  names.emplace_back("any");
  fields.Error(node.at, "unknown weekday " + base::Quote(text), workspace::Suggest(text, names));
  return false;
}

// `any` and `flexible` are the whole day; none of `window` is filled in then.
bool ReadHours(const YamlNode& node, Fields& fields, std::optional<workspace::Window>& window) {
  const std::string text = fields.TextOf(node, "time");
  if (text.empty()) return false;
  if (text == "any" || text == "flexible") return true;
  const std::size_t dash = text.find('-');
  const auto from = workspace::ParseClock(std::string_view(text).substr(0, dash), 24 * 60 - 1);
  const auto to = dash == text.npos ? std::nullopt
                                    : workspace::ParseClock(std::string_view(text).substr(dash + 1), 24 * 60);
  if (!from || !to) {
    fields.Error(node.at, base::Quote(text) + " is no stretch of time",
                 "write it like \"02:00-06:00\", or any, or flexible");
    return false;
  }
  if (*from == *to) {
    fields.Error(node.at, "the window begins and ends at once", "any is the whole day");
    return false;
  }
  window = workspace::Window{.days = {}, .start = *from, .end = *to};
  return true;
}

// The zone; empty for `customer_preference`. Nothing when it is wrong.
std::optional<std::string> ReadZone(const YamlNode& node, Fields& fields) {
  std::string text = fields.TextOf(node, "timezone");
  if (text.empty()) return std::nullopt;
  if (text == "customer_preference") return "";
  if (workspace::IsTimeZone(text)) return text;
  std::string hint = workspace::Suggest(text, workspace::NearTimeZones(text));
  if (hint.empty()) hint = "an IANA name such as America/Toronto, or customer_preference";
  fields.Error(node.at, "unknown time zone " + base::Quote(text), std::move(hint));
  return std::nullopt;
}

std::optional<base::Duration> UnitOf(std::string_view unit) {
  if (unit.ends_with('s')) unit.remove_suffix(1);
  if (unit == "second") return base::Duration{1'000};
  if (unit == "minute") return base::Duration{60'000};
  if (unit == "hour") return base::Duration{3'600'000};
  if (unit == "day") return base::Duration{24 * 3'600'000LL};
  if (unit == "week") return base::Duration{7 * 24 * 3'600'000LL};
  return std::nullopt;
}

std::optional<Span> ParseSpan(std::string_view text) {
  Span span;
  if (constexpr std::string_view kSuffix = "_after_release"; text.ends_with(kSuffix)) {
    span.after_release = true;
    text.remove_suffix(kSuffix.size());
  }
  const std::size_t mark = text.find('_');
  if (mark == text.npos) return std::nullopt;
  const auto count = base::ParseInteger(text.substr(0, mark));
  const auto unit = UnitOf(text.substr(mark + 1));
  if (!count || *count < 0 || *count > 100'000 || !unit) return std::nullopt;
  span.length = *unit * *count;
  return span;
}

bool IsDate(std::string_view text) {
  return text.size() == 10 && workspace::ParseInstant(text, "UTC", workspace::Edge::kStart).has_value();
}

}  // namespace

std::string Fields::TextOf(const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::kScalar && !node.IsNull() && !node.quoted) {
    Error(node.at, std::string(what) + " must be a text in quotes");
    return "";
  }
  std::string text = Reader::Text(node, what);
  if (text.empty() || !base::Trim(text).empty()) return text;
  Error(node.at, std::string(what) + " is blank");
  return "";
}

std::string Fields::Text(const YamlNode& map, std::string_view key) { return TextAt(map, key).value; }

PlacedText Fields::TextAt(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.Find(key);
  if (node == nullptr) return {};
  return {TextOf(*node, key), node->at};
}

std::optional<bool> Fields::Flag(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.Find(key);
  if (node == nullptr) return std::nullopt;
  const bool bare = node->kind == YamlNode::Kind::kScalar && !node->quoted;
  if (bare && (node->scalar == "true" || node->scalar == "false")) return node->scalar == "true";
  Error(node->at, std::string(key) + " must be true or false, without quotes");
  return std::nullopt;
}

bool Fields::Flag(const YamlNode& map, std::string_view key, bool fallback) {
  return Flag(map, key).value_or(fallback);
}

std::optional<std::int64_t> Fields::Number(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.Find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind == YamlNode::Kind::kScalar && !node->quoted) {
    const auto number = base::ParseInteger(node->scalar);
    if (number && *number >= 0) return *number;
  }
  Error(node->at, base::Printable(key) + " must be a whole number from 0");
  return std::nullopt;
}

PlacedText Fields::OneOf(const YamlNode& map, std::string_view key, std::span<const std::string> values) {
  PlacedText text = TextAt(map, key);
  if (text.value.empty() || std::ranges::find(values, text.value) != values.end()) return text;
  Error(text.at, "unknown " + std::string(key) + " " + base::Quote(text.value),
        workspace::Suggest(text.value, values));
  text.value.clear();
  return text;
}

PlacedVersion Fields::VersionOf(const YamlNode& node, std::string_view what) {
  PlacedVersion placed{.value = std::nullopt, .at = node.at};
  const std::string text = TextOf(node, what);
  if (text.empty()) return placed;
  auto version = base::ParseVersion(text);
  if (version && version->v) {
    placed.value = *std::move(version);
  } else {
    Error(node.at, base::Quote(text) + " is no version",
          version ? "write v" + text : "vMAJOR.MINOR.PATCH, such as v2.1.0 (semver.org)");
  }
  return placed;
}

PlacedVersion Fields::Version(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.Find(key);
  return node == nullptr ? PlacedVersion{} : VersionOf(*node, key);
}

std::string Fields::Date(const YamlNode& map, std::string_view key) {
  const PlacedText text = TextAt(map, key);
  if (text.value.empty() || IsDate(text.value)) return text.value;
  Error(text.at, base::Quote(text.value) + " is no date", "write it like 2026-11-21");
  return "";
}

std::optional<Span> Fields::Duration(const YamlNode& map, std::string_view key) {
  const PlacedText text = TextAt(map, key);
  if (text.value.empty()) return std::nullopt;
  auto span = ParseSpan(text.value);
  if (!span)
    Error(text.at, base::Quote(text.value) + " is no duration",
          "a number, `_` and seconds, minutes, hours, days or weeks: 14_days, 60_days_after_release");
  return span;
}

std::optional<Maintenance> Fields::MaintenanceWindow(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.Find(key);
  if (node == nullptr) return std::nullopt;
  if (!Map(*node, key, {"day", "time", "timezone"})) return std::nullopt;
  const YamlNode* day = Need(*node, "day", "a maintenance window");
  const YamlNode* time = Need(*node, "time", "a maintenance window");
  const YamlNode* timezone = Need(*node, "timezone", "a maintenance window");
  std::vector<int> days;
  std::optional<workspace::Window> window;
  const bool day_known = day != nullptr && ReadDay(*day, *this, days);
  const bool time_known = time != nullptr && ReadHours(*time, *this, window);
  const auto zone = timezone == nullptr ? std::nullopt : ReadZone(*timezone, *this);
  if (!day_known || !time_known || !zone) return std::nullopt;
  // A day with any time is that whole day, a time on any day that time on all of them.
  if (!window && !days.empty()) window = workspace::Window{.days = {}, .start = 0, .end = 24 * 60};
  if (window) window->days = days.empty() ? std::vector<int>{0, 1, 2, 3, 4, 5, 6} : days;
  if (window && zone->empty()) {
    Error(timezone->at, "nobody can tell when this window is: the customer's time zone is not written down",
          "write it, such as America/Toronto; customer_preference goes with any day at any time");
    return std::nullopt;
  }
  return Maintenance{std::move(window), *zone};
}

std::vector<PlacedText> Fields::Texts(const YamlNode& map, std::string_view key) {
  std::vector<PlacedText> texts;
  const YamlNode* node = map.Find(key);
  if (node == nullptr || !List(*node, key)) return texts;
  if (node->items.empty()) Error(node->at, std::string(key) + " is empty");
  for (const YamlNode& item : node->items) {
    std::string text = TextOf(item, "an item of " + std::string(key));
    if (!text.empty()) texts.push_back({std::move(text), item.at});
  }
  return texts;
}

std::vector<PlacedVersion> Fields::Versions(const YamlNode& map, std::string_view key) {
  std::vector<PlacedVersion> versions;
  const YamlNode* node = map.Find(key);
  if (node == nullptr || !List(*node, key)) return versions;
  for (const YamlNode& item : node->items) {
    const bool word = item.scalar == "latest" || item.scalar == "main" || item.scalar == "latest_stable";
    if (item.kind == YamlNode::Kind::kScalar && word) {
      Error(item.at, base::Quote(item.scalar) + " in " + std::string(key) + " would allow any version",
            "name the versions, such as v2.1.0");
      continue;
    }
    PlacedVersion version = VersionOf(item, "an item of " + std::string(key));
    if (!version.value) continue;
    if (Contains(versions, *version.value))
      Error(item.at, base::Quote(item.scalar) + " stands in " + std::string(key) + " twice");
    versions.push_back(std::move(version));
  }
  return versions;
}

void Fields::FreeMap(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.Find(key);
  if (node == nullptr || !AnyMap(*node, key)) return;
  for (const auto& [name, value] : node->members) {
    if (value.kind != YamlNode::Kind::kScalar)
      Error(value.at, base::Quote(name.scalar) + " must be a text, a number, true or false");
  }
}

std::string List(const std::vector<PlacedVersion>& versions) {
  std::vector<std::string> texts;
  for (const PlacedVersion& version : versions) {
    if (version.value) texts.push_back(base::ToString(*version.value));
  }
  return base::Join(texts, ", ");
}

bool Contains(const std::vector<PlacedVersion>& versions, const base::Version& version) {
  return std::ranges::any_of(versions,
                             [&](const PlacedVersion& v) { return v.value && *v.value == version; });
}

}  // namespace slipway::fleet
