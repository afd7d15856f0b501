// The working parts of Decide; see decide.h for what it promises. Private to engine/.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/decide.h"

namespace slipway::engine {

class Decider {
 public:
  Decider(const Surroundings& around, const RunState& state, const InHand& hand, base::Time now)
      : around_(around), plan_(around.plan), state_(state), hand_(hand), now_(now) {}
  Decision Run();

 private:
  enum class Branch { kRunning, kSucceeded, kFailed };
  enum class Starts { kAllowed, kForbidden };

  // forward.cc: phases, waves, targets, branches
  void Forward();
  bool Untouched() const;
  bool StillAsPlanned();
  bool StepsPhase(const procedure::Phase& phase);
  bool ForEachPhase(const procedure::Phase& phase);
  bool Wave(const procedure::Phase& phase, std::size_t number, const std::vector<std::size_t>& members,
            bool stop);
  Branch RunBranch(const procedure::Phase& phase, const plan::PlannedTarget* target, Starts starts);
  bool StartTarget(const procedure::Phase& phase, const plan::PlannedTarget& target);
  void AdvanceTarget(const procedure::Phase& phase, const plan::PlannedTarget& target);
  bool TargetOver(const procedure::Phase& phase, const std::string& id) const;
  std::int64_t UnknownTargets() const;
  bool ProvedNothing(const std::vector<std::size_t>& members) const;
  void TargetFailed(const procedure::Phase& phase, const std::string& target, const std::string& why);
  void RunFailed(const std::string& why, procedure::Scope scope);
  bool IsReady(const procedure::Phase& phase, const procedure::Step& step, std::string_view target,
               bool above) const;
  void Conclude(const std::string& why);

  // instance.cc: one step instance
  void StartInstance(const procedure::Phase& phase, const procedure::Step& step,
                     const plan::PlannedTarget* target);
  void Advance(const procedure::Step& step, const Instance& instance, const plan::PlannedTarget* target);
  void AdvanceAct(const procedure::Step& step, const Instance& instance, bool undo);
  static bool CanLook(const Act& act);
  void AdvanceUnknown(const procedure::Step& step, const Instance& instance, bool undo);
  void AdvanceChecks(const procedure::Step& step, const Instance& instance,
                     const plan::PlannedTarget* target);
  void AdvanceConfirm(const procedure::Step& step, const Instance& instance);
  void PrepareAct(const procedure::Step& step, const std::string& key, const std::string& target,
                  const drivers::Action& action, bool undo);
  void Fail(const procedure::Step& step, std::string_view target, std::string reason, bool undo);
  void Again(const procedure::Step& step, const Instance& instance, bool undo, std::string why);
  base::JsonObject ScopeOf(const procedure::Step& step, const plan::PlannedTarget* target,
                           const Instance* self) const;
  base::Result<drivers::Action> Resolve(const procedure::Step& step, const procedure::Action& action,
                                        const plan::PlannedTarget* target, const Instance* self) const;

  // unwind.cc: rollback, pause, cancel
  void Unwind();
  bool UnwindChain(const std::vector<const procedure::Phase*>& phases, const std::string& target);
  bool UndoOne(const procedure::Step& step, const Instance& instance);
  bool ChainStopped(std::string_view target) const;
  void FinishUnwind();
  void Pause();
  void Cancel();
  void StartRollback(const std::string& reason);
  void RollBackAgain();
  bool Drain();
  void PlaceHolds(const std::string& target, const std::string& reason);

  // gates.cc
  bool GatesOpen(const plan::PlannedTarget* target);
  bool JudgeGate(const procedure::Gate& gate, const plan::PlannedTarget* target);
  bool Verdict(const std::string& gate, const plan::PlannedTarget* target, const GateVerdict& verdict);

  // helpers
  void Add(std::string type, base::JsonObject data) {
    decision_.events.push_back({std::move(type), std::move(data)});
  }
  void Start(Job job);
  void WakeAt(base::Time at);
  void BackOff(base::Time until);  // as WakeAt, and the process stays for it
  void AwaitPerson(std::string what, const Instance& instance, std::string reason, std::string next);
  bool Busy(std::string_view name) const { return hand_.busy.contains(name); }
  const Instance* Find(std::string_view step, std::string_view target) const;
  const plan::PlannedTarget* TargetOf(std::string_view id) const;
  const drivers::ActionSheet* SheetOf(std::string_view uses) const { return around_.drivers.Sheet(uses); }

  const Surroundings& around_;
  const plan::Plan& plan_;
  const RunState& state_;
  const InHand& hand_;
  const base::Time now_;
  Decision decision_;
};

}  // namespace slipway::engine
