// Slots that hold real processes.
#pragma once

#include <filesystem>

#include "drivers/service/ports.h"
#include "drivers/service/slot_files.h"
#include "drivers/service/slots.h"

namespace slipway::drivers {

class ProcessSlots final : public Slots {
 public:
  base::Result<SlotState> Look(const ServiceConfig& config, const std::string& slot, Care care,
                               Context& context) override;
  base::Status CheckRelease(const ServiceRelease& release, Context& context) override;
  base::Result<int> PickPort(const ServiceConfig& config, const std::string& slot, Context& context) override;
  Outcome Start(const ServiceConfig& config, const StartRequest& request, Context& context) override;
  Outcome Stop(const ServiceConfig& config, const std::string& slot, Context& context) override;

 private:
  base::Result<int> TakePort(const ServiceConfig& config, const StartRequest& request, Context& context);
  Outcome Watch(const ServiceConfig& config, const StartRequest& request, const SlotFiles& files,
                const process::Identity& process, int port, Context& context);
};

}  // namespace slipway::drivers
