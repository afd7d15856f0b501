// postgres.forget: drops databases that were replaced and kept, once their time is over, and nothing else.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "drivers/postgres/backups/backups.h"
#include "drivers/postgres/backups/proof.h"
#include "drivers/postgres/backups/sheets_backup.h"
#include "drivers/postgres/database/beside.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonArray;
using base::JsonObject;
using base::Result;

base::Result<Prepared> Prepare(Prepared prepared, Context& context) {
  const JsonObject& with = prepared.action.with;
  SLIPWAY_CHECK_OK(CheckForget(with));
  if (!base::GetBool(with, "early")) return prepared;
  const std::string what = base::GetString(with, "kept") + " would go before its time";
  SLIPWAY_TRY(prepared.prior["proof"], RequireProof(with, context, what));
  return prepared;
}

// Which of them go. kRefused: the one that is asked for may not.
Result<std::vector<std::string>> Choose(const PgCall& call, const std::vector<Kept>& all) {
  std::vector<std::string> chosen;
  const std::string only = call.Text("kept");
  for (const Kept& one : all) {
    if (only.empty() ? one.past : one.name == only) chosen.push_back(one.name);
    if (one.name == only && !one.past && !base::GetBool(call.with(), "early"))
      return base::Refused(fmt::format("{} is to be kept until {}", only, base::FormatTime(one.until)), "",
                           "`early: true` drops it all the same");
  }
  return chosen;
}

// What an earlier attempt dropped: it said so beforehand, and it is not there any more.
JsonArray DroppedBefore(const PgCall& call, const std::vector<Kept>& all) {
  JsonArray dropped;
  for (const JsonObject& note : call.progress) {
    const std::string name = base::GetString(note, "database");
    if (std::ranges::find(all, name, &Kept::name) == all.end() &&
        std::ranges::find(dropped, base::Json(name)) == dropped.end())
      dropped.emplace_back(name);
  }
  return dropped;
}

Outcome Run(PgCall& call) {
  JsonArray dropped, left;
  auto stop = [&](const base::Error& error) {
    JsonObject evidence{{"error", error.what}, {"where", error.where}, {"dropped", dropped}};
    // Each is dropped or not, and this may be done again.
    return dropped.empty() && call.progress.empty() && error.kind != base::ErrorKind::kIo
               ? NotDone(base::ToString(error), std::move(evidence))
               : Unknown(base::ToString(error), std::move(evidence));
  };
  auto session = OpenBeside(call.context, call.database());
  if (!session && call.progress.empty()) return NotDone(ToString(session.error()), Evidence(session.error()));
  if (!session) return Unknown(ToString(session.error()), Evidence(session.error()));
  if (auto ended = EndLeftovers(*session, CallerName(call.context)); !ended) return stop(ended.error());
  const auto all = KeptOf(*session, call.database(), call.context.clock.Now());
  if (!all) return stop(all.error());
  dropped = DroppedBefore(call, *all);
  // Gone already is fine; something of that name that is not slipway's is not.
  if (const std::string only = call.Text("kept"); !only.empty()) {
    const auto there = FindDatabase(*session, only);
    if (!there) return stop(there.error());
    if (*there && std::ranges::find(*all, only, &Kept::name) == all->end())
      return stop({base::ErrorKind::kRefused,
                   fmt::format("{} is no database that slipway keeps of {}, so it is not dropped", only,
                               call.database()),
                   "kept", "slipway fleet status names what is kept"});
  }
  const auto chosen = Choose(call, *all);
  if (!chosen) return stop(chosen.error());
  for (const std::string& name : *chosen) {
    if (auto noted = call.sink.Note({{"stage", "dropping"}, {"database", name}}); !noted)
      return stop(noted.error());
    if (auto gone = DropDatabase(*session, name); !gone) return stop(gone.error());
    dropped.emplace_back(name);
  }
  for (const Kept& one : *all) {
    if (std::ranges::find(*chosen, one.name) == chosen->end()) left.emplace_back(one.name);
  }
  std::vector<std::string> names;
  for (const base::Json& name : dropped) names.emplace_back(base::View(name.get_string()));
  const std::string told =
      dropped.empty() ? "nothing was to be dropped" : "dropped " + base::Join(names, ", ");
  return Done({{"dropped", std::move(dropped)}, {"kept", std::move(left)}}, told);
}

}  // namespace

base::Status CheckForget(const JsonObject& with) {
  if (base::GetBool(with, "early") && base::GetString(with, "kept").empty())
    return base::Invalid("`early` needs `kept`: which one may go before its time", "kept",
                         "slipway fleet status names what is kept");
  return {};
}

PgAction ForgetAction() {
  return {.sheet = ForgetSheet(), .prepare = Prepare, .run = Run, .probe = {}, .restored = {}};
}

}  // namespace slipway::drivers::postgres
