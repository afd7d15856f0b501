#include "app/estate.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/app.h"
#include "app/history.h"
#include "app/kept.h"
#include "base/bytes.h"

namespace slipway::app {

namespace {

using base::Json;
using base::JsonObject;

constexpr char kName[] = "targets";
constexpr char kAdopted[] = "target_adopted";

// A run, or somebody's word, in the order in which they count.
struct Mark {
  const api::RunSummary* run = nullptr;
  const journal::Event* word = nullptr;

  bool settled() const { return run == nullptr || run->finished_at; }  // nothing of it changes any more
  std::string name() const {
    return run == nullptr
               ? fmt::format("{} {}", base::GetString(word->data, "target"), base::Millis(word->at))
               : fmt::format("{} {}", run->id, base::Millis(*run->finished_at));
  }
};

// A run counts from when it ended: what was said before that is older.
std::vector<Mark> MarksOf(const std::vector<api::RunSummary>& runs, const std::vector<journal::Event>& said) {
  std::vector<Mark> marks;
  auto next = said.begin();
  const auto until = [&](base::Time at) {
    for (; next != said.end() && next->at <= at; ++next)
      if (next->type == kAdopted) marks.push_back({.word = &*next});
  };
  for (const api::RunSummary& run : runs) {
    until(run.finished_at.value_or(base::Time::max()));
    marks.push_back({.run = &run});
  }
  until(base::Time::max());
  return marks;
}

Json ToJson(const Standing& standing) {
  JsonObject releases;
  for (const auto& [parameter, version] : standing.releases) releases[parameter] = version;
  return JsonObject{{"releases", std::move(releases)},
                    {"run", standing.run},
                    {"since", standing.since ? Json(base::Millis(*standing.since)) : Json()},
                    {"note", standing.note}};
}

Standing StandingOf(const JsonObject& json) {
  Standing standing{.run = base::GetString(json, "run"), .note = base::GetString(json, "note")};
  for (const auto& [parameter, version] : base::GetObject(json, "releases"))
    if (version.is_string()) standing.releases[parameter] = std::string(base::View(version.get_string()));
  if (const Json* since = json.if_contains("since"); since != nullptr && since->is_int64())
    standing.since = base::FromMillis(since->get_int64());
  return standing;
}

bool Touched(const engine::RunState& state, const std::string& target) {
  return std::ranges::any_of(state.instances, [&](const auto& entry) {
    const engine::Instance& i = entry.second;
    return i.target == target && i.act.Intended() && i.act.changes &&
           i.act.state != engine::Act::State::kNotDone && i.status != engine::StepStatus::kUndone;
  });
}

// What is looked for of one target: what stands there by the marks before `below`.
struct Search {
  std::size_t below = 0;
  std::string note;  // of a later run
};

class Estate {
 public:
  Estate(journal::Store& store, const std::filesystem::path& state, const std::vector<Mark>& marks)
      : store_(store),
        state_(state),
        marks_(marks),
        key_(base::Sha256Text(fmt::format("{}\n{}", SLIPWAY_VERSION, store.Id()))) {
    for (std::size_t i = 0; i < marks_.size(); ++i)
      if (marks_[i].run != nullptr) places_[marks_[i].run->id] = i;
  }

  // What is kept is brought up to where nothing changes any more, and the rest is read on top of it.
  base::Result<Standings> Find(const std::set<std::string>& targets) {
    const auto open = std::ranges::find_if(marks_, [](const Mark& mark) { return !mark.settled(); });
    const auto settled = static_cast<std::size_t>(open - marks_.begin());
    ReadKeptOnes(settled);
    const bool all = std::ranges::all_of(targets, [&](const auto& id) { return kept_.contains(id); });
    if (settled != kept_to_ || !all) {
      SLIPWAY_TRY(kept_, Walk(targets, settled));
      kept_to_ = settled;
      KeepThem();
    }
    return Walk(targets, marks_.size());
  }

 private:
  // From the last of the first `count` marks back, until it is known of all of them what stands there.
  base::Result<Standings> Walk(const std::set<std::string>& targets, std::size_t count) {
    found_.clear();
    searched_.clear();
    for (const std::string& target : targets) searched_[target] = {.below = count};
    for (std::size_t i = count;; --i) {
      if (i == kept_to_) TakeKept();
      if (i == 0 || searched_.empty()) break;
      SLIPWAY_CHECK_OK(Visit(i - 1));
    }
    for (const auto& [target, search] : searched_) found_[target].note = search.note;
    return std::move(found_);
  }

  // A target that a rollback took back to before this point goes on looking.
  void TakeKept() {
    for (auto it = searched_.begin(); it != searched_.end();) {
      const auto known = kept_.find(it->first);
      const auto next = std::next(it);
      if (known != kept_.end() && it->second.below >= kept_to_) Settle(it, known->second);
      it = next;
    }
  }

