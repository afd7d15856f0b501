// A connection of the service driver, as slipway.yaml says it:
//
//   connections:
//     web:
//       driver: service
//       command: [./start]            # run in the release's folder
//       slots: { blue: { port: 18081 }, green: { port: auto } }
//       env: { LOG_LEVEL: info }      # values may hold secrets
//       stop_signal: TERM             # TERM QUIT INT HUP USR1 USR2
//       stop_timeout: 10s             # then KILL
//       settle: 1s                    # how long it must stay alive before it counts as started, unless it
//       listens earlier
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace slipway::drivers {

struct ServiceConfig {
  std::string name;  // of the connection
  std::vector<std::string> command;
  std::map<std::string, int> slots;  // port by name; 0 = auto
  base::JsonObject env;              // unrevealed
  int stop_signal = 15;
  base::Duration stop_timeout{10'000};
  base::Duration settle{1'000};
};

base::Result<ServiceConfig> ReadServiceConfig(std::string_view name, const base::JsonObject* document);

// kInvalid with "did you mean" when the connection has no such slot.
base::Status CheckSlot(const ServiceConfig& config, const std::string& slot);

}  // namespace slipway::drivers
