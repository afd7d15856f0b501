// The actions of the postgres driver, one file each. Inside the driver only.
//
// To add one: a file in its room (postgres.h) with a function `PgAction XAction()`, its line in actions.cc,
// the same in the model (model_x.cc, model.cc), and its cases in tests/postgres/conformance_test.cc.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "drivers/driver.h"
#include "drivers/postgres/session/error.h"
#include "process/spawner.h"

namespace slipway::drivers::postgres {

// Everything a running action needs.
struct PgCall {
  const Prepared& prepared;
  std::span<const base::JsonObject> progress;
  Sink& sink;
  Context& context;

  const base::JsonObject& with() const { return prepared.action.with; }
  std::string Text(std::string_view argument) const { return base::GetString(with(), argument); }
  std::int64_t Integer(std::string_view argument) const { return base::GetInt(with(), argument); }
  std::string database() const { return Text("database"); }
};

// One action: what its sheet promises, and the functions that keep it. Arguments come normalised.
struct PgAction {
  ActionSheet sheet;
  // Looks and completes, changes nothing; empty: there is nothing to see beforehand.
  std::function<base::Result<Prepared>(Prepared prepared, Context& context)> prepare;
  std::function<Outcome(PgCall& call)> run;
  std::function<Outcome(PgCall& call)> probe;                                 // empty: nobody can tell
  std::function<Outcome(const Prepared& undone, Context& context)> restored;  // empty: nobody looked
};

PgAction CheckAction();
PgAction LintAction();
PgAction DueAction();
PgAction MigrateAction();
PgAction DownAction();
PgAction ReversibleAction();
PgAction StatusAction();
PgAction QueryAction();
PgAction VerifyAction();
PgAction ProvisionAction();
PgAction DropAction();
PgAction SeedAction();
PgAction AdminUserAction();
PgAction TakeBackAction();
PgAction ArchiveAction();
PgAction UnarchiveAction();

// `15.4` as the server numbers itself: 150004. 0: it is none.
int ServerNumber(const std::string& version);

// postgres.check of a server that cannot be reached: what is left unseen is told by name.
Outcome NotReached(const PgCall& call, const SqlError& error);

// Why a call ends before it begins; empty: it goes on.
std::string Stopped(const Context& context);

// `restored` of what postgres.take_back undoes: are the rows gone?
Outcome TakenBack(const Prepared& undone, Context& context);

// On real servers, in the order of `slipway docs`; those of backups.h are among them.
std::vector<PgAction> Actions(process::Spawner& spawner);

std::unique_ptr<Driver> MakeDriver(std::vector<PgAction> actions);

}  // namespace slipway::drivers::postgres
