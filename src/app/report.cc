#include "app/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/describe.h"
#include "app/report_proof.h"
#include "base/bytes.h"
#include "base/text.h"
#include "engine/engine.h"
#include "procedure/page.h"

namespace slipway::app {

namespace {

using base::GetArray;
using base::GetBool;
using base::GetInt;
using base::GetObject;
using base::GetString;
using page::Code;
using page::Judged;
using page::Line;
using page::Text;
using page::Verdict;
using procedure::Filled;

constexpr std::size_t kLongestValue = 400;  // bytes; what is longer is named by digest and size
constexpr std::size_t kLeafDigits = 16;

Verdict VerdictOf(std::string_view word) {
  if (word == "pass" || word == "done" || word == "succeeded") return Verdict::kPass;
  if (word == "fail" || word == "not_done" || word == "failed" || word == "undo_failed" ||
      word == "refused" || word == "rolled_back" || word == "rollback_failed" || word == "cancelled")
    return Verdict::kFail;
  if (word == "unknown") return Verdict::kUnknown;
  return Verdict::kNone;
}

// Of a step, where being taken back or cut short is no verdict on the step.
Verdict VerdictOf(engine::StepStatus status) {
  switch (status) {
    case engine::StepStatus::kSucceeded:
      return Verdict::kPass;
    case engine::StepStatus::kFailed:
    case engine::StepStatus::kUndoFailed:
      return Verdict::kFail;
    case engine::StepStatus::kUnknown:
      return Verdict::kUnknown;
    case engine::StepStatus::kPending:
    case engine::StepStatus::kRunning:
    case engine::StepStatus::kWaiting:
    case engine::StepStatus::kSkipped:
    case engine::StepStatus::kCancelled:
    case engine::StepStatus::kUndoing:
    case engine::StepStatus::kUndone:
    case engine::StepStatus::kLeft:
      return Verdict::kNone;
  }
  return Verdict::kNone;
}

std::string Words(std::string_view state) {
  std::string out(state);
  std::ranges::replace(out, '_', ' ');
  return out;
}

std::string BySize(std::string_view bytes) {
  return fmt::format("{}, {} bytes", base::Sha256Text(bytes), bytes.size());
}

std::string Value(const base::Json& value) {
  if (value.is_object() && value.get_object().contains("digest")) {
    const base::JsonObject& o = value.get_object();
    const std::string name = GetString(o, "name", GetString(o, "version"));
    const std::string size = o.contains("size") ? fmt::format(", {} bytes", GetInt(o, "size")) : "";
    return fmt::format("{} ({}{})", name, GetString(o, "digest"), size);
  }
  const std::string text = value.is_string() ? std::string(base::View(value.get_string()))
                                             : base::CanonicalJson(value).value_or("?");
  return text.size() > kLongestValue ? BySize(text) : text;
}

Line Members(const base::JsonObject& object) {
  Line line;
  for (const auto& member : object) {
    if (!line.empty()) line += ", ";
    line += std::string(member.key()) + " ";
    line += Code(Value(member.value()));
  }
  return line;
}

std::string Because(const base::JsonObject& data) {
  const std::string reason = GetString(data, "reason");
  return reason.empty() ? "" : ": " + reason;
}

// `3, 5–7`.
std::string Ranges(const std::vector<std::int64_t>& numbers) {
  std::string out;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i;
    while (end + 1 < numbers.size() && numbers[end + 1] == numbers[end] + 1) ++end;
    out += (out.empty() ? "" : ", ") + std::to_string(numbers[i]);
    if (end > i) out += (end == i + 1 ? ", " : "–") + std::to_string(numbers[end]);
    i = end + 1;
  }
  return out;
}

// What the events say of one step on one target, in their order.
struct Story {
  std::vector<std::pair<std::string, Line>> lines;
  std::vector<std::int64_t> seqs;
  std::string who;  // whoever drove it, or confirmed it
};

void Tell(const journal::Event& event, const std::string& driver, Story& story) {
  const base::JsonObject& data = event.data;
  const std::string& type = event.type;
  const std::string undo = GetBool(data, "undo") ? "Undo" : "";
  const auto put = [&](std::string label, Line line) {
    story.lines.emplace_back(std::move(label), std::move(line));
  };
  story.seqs.push_back(event.seq);
  if (type == "intent") {
    if (undo.empty()) story.who = driver;
    if (!undo.empty()) put("Undo", {Text("begun " + base::FormatTime(event.at))});
  } else if (type == "outcome") {
    Line line{Judged(VerdictOf(GetString(data, "verdict")), Words(GetString(data, "verdict")))};
    line +=
        fmt::format(" attempt {}, {}{}", GetInt(data, "attempt"), base::FormatTime(event.at), Because(data));
    put(undo.empty() ? "Outcome" : "Undo", std::move(line));
    if (const auto& evidence = GetObject(data, "evidence"); !evidence.empty())
      put("Evidence", Members(evidence));
    for (const base::Json& each : GetArray(data, "attachments")) put("Output", {Code(Value(each))});
  } else if (type == "verified") {
    Line line{Judged(VerdictOf(GetString(data, "verdict")), GetString(data, "verdict")), Text(" "),
              Code(GetString(data, "uses"))};
    line += fmt::format(" after {} {}{}", GetInt(data, "attempts"),
                        GetInt(data, "attempts") == 1 ? "look" : "looks", Because(data));
    put(fmt::format("Check {}", GetInt(data, "check") + 1), std::move(line));
    if (const auto& evidence = GetObject(data, "evidence"); !evidence.empty())
      put("Evidence", Members(evidence));
  } else if (type == "confirmed") {
    put("Answered", {Text(fmt::format("by {}, {}", event.actor, base::FormatTime(event.at)))});
    if (story.who.empty()) story.who = event.actor;
  } else if (type != "attempt" && type != "progress" && type != "confirm_opened") {
    put("Noted", {Text(base::FormatTime(event.at) + " " + Describe(event))});
  }
}

class Report {
 public:
  Report(const engine::RunState& state, const plan::Plan& plan, const std::vector<journal::Event>& events)
      : state_(state), plan_(plan), events_(events) {}

