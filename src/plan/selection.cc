// Which targets, and in which waves.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "plan/compiler.h"
#include "plan/scope.h"
#include "plan/suggest.h"

namespace slipway::plan {
namespace {

using workspace::Target;
using Condition = Conditions::value_type;

// What the target holds under `labels.x`, `attributes.x` or `id`; null when nothing.
std::optional<std::string_view> Held(const Target& target, std::string_view key) {
  if (key == "id") return target.id;
  if (key.starts_with("labels.")) {
    const auto found = target.labels.find(std::string(key.substr(7)));
    if (found == target.labels.end()) return std::nullopt;
    return found->second;
  }
  if (!key.starts_with("attributes.")) return std::nullopt;
  const base::Json* value = target.attributes.if_contains(key.substr(11));
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return base::View(value->get_string());
}

bool Holds(const Target& target, const Condition& condition) {
  const auto held = Held(target, condition.first);
  return held && std::ranges::find(condition.second, *held) != condition.second.end();
}

bool Matches(const Target& target, const Conditions& where) {
  return std::ranges::all_of(where, [&](const Condition& condition) { return Holds(target, condition); });
}

std::string Describe(const Conditions& conditions) {
  std::vector<std::string> texts;
  for (const Condition& condition : conditions)
    texts.push_back(condition.first + " " + base::Printable(base::Join(condition.second, " or ")));
  return base::Join(texts, ", ");
}

std::string Describe(const std::string& kind, const Conditions& where, const std::string& environment) {
  return "kind " + kind + (where.empty() ? "" : ", " + Describe(where)) + ", in environment " + environment;
}

std::string ListKinds(const std::vector<const Target*>& targets) {
  std::map<std::string, std::size_t> kinds;
  for (const Target* target : targets) ++kinds[target->kind];
  std::vector<std::string> names;
  for (const auto& [kind, count] : kinds) names.push_back(fmt::format("{} ({})", kind, count));
  return Abbreviate(names, 12);
}

// What there is instead: the kinds, or the values of the first condition that nobody fulfils.
std::string WhatThereIs(const std::vector<const Target*>& here, const std::string& kind,
                        const Conditions& where) {
  std::vector<const Target*> left;
  std::ranges::copy_if(here, std::back_inserter(left),
                       [&](const Target* target) { return target->kind == kind; });
  if (left.empty()) {
    std::set<std::string> kinds;
    for (const Target* target : here) kinds.insert(target->kind);
    const std::vector<std::string> names(kinds.begin(), kinds.end());
    if (auto near = base::DidYouMean(kind, names)) return "did you mean kind `" + *near + "`?";
    return "there are targets of kind " + ListKinds(here);
  }
  for (const Condition& condition : where) {
    std::vector<const Target*> next;
    std::ranges::copy_if(left, std::back_inserter(next),
                         [&](const Target* t) { return Holds(*t, condition); });
    if (next.empty()) {
      std::set<std::string> values;
      for (const Target* target : left) {
        if (const auto held = Held(*target, condition.first)) values.emplace(*held);
      }
      const std::vector<std::string> names(values.begin(), values.end());
      if (!names.empty()) return "there " + condition.first + " is " + Abbreviate(names, 12);
      std::set<std::string> labels;
      for (const Target* target : left) {
        for (const auto& [name, value] : target->labels) labels.insert("labels." + name);
      }
      const std::vector<std::string> known(labels.begin(), labels.end());
      return fmt::format("none of these {} has {}{}", left.size(), condition.first,
                         known.empty() ? ", nor any label" : "; they have " + Abbreviate(known, 12));
    }
    left = std::move(next);
  }
  return "";
}

// `x` of the targets, rounded up; never more than there are.
std::size_t Covered(const procedure::Wave& wave, std::size_t count) {
  const auto amount = static_cast<std::size_t>(wave.amount);
  if (wave.kind == procedure::Wave::Kind::kCount) return std::min(amount, count);
  return std::min(count, (count * amount + 9'999) / 10'000);
}

std::string Describe(const procedure::Wave& wave) {
  switch (wave.kind) {
    case procedure::Wave::Kind::kWhere:
      return Describe({wave.where.where.begin(), wave.where.where.end()});
    case procedure::Wave::Kind::kPercent:
      return base::FormatPercentage(wave.amount);
    case procedure::Wave::Kind::kCount:
      return std::to_string(wave.amount);
  }
  return "";
}

}  // namespace

void Compiler::SelectTargets() {
  if (!procedure_.targets && !request_.only.empty())
    Error({}, "--only narrows the targets of a procedure, and this one selects none", "leave --only out");
  if (!procedure_.targets || environment_ == nullptr) return;
  const procedure::Selector& selector = *procedure_.targets;
  Conditions where;
  for (const auto& [key, values] : selector.where) {
    Condition& condition = where.emplace_back(key, std::vector<std::string>{});
    NoteKey(key);
    for (const std::string& text : values) {
      const auto references = expr::ReferencesIn(base::Json(text));
      if (references && std::ranges::any_of(*references, [&](const auto& r) { return IsWrong(r); })) return;
      auto value = expr::Resolve(base::Json(text), scope_, {});
      if (!value) {
        Error(selector.at, "`" + key + "`: " + value.error().what, value.error().next);
        return;
      }
      if (value->is_string()) {
        condition.second.emplace_back(base::View(value->get_string()));
      } else if (value->is_int64() || value->is_bool()) {
        condition.second.push_back(value->is_bool() ? (value->get_bool() ? "true" : "false")
                                                    : std::to_string(value->get_int64()));
      } else {
        return Error(selector.at, "`" + key + "` must be text");
      }
    }
  }
  std::vector<const Target*> here, elsewhere;
  for (const Target& target : workspace_.targets) {
    const bool fits = target.environment.empty() || target.environment == environment_->name;
    if (fits) here.push_back(&target);
    if (target.kind != selector.kind || !Matches(target, where)) continue;
    (fits ? selected_ : elsewhere).push_back(&target);
  }
  std::ranges::sort(selected_, {}, [](const Target* target) -> const std::string& { return target->id; });
  if (selected_.empty()) {
    std::string hint;
    if (here.empty() && elsewhere.empty()) hint = "name targets in targets/*.yaml";
    if (!elsewhere.empty()) hint = "those there are belong to environment " + elsewhere.front()->environment;
    if (hint.empty()) hint = WhatThereIs(here, selector.kind, where);
    return Error(selector.at, "no target is selected: " + Describe(selector.kind, where, environment_->name),
                 hint);
  }
  if (!Narrow(selector.at)) return;
  plan_.targets.reserve(selected_.size());
  target_scopes_.reserve(selected_.size());
  for (const Target* target : selected_) {
    plan_.targets.push_back({target->id,
                             target->kind,
                             target->time_zone,
                             target->window,
                             target->labels,
                             target->attributes,
                             {}});
    target_scopes_.push_back(TargetScope(target->id, target->kind, target->labels, target->attributes,
                                         target->time_zone.empty() ? plan_.time_zone : target->time_zone));
  }
}

// Who names a target by its id wants it done: one that is not there is no target less, but a mistake.
bool Compiler::AllNamed(base::Position at) {
  for (const auto& [key, ids] : request_.only) {
    if (key != "id") continue;
    for (const std::string& id : ids) {
      const auto by_id = [](const Target* target) -> const std::string& { return target->id; };
      if (std::ranges::binary_search(selected_, id, {}, by_id)) continue;
      std::vector<std::string> known;
      for (const Target* target : selected_) known.push_back(target->id);
      Error(at,
            fmt::format("--only id: there is no target {} among the {} that are selected", base::Quote(id),
                        selected_.size()),
            Suggest(id, known, WhatThereIs(selected_, selected_.front()->kind, {{key, {id}}})));
      return false;
    }
  }
  return true;
}

bool Compiler::Narrow(base::Position at) {
  for (const Condition& condition : request_.only) {
    if (procedure::IsCondition(condition.first)) continue;
    Error(at, "--only knows no `" + base::Printable(condition.first) + "`",
          "--only id=TARGET, --only labels.NAME=VALUE or --only attributes.NAME=VALUE");
    return false;
  }
  plan_.only = request_.only;
  const std::vector<const Target*> all = selected_;
  if (!AllNamed(at)) return false;
  std::erase_if(selected_, [&](const Target* target) { return !Matches(*target, request_.only); });
  if (!selected_.empty()) return true;
  Error(at, "--only " + Describe(request_.only) + fmt::format(" leaves none of {} targets", all.size()),
        WhatThereIs(all, all.front()->kind, request_.only));
  return false;
}

void Compiler::NoteKey(std::string_view key) {
  if (key.starts_with("labels.")) read_labels_.emplace(key.substr(7));
  if (key.starts_with("attributes.")) read_attributes_.emplace(key.substr(11));
}

void Compiler::MakeWaves() {
  for (const procedure::Phase& phase : procedure_.phases) {
    for (const procedure::Wave& wave : phase.waves) {
      for (const Condition& condition : wave.where.where) NoteKey(condition.first);
    }
    if (phase.for_each && !selected_.empty()) MakeWaves(phase);
  }
}

void Compiler::MakeWaves(const procedure::Phase& phase) {
  auto& waves = plan_.waves[phase.id];
  const std::size_t count = selected_.size();
  if (phase.waves.empty()) {
    for (std::vector<std::size_t>& all = waves.emplace_back(); all.size() < count;) all.push_back(all.size());
    return;
  }
  std::vector<bool> taken(count);
  std::size_t covered = 0;
  for (const procedure::Wave& wave : phase.waves) {
    std::vector<std::size_t>& members = waves.emplace_back();
    const bool by_where = wave.kind == procedure::Wave::Kind::kWhere;
    const std::size_t goal = by_where ? 0 : Covered(wave, count);
    const std::size_t before = covered;
    for (std::size_t i = 0; i < count && (by_where || covered < goal); ++i) {
      if (taken[i] || (by_where && !Matches(*selected_[i], wave.where.where))) continue;
      taken[i] = true;
      ++covered;
      members.push_back(i);
    }
    if (!members.empty()) continue;
    // Left out on purpose, or the rest, where no rest is.
    const bool rest = wave.kind == procedure::Wave::Kind::kPercent && goal == count && before == count;
    if (!request_.only.empty() || wave.optional || rest)
      waves.pop_back();
    else
      Error(wave.at, fmt::format("wave {} ({}) selects no target", waves.size(), Describe(wave)),
            fmt::format("{} of {} are in earlier waves{}", before, count,
                        by_where ? "; `optional: true` beside `where` where it may" : ""));
  }
  if (covered < count)
    Error(phase.waves.back().at, fmt::format("the waves cover {} of {} targets", covered, count),
          "end with 100%");
}

}  // namespace slipway::plan
