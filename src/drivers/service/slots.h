// What the service driver acts on: named slots, each with at most one running service. The real ones hold
// processes (process_slots.h); the model's are in memory.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "drivers/driver.h"
#include "drivers/service/config.h"

namespace slipway::drivers {

struct ServiceRelease {
  std::string version;
  std::string digest;
  std::string path;  // relative to the workspace
  bool operator==(const ServiceRelease&) const = default;
};
base::Json ToJson(const ServiceRelease& release);
ServiceRelease ReleaseFromJson(const base::JsonObject& json);

struct SlotState {
  bool running = false;
  std::optional<ServiceRelease> release;  // what runs, or ran last; empty when nothing ever did
  int port = 0;
  int pid = 0;
  base::JsonObject env;     // what the step added, unrevealed
  std::string started_at;   // RFC 3339
  std::vector<int> strays;  // processes of a service whose main process has ended
};

struct StartRequest {
  std::string slot;
  ServiceRelease release;
  base::JsonObject env;  // unrevealed
  int port = 0;
};

// Thread-safe. `context` is that of the driver's call.
class Slots {
 public:
  virtual ~Slots() = default;

  enum class Care {
    kGlance,
    kSettled
  };  // kSettled: waits until nobody is in the middle of changing the slot
  virtual base::Result<SlotState> Look(const ServiceConfig& config, const std::string& slot, Care care,
                                       Context& context) = 0;
  // Can this release be started here? kRefused, kInvalid: why not.
  virtual base::Status CheckRelease(const ServiceRelease& release, Context& context) = 0;
  // The port the slot would get. Reserves nothing.
  virtual base::Result<int> PickPort(const ServiceConfig& config, const std::string& slot,
                                     Context& context) = 0;
  // Starts it, or finds that very release running already. The outcome's `outputs` are empty.
  virtual Outcome Start(const ServiceConfig& config, const StartRequest& request, Context& context) = 0;
  // Ends what runs there, its strays included.
  virtual Outcome Stop(const ServiceConfig& config, const std::string& slot, Context& context) = 0;
};

}  // namespace slipway::drivers