  page::Page Make(const Proof& proof) {
    filled_.run = state_.id;
    filled_.state = Words(engine::ToString(state_.status));
    const bool over =
        engine::IsTerminal(state_.status) || state_.status == engine::RunStatus::kRollbackFailed;
    filled_.verdict = over ? VerdictOf(engine::ToString(state_.status)) : Verdict::kUnknown;
    Head(over);
    Listen();
    Steps();
    After(proof);
    return procedure::PageOf(plan_.procedure, filled_);
  }

 private:
  void Fact(std::string label, Line line) { filled_.facts.emplace_back(std::move(label), std::move(line)); }

  void Head(bool over) {
    if (!over) Fact("Not over", {Text(fmt::format("this is how it stood at event {}", state_.last_seq))});
    if (!state_.reason.empty()) Fact("Reason", {Text(state_.reason)});
    Fact("Environment", {Text(plan_.environment + (plan_.strict ? " (strict)" : ""))});
    if (!state_.parent.empty()) {
      Fact(state_.kind == engine::RunKind::kRollback ? "Rollback of" : "Retry of", {Text(state_.parent)});
    }
    Fact("Asked for by", {Text(state_.requester)});
    Fact("Started", {Text(base::FormatTime(state_.started_at))});
    if (state_.finished_at) {
      Fact("Finished", {Text(fmt::format("{}, after {}", base::FormatTime(*state_.finished_at),
                                         base::FormatDuration(*state_.finished_at - state_.started_at)))});
    }
    Fact("Plan", {Code(state_.plan)});
    if (!events_.empty())
      Fact("Log", {Text(fmt::format("events {} to {}, {} of this run", events_.front().seq,
                                    events_.back().seq, events_.size()))});
    for (const auto& member : plan_.parameters) {
      if (!member.value().is_null()) filled_.parameters[std::string(member.key())] = Value(member.value());
    }
    for (const auto& [gate, judged] : state_.gates) {
      filled_.gates.push_back({VerdictOf(judged.verdict), judged.verdict,
                               gate + (judged.reason.empty() ? "" : ": " + judged.reason)});
    }
    for (const std::string& id : state_.targets) {
      const auto found = state_.target_states.find(id);
      const std::string word(found == state_.target_states.end() ? "not begun"
                                                                 : engine::ToString(found->second.status));
      const std::string reason = found == state_.target_states.end() ? "" : found->second.reason;
      filled_.targets.push_back({VerdictOf(word), Words(word), id + (reason.empty() ? "" : ": " + reason)});
    }
  }

  void Listen() {
    std::string driver;
    for (const journal::Event& event : events_) {
      if (event.type == "lease_taken")
        driver = fmt::format("{}, process {} on {}", event.actor, GetInt(event.data, "pid"),
                             GetString(event.data, "host"));
      const std::string step = GetString(event.data, "step");
      if (!step.empty())
        Tell(event, driver, stories_[engine::InstanceKey(step, GetString(event.data, "target"))]);
    }
  }

