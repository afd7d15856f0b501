// A command as a detached process in a named slot, which outlives slipway.
//
// It gets SLOT, PORT, RELEASE, RELEASE_DIGEST and SLOT_DIR (a folder of its own that stays) in its
// environment and is to run in the foreground. What it writes is kept in
// .slipway/service/<connection>/<slot>/service.log, one file a start, five kept.
#pragma once

#include <memory>
#include <span>

#include "drivers/driver.h"
#include "drivers/service/slots.h"

namespace slipway::drivers {

class ServiceDriver final : public Driver {
 public:
  explicit ServiceDriver(std::unique_ptr<Slots> slots) : slots_(std::move(slots)) {}
  std::string_view Name() const override { return "service"; }
  std::span<const ActionSheet> Sheets() const override;
  base::Result<Prepared> Prepare(const Action& action, Context& context) override;
  Outcome Run(const Prepared& prepared, std::span<const base::JsonObject> progress, Sink& sink,
              Context& context) override;
  Outcome Probe(const Prepared& prepared, std::span<const base::JsonObject> progress,
                Context& context) override;
  Outcome Restored(const Prepared& undone, Context& context) override;

 private:
  base::Status PrepareStart(const ServiceConfig& config, Prepared& prepared, Context& context);
  base::Status PrepareStop(const ServiceConfig& config, Prepared& prepared, Context& context);
  Outcome RunStart(const ServiceConfig& config, const Prepared& prepared, Context& context);
  Outcome Status(const ServiceConfig& config, Context& context);
  Outcome ProbeStart(const Prepared& prepared, const SlotState& state);

  std::unique_ptr<Slots> slots_;
};

std::unique_ptr<Driver> MakeServiceDriver();                             // on real processes
std::unique_ptr<Driver> ServiceModel(Before before = Before::kRelease);  // in memory

}  // namespace slipway::drivers
