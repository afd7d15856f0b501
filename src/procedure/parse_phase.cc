// Phases and their waves.
#include "base/text.h"
#include "procedure/parse.h"

namespace slipway::procedure {
namespace {

using base::YamlNode;

constexpr std::array<std::pair<std::string_view, Scope>, 2> kScopes{
    {{"target", Scope::kTarget}, {"all", Scope::kAll}}};
constexpr std::array<std::pair<std::string_view, bool>, 1> kForEach{{{"target", true}}};

void ParseWave(Document& document, const YamlNode& node, const Procedure& procedure, std::vector<Wave>& out) {
  Wave wave{.at = node.at};
  if (node.kind == YamlNode::Kind::kMapping) {
    wave.kind = Wave::Kind::kWhere;
    wave.where.at = node.at;
    if (procedure.targets) wave.where.kind = procedure.targets->kind;
    auto members = document.Read(node, kWave);
    if (members) document.Boolean((*members)["optional"], wave.optional);
    if (members && (*members)["where"] != nullptr) {
      if ((*members)["where"]->members.empty())
        document.Error(node.at, "`where` is empty", "write 100% for all targets");
      ParseWhere(document, *(*members)["where"], Templates::kForbidden, wave.where);
    }
  } else if (!document.Is(node, YamlNode::Kind::kScalar, "a wave")) {
    return;
  } else if (node.scalar.ends_with('%')) {
    auto share = base::ParsePercentage(node.scalar);
    if (!share || *share == 0)
      return document.Error(node.at, "`" + Short(node.scalar) + "` is not a percentage above 0%",
                            "such as 25%");
    wave.amount = *share;
  } else {
    wave.kind = Wave::Kind::kCount;
    auto count = base::ParseInteger(node.scalar);
    if (!count || *count < 1)
      return document.Error(node.at, "`" + Short(node.scalar) + "` is not a wave",
                            "such as 25%, 3 or { where: { labels.ring: canary } }");
    wave.amount = *count;
  }
  out.push_back(std::move(wave));
}

// What can be seen without the targets: portions of one kind must grow, and percentages alone must end with
// all.
void CheckWaves(Document& document, const std::vector<Wave>& waves) {
  std::int64_t percent = 0, count = 0;
  bool only_percent = true;
  for (const Wave& wave : waves) {
    only_percent = only_percent && wave.kind == Wave::Kind::kPercent;
    if (wave.kind == Wave::Kind::kWhere) continue;
    std::int64_t& before = wave.kind == Wave::Kind::kPercent ? percent : count;
    if (wave.amount <= before)
      document.Error(wave.at, "this wave would select no further target",
                     "waves are cumulative: each reaches further");
    before = std::max(before, wave.amount);
  }
  if (!waves.empty() && only_percent && percent < 10000)
    document.Error(waves.back().at, "the waves end before all targets are reached", "end with 100%");
}

void OnlyForEach(Document& document, const Members& m, const Phase& phase) {
  for (std::string_view key : {"waves", "stop_after_failures", "bake"})
    if (!phase.for_each && m[key] != nullptr)
      document.Error(m.KeyAt(key), "`" + std::string(key) + "` needs `for_each: target`");
  if (phase.for_each && m["bake"] != nullptr && m["waves"] == nullptr)
    document.Error(m.KeyAt("bake"), "`bake` needs `waves`", "add `waves: [ 100% ]`");
  if (!phase.for_each && m["rollback"] != nullptr && phase.rollback == Scope::kTarget)
    document.Error(m["rollback"]->at, "`rollback: target` needs `for_each: target`");
}

}  // namespace

Phase ParsePhase(Document& document, const YamlNode& node, const Procedure& procedure, int index) {
  Phase phase{.at = node.at};
  auto members = document.Read(node, kPhase);
  if (!members) return phase;
  const auto& m = *members;
  const bool draft = procedure.metadata.status == Status::kDraft;
  document.Id(m["id"], phase.id);
  document.Prose(m["title"], phase.title);
  document.Prose(m["description"], phase.description);
  document.OneOf(m["for_each"], "`for_each`", kForEach, phase.for_each);
  phase.for_each = node.Find("for_each") != nullptr;  // it has one value: what is wrong was meant so
  phase.rollback = phase.for_each ? Scope::kTarget : Scope::kAll;
  document.OneOf(m["rollback"], "`rollback`", kScopes, phase.rollback);
  if (m["waves"] != nullptr && m["waves"]->items.empty()) document.Error(m["waves"]->at, "`waves` is empty");
  if (m["waves"] != nullptr)
    for (const YamlNode& wave : m["waves"]->items) ParseWave(document, wave, procedure, phase.waves);
  CheckWaves(document, phase.waves);
  if (m["max_parallel"] != nullptr)
    document.Count(m["max_parallel"], "max_parallel", 100000, phase.max_parallel.emplace(1));
  document.Count(m["stop_after_failures"], "stop_after_failures", 1000000, phase.stop_after_failures);
  if (auto bake = document.Duration(m["bake"])) phase.bake = *bake;
  OnlyForEach(document, m, phase);
  if (m["for_each"] != nullptr && m["for_each"]->scalar == "target" && !procedure.targets)
    document.Error(m["for_each"]->at, "`for_each: target` needs `targets` at the top of the document",
                   "such as `targets: { kind: service }`");
  if (!draft && node.Find("title") == nullptr)
    document.Error(node.at, "`title` is missing in phase", "only a draft may do without");
  if (phase.title.empty()) phase.title = phase.id;
  const YamlNode* steps = m["steps"];
  if (steps == nullptr) return phase;
  if (steps->items.empty()) document.Error(steps->at, "`steps` is empty", "a phase has at least one step");
  for (const YamlNode& step : steps->items)
    phase.steps.push_back(ParseStep(document, step, draft, index, static_cast<int>(phase.steps.size())));
  return phase;
}

}  // namespace slipway::procedure
