// Who looks on while a run is driven.
#pragma once

#include "api/run.h"

namespace slipway::api {

class Watcher {
 public:
  virtual ~Watcher() = default;
  // After the event is on disk, on the thread that decides. `step` is how the step concerned stands, without
  // its outputs, and `line` then has no data; null for an event about the run.
  virtual void OnEvent(const LogLine& line, const RunSummary& run, const StepView* step) = 0;
  // Before anything is done: what is to be known about the run that is gone on with.
  virtual void OnNotice(const std::string& /*text*/) {}
  // Several times a second. True asks the run to pause.
  virtual bool Tick() = 0;
};

}  // namespace slipway::api
