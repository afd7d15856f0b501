// Waits a while, holding no thread: Prepare says from when on it may run, and the engine's timer does the
// rest.
#pragma once

#include <memory>
#include <span>

#include "drivers/driver.h"

namespace slipway::drivers {

class WaitDriver final : public Driver {
 public:
  std::string_view Name() const override { return "wait"; }
  std::span<const ActionSheet> Sheets() const override;
  base::Result<Prepared> Prepare(const Action& action, Context& context) override;
  Outcome Run(const Prepared& prepared, std::span<const base::JsonObject> progress, Sink& sink,
              Context& context) override;
  Outcome Probe(const Prepared& prepared, std::span<const base::JsonObject> progress,
                Context& context) override;
};

// It touches nothing outside, so it is its own model.
std::unique_ptr<Driver> WaitModel();

}  // namespace slipway::drivers
