// The model of the http driver, for simulation: services that answer every check as expected, and that keep
// what requests put there: POST, PUT and PATCH set a resource, DELETE removes it. A test may say that one is
// not well. What an answer amounts to is judged as for the real driver.
//
// Thread-safe. Time passes only by waiting on the context's clock.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "drivers/driver.h"
#include "drivers/http/client.h"

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
  // From now on `url` answers with `status`, and nothing is kept there.
  void Break(const std::string& url, int status);

 private:
  HttpResponse Ask(const base::JsonObject& with);
  Outcome RunProbe(const base::JsonObject& with, Context& context);

  mutable std::mutex mutex_;
  std::map<std::string, std::string> resources_;  // guarded by mutex_
  std::map<std::string, int> broken_;             // status by URL; guarded by mutex_
};

}  // namespace slipway::drivers