  void Settle(std::map<std::string, Search>::iterator search, Standing standing) {
    if (!search->second.note.empty()) standing.note = search->second.note;
    found_[search->first] = std::move(standing);
    searched_.erase(search);
  }

  base::Status Visit(std::size_t place) {
    if (marks_[place].run != nullptr) return VisitRun(*marks_[place].run, place);
    const journal::Event& word = *marks_[place].word;
    const auto search = searched_.find(base::GetString(word.data, "target"));
    if (search == searched_.end() || search->second.below <= place) return {};
    Settle(search, {{{"release", base::GetString(word.data, "release")}}, "adopted", word.at, ""});
    return {};
  }

  base::Status VisitRun(const api::RunSummary& run, std::size_t place) {
    SLIPWAY_TRY(const auto* releases, ReleasesOf(run.plan));
    if (releases->empty()) return {};
    SLIPWAY_TRY(const engine::RunState state, engine::LoadRun(store_, run.id));
    for (const auto& [target, ended] : state.target_states) {
      const auto search = searched_.find(target);
      if (search == searched_.end() || search->second.below <= place) continue;
      switch (ended.status) {
        case engine::TargetStatus::kSucceeded:
          // Succeeded for good only when the run did not take it back afterwards.
          Settle(search, {*releases, run.id, ended.at, ""});
          break;
        case engine::TargetStatus::kRolledBack:
          // What a rollback leaves is what stood before the run that it took back.
          if (state.kind == engine::RunKind::kRollback) search->second.below = PlaceOf(state.parent);
          break;
        case engine::TargetStatus::kRefused:
          break;
        case engine::TargetStatus::kRunning:
        case engine::TargetStatus::kFailed:
        case engine::TargetStatus::kRollingBack:
        case engine::TargetStatus::kRollbackFailed:
          if (search->second.note.empty() && Touched(state, target))
            search->second.note =
                fmt::format("{} ({}) changed it since", run.id, engine::ToString(ended.status));
          break;
      }
    }
    return {};
  }

  std::size_t PlaceOf(const std::string& run) const {
    const auto place = places_.find(run);
    return place == places_.end() ? 0 : place->second;
  }

  base::Result<const std::map<std::string, std::string>*> ReleasesOf(const std::string& digest) {
    const auto known = plans_.find(digest);
    if (known != plans_.end()) return &known->second;
    SLIPWAY_TRY(const plan::Plan plan, engine::LoadPlan(store_, digest));
    std::map<std::string, std::string>& releases = plans_[digest];
    for (const auto& [parameter, release] : plan.releases) releases[parameter] = release.version;
    return &releases;
  }

  // Only where it is of these very marks: a clock that was set back puts a word before older ones.
  void ReadKeptOnes(std::size_t settled) {
    const auto kept = ReadKept(state_, kName, key_);
    if (!kept) return;
    const auto to = static_cast<std::size_t>(base::GetInt(*kept, "marks"));
    if (to > settled || RunsBefore(to) != base::GetInt(*kept, "runs") ||
        LastBefore(to) != base::GetString(*kept, "last"))
      return;
    kept_to_ = to;
    for (const auto& [target, standing] : base::GetObject(*kept, "targets"))
      if (standing.is_object()) kept_[target] = StandingOf(standing.get_object());
  }

  void KeepThem() const {
    JsonObject targets;
    for (const auto& [target, standing] : kept_) targets[target] = ToJson(standing);
    Keep(state_, kName, key_,
         {{"marks", static_cast<std::int64_t>(kept_to_)},
          {"runs", RunsBefore(kept_to_)},
          {"last", LastBefore(kept_to_)},
          {"targets", std::move(targets)}});
  }

  std::int64_t RunsBefore(std::size_t count) const {
    return std::count_if(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(count),
                         [](const Mark& mark) { return mark.run != nullptr; });
  }
  std::string LastBefore(std::size_t count) const { return count == 0 ? "" : marks_[count - 1].name(); }

  journal::Store& store_;
  const std::filesystem::path& state_;
  const std::vector<Mark>& marks_;
  const std::string key_;
  std::map<std::string, std::size_t> places_;  // of the runs among the marks
  std::map<std::string, std::map<std::string, std::string>> plans_;
  Standings kept_;  // by the first `kept_to_` marks
  std::size_t kept_to_ = 0;
  std::map<std::string, Search> searched_;
  Standings found_;
};

}  // namespace

base::Result<Standings> StandingsOf(journal::Store& store, const std::filesystem::path& state,
                                    const std::set<std::string>& targets) {
  SLIPWAY_TRY(const auto runs, AllRuns(store));
  SLIPWAY_TRY(const auto said, store.ReadRun("", 0));
  const std::vector<Mark> marks = MarksOf(runs, said);
  return Estate(store, state, marks).Find(targets);
}

}  // namespace slipway::app
