// A verb: what `slipway <verb>` does. One file each; the list of all of them is in verbs.cc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/api.h"
#include "cli/exit.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace slipway::cli {

struct Call {
  api::Api& api;
  Terminal& out;
  std::span<const std::string> arguments;  // after the verb
};

struct Verb {
  std::string_view name;       // `run`, `holds lift`
  std::string_view arguments;  // for the overview
  std::string_view summary;
  Exit (*run)(Call& call);
};

std::span<const Verb> Verbs();

// Tells what went wrong and answers its exit code.
Exit Fail(Terminal& out, const api::Failure& failure);

// Reads the arguments; an answer ends the verb at once (bad usage, or help was asked for and given).
std::optional<Exit> Read(Call& call, Options& options);

// Makes the plan and prints it: `plan`, and `run --dry-run`.
Exit TellPlan(Call& call, const api::ProcedureRequest& request, bool json);

// Every diagnostic with its line, and how many of them each file has.
Exit TellChecked(Call& call, const api::CheckReport& report, bool json);

Exit Init(Call& call);
Exit Import(Call& call);
Exit Diff(Call& call);
Exit Check(Call& call);
Exit Plan(Call& call);
Exit Simulate(Call& call);
Exit Run(Call& call);
Exit Runs(Call& call);
Exit Show(Call& call);
Exit Log(Call& call);
Exit Explain(Call& call);
Exit Resume(Call& call);
Exit Pause(Call& call);
Exit Cancel(Call& call);
Exit Rollback(Call& call);
Exit Retry(Call& call);
Exit Confirm(Call& call);
Exit Settle(Call& call);
Exit Targets(Call& call);
Exit TargetsAdopt(Call& call);
Exit Holds(Call& call);
Exit HoldsLift(Call& call);
Exit FleetStatus(Call& call);
Exit FleetAdd(Call& call);
Exit FleetDemoUp(Call& call);
Exit FleetDemoReset(Call& call);
Exit FleetDemoRefresh(Call& call);
Exit FleetDemoDown(Call& call);
Exit FleetUpdate(Call& call);
Exit FleetRollback(Call& call);
Exit FleetVerify(Call& call);
Exit FleetReport(Call& call);
Exit FleetImport(Call& call);
Exit FleetCheck(Call& call);
Exit Secrets(Call& call);
Exit SecretsSet(Call& call);
Exit SecretsRemove(Call& call);
Exit SecretsWrite(Call& call);
Exit AuditVerify(Call& call);
Exit AuditShow(Call& call);
Exit AuditExport(Call& call);
Exit Docs(Call& call);
Exit DocsLint(Call& call);
Exit Print(Call& call);
Exit Completion(Call& call);

}  // namespace slipway::cli
