// The plan as a reviewer reads it.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "plan/describe.h"
#include "plan/plan.h"
#include "plan/suggest.h"

namespace slipway::plan {
namespace {

using base::Json;
using base::JsonObject;

constexpr std::size_t kNames = 10;  // target ids in one line
constexpr std::size_t kGroups = 5;  // different facts of one step
constexpr std::size_t kWidth = 110;

class Printer {
 public:
  explicit Printer(const Plan& plan) : plan_(plan) {}
  std::string Run();

 private:
  void Header();
  void Parameters();
  void Inputs();
  void Gates();
  void PhaseHead(const procedure::Phase& phase, std::size_t number);
  void Step(const procedure::Phase& phase, const procedure::Step& step, const std::string& number);
  void Action(const procedure::Phase& phase, const procedure::Action& action, std::string head);
  void Confirm(const procedure::Confirm& confirm);
  void Facts(const procedure::Step& step);
  std::string Names(const std::vector<std::size_t>& targets) const;

  void Line(int indent, const std::string& text) {
    out_.append(static_cast<std::size_t>(indent), ' ');
    out_ += text;
    out_ += '\n';
  }
  void Row(std::string_view name, const std::string& text) { Line(2, fmt::format("{:<12} {}", name, text)); }

  const Plan& plan_;
  std::string out_;
};

std::string Printer::Run() {
  Header();
  Parameters();
  Inputs();
  Gates();
  std::size_t number = 0;
  for (const procedure::Phase& phase : plan_.procedure.phases) {
    PhaseHead(phase, ++number);
    std::size_t step_number = 0;
    for (const procedure::Step& step : phase.steps)
      Step(phase, step, fmt::format("{}.{}", number, ++step_number));
  }
  const std::vector<std::string> warnings = Warnings(plan_);
  if (!warnings.empty()) {
    Line(0, "\nTake note");
    for (const std::string& warning : warnings) Line(2, "! " + warning);
  }
  Line(0, "\nPlan " + plan_.digest);
  Line(0, "next: " + NextCommand(plan_));
  return std::move(out_);
}

void Printer::Header() {
  const procedure::Metadata& metadata = plan_.procedure.metadata;
  Line(0, base::Printable(metadata.title.empty() ? metadata.id : metadata.title));
  std::string about = metadata.id;
  if (!metadata.version.empty()) about += " " + metadata.version;
  about += ", " + StatusText(metadata.status);
  if (!metadata.owner.empty()) about += ", owner " + base::Printable(metadata.owner);
  if (!metadata.approver.empty()) about += ", approver " + base::Printable(metadata.approver);
  if (!metadata.review_by.empty()) about += ", review by " + metadata.review_by;
  Row("procedure", about);
  std::string environment = plan_.environment + ", " + plan_.time_zone;
  if (plan_.strict) environment += ", strict";
  if (!plan_.calendar.empty()) environment += ", calendar " + plan_.calendar;
  Row("environment", environment);
  for (const procedure::Waiver& waiver : procedure::WaiversOf(plan_.procedure))
    Row("waived", waiver.rule + " until " + waiver.until + " by " + base::Printable(waiver.by) + ": " +
                      base::Printable(waiver.reason));
}

void Printer::Parameters() {
  for (const procedure::Parameter& parameter : plan_.procedure.parameters) {
    const auto release = plan_.releases.find(parameter.name);
    if (release != plan_.releases.end()) {
      Row(parameter.name, release->second.version + "  " + release->second.digest);
      continue;
    }
    const Json* value = plan_.parameters.if_contains(parameter.name);
    std::string text = value == nullptr ? "none" : ValueText(*value);
    if (parameter.type == procedure::ParameterType::kSecret) text = "secret, read when it is used";
    if (value != nullptr && value->is_int64()) {
      if (parameter.type == procedure::ParameterType::kDuration)
        text = base::FormatDuration(base::Duration{value->get_int64()});
      if (parameter.type == procedure::ParameterType::kPercentage)
        text = base::FormatPercentage(value->get_int64());
    }
    Row(parameter.name, text);
  }
}

void Printer::Inputs() {
  if (plan_.procedure.targets) {
    std::vector<std::size_t> all(plan_.targets.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    Row("targets", fmt::format("{}: {}", all.size(), Names(all)));
    for (const auto& [key, values] : plan_.only)
      Row("only", key + " " + base::Printable(base::Join(values, " or ")));
  }
  std::vector<std::string> connections;
  for (const auto& [name, document] : plan_.connections)
    connections.push_back(name + " (" + base::GetString(document, "driver") + ")");
  if (!connections.empty()) Row("connections", base::Join(connections, ", "));
  for (const auto& [path, digest] : plan_.files) Row("file", base::Printable(path) + "  " + digest);
  Row("on failure", OnFailureText(plan_.procedure.on_failure));
}

void Printer::Gates() {
  if (plan_.gates.empty()) return;
  Line(0, "\nGates");
  for (std::size_t i = 0; i < plan_.gates.size(); ++i) {
    const procedure::Gate& gate = plan_.gates[i];
    const std::vector<std::string> texts = ArgumentTexts(gate.with);
    std::string line = gate.kind + (texts.empty() ? "" : " " + base::Join(texts, ", "));
    if (i >= plan_.procedure.gates.size()) line += "  (asked by " + plan_.environment + ")";
    Line(2, line);
  }
}

std::string Printer::Names(const std::vector<std::size_t>& targets) const {
  std::vector<std::string> names;
  names.reserve(std::min(targets.size(), kNames));
  for (const std::size_t index : targets) {
    if (names.size() == kNames) break;
    names.push_back(plan_.targets[index].id);
  }
  const std::string more =
      targets.size() > kNames ? fmt::format(" and {} more", targets.size() - kNames) : "";
  return base::Join(names, ", ") + more;
}

void Printer::PhaseHead(const procedure::Phase& phase, std::size_t number) {
  Line(0, fmt::format("\n{} {}", number, base::Printable(phase.title.empty() ? phase.id : phase.title)));
  if (!phase.for_each) return;
  const int parallel = phase.max_parallel.value_or(1);
  Line(2, fmt::format("for each target, {}; {} failed target{} stop{} it; a rollback takes back {}",
                      parallel == 1 ? "one at a time" : fmt::format("{} at once", parallel),
                      phase.stop_after_failures, phase.stop_after_failures == 1 ? "" : "s",
                      phase.stop_after_failures == 1 ? "s" : "",
                      phase.rollback == procedure::Scope::kAll ? "all targets" : "the failed target"));
  const auto waves = plan_.waves.find(phase.id);
  if (waves == plan_.waves.end() || (waves->second.size() < 2 && phase.bake.count() == 0)) return;
  for (std::size_t i = 0; i < waves->second.size(); ++i) {
    std::string line = fmt::format("wave {}  {}", i + 1, Names(waves->second[i]));
    if (phase.bake.count() > 0) line += ", then watch " + base::FormatDuration(phase.bake);
    Line(2, line);
  }
}

void Printer::Step(const procedure::Phase& phase, const procedure::Step& step, const std::string& number) {
  const std::string mark = step.confirm ? "person" : Changes(plan_, step) ? "changes" : "reads";
  Line(2, fmt::format("{:<5}{}  [{}]", number, base::Printable(step.title.empty() ? step.id : step.title),
                      mark));
  if (step.confirm) Confirm(*step.confirm);
  if (!step.when.empty()) {
    const std::size_t skipped = SkippedNow(plan_, phase, step).size();
    std::string line = "only when " + base::Printable(step.when);
    if (skipped > 0)
      line += phase.for_each ? fmt::format(" (skips {} of {} targets)", skipped, plan_.targets.size())
                             : " (skipped)";
    Line(7, line);
  }
  if (!step.action) return;
  Action(phase, *step.action, "");
  if (step.retry.attempts > 1)
    Line(7, fmt::format("tried up to {} times, every {}", step.retry.attempts,
                        base::FormatDuration(step.retry.every)));
  Facts(step);
  for (const procedure::Check& check : step.verify) {
    Action(phase, check.action, "verify ");
    if (check.retry.attempts > 1)
      Line(9, fmt::format("up to {} times, every {}", check.retry.attempts,
                          base::FormatDuration(check.retry.every)));
  }
  const std::string undo = UndoText(plan_, phase, step);
  if (!undo.empty()) Line(7, "undo   " + undo);
  const std::string cut_short = InterruptionText(plan_, step);
  if (cut_short == "ask") Line(7, "if cut short, a person says what happened (slipway settle)");
}

void Printer::Action(const procedure::Phase& phase, const procedure::Action& action, std::string head) {
  const std::vector<std::string> texts =
      ArgumentTexts(KnownArguments(plan_, phase, action), SheetOf(plan_, action.uses));
  head += action.uses;
  const std::string line = head + (texts.empty() ? "" : "  " + base::Join(texts, ", "));
  if (line.size() + 7 <= kWidth) return Line(7, line);
  Line(7, head);
  for (const std::string& text : texts) Line(9, text);
}

void Printer::Confirm(const procedure::Confirm& confirm) {
  Line(7, "confirm" + (confirm.role.empty() ? "" : " by " + base::Printable(confirm.role)));
  for (const std::string& item : confirm.checklist) Line(9, "[ ] " + base::Printable(item));
  for (const procedure::Field& field : confirm.fields)
    Line(9, field.id + (field.required ? " (required)" : "") +
                (field.title.empty() ? "" : ": " + base::Printable(field.title)));
}

// Targets of which the same was seen stand together.
void Printer::Facts(const procedure::Step& step) {
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < plan_.targets.size(); ++i) {
    const Json* seen = plan_.targets[i].facts.if_contains(step.id);
    if (seen == nullptr || !seen->is_object() || seen->get_object().contains("unreachable")) continue;
    groups[base::Join(ArgumentTexts(seen->get_object()), ", ")].push_back(i);
  }
  std::vector<std::pair<std::string, std::vector<std::size_t>>> sorted(groups.begin(), groups.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return a.second.size() != b.second.size() ? a.second.size() > b.second.size() : a.first < b.first;
  });
  for (std::size_t i = 0; i < std::min(sorted.size(), kGroups); ++i)
    Line(7, "now    " + sorted[i].first + "  (" + Names(sorted[i].second) + ")");
  if (sorted.size() > kGroups) Line(7, fmt::format("now    {} other readings", sorted.size() - kGroups));
}

}  // namespace

std::string Print(const Plan& plan) { return Printer(plan).Run(); }

}  // namespace slipway::plan
