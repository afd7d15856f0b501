// What runs did to one customer, in the order in which it was done: what going back and reports are made of.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/state.h"
#include "workspace/workspace.h"

namespace slipway::app {

inline constexpr std::string_view kCustomerKind = "customer";
inline constexpr std::string_view kBackup = "postgres.backup";
inline constexpr std::string_view kMigrate = "postgres.migrate", kDown = "postgres.down";
inline constexpr std::string_view kDue = "postgres.due", kLint = "postgres.lint";
inline constexpr std::string_view kRestore = "postgres.restore";
inline constexpr std::string_view kSwapBack = "postgres.swap_back";
inline constexpr std::string_view kProve = "postgres.prove";
inline constexpr std::string_view kStatus = "postgres.status";
inline constexpr std::string_view kVerify = "postgres.verify";
inline constexpr std::string_view kAsk = "http.probe";
inline constexpr std::string_view kProgram = "exec.check";

// One act of a run, or the undo of one. Points into the state it was taken from.
struct CustomerAct {
  const engine::Instance* instance = nullptr;
  const engine::Act* act = nullptr;
  std::string_view uses;  // the action that was done: of an undo, the undo's own

  bool Done() const { return act->state == engine::Act::State::kDone; }
  bool MayHaveHappened() const { return act->Intended() && act->state != engine::Act::State::kNotDone; }
  bool MovesSchema() const { return uses == kMigrate || uses == kDown; }
  std::string Output(std::string_view name) const { return base::GetString(act->outputs, name); }
};

// Those of this very run, by customer: what a retry or a rollback took over from an earlier one is left out.
using CustomerActs = std::map<std::string_view, std::vector<CustomerAct>>;
CustomerActs ActsOf(const engine::RunState& state);
// The same of one customer, at the cost of one.
std::vector<CustomerAct> ActsOn(const engine::RunState& state, std::string_view customer);

// Is `version` the same as `other` by SemVer precedence? Texts that are no versions are compared as they are.
bool SameVersion(std::string_view version, std::string_view other);

// The customer of that id in the environment. kInvalid: there is none.
base::Result<const workspace::Target*> FindCustomer(const workspace::Workspace& workspace,
                                                    const std::string& environment, const std::string& id);

}  // namespace slipway::app
