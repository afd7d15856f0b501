// What the verbs that move a run say at its end.
#pragma once

#include <functional>
#include <string_view>

#include "api/api.h"
#include "cli/live.h"
#include "cli/verb.h"

namespace slipway::cli {

// Drives by `move`, shows it as it goes, tells how it stands, and answers the exit code: that of the run's
// state, but 0 where the run came to `asked`.
Exit Move(Call& call, const Options& options, std::string_view asked,
          const std::function<api::Answer<api::RunReport>(api::Watcher&)>& move);

// The same, where `tell` says what there is to say of a run in place of how it stands.
Exit MoveAndTell(Call& call, const Options& options, std::string_view asked,
                 const std::function<api::Answer<api::RunReport>(api::Watcher&)>& move,
                 const std::function<void(const api::RunReport&)>& tell);

// How the run stands: its last line, what is left in place, what it waits for, and the next command.
void TellRun(Terminal& out, const api::RunReport& report);

// The same for several runs: a line each.
class Moves {
 public:
  Moves(Call& call, const Options& options) : call_(call), options_(options) {}
  // False: interrupted, so that no other is to be begun.
  bool Add(const std::string& next, const std::function<api::Answer<api::RunReport>(api::Watcher&)>& move);
  // Tells the whole as JSON where that is wanted, and answers the worst code.
  Exit Finish();

 private:
  Call& call_;
  const Options& options_;
  base::JsonArray json_;
  Exit worst_ = Exit::kSucceeded;
};

void TellWaits(Terminal& out, const std::vector<api::WaitView>& waits);

// Does a verb that moves a run stay while the run waits?
bool Stays(const Terminal& out, bool no_wait);

// `1 failed, 10 succeeded`.
std::string CountsOf(const std::map<std::string, std::int64_t>& targets);

Style StyleOf(std::string_view state);

}  // namespace slipway::cli
