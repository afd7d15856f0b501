// The slots of the model, for simulation: in memory, where every release starts and every stop succeeds,
// unless a test says that one does not. Where there are several and a release runs before, it runs in the
// first, as the model of the proxy in front has it.
//
// Thread-safe. Time passes only by waiting on the context's clock.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "drivers/service/slots.h"

namespace slipway::drivers {

class ModelSlots final : public Slots {
 public:
  explicit ModelSlots(Before before) : before_(before) {}

  base::Result<SlotState> Look(const ServiceConfig& config, const std::string& slot, Care care,
                               Context& context) override;
  base::Status CheckRelease(const ServiceRelease& release, Context& context) override;
  base::Result<int> PickPort(const ServiceConfig& config, const std::string& slot, Context& context) override;
  Outcome Start(const ServiceConfig& config, const StartRequest& request, Context& context) override;
  Outcome Stop(const ServiceConfig& config, const std::string& slot, Context& context) override;

  // From now on a release of these contents ends as soon as it was started.
  void Break(const std::string& digest);
  // The main process of what runs in the slot dies, its worker does not.
  void Die(const std::string& connection, const std::string& slot);
  // What is in the slots cannot be read any more.
  void Lose();

 private:
  SlotState& StateOf(const ServiceConfig& config, const std::string& slot);

  const Before before_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::map<std::pair<std::string, std::string>, SlotState> slots_;  // by connection and slot
  std::set<std::string> broken_;                                    // digests
  bool lost_ = false;
  int next_pid_ = 1000;
};

}  // namespace slipway::drivers
