// Driving a run while somebody looks on.
#pragma once

#include <string>

#include "api/run.h"
#include "api/watcher.h"
#include "app/session.h"

namespace slipway::app {

enum class Patience { kReturn, kStay };
// What to do while another live process drives the run.
enum class Elsewhere { kRefuse, kFollow };

// Drives the run as far as it goes. With kFollow and another process at it: watches that one, and takes over
// where it leaves the run unfinished; with kReturn it does not wait for it. `plan`: that of
// the run, where it was made just now.
api::Answer<api::RunReport> DriveRun(Session& session, const std::string& run, Patience patience,
                                     Elsewhere elsewhere, api::Watcher& watcher,
                                     std::shared_ptr<const plan::Plan> plan = nullptr);

// What is on record of the run. kInvalid: there is none; no store is made to say so.
base::Result<engine::RunState> RunOnRecord(Session& session, const std::string& run);

// The run as it stands.
api::Answer<api::RunReport> ReportOn(Session& session, const std::string& run);

// Is a process driving the run now? `who` is `process 4711 on host, since …`, from the lease's row.
struct Driver {
  bool alive = false;
  std::string who;
};
base::Result<Driver> DriverOf(Session& session, const std::string& run);

}  // namespace slipway::app
