#include "engine/loop.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/facts.h"
#include "engine/rows.h"

namespace slipway::engine {

namespace {

using base::JsonObject;

constexpr base::Duration kPoll{50};  // how soon a signal of another process is seen
constexpr int kFlushAttempts = 6;
constexpr base::Duration kFlushEvery{500};
constexpr int kMostRounds =
    1'000'000;  // decisions in a row without acting: beyond it the decider contradicts itself

// Every secret the plan names, in its steps or its connections, and its secret parameters: all are masked
// from the first moment, since an old log may still hold one. Naming too many does no harm.
std::set<std::string> SecretNames(const plan::Plan& plan) {
  std::set<std::string> names;
  for (const std::string_view start : {"secrets.", "secrets['", "secrets[\\\""}) {
    for (std::size_t at = plan.bytes.find(start); at != std::string::npos;
         at = plan.bytes.find(start, at + 1)) {
      const std::string_view rest = std::string_view(plan.bytes).substr(at + start.size());
      const std::size_t end = rest.find_first_of(" }'\"\\");
      if (end != std::string_view::npos && end > 0) names.emplace(rest.substr(0, end));
    }
  }
  for (const procedure::Parameter& parameter : plan.procedure.parameters) {
    if (parameter.type == procedure::ParameterType::kSecret) names.insert("parameters." + parameter.name);
  }
  return names;
}

base::JsonArray ToJson(const std::vector<Waiting>& waits) {
  base::JsonArray on;
  for (const Waiting& wait : waits) {
    JsonObject item{{"what", wait.what},     {"step", wait.step}, {"target", wait.target},
                    {"reason", wait.reason}, {"who", wait.who},   {"next", wait.next}};
    if (wait.until) item["until"] = base::Millis(*wait.until);
    on.push_back(std::move(item));
  }
  return on;
}

// The name of the job of `kind` for the instance that an event is about.
std::string JobOf(std::string_view kind, const JsonObject& data) {
  return fmt::format("{} {}{}", kind, base::GetBool(data, "undo") ? "undo " : "",
                     InstanceKey(base::GetString(data, "step"), base::GetString(data, "target")));
}

}  // namespace

Loop::Loop(Parts& parts, const plan::Plan& plan, RunState state, std::unique_ptr<journal::Lease> lease,
           const DriveOptions& options)
    : parts_(parts),
      plan_(plan),
      options_(options),
      run_(state.id),
      lease_(std::move(lease)),
      secrets_(parts.secrets),
      around_{plan_, parts.drivers, parts.workspace},
      summary_(SummaryText(state)),
      state_(std::move(state)),
      orphans_gone_(!parts.orphans_gone || lease_->Epoch() == 1) {
  if (!state_.waiting.empty()) last_waits_ = base::CanonicalJson(ToJson(state_.waiting)).value_or("");
  for (const std::string& name : SecretNames(plan_)) {
    [[maybe_unused]] const auto seen = secrets_.Get(name);  // what cannot be read cannot be written either
  }
}

Loop::~Loop() { Abandon(); }

// No job may outlive the loop: the workers hold pointers into it.
void Loop::Abandon() {
  for (auto& [name, token] : tokens_) token->Cancel();
  {
    std::lock_guard lock(inbox_.mutex);
    inbox_.closed = true;
    for (Inbox::Pending* note : inbox_.notes) {
      note->status = base::Fail(base::ErrorKind::kIo, "the run is no longer driven by this process");
      note->done = true;
    }
    inbox_.notes.clear();
  }
  inbox_.answered.notify_all();
  parts_.workers.Join();
}

base::Result<RunState> Loop::Run() {
  TellPeople();                           // the process before may have died before it could
  std::optional<base::Time> still_until;  // nothing but news can change the last decision before then
  for (;;) {
    const bool stirred = TakeCompletions();
    SLIPWAY_TRY(const bool news, CatchUp());
    if (still_until && !stirred && !news && staged_.empty() && parts_.clock.Now() < *still_until) {
      Wait(*still_until);
      continue;
    }
    still_until.reset();
    Decision decision = Settle();
    if (decision.at_rest && hand_.busy.empty() && staged_.empty()) return std::move(state_);
    const bool stands_still = hand_.busy.empty() && decision.jobs.empty();
    if (stands_still && !decision.at_rest) RecordWaits(decision);
    const auto flushed = MayWait(decision) ? base::Status{} : FlushPatiently();
    if (!flushed && flushed.error().kind == base::ErrorKind::kConflict) {
      SLIPWAY_CHECK_OK(Refold());
      continue;
    }
    SLIPWAY_CHECK_OK(flushed);
    const bool started = StartJobs(decision);
    // What may take long is left to `slipway resume`.
    if (started && Rest(decision) && (decision.at_rest || !options_.stay)) return std::move(state_);
    if (started) still_until = decision.wake_at.value_or(base::Time::max());
    Wait(decision.wake_at.value_or(base::Time::max()));
  }
}

// That a target was begun, or has what is wanted already, need not be on disk before the next look: it goes
// there with what comes next, and within a moment.
bool Loop::MayWait(const Decision& decision) {
  const bool looks = !staged_.empty() && !decision.jobs.empty() &&
                     std::ranges::all_of(staged_, &Staged::only_looked) &&
                     std::ranges::all_of(decision.jobs, [](const Job& job) {
                       return job.kind == Job::Kind::kPrepare || job.kind == Job::Kind::kObserve;
                     });
  const base::Time now = parts_.clock.Now();
  if (looks && !held_since_) held_since_ = now;
  const bool waits = looks && now < *held_since_ + kPoll && *held_since_ <= now;
  if (!waits) held_since_.reset();
  return waits;
}

void Loop::Wait(base::Time until) {
  parts_.workers.Wait(std::min(until, parts_.clock.Now() + kPoll));
  if (options_.pause && options_.pause() && !state_.pause_asked && state_.status != RunStatus::kPaused &&
      !IsTerminal(state_.status)) {
    Stage({"pause_asked", JsonObject{{"reason", "interrupted at the terminal"}}}, true);
  }
}

// Decides until nothing is left that needs neither the world nor time.
Decision Loop::Settle() {
  for (int round = 0; round < kMostRounds; ++round) {
    Decision decision = Decide(around_, state_, hand_, parts_.clock.Now());
    bool again = false;
    for (Event& event : decision.events) {
      Stage(std::move(event), false);
      again = true;
    }
    if (again) continue;
    for (Job& job : decision.jobs) {
      if (!job.instant) continue;
      Completion done = Do(job, never_);
      Take(done);
      again = true;
    }
    if (!again) return decision;
  }
  std::terminate();  // a decider that never comes to rest would fill the disk
}

void Loop::Stage(Event event, bool fact) {
  const std::string actor = event.type == "pause_asked" ? options_.actor : "slipway";
  journal::NewEvent fresh{run_, std::move(event.type), actor, parts_.clock.Now(), std::move(event.data)};
  const std::string act = JobOf("act", fresh.data);
  if (fresh.type == "intent" || fresh.type == "attempt") {
    hand_.ours.insert(act);
    hand_.already.erase(act);
    if (const auto ready = hand_.prepared.find(JobOf("prepare", fresh.data)); ready != hand_.prepared.end()) {
      // Of what takes something back it is looked at whether that is restored.
      if (ready->second.already && !base::GetBool(fresh.data, "undo"))
        hand_.already[act] = *std::move(ready->second.already);
      hand_.prepared.erase(ready);
    }
    const std::string checks = JobOf("check", fresh.data) + "#";
    std::erase_if(hand_.checks, [&](const auto& entry) { return entry.first.starts_with(checks); });
  }
  journal::Event seen{1, state_.last_seq, fresh.run, fresh.type, fresh.at, fresh.actor, fresh.data};
  if (const auto applied = Apply(state_, seen); !applied)
    std::terminate();  // our own event does not fit our own fold
  const bool looked = fresh.type == "intent" || fresh.type == "outcome" ? hand_.already.contains(act)
                      : fresh.type == "target_finished" ? base::GetString(fresh.data, "state") == "succeeded"
                                                        : fresh.type == "target_started";
  staged_.push_back({std::move(fresh), fact, looked});
}

base::Status Loop::Flush() {
  if (staged_.empty()) return {};
  journal::Batch batch;
  for (const Staged& staged : staged_) batch.events.push_back(staged.event);
  batch.blobs = blobs_;
  std::string summary = summary_;
  batch.puts = Puts(summary, state_, batch.events);
  batch.condition = journal::Condition{run_, state_.last_seq, lease_->Epoch()};
  auto appended = parts_.store.Append(batch);
  if (!appended) return std::unexpected(appended.error());
  summary_ = std::move(summary);
  blobs_.clear();
  std::vector<Staged> told = std::move(staged_);
  staged_.clear();
  state_.last_seq = appended->last_seq;
  std::int64_t seq = appended->first_seq;
  for (Staged& staged : told) {
    if (options_.on_event) {
      options_.on_event(
          {1, seq, run_, staged.event.type, staged.event.at, staged.event.actor, staged.event.data}, state_);
    }
    ++seq;
  }
  TellPeople();
  return {};
}

// A full or failing disk may recover, and what is staged exists nowhere else yet.
base::Status Loop::FlushPatiently() {
  base::Status flushed = Flush();
  for (int attempt = 1; !flushed && flushed.error().kind == base::ErrorKind::kIo && attempt < kFlushAttempts;
       ++attempt) {
    parts_.clock.Sleep(kFlushEvery);
    flushed = Flush();
  }
  if (!flushed && flushed.error().kind == base::ErrorKind::kIo) {
    flushed.error().next = fmt::format("make room, then slipway resume {}", run_);
  }
  return flushed;
}

base::Status Loop::StillOurs() const {
  if (state_.epoch == lease_->Epoch()) return {};
  return base::Refused("another process has taken over the run", run_, "slipway show " + run_);
}

// What other processes said about the run since. True when there was anything.
base::Result<bool> Loop::CatchUp() {
  SLIPWAY_CHECK_OK(StillOurs());
  const base::Time now = parts_.clock.Now();
  if (now < polled_ + kPoll && polled_ <= now) return false;
  polled_ = now;
  SLIPWAY_TRY(const std::int64_t newest, parts_.store.LastSeq(run_));
  if (newest == state_.last_seq) return false;
  SLIPWAY_CHECK_OK(Refold());
  return true;
}

// Somebody else wrote first: fold the log anew, keep the facts in hand, and let every decision be made again.
base::Status Loop::Refold() {
  std::vector<Staged> facts;
  std::set<std::string> undecided;
  for (Staged& staged : staged_) {
    const std::string act = JobOf("act", staged.event.data);
    if (staged.event.type == "intent" || staged.event.type == "attempt") {
      hand_.ours.erase(act);
      hand_.already.erase(act);
      undecided.insert(act);
    } else if (staged.fact && !undecided.contains(act)) {
      facts.push_back(std::move(staged));
    }
  }
  staged_.clear();
  hand_.over.clear();
  const std::int64_t known = state_.last_seq;
  SLIPWAY_TRY(auto events, parts_.store.ReadRun(run_, 0));
  SLIPWAY_TRY(state_, Fold(events));
  SLIPWAY_CHECK_OK(StillOurs());
  for (const journal::Event& event : events) {
    if (event.seq > known && options_.on_event) options_.on_event(event, state_);
  }
  summary_ = SummaryText(state_);
  SLIPWAY_TRY(auto row, parts_.store.Get(journal::Table::kRun, run_));
  if (row) summary_ = *row;
  for (Staged& staged : facts) Stage({staged.event.type, std::move(staged.event.data)}, true);
  return {};
}

// True when anything came.
bool Loop::TakeCompletions() {
  std::deque<Completion> done;
  std::deque<Inbox::Pending*> notes;
  {
    std::lock_guard lock(inbox_.mutex);
    done.swap(inbox_.completions);
    notes.swap(inbox_.notes);
  }
  if (!notes.empty()) {
    for (Inbox::Pending* note : notes) {
      JsonObject data = About(note->job->step->id, note->job->target, note->job->undo);
      data["attempt"] = note->job->attempt;
      data["data"] = note->data;
      Stage({"progress", std::move(data)}, true);
    }
    base::Status status = Flush();
    if (!status && status.error().kind == base::ErrorKind::kConflict) {
      status = Refold();
      if (status) status = Flush();
    }
    {
      std::lock_guard lock(inbox_.mutex);
      for (Inbox::Pending* note : notes) {
        note->status = status;
        note->done = true;
      }
    }
    inbox_.answered.notify_all();
  }
  for (Completion& completion : done) {
    const std::string name = JobName(completion.job);
    hand_.busy.erase(name);
    tokens_.erase(name);
    Take(completion);
  }
  return !done.empty() || !notes.empty();
}

void Loop::Take(Completion& done) {
  const std::string name = JobName(done.job);
  switch (done.job.kind) {
    case Job::Kind::kObserve:
      hand_.observed[done.job.key] = done.refusal;
      return;
    case Job::Kind::kPrepare:
      if (done.prepared) {
        hand_.refused.erase(name);
        hand_.prepared[name] = std::move(*done.prepared);
      } else {
        InHand::Refusal& refusal = hand_.refused[name];
        refusal.error = done.prepared.error();
        refusal.at = parts_.clock.Now();
        ++refusal.attempts;
      }
      return;
    case Job::Kind::kCheck: {
      InHand::CheckState& seen = hand_.checks[name];
      seen.answered = true;
      ++seen.attempts;
      seen.last = std::move(done.outcome);
      const auto& check = done.job.step->verify[static_cast<std::size_t>(done.job.check)];
      seen.next_at = parts_.clock.Now() + procedure::PauseAfter(check.retry, seen.attempts);
      return;
    }
    case Job::Kind::kAct:
    case Job::Kind::kProbe:
      return TakeOutcome(done);
    case Job::Kind::kNotify: {
      if (done.outcome.reason.empty()) return;  // nobody asked to be told
      JsonObject data{{"of", done.job.key}};
      data["verdict"] = drivers::ToString(done.outcome.verdict);
      data["reason"] = done.outcome.reason;
      return Stage({"notified", std::move(data)}, true);
    }
  }
}

void Loop::TakeOutcome(Completion& done) {
  const bool probe = done.job.kind == Job::Kind::kProbe;
  const auto instance = state_.instances.find(done.job.key);
  if (instance == state_.instances.end()) return;
  const Act& act = done.job.undo ? instance->second.undo : instance->second.act;
  const Act::State expected = probe ? Act::State::kUnknown : Act::State::kRunning;
  if (act.state != expected) return;  // settled meanwhile
  JsonObject data = About(done.job.step->id, done.job.target, done.job.undo);
  data["verdict"] = drivers::ToString(done.outcome.verdict);
  data["reason"] = done.outcome.reason;
  JsonObject facts;
  if (const drivers::ActionSheet* sheet = parts_.drivers.Sheet(act.prepared.action.uses))
    facts = FactsOf(parts_.store, *sheet, done.job.target, done.outcome.outputs);
  data["outputs"] = done.outcome.outputs;
  data["evidence"] = done.outcome.evidence;
  if (!facts.empty()) data["facts"] = std::move(facts);
  if (!done.restored.empty()) data["restored"] = done.restored;
  if (!probe) {
    hand_.ours.erase(JobName(done.job));
    data["attempt"] = done.job.attempt;
    if (done.outcome.finished) data["finished"] = true;
  }
  base::JsonArray attachments;
  for (drivers::Attachment& attachment : done.outcome.attachments) {
    attachments.push_back(JsonObject{{"name", attachment.name},
                                     {"digest", base::Sha256Text(attachment.bytes)},
                                     {"size", static_cast<std::int64_t>(attachment.bytes.size())}});
    blobs_.push_back(std::move(attachment.bytes));
  }
  if (!attachments.empty()) data["attachments"] = std::move(attachments);
  Stage({probe ? "probed" : "outcome", std::move(data)}, true);
  hand_.already.erase(JobName(done.job));
}

// True when nothing will happen here until time or a person moves it.
bool Loop::Rest(const Decision& decision) {
  if (decision.at_rest) return hand_.busy.empty();
  if (!hand_.busy.empty() || decision.waits.empty()) return false;
  // A bake or a back-off is short and bounded by the procedure; it is waited for like a running step.
  if (decision.soon) return false;
  return std::ranges::any_of(decision.waits, [](const Waiting& wait) { return wait.what != "bake"; });
}

void Loop::RecordWaits(const Decision& decision) {
  if (decision.waits.empty()) return;
  base::JsonArray on = ToJson(decision.waits);
  auto text = base::CanonicalJson(on);
  const bool same = text && *text == last_waits_ && !state_.waiting.empty();
  if (same) return;
  last_waits_ = text.value_or("");
  Stage({"run_waiting", JsonObject{{"on", std::move(on)}}}, false);
}

// False where they may not be started yet.
bool Loop::StartJobs(Decision& decision) {
  for (const std::string& name : decision.cancel) {
    if (const auto token = tokens_.find(name); token != tokens_.end()) token->second->Cancel();
  }
  // What an earlier process had running must be gone before anything is looked at, repeated or undone.
  if (!orphans_gone_) orphans_gone_ = parts_.orphans_gone();
  if (!orphans_gone_) return decision.jobs.empty();
  for (Job& job : decision.jobs) {
    const std::string name = JobName(job);
    hand_.busy.insert(name);
    auto token = std::make_shared<drivers::CancelToken>();
    tokens_[name] = token;
    parts_.workers.Start(
        [this, job = std::move(job), token]() mutable { Execute(std::move(job), std::move(token)); });
  }
  return true;
}

// How it stands is on record: people are told, at least once.
void Loop::TellPeople() {
  if (parts_.notifier == nullptr || state_.occasion.empty() || state_.occasion == told_) return;
  told_ = state_.occasion;
  if (state_.notified.contains(told_)) return;
  Job job{.kind = Job::Kind::kNotify, .key = told_};
  hand_.busy.insert(JobName(job));
  parts_.workers.Start(
      [this, job = std::move(job), what = std::string(WhatOf(told_)), message = Summary(state_)] {
        Completion done{.job = job};
        done.outcome = parts_.notifier->Tell(what, message, plan_);
        Clean(done.outcome);
        Deliver(std::move(done));
      });
}

}  // namespace slipway::engine
