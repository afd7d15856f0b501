// Runs a program. exec.run changes things; exec.check only looks.
//
// A text in `shell:` is run by `bash -eu -o pipefail`: any failing command of it fails the step, also inside
// a pipe. Secrets go into `env` or `input`, never into an argument list. What the program leaves running in
// its process group ends with it: something that is to stay is a service.
//
// An exit code that was not expected does not prove that nothing happened: the outcome is unknown and
// `finished`. A program that could not be started is not_done. There is no model: nobody can tell what a
// command does to the world.
#pragma once

#include <memory>
#include <span>

#include "drivers/driver.h"
#include "process/spawner.h"

namespace slipway::drivers {

class ExecDriver final : public Driver {
 public:
  explicit ExecDriver(process::Spawner& spawner) : spawner_(spawner) {}  // outlives the driver
  std::string_view Name() const override { return "exec"; }
  std::span<const ActionSheet> Sheets() const override;
  base::Result<Prepared> Prepare(const Action& action, Context& context) override;
  Outcome Run(const Prepared& prepared, std::span<const base::JsonObject> progress, Sink& sink,
              Context& context) override;
  Outcome Probe(const Prepared& prepared, std::span<const base::JsonObject> progress,
                Context& context) override;

 private:
  base::Result<process::Command> CommandOf(const Prepared& prepared, const Context& context) const;

  process::Spawner& spawner_;
};

}  // namespace slipway::drivers
