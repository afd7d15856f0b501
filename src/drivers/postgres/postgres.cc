#include "drivers/postgres/postgres.h"

#include <fmt/format.h>

#include <algorithm>

#include "drivers/postgres/actions.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers {
namespace postgres {
namespace {

using base::JsonObject;
using base::Result;

class PostgresDriver final : public Driver {
 public:
  explicit PostgresDriver(std::vector<PgAction> actions) : actions_(std::move(actions)) {
    for (const PgAction& action : actions_) sheets_.push_back(action.sheet);
  }

  std::string_view Name() const override { return "postgres"; }
  std::span<const ActionSheet> Sheets() const override { return sheets_; }

  Result<Prepared> Prepare(const Action& action, Context& context) override {
    const PgAction* known = Find(action.uses);
    if (known == nullptr) return base::Invalid(fmt::format("unknown action `{}`", action.uses));
    SLIPWAY_TRY(JsonObject with, NormalizeAll(known->sheet, action.with, true));
    SLIPWAY_CHECK_OK(CheckSecrets(known->sheet, with));
    if (with.contains("database")) SLIPWAY_CHECK_OK(CheckName("database", base::GetString(with, "database")));
    Prepared prepared{{action.uses, std::move(with)}, {}, {}, {}};
    if (!known->prepare) return prepared;
    return known->prepare(std::move(prepared), context);
  }

  Outcome Run(const Prepared& prepared, std::span<const JsonObject> progress, Sink& sink,
              Context& context) override {
    const PgAction* action = Find(prepared.action.uses);
    if (action == nullptr) return NotDone(fmt::format("unknown action `{}`", prepared.action.uses));
    PgCall call{prepared, progress, sink, context};
    return action->run(call);
  }

  Outcome Probe(const Prepared& prepared, std::span<const JsonObject> progress, Context& context) override {
    const PgAction* action = Find(prepared.action.uses);
    if (action == nullptr || !action->probe)
      return Unknown("nobody can see from here what became of " + prepared.action.uses);
    NoNotes none;
    PgCall call{prepared, progress, none, context};
    return action->probe(call);
  }

  Outcome Restored(const Prepared& undone, Context& context) override {
    const PgAction* action = Find(undone.action.uses);
    if (action == nullptr || !action->restored) return Driver::Restored(undone, context);
    return action->restored(undone, context);
  }

 private:
  struct NoNotes final : Sink {
    base::Status Note(JsonObject) override { return {}; }
  };

  const PgAction* Find(std::string_view uses) const {
    const auto found =
        std::ranges::find_if(actions_, [&](const PgAction& action) { return action.sheet.name == uses; });
    return found == actions_.end() ? nullptr : &*found;
  }

  const std::vector<PgAction> actions_;
  std::vector<ActionSheet> sheets_;
};

}  // namespace

std::unique_ptr<Driver> MakeDriver(std::vector<PgAction> actions) {
  return std::make_unique<PostgresDriver>(std::move(actions));
}

}  // namespace postgres

// PostgreSQL 15 manual, 34.15. An empty parameter of a connection does not stand against its variable, and
// the first three have no parameter at all.
std::span<const std::string_view> VariablesOfLibpq() {
  static constexpr std::string_view kVariables[] = {
      "PGDATESTYLE", "PGTZ", "PGGEQO", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD",
      "PGPASSFILE", "PGCHANNELBINDING", "PGSERVICE", "PGSERVICEFILE", "PGSYSCONFDIR", "PGOPTIONS",
      "PGAPPNAME", "PGSSLMODE", "PGREQUIRESSL", "PGSSLCOMPRESSION", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT",
      "PGSSLCRL", "PGSSLCRLDIR", "PGSSLSNI", "PGREQUIREPEER", "PGSSLMINPROTOCOLVERSION",
      "PGSSLMAXPROTOCOLVERSION", "PGGSSENCMODE", "PGKRBSRVNAME", "PGGSSLIB", "PGCONNECT_TIMEOUT",
      "PGCLIENTENCODING", "PGTARGETSESSIONATTRS", "PGLOCALEDIR",
      // of later ones
      "PGREQUIREAUTH", "PGSSLCERTMODE", "PGSSLNEGOTIATION", "PGGSSDELEGATION", "PGLOADBALANCEHOSTS",
      "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION"};
  return kVariables;
}

std::unique_ptr<Driver> MakePostgresDriver(process::Spawner& spawner) {
  return postgres::MakeDriver(postgres::Actions(spawner));
}

}  // namespace slipway::drivers
