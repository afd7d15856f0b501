// The scripted driver: what the engine is tested and simulated with.
//
//   fake.set {cell, value}      puts text into a cell; undo puts back what stood there; probed
//   fake.set_probe|_repeat|_ask the same, with that word for an interruption
//   fake.ensure {cell, value}   as fake.set_repeat; of a cell that holds the text, Prepare says so
//   fake.erase {cell}           empties a cell; may be repeated; the undo of a set into an empty one
//   fake.bump {cell}            counts up by one: an effect twice shows; probed, as the ledger knows
//   fake.unbump {cell}          the undo of it
//   fake.bump_ask {cell}        as fake.bump, a person must say; no undo of its own
//   fake.climb {cell, to}       counts from 0 to `to`, a Note each; repeated, from the last Note on
//   fake.check {cell, equals}   pass: it holds that text; fail: another; unknown: it is empty
//   fake.read {cell}            output `value`; observed at plan time
//
// Half an act (FakeAnswer::Act::kHalf) leaves `half:<value>` in the cell, which a probe answers with unknown.
#pragma once

#include <memory>
#include <span>

#include "drivers/driver.h"
#include "drivers/fake/world.h"

namespace slipway::drivers {

class FakeDriver final : public Driver {
 public:
  explicit FakeDriver(std::shared_ptr<FakeWorld> world);
  std::string_view Name() const override { return "fake"; }
  std::span<const ActionSheet> Sheets() const override;
  base::Result<Prepared> Prepare(const Action& action, Context& context) override;
  Outcome Run(const Prepared& prepared, std::span<const base::JsonObject> progress, Sink& sink,
              Context& context) override;
  Outcome Probe(const Prepared& prepared, std::span<const base::JsonObject> progress,
                Context& context) override;
  Outcome Restored(const Prepared& undone, Context& context) override;

 private:
  Outcome RunScripted(const FakeCall& call, const Prepared& prepared,
                      std::span<const base::JsonObject> progress, Sink& sink, Context& context);
  Outcome Act(const FakeCall& call, FakeAnswer::Act act, const Prepared& prepared,
              std::span<const base::JsonObject> progress, Sink& sink, Context& context);
  Outcome Climb(const FakeCall& call, FakeAnswer::Act act, const Prepared& prepared,
                std::span<const base::JsonObject> progress, Sink& sink, Context& context);
  Outcome Look(const Prepared& prepared) const;

  std::shared_ptr<FakeWorld> world_;
};

// A driver on a world of its own, for simulation.
std::unique_ptr<Driver> FakeModel();

}  // namespace slipway::drivers
