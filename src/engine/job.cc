// What a worker does: one driver call with its deadline, its secrets, and a mask over all that comes back.
#include <fmt/format.h>

#include "base/text.h"
#include "engine/loop.h"
#include "engine/planned.h"
#include "engine/rows.h"

namespace slipway::engine {

namespace {

using base::JsonObject;
using drivers::Outcome;
using drivers::Verdict;

class NoSink final : public drivers::Sink {
 public:
  base::Status Note(JsonObject) override { return {}; }
};

const JsonObject* ConnectionOf(const plan::Plan& plan, const drivers::ActionSheet& sheet,
                               const JsonObject& with) {
  for (const drivers::ArgumentSheet& argument : sheet.arguments) {
    if (argument.type != drivers::ArgumentType::kConnection) continue;
    const auto found = plan.connections.find(base::GetString(with, argument.name));
    return found == plan.connections.end() ? nullptr : &found->second;
  }
  return nullptr;
}

}  // namespace

// Notes go through the deciding thread, the only one that appends decisions.
class NoteSink final : public drivers::Sink {
 public:
  NoteSink(Loop& loop, const Job& job) : loop_(loop), job_(job) {}
  base::Status Note(JsonObject data) override { return loop_.Note(job_, std::move(data)); }

 private:
  Loop& loop_;
  const Job& job_;
};

base::Status Loop::Note(const Job& job, JsonObject data) {
  const base::Json masked = secrets_.Mask(base::Json(std::move(data)));
  if (!base::CanonicalJson(masked)) return base::Invalid("a note that cannot be recorded");
  Inbox::Pending note{&job, masked.as_object(), {}, false};
  std::unique_lock lock(inbox_.mutex);
  if (inbox_.closed) return base::Fail(base::ErrorKind::kIo, "the run is no longer driven by this process");
  inbox_.notes.push_back(&note);
  if (std::this_thread::get_id() == decider_) {
    lock.unlock();
    TakeCompletions();  // simulated workers run their jobs on the deciding thread
    return note.status;
  }
  lock.unlock();
  parts_.workers.Wake();
  lock.lock();
  inbox_.answered.wait(lock, [&note] { return note.done; });
  return note.status;
}

drivers::Context Loop::ContextOf(const Job& job, const drivers::CancelToken& cancel,
                                 const drivers::Action& action) {
  const drivers::ActionSheet* sheet = parts_.drivers.Sheet(action.uses);
  return drivers::Context{.clock = parts_.clock,
                          .random = parts_.random,
                          .cancel = cancel,
                          .deadline = parts_.clock.Now() + job.timeout,
                          .secrets = secrets_,
                          .workspace = parts_.root,
                          .state_dir = parts_.state_dir,
                          .connection = sheet == nullptr ? nullptr : ConnectionOf(plan_, *sheet, action.with),
                          .instance = run_ + "/" + (job.undo ? "undo:" : "") + job.key,
                          .epoch = lease_->Epoch(),
                          .store = parts_.store.Id()};
}

void Loop::Execute(Job job, std::shared_ptr<drivers::CancelToken> cancel) { Deliver(Do(job, *cancel)); }

void Loop::Deliver(Completion done) {
  {
    std::lock_guard lock(inbox_.mutex);
    inbox_.completions.push_back(std::move(done));
  }
  parts_.workers.Wake();
}

Completion Loop::Do(const Job& job, const drivers::CancelToken& cancel) {
  Completion done{.job = job};
  switch (job.kind) {
    case Job::Kind::kObserve: {
      drivers::Context context = ContextOf(job, cancel, {});
      done.refusal = Clean(Observe(job, context));
      break;
    }
    case Job::Kind::kPrepare: {
      drivers::Context context = ContextOf(job, cancel, job.action);
      done.prepared = parts_.drivers.Find(job.action.uses)->Prepare(job.action, context);
      if (done.prepared) {
        // What is put on record must be usable as it is, so a secret in it cannot be masked away: it is
        // refused.
        const base::Json plain = drivers::ToJson(*done.prepared);
        if (!base::CanonicalJson(plain)) {
          done.prepared = base::Fail(base::ErrorKind::kInternal,
                                     "the driver prepared what cannot be recorded", job.action.uses);
        } else if (!secrets_.empty() && secrets_.Mask(plain) != plain) {
          done.prepared = base::Refused("what it prepared holds a secret in clear", job.action.uses);
        }
      } else {
        base::Error& error = done.prepared.error();
        for (std::string* text : {&error.what, &error.where, &error.next}) *text = Clean(*text);
      }
      break;
    }
    case Job::Kind::kAct: {
      if (job.prepared.already) {
        done.outcome = *job.prepared.already;
      } else {
        drivers::Context context = ContextOf(job, cancel, job.prepared.action);
        NoteSink sink(*this, job);
        done.outcome =
            parts_.drivers.Find(job.prepared.action.uses)->Run(job.prepared, job.progress, sink, context);
      }
      Compare(job, cancel, done);
      break;
    }
    case Job::Kind::kProbe:
      if (job.action.uses.empty()) {
        drivers::Context context = ContextOf(job, cancel, job.prepared.action);
        done.outcome =
            parts_.drivers.Find(job.prepared.action.uses)->Probe(job.prepared, job.progress, context);
        Compare(job, cancel, done);
      } else {
        drivers::Context context = ContextOf(job, cancel, job.action);
        done.outcome = Look(job.action, context);
      }
      break;
    case Job::Kind::kCheck: {
      drivers::Context context = ContextOf(job, cancel, job.action);
      done.outcome = Look(job.action, context);
      break;
    }
    case Job::Kind::kNotify:
      break;
  }
  Clean(done.outcome);
  return done;
}

// After an automatic undo: is what stands there now what was recorded before the act?
void Loop::Compare(const Job& job, const drivers::CancelToken& cancel, Completion& done) {
  if (!job.undoes || done.outcome.verdict != Verdict::kDone) return;
  drivers::Context context = ContextOf(job, cancel, job.undoes->action);
  const Outcome restored = parts_.drivers.Find(job.undoes->action.uses)->Restored(*job.undoes, context);
  done.restored = drivers::ToCheckText(restored.verdict);
  if (restored.verdict == Verdict::kNotDone) done.outcome.reason = restored.reason;
  done.outcome.evidence["restored"] = JsonObject{{"verdict", done.restored}, {"reason", restored.reason}};
}

// A reading action: prepared and run in one.
Outcome Loop::Look(const drivers::Action& action, drivers::Context& context) {
  drivers::Driver* driver = parts_.drivers.Find(action.uses);
  if (driver == nullptr) return drivers::Unknown("no driver has the action " + action.uses);
  auto prepared = driver->Prepare(action, context);
  if (!prepared) return drivers::Unknown(base::ToString(prepared.error()));
  NoSink sink;
  return driver->Run(*prepared, {}, sink, context);
}

// Is the target still as the plan saw it, and is what will be deployed still what was approved?
std::string Loop::Observe(const Job& job, drivers::Context&) {
  for (const auto& [step, action] : job.observations) {
    drivers::Context context = ContextOf(job, never_, action);
    const Outcome seen = Look(action, context);
    const auto target = std::ranges::find(plan_.targets, job.target, &plan::PlannedTarget::id);
    const base::JsonObject& planned = base::GetObject(target->facts, step);
    if (seen.verdict != Verdict::kDone) {
      if (planned.contains("unreachable")) continue;
      return fmt::format("{} cannot be read any more: {}", action.uses, seen.reason);
    }
    if (planned.contains("unreachable"))
      return fmt::format("{} could not be read when this was planned, and can be now; plan it again",
                         action.uses);
    for (const auto& [name, value] : planned) {
      const auto now = seen.outputs.if_contains(name);
      if (now != nullptr && *now == value) continue;
      return fmt::format("it changed since the plan: {} of {} was {}, is {}; plan it again",
                         std::string_view(name), action.uses, base::CanonicalJson(value).value_or("?"),
                         now == nullptr ? "gone" : base::CanonicalJson(*now).value_or("?"));
    }
  }
  if (parts_.workspace != nullptr) {
    const std::string changed = ChangedSincePlan(plan_, *parts_.workspace, parts_.root);
    if (!changed.empty()) return changed;
  }
  if (job.target.empty() || plan_.releases.empty()) return "";
  auto holds = parts_.store.Scan(journal::Table::kHold);
  if (!holds) return "holds cannot be read: " + base::ToString(holds.error());
  for (const auto& [parameter, release] : plan_.releases) {
    for (const journal::Row& row : *holds) {
      if (row.key != release.digest + " " + plan_.environment &&
          row.key != release.digest + " " + plan_.environment + "/" + job.target) {
        continue;
      }
      return fmt::format("release {} is on hold in {}; next: slipway holds", release.version,
                         plan_.environment);
    }
  }
  return "";
}

// Bytes from outside may be no text at all; what cannot be recorded must not take the run with it.
std::string Loop::Clean(const std::string& text) const {
  std::string masked = secrets_.Mask(text);
  return base::IsUtf8(masked) ? masked : base::Printable(masked);
}

void Loop::Clean(Outcome& outcome) const {
  outcome.reason = Clean(outcome.reason);
  for (drivers::Attachment& attachment : outcome.attachments) attachment.name = Clean(attachment.name);
  if (!secrets_.empty()) {
    outcome.outputs = secrets_.Mask(base::Json(outcome.outputs)).as_object();
    outcome.evidence = secrets_.Mask(base::Json(outcome.evidence)).as_object();
    for (drivers::Attachment& attachment : outcome.attachments)
      attachment.bytes = secrets_.Mask(attachment.bytes);
  }
  if (!base::CanonicalJson(outcome.outputs) || !base::CanonicalJson(outcome.evidence)) {
    outcome.outputs.clear();
    outcome.evidence.clear();
    outcome.verdict = Verdict::kUnknown;
    outcome.reason = "the driver answered what cannot be recorded: " + outcome.reason;
  }
}

}  // namespace slipway::engine