  void Steps() {
    for (const procedure::Phase& phase : plan_.procedure.phases) {
      const auto targets = phase.for_each ? state_.targets : std::vector<std::string>{""};
      for (const procedure::Step& step : phase.steps) {
        for (const std::string& target : targets) filled_.steps[step.id].push_back(InstanceOf(step, target));
      }
    }
  }

  Filled::Instance InstanceOf(const procedure::Step& step, const std::string& target) {
    Filled::Instance out;
    out.target = target;
    const std::string key = engine::InstanceKey(step.id, target);
    const auto found = state_.instances.find(key);
    if (found == state_.instances.end()) {
      out.state = "not begun";
      return out;
    }
    const engine::Instance& instance = found->second;
    out.verdict = VerdictOf(instance.status);
    out.state = Words(engine::ToString(instance.status)) + (instance.kept ? ", by the run before" : "");
    out.done = instance.status == engine::StepStatus::kSucceeded;
    const auto put = [&](std::string label, Line line) {
      out.facts.emplace_back(std::move(label), std::move(line));
    };
    const Story& story = stories_[key];
    if (!story.who.empty()) put("By", {Text(story.who)});
    if (instance.started_at) {
      std::string when = base::FormatTime(*instance.started_at);
      if (instance.finished_at) when += " to " + base::FormatTime(*instance.finished_at);
      put("When", {Text(when)});
    }
    if (instance.act.attempt > 1) put("Attempts", {Text(std::to_string(instance.act.attempt))});
    std::ranges::copy(story.lines, std::back_inserter(out.facts));
    const bool retold =
        instance.reason == instance.act.reason || instance.reason.starts_with("confirmed by ");
    if (!instance.reason.empty() && !retold) put("Reason", {Text(instance.reason)});
    if (!instance.restored.empty()) {
      put("Restored",
          {Judged(VerdictOf(instance.restored), instance.restored), Text(" what was recorded before it")});
    } else if (instance.status == engine::StepStatus::kUndone) {
      put("Restored", {Judged(Verdict::kUnknown, "unknown"), Text(" nothing looked whether it is")});
    }
    if (!story.seqs.empty()) put("Log", {Text("events " + Ranges(story.seqs))});
    for (const auto& answer : instance.answer) out.answers[std::string(answer.key())] = Value(answer.value());
    return out;
  }

  void After(const Proof& proof) {
    filled_.after.push_back(page::Heading(2, {Text("The record")}));
    std::vector<std::vector<Line>> rows{
        {Line{Text("Event")}, Line{Text("When")}, Line{Text("Who")}, Line{Text("What")}, Line{Text("Leaf")}}};
    for (const journal::Event& event : events_) {
      const api::LogLine line = LineOf(event);
      std::string what = line.text.size() > kLongestValue ? event.type + ", " + BySize(line.text) : line.text;
      if (!line.step.empty()) what = line.step + ": " + what;
      const auto leaf = proof.leaves.find(event.seq);
      rows.push_back({Line{Text(std::to_string(event.seq))}, Line{Text(base::FormatTime(event.at))},
                      Line{Text(event.actor)}, Line{Text(what)},
                      Line{Code(leaf == proof.leaves.end() ? "none" : leaf->second.substr(0, kLeafDigits))}});
    }
    filled_.after.push_back(page::Table(std::move(rows)));
    std::ranges::copy(proof.blocks, std::back_inserter(filled_.after));
  }

  const engine::RunState& state_;
  const plan::Plan& plan_;
  const std::vector<journal::Event>& events_;
  std::map<std::string, Story, std::less<>> stories_;  // by instance key
  Filled filled_;
};

}  // namespace

api::Answer<page::Page> ReportPage(Session& session, const std::string& run) {
  SLIPWAY_TRY(journal::Store * store, session.StoreToRead());
  SLIPWAY_TRY(const auto events, store->ReadRun(run, 0));
  // Of the same events: what another process appends meanwhile is on the next page.
  if (events.empty()) SLIPWAY_CHECK_OK(engine::LoadRun(*store, run));
  SLIPWAY_TRY(const engine::RunState state, engine::Fold(events));
  SLIPWAY_TRY(const plan::Plan plan, engine::LoadPlan(*store, state.plan));
  SLIPWAY_TRY(const Proof proof, ProofOf(*store, run));
  return Report(state, plan, events).Make(proof);
}

}  // namespace slipway::app
