#include "app/fleet_status_kept.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/kept.h"
#include "base/bytes.h"
#include "base/json.h"
#include "workspace/workspace.h"

namespace slipway::app {

namespace {

using base::Json;
using base::JsonArray;

constexpr char kName[] = "fleet-status";
constexpr base::Duration kLongest{60LL * 60 * 1000};
constexpr std::size_t kFields = 13;

Json ToJson(const std::optional<base::Time>& time) { return time ? Json(base::Millis(*time)) : Json(); }

JsonArray ToJson(const api::FleetCustomer& one) {
  return {one.id,
          one.ring,
          one.version,
          one.target_version,
          one.backup,
          ToJson(one.backup_at),
          ToJson(one.proven_at),
          one.drift,
          ToJson(one.looked_at),
          one.open,
          ToJson(one.until),
          one.held_by,
          one.drifted_before};
}

// Fields of a kept customer; anything unlike what ToJson writes makes `good` false.
class Fields {
 public:
  Fields(const JsonArray& fields, bool& good) : fields_(fields), good_(good) {}

  std::string Text(std::size_t i) const {
    if (!fields_[i].is_string()) good_ = false;
    return fields_[i].is_string() ? std::string(base::View(fields_[i].get_string())) : "";
  }
  std::optional<base::Time> When(std::size_t i) const {
    if (fields_[i].is_null()) return std::nullopt;
    if (!fields_[i].is_int64()) good_ = false;
    return fields_[i].is_int64() ? std::optional(base::FromMillis(fields_[i].get_int64())) : std::nullopt;
  }
  bool Flag(std::size_t i) const {
    if (!fields_[i].is_bool()) good_ = false;
    return fields_[i].is_bool() && fields_[i].get_bool();
  }

 private:
  const JsonArray& fields_;
  bool& good_;
};

}  // namespace

base::Result<std::string> KeyOfStatus(const std::filesystem::path& root, journal::Store& store,
                                      const std::string& environment) {
  SLIPWAY_TRY(const std::string files, workspace::ContentDigest(root));
  SLIPWAY_TRY(const std::int64_t size, store.Size());
  return base::Sha256Text(
      fmt::format("{}\n{}\n{}\n{}\n{}", SLIPWAY_VERSION, files, store.Id(), size, environment));
}

std::optional<std::vector<api::FleetCustomer>> ReadKeptStatus(const std::filesystem::path& state,
                                                              const std::string& key, base::Time now) {
  const auto kept = ReadKept(state, kName, key);
  if (!kept) return std::nullopt;
  if (now < base::FromMillis(base::GetInt(*kept, "from")) ||
      now >= base::FromMillis(base::GetInt(*kept, "until")))
    return std::nullopt;
  std::vector<api::FleetCustomer> customers;
  bool good = true;
  for (const Json& item : base::GetArray(*kept, "customers")) {
    if (!item.is_array() || item.get_array().size() != kFields) return std::nullopt;
    const Fields f(item.get_array(), good);
    customers.push_back({.id = f.Text(0),
                         .ring = f.Text(1),
                         .version = f.Text(2),
                         .target_version = f.Text(3),
                         .backup = f.Text(4),
                         .backup_at = f.When(5),
                         .proven_at = f.When(6),
                         .drift = f.Text(7),
                         .looked_at = f.When(8),
                         .open = f.Flag(9),
                         .until = f.When(10),
                         .held_by = f.Text(11),
                         .drifted_before = f.Text(12)});
  }
  if (!good || customers.empty()) return std::nullopt;
  return customers;
}

void KeepStatus(const std::filesystem::path& state, const std::string& key, base::Time now,
                const std::vector<api::FleetCustomer>& customers) {
  base::Time until = now + kLongest;
  JsonArray list;
  for (const api::FleetCustomer& one : customers) {
    if (one.until) until = std::min(until, *one.until);
    list.emplace_back(ToJson(one));
  }
  Keep(state, kName, key,
       {{"from", base::Millis(now)}, {"until", base::Millis(until)}, {"customers", std::move(list)}});
}

}  // namespace slipway::app
