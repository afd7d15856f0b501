// Every name that points at something else in the document: ids, `needs`, and the paths that expressions
// read.
#include <unordered_map>

#include "base/text.h"
#include "procedure/parse.h"

namespace slipway::procedure {
namespace {

constexpr std::string_view kTargetNames[] = {"id", "kind", "labels", "attributes", "time_zone"};
constexpr std::string_view kEnvironmentNames[] = {"name", "time_zone"};
constexpr std::string_view kReleaseNames[] = {"version", "digest", "path"};
constexpr std::string_view kStepNames[] = {"outputs", "state"};
constexpr std::string_view kRunNames[] = {"id"};

bool InStep(Where where) {
  return where != Where::kTargets && where != Where::kNotifyUrl && where != Where::kNotifyCommand;
}

class Checker {
 public:
  Checker(Document& document, Procedure& procedure) : document_(document), procedure_(procedure) {}

  void Run() {
    Index();
    for (const Need& need : document_.needs()) CheckNeed(need);
    for (const Use& use : document_.uses()) CheckUse(use);
    // One of each, in document order, so that a plan does not depend on where a step is named first.
    for (Phase& phase : procedure_.phases)
      for (Step& step : phase.steps) {
        std::ranges::sort(step.reads, {}, [&](const std::string& id) { return steps_.at(id).order; });
        const auto again = std::ranges::unique(step.reads);
        step.reads.erase(again.begin(), again.end());
      }
  }

 private:
  struct Known {
    int phase, order;
    const Step* step;
  };

  void Index() {
    std::unordered_map<std::string_view, const Phase*> phases;
    int order = 0;
    for (std::size_t p = 0; p < procedure_.phases.size(); ++p) {
      const Phase& phase = procedure_.phases[p];
      starts_.push_back(order);
      if (!phase.id.empty() && !phases.emplace(phase.id, &phase).second)
        document_.Error(phase.at, "the phase id `" + phase.id + "` stands here twice",
                        First(phases[phase.id]->at));
      for (const Step& step : phase.steps) {
        ++order;
        if (step.id.empty()) continue;
        const auto [known, fresh] = steps_.emplace(step.id, Known{static_cast<int>(p), order, &step});
        if (fresh)
          names_.push_back(step.id);
        else
          document_.Error(step.at, "the step id `" + step.id + "` stands here twice",
                          First(known->second.step->at));
      }
    }
  }

  static std::string First(base::Position at) { return "the first is in line " + std::to_string(at.line); }

  const Step& StepOf(int phase, int step) const {
    return procedure_.phases[static_cast<std::size_t>(phase)].steps[static_cast<std::size_t>(step)];
  }

  void CheckNeed(const Need& need) {
    if (document_.full()) return;
    const auto found = steps_.find(need.id);
    if (found == steps_.end()) {
      std::vector<std::string> above;
      for (int i = 0; i < need.step; ++i) above.push_back(StepOf(need.phase, i).id);
      return document_.Error(need.at, "unknown step `" + need.id + "`", Suggest(need.id, above));
    }
    const Known& known = found->second;
    const int order = OrderOf(need.phase, need.step);
    if (known.phase < need.phase)
      return document_.Error(need.at, "`" + need.id + "` is a step of another phase",
                             "leave it out: a phase begins when the one above has ended");
    if (known.phase > need.phase)
      return document_.Error(need.at, "`" + need.id + "` is a step of a later phase",
                             "a step cannot wait for it");
    if (known.order == order)
      return document_.Error(need.at, "the step needs itself", "write `needs: []` to start at once");
    if (known.order > order)
      return document_.Error(need.at, "`" + need.id + "` is written below this step",
                             "steps stand in an order in which they can be done: move it up");
  }

  // ---- expressions

  // Counted from 1 over the whole document.
  int OrderOf(int phase, int step) const { return starts_[static_cast<std::size_t>(phase)] + step + 1; }

