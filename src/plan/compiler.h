// How a plan is made: one stage after the other, each adding to the plan or to the list of what is wrong.
// Private to plan/.
//
// One Compiler makes one plan. Stages that need what a failed stage should have given are left out, so that
// no error is told twice.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.h"
#include "plan/value.h"

namespace slipway::plan {

// Which names an expression reads, as far as the plan cares.
struct Reads {
  bool target = false;
  std::string later;  // the first name that is known only when the step is ready: steps.X…, outputs.X, run.id
  std::string secret;  // the first secret, or secret parameter
  bool wrong = false;  // one has no value because of an error that was told already
  bool Known() const { return later.empty() && secret.empty() && !wrong; }
};

struct Argument {
  const drivers::ArgumentSheet* sheet = nullptr;
  base::Position at;
  Value value;
  Reads reads;
};

// One `uses` with its `with`: of a step, a check, an undo or a probe.
struct Use {
  enum class Role { kStep, kCheck, kUndo, kProbe };
  Role role = Role::kStep;
  const procedure::Action* action = nullptr;
  const drivers::ActionSheet* sheet = nullptr;
  std::vector<Argument> arguments;
};

struct StepUse {
  const procedure::Phase* phase = nullptr;
  const procedure::Step* step = nullptr;
  std::optional<expr::Expression> when;
  Reads when_reads;
  std::vector<Use> uses;             // the step's own first, if it has one
  std::vector<std::size_t> targets;  // those for which `when` is not known to be false; by index
  bool runs = true;                  // not known to be skipped everywhere
};

// The first error of many targets, and how many had one.
struct Found {
  std::optional<base::Error> error;
  std::string target;
  std::size_t count = 0;
  void Add(base::Error one, std::string_view on);
};

class Compiler {
 public:
  explicit Compiler(const Request& request);
  std::expected<Plan, base::Diagnostics> Compile();
  ActionErrors CheckActions();

 private:
  // compile.cc
  void Prepare();
  void ChooseEnvironment();
  void AddGates();
  Facts Observe();
  void AddFacts(const Facts& seen);
  void PruneTargets();
  std::vector<Observation> ListObservations();
  static bool IsObserved(const StepUse& step);
  // parameters.cc
  void ReadParameters();
  base::Json ReadParameter(const procedure::Parameter& parameter, const std::string& text);
  base::Json ReadRelease(const procedure::Parameter& parameter, const std::string& version);
  // selection.cc
  void SelectTargets();
  bool Narrow(base::Position at);      // to what --only leaves
  bool AllNamed(base::Position at);    // by --only id=…
  void NoteKey(std::string_view key);  // of a condition
  void MakeWaves();
  void MakeWaves(const procedure::Phase& phase);
  // actions.cc
  void ReadActions();
  void ReadStep(const procedure::Phase& phase, const procedure::Step& step);
  std::optional<Use> ReadUse(Use::Role role, const procedure::Action& action);
  void ReadArguments(Use& use);
  void CheckRole(const Use& use);
  void CheckUndo(const procedure::Step& step, const Use& use);
  void CheckOutputs();
  void CheckOutput(const procedure::Step& source, const std::string& before, const std::string& name,
                   base::Position at);
  Reads ReadsOf(const std::vector<expr::Reference>& references);
  bool IsWholeRelease(const Argument& argument, const base::Json& written, std::string& name) const;
  bool IsSecretParameter(const expr::Reference& reference) const;
  bool IsWrong(const expr::Reference& reference) const;
  // arguments.cc
  void ResolveArguments();
  void JudgeWhen(StepUse& step);
  void ResolveArgument(const Use& use, const Argument& argument, std::string_view on, Found& found);
  base::Result<base::Json> ResolveValue(const Use& use, const Argument& argument);
  base::Status CheckPaths(const Argument& argument);
  base::Status Take(const Use& use, const Argument& argument, const base::Json& value);
  base::Status AddConnection(const Use& use, std::string_view name);
  void CheckSecrets();
  void Tell(base::Position at, const std::string& what, const Found& found);
  base::Status AddFile(std::string_view path);
  base::Status AddFiles(std::string_view folder);
  void AddDefaultConnection(const Use& use, base::JsonObject& with);
  void AddDefaultFiles(const Use& use);

  void Error(base::Position at, std::string what, std::string suggestion = "");
  void Error(base::Position at, const base::Error& error);
  void UnknownName(base::Position at, std::string what, std::string suggestion);
  base::Position PlaceOf(const Use& use, const std::string& argument) const;
  // Puts target `index` into the scope; kNoTarget takes it out.
  static constexpr std::size_t kNoTarget = static_cast<std::size_t>(-1);
  void SetTarget(std::size_t index);

  const Request& request_;
  const procedure::Procedure& procedure_;
  const workspace::Workspace& workspace_;
  std::map<std::string, const drivers::ActionSheet*, std::less<>> sheets_;
  const workspace::Environment* environment_ = nullptr;

  Plan plan_;
  base::Diagnostics problems_;
  std::set<std::size_t> misnamed_;  // those of them that tell of an unknown name
  std::vector<StepUse> steps_;
  std::vector<const workspace::Target*> selected_;  // as plan_.targets
  std::map<std::string, base::Status> seen_files_;
  std::set<std::string, std::less<>> wrong_parameters_;  // what they lack was told
  base::JsonObject scope_;                               // parameters, environment, and the target at hand
  std::vector<base::Json> target_scopes_;  // what stands under `target`, by index; taken out while in scope_
  std::size_t in_scope_ = kNoTarget;
  // Which labels and attributes enter the plan.
  std::set<std::string, std::less<>> read_labels_, read_attributes_;
  bool reads_all_labels_ = false, reads_all_attributes_ = false;
};

}  // namespace slipway::plan
