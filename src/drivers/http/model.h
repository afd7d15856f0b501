// The model of the http driver, for simulation: services that answer every check as expected, and that keep
// what requests put there: POST, PUT and PATCH set a resource, DELETE removes it.
//
// Thread-safe. Time passes only by waiting on the context's clock.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "drivers/driver.h"

namespace slipway::drivers {

class HttpModelDriver final : public Driver {
 public:
  std::string_view Name() const override { return "http"; }
  std::span<const ActionSheet> Sheets() const override;
  base::Result<Prepared> Prepare(const Action& action, Context& context) override;
  Outcome Run(const Prepared& prepared, std::span<const base::JsonObject> progress, Sink& sink,
              Context& context) override;
  Outcome Probe(const Prepared& prepared, std::span<const base::JsonObject> progress,
                Context& context) override;

  std::map<std::string, std::string> Resources() const;  // body by URL

 private:
  Outcome RunProbe(const base::JsonObject& with, Context& context) const;

  mutable std::mutex mutex_;
  std::map<std::string, std::string> resources_;  // guarded by mutex_
};

}  // namespace slipway::drivers