  void CheckUse(const Use& use) {
    if (document_.full()) return;
    const std::string& first = use.reference.path.front();
    const auto allowed = NamesIn(use.place);
    if (std::ranges::find(allowed, first) == allowed.end()) return Misplaced(use, allowed);
    if (first == "parameters") return CheckParameter(use);
    if (first == "environment") return void(Member(use, 1, kEnvironmentNames, 2));
    if (first == "target") return CheckTarget(use);
    if (first == "run") return void(Member(use, 1, kRunNames, 2));
    if (first == "steps") return CheckStep(use);
    if (first == "secrets" && use.reference.path.size() != 2)
      return Wrong(use, "a secret is read as `secrets.NAME`", "");
    if (first == "outputs" && use.reference.path.size() < 2)
      return Wrong(use, "an output is read as `outputs.NAME`", "");
  }

  std::vector<std::string> NamesIn(const Place& place) const {
    std::vector<std::string> names = {"parameters", "environment"};
    if (place.where == Where::kTargets) return names;
    names.emplace_back("run");
    if (place.where != Where::kWhen && place.where != Where::kNotifyCommand) names.emplace_back("secrets");
    if (!InStep(place.where)) return names;
    names.emplace_back("steps");
    if (procedure_.phases[static_cast<std::size_t>(place.phase)].for_each) names.emplace_back("target");
    if (place.where == Where::kInCheck || place.where == Where::kInUndo) names.emplace_back("outputs");
    return names;
  }

  void Misplaced(const Use& use, const std::vector<std::string>& allowed) {
    const std::string& first = use.reference.path.front();
    const std::string name = "`" + Short(first) + "`";
    if (first == "target")
      return Wrong(use, "there is no `target` here",
                   InStep(use.place.where) ? "the phase has no `for_each: target`" : "");
    if (first == "secrets" && use.place.where == Where::kWhen)
      return Wrong(use, "a secret cannot decide a `when`", "its value would be on record");
    if (first == "secrets" && use.place.where == Where::kNotifyCommand)
      return Wrong(use, "a secret cannot stand in an argument list",
                   "every user of the machine can read it there");
    if (first == "outputs")
      return Wrong(use, "a step has no `outputs` of its own here",
                   InStep(use.place.where) ? "of another step: `steps.ID.outputs.NAME`" : "");
    for (std::string_view known : {"steps", "run", "secrets"})
      if (first == known) return Wrong(use, name + " cannot be read here", "");
    if (InStep(use.place.where) && steps_.contains(first))
      return Wrong(use, "unknown name " + name, "did you mean `steps." + first + ".outputs.…`?");
    for (const Parameter& parameter : procedure_.parameters)
      if (parameter.name == first)
        return Wrong(use, "unknown name " + name, "did you mean `parameters." + first + "`?");
    Wrong(use, "unknown name " + name, Suggest(first, allowed));
  }

  void Wrong(const Use& use, std::string what, std::string hint) {
    document_.Error(use.at, std::move(what), std::move(hint));
  }

  // Is path[i] one of `names`, and the path no longer than `most`?
  bool Member(const Use& use, std::size_t i, std::span<const std::string_view> names, std::size_t most) {
    const auto& path = use.reference.path;
    const expr::Reference before{
        {path.begin(), path.begin() + static_cast<std::ptrdiff_t>(std::min(i, path.size()))}, false, 0};
    const std::vector<std::string> choices(names.begin(), names.end());
    const std::string prefix = expr::ToString(before);
    if (path.size() <= i) {
      Wrong(use, "`" + Short(prefix) + "` alone says nothing",
            "one of " + base::Join(choices, ", ") + " must follow");
      return false;
    }
    if (std::ranges::find(names, path[i]) == names.end()) {
      Wrong(use, "unknown name `" + Short(prefix + "." + path[i]) + "`",
            Suggest(path[i], choices, prefix + "."));
      return false;
    }
    if (path.size() <= most) return true;
    Wrong(use, "`" + Short(prefix + "." + path[i]) + "` has no members", "");
    return false;
  }

  void UnknownParameter(const Use& use) {
    std::vector<std::string> names;
    for (const Parameter& parameter : procedure_.parameters) names.push_back(parameter.name);
    for (std::string& name : document_.DoubtfulUnder("parameters."))
      if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    if (names.empty()) return Wrong(use, "the procedure has no parameters", "declare it under `parameters`");
    Member(use, 1, std::vector<std::string_view>(names.begin(), names.end()), 3);
  }

