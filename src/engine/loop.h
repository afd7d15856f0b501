// The loop behind Drive. Private to engine/.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "engine/run_secrets.h"

namespace slipway::engine {

// What came back of a job.
struct Completion {
  Job job;
  base::Result<drivers::Prepared> prepared{drivers::Prepared{}};  // kPrepare
  drivers::Outcome outcome;                                       // kAct, kProbe, kCheck
  std::string restored;                                           // kAct, kProbe of an automatic undo
  std::string refusal;                                            // kObserve: empty = as planned
};

class Loop {
 public:
  // `plan` and `options` outlive it.
  Loop(Parts& parts, const plan::Plan& plan, RunState state, std::unique_ptr<journal::Lease> lease,
       const DriveOptions& options);
  ~Loop();
  base::Result<RunState> Run();

 private:
  friend class NoteSink;
  struct Staged {
    journal::NewEvent event;
    bool fact = false;         // an outcome or a note: kept when the decisions around it have to be made anew
    bool only_looked = false;  // nothing was done in the world, and nothing is on the strength of it
  };

  // loop.cc: the deciding thread
  Decision Settle();
  void Stage(Event event, bool fact);
  base::Status Flush();
  base::Status FlushPatiently();
  base::Status StillOurs() const;
  base::Result<bool> CatchUp();
  base::Status Refold();
  bool TakeCompletions();
  void Take(Completion& done);
  void TakeOutcome(Completion& done);
  bool Rest(const Decision& decision);
  void RecordWaits(const Decision& decision);
  bool MayWait(const Decision& decision);
  bool StartJobs(Decision& decision);
  void Wait(base::Time until);
  void TellPeople();
  void Abandon();

  // job.cc: on a worker
  void Deliver(Completion done);
  void Execute(Job job, std::shared_ptr<drivers::CancelToken> cancel);
  Completion Do(const Job& job, const drivers::CancelToken& cancel);
  void Compare(const Job& job, const drivers::CancelToken& cancel, Completion& done);
  std::string Observe(const Job& job, drivers::Context& context);
  drivers::Outcome Look(const drivers::Action& action, drivers::Context& context);
  base::Status Note(const Job& job, base::JsonObject data);
  drivers::Context ContextOf(const Job& job, const drivers::CancelToken& cancel,
                             const drivers::Action& action);
  std::string Clean(const std::string& text) const;
  void Clean(drivers::Outcome& outcome) const;

  Parts& parts_;
  const plan::Plan& plan_;
  const DriveOptions& options_;
  const std::string run_;  // for the workers too: state_ is the deciding thread's alone
  const std::unique_ptr<journal::Lease> lease_;
  const std::thread::id decider_ = std::this_thread::get_id();
  const drivers::CancelToken never_;
  RunSecrets secrets_;
  Surroundings around_;

  std::string summary_;  // of the run's row as it stands on disk
  RunState state_;
  InHand hand_;
  std::vector<Staged> staged_;
  std::optional<base::Time> held_since_;  // what is staged waits for what comes next
  std::vector<std::string> blobs_;
  std::map<std::string, std::shared_ptr<drivers::CancelToken>> tokens_;
  base::Time polled_{};
  std::string last_waits_;
  std::string told_;   // the occasion that was last handed to the notifier
  bool orphans_gone_;  // those of the processes that drove the run before

  struct Inbox {
    std::mutex mutex;
    std::condition_variable answered;
    std::deque<Completion> completions;
    struct Pending {
      const Job* job;
      base::JsonObject data;
      base::Status status;
      bool done = false;
    };
    std::deque<Pending*> notes;
    bool closed = false;
  } inbox_;
};

}  // namespace slipway::engine
