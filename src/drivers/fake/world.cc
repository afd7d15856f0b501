#include "drivers/fake/world.h"

#include <algorithm>
#include <set>
#include <utility>

namespace slipway::drivers {

std::string_view ToString(FakeCallKind kind) {
  switch (kind) {
    case FakeCallKind::kPrepare:
      return "prepare";
    case FakeCallKind::kRun:
      return "run";
    case FakeCallKind::kProbe:
      return "probe";
    case FakeCallKind::kRestored:
      return "restored";
  }
  return "prepare";
}

void FakeWorld::Script(FakeRule rule) {
  std::scoped_lock lock(mutex_);
  rules_.push_back(std::move(rule));
}

FakeAnswer FakeWorld::NextAnswer(const FakeCall& call) {
  std::scoped_lock lock(mutex_);
  for (auto rule = rules_.begin(); rule != rules_.end(); ++rule) {
    if (rule->kind != call.kind || (!rule->uses.empty() && rule->uses != call.uses) ||
        !call.instance.contains(rule->instance))
      continue;
    FakeAnswer answer = rule->answer;
    if (--rule->times <= 0) rules_.erase(rule);
    return answer;
  }
  return {};
}

void FakeWorld::Record(const FakeCall& call) {
  std::scoped_lock lock(mutex_);
  calls_.push_back(call);
}

std::optional<std::string> FakeWorld::Get(std::string_view cell) const {
  std::scoped_lock lock(mutex_);
  auto found = cells_.find(cell);
  return found == cells_.end() ? std::nullopt : std::optional(found->second);
}

void FakeWorld::Set(std::string_view cell, std::optional<std::string> value) {
  std::scoped_lock lock(mutex_);
  if (value)
    cells_.insert_or_assign(std::string(cell), std::move(*value));
  else
    cells_.erase(std::string(cell));
}

void FakeWorld::Change(
    const FakeCall& call, std::string_view cell,
    const std::function<std::optional<std::string>(const std::optional<std::string>&)>& change) {
  std::scoped_lock lock(mutex_);
  auto found = cells_.find(cell);
  std::optional<std::string> before;
  if (found != cells_.end()) before = found->second;
  std::optional<std::string> after = change(before);
  if (after)
    cells_.insert_or_assign(std::string(cell), *after);
  else if (before)
    cells_.erase(found);
  effects_.push_back({call.instance, call.uses, call.epoch, std::string(cell), before, after});
}

std::map<std::string, std::string> FakeWorld::Cells() const {
  std::scoped_lock lock(mutex_);
  return {cells_.begin(), cells_.end()};
}

std::vector<FakeCall> FakeWorld::Calls() const {
  std::scoped_lock lock(mutex_);
  return calls_;
}

std::vector<FakeEffect> FakeWorld::Effects() const {
  std::scoped_lock lock(mutex_);
  return effects_;
}

std::size_t FakeWorld::EffectsOf(std::string_view instance, std::string_view uses) const {
  std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(effects_, [&](const FakeEffect& effect) {
    return effect.instance == instance && effect.uses == uses;
  }));
}

std::vector<std::string> FakeWorld::DoubleEffects() const {
  static const std::set<std::string, std::less<>> kMayRepeat = {"fake.set_repeat", "fake.ensure",
                                                                "fake.erase", "fake.climb"};
  std::scoped_lock lock(mutex_);
  std::map<std::string, int> counts;
  for (const FakeEffect& effect : effects_)
    if (!kMayRepeat.contains(effect.uses)) ++counts[effect.uses + "@" + effect.instance];
  std::vector<std::string> twice;
  for (const auto& [name, count] : counts)
    if (count > 1) twice.push_back(name);
  return twice;
}

std::vector<FakeEffect> FakeWorld::StaleEffects() const {
  std::scoped_lock lock(mutex_);
  std::map<std::string, std::uint64_t> newest;
  std::vector<FakeEffect> stale;
  for (const FakeEffect& effect : effects_) {
    std::uint64_t& epoch = newest[effect.instance.substr(0, effect.instance.find('/'))];
    if (effect.epoch < epoch) stale.push_back(effect);
    epoch = std::max(epoch, effect.epoch);
  }
  return stale;
}

}  // namespace slipway::drivers
