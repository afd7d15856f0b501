#include <fmt/format.h>

#include <algorithm>

#include "app/app.h"
#include "base/text.h"
#include "engine/rows.h"

namespace slipway::app {

namespace {

base::Result<api::Hold> HoldOf(const journal::Row& row) {
  SLIPWAY_TRY(const base::Json json, base::ParseJson(row.value));
  if (!json.is_object())
    return base::Fail(base::ErrorKind::kInternal, "the row of a hold is no object", row.key);
  const base::JsonObject& o = json.get_object();
  return api::Hold{
      base::GetString(o, "release"),          base::GetString(o, "digest"), base::GetString(o, "environment"),
      base::GetString(o, "target"),           base::GetString(o, "run"),    base::GetString(o, "reason"),
      base::FromMillis(base::GetInt(o, "at"))};
}

base::Error NotHeld(const api::LiftRequest& request, const std::vector<api::Hold>& holds) {
  std::vector<std::string> names;
  for (const api::Hold& hold : holds) names.push_back(hold.release);
  const auto near = base::DidYouMean(request.release, names);
  std::string where = request.environment.empty() ? "" : " in " + request.environment;
  if (!request.target.empty()) where += " on " + request.target;
  return {base::ErrorKind::kInvalid, base::Quote(request.release) + " is not on hold" + where, "",
          near ? "slipway holds lift " + *near + " --reason …" : "slipway holds"};
}

}  // namespace

api::Answer<std::vector<api::Hold>> App::Holds() {
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  SLIPWAY_TRY(const auto rows, store->Scan(journal::Table::kHold));
  std::vector<api::Hold> holds;
  for (const journal::Row& row : rows) {
    SLIPWAY_TRY(api::Hold hold, HoldOf(row));
    holds.push_back(std::move(hold));
  }
  std::ranges::sort(holds, {}, &api::Hold::since);
  return holds;
}

api::Answer<std::vector<api::Hold>> App::Lift(const api::LiftRequest& request) {
  if (base::Trim(request.reason).empty()) {
    return std::unexpected(base::Error{base::ErrorKind::kInvalid, "a hold is lifted with a reason", "",
                                       fmt::format("slipway holds lift {} --reason …", request.release)});
  }
  SLIPWAY_TRY(const std::vector<api::Hold> all, Holds());
  std::vector<api::Hold> meant = all;
  std::erase_if(meant, [&](const api::Hold& hold) {
    return (hold.release != request.release && hold.digest != request.release) ||
           (!request.environment.empty() && hold.environment != request.environment) ||
           (!request.target.empty() && hold.target != request.target);
  });
  if (meant.empty()) return std::unexpected(NotHeld(request, all));
  std::vector<std::string> environments;
  for (const api::Hold& hold : meant) {
    if (std::ranges::find(environments, hold.environment) == environments.end())
      environments.push_back(hold.environment);
  }
  if (environments.size() > 1) {
    return std::unexpected(
        base::Error{base::ErrorKind::kInvalid,
                    fmt::format("{} is on hold in {}", request.release, base::Join(environments, ", ")), "",
                    "say where: -e " + environments.front()});
  }
  journal::Batch batch;
  for (const api::Hold& hold : meant) {
    base::JsonObject data{{"release", hold.release},
                          {"digest", hold.digest},
                          {"environment", hold.environment},
                          {"target", hold.target},
                          {"reason", request.reason}};
    batch.puts.push_back({journal::Put::Mode::kErase, journal::Table::kHold, engine::HoldKey(data), ""});
    batch.events.push_back({"", "hold_lifted", session_.actor(), session_.clock().Now(), std::move(data)});
  }
  SLIPWAY_TRY(journal::Store * store, session_.Store());
  SLIPWAY_TRY(const journal::Appended appended, store->Append(batch));
  static_cast<void>(appended);
  return meant;
}

}  // namespace slipway::app