  void CheckParameter(const Use& use) {
    if (document_.InDoubt("parameters")) return;
    if (use.reference.path.size() > 1 && document_.InDoubt("parameters." + use.reference.path[1])) return;
    const auto& path = use.reference.path;
    const auto declared = path.size() < 2
                              ? procedure_.parameters.end()
                              : std::ranges::find(procedure_.parameters, path[1], &Parameter::name);
    if (declared == procedure_.parameters.end()) return UnknownParameter(use);
    const Parameter& parameter = *declared;
    if (parameter.type == ParameterType::kRelease) {
      if (path.size() > 2) Member(use, 2, kReleaseNames, 3);
    } else if (path.size() > 2) {
      Wrong(use, "`parameters." + path[1] + "` has no members", "");
    }
    if (parameter.type != ParameterType::kSecret) return;
    if (use.place.where == Where::kWhen || use.place.where == Where::kTargets)
      Wrong(use, "a secret cannot decide here", "its value would be on record");
    if (use.place.where == Where::kNotifyCommand)
      Wrong(use, "a secret cannot stand in an argument list", "every user of the machine can read it there");
  }

  void CheckTarget(const Use& use) {
    const auto& path = use.reference.path;
    const bool deeper = path.size() > 1 && (path[1] == "labels" || path[1] == "attributes");
    if (!Member(use, 1, kTargetNames, deeper ? 1000 : 2)) return;
    if (deeper && path.size() == 2)
      Wrong(use, "`target." + path[1] + "` alone says nothing",
            "a name must follow: `target." + path[1] + ".NAME`");
  }

  void CheckStep(const Use& use) {
    const auto& path = use.reference.path;
    Step& self = procedure_.phases[static_cast<std::size_t>(use.place.phase)]
                     .steps[static_cast<std::size_t>(use.place.step)];
    if (path.size() < 2) return Wrong(use, "`steps` alone says nothing", "such as `steps.ID.outputs.NAME`");
    if (document_.InDoubt("steps." + path[1])) return;
    const auto found = steps_.find(path[1]);
    if (found == steps_.end())
      return Wrong(use, "unknown step `" + Short(path[1]) + "`", Suggest(path[1], names_, "steps."));
    const Known& known = found->second;
    if (known.step == &self)
      return Wrong(use, "a step cannot read itself this way",
                   "in its `verify` and `undo` its own outputs are `outputs.NAME`");
    if (known.order > OrderOf(use.place.phase, use.place.step))
      return Wrong(use, "`" + path[1] + "` is written below this step",
                   "a step reads only what stands above it");
    const Phase& theirs = procedure_.phases[static_cast<std::size_t>(known.phase)];
    if (theirs.for_each && !procedure_.phases[static_cast<std::size_t>(use.place.phase)].for_each)
      return Wrong(use, "`" + path[1] + "` is done once per target, so it has no single output",
                   "read it in a phase with `for_each: target`");
    if (!Member(use, 2, kStepNames, path.size() > 2 && path[2] == "outputs" ? 1000 : 3)) return;
    if (path[2] == "outputs" && path.size() == 3)
      return Wrong(use, "`" + Short(expr::ToString(use.reference)) + "` alone says nothing",
                   "a name must follow");
    if (path[2] == "outputs" && known.step->confirm) CheckAnswer(use, *known.step, 3);
    self.reads.push_back(path[1]);
  }

  void CheckAnswer(const Use& use, const Step& step, std::size_t i) {
    std::vector<std::string> fields;
    for (const Field& field : step.confirm->fields) fields.push_back(field.id);
    const std::string& name = use.reference.path[i];
    if (std::ranges::find(fields, name) == fields.end())
      Wrong(use, "`" + step.id + "` has no field `" + Short(name) + "`",
            fields.empty() ? "its `confirm` has no fields" : Suggest(name, fields));
  }

  Document& document_;
  Procedure& procedure_;
  std::unordered_map<std::string, Known> steps_;
  std::vector<std::string> names_;
  std::vector<int> starts_;  // steps before each phase
};

}  // namespace

void CheckReferences(Document& document, Procedure& procedure) { Checker(document, procedure).Run(); }

}  // namespace slipway::procedure
