#include "drivers/wait/wait.h"

#include "base/text.h"

namespace slipway::drivers {

using base::JsonObject;

namespace {

std::vector<ActionSheet> MakeSheets() {
  ActionSheet sheet;
  sheet.name = "wait";
  sheet.summary = "Waits a while before the next step.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.instant_prepare = true;
  sheet.arguments = {
      {.name = "for", .type = ArgumentType::kDuration, .description = "How long.", .required = true}};
  sheet.example = "id: settle\ntitle: Let the caches fill\nuses: wait\nwith: { for: 30s }\n";
  return {sheet};
}

}  // namespace

std::span<const ActionSheet> WaitDriver::Sheets() const {
  static const std::vector<ActionSheet> kSheets = MakeSheets();
  return kSheets;
}

base::Result<Prepared> WaitDriver::Prepare(const Action& action, Context& context) {
  Prepared prepared{.action = {"wait", {}}, .prior = {}, .undo = {}, .not_before = {}};
  SLIPWAY_TRY(prepared.action.with, NormalizeAll(Sheets()[0], action.with, true));
  const base::Duration how_long{base::GetInt(prepared.action.with, "for")};
  prepared.not_before = context.clock.Now() + how_long;
  return prepared;
}

Outcome WaitDriver::Run(const Prepared& prepared, std::span<const JsonObject>, Sink&, Context& context) {
  if (prepared.not_before && context.clock.Now() < *prepared.not_before)
    return NotDone("it is not yet " + base::FormatTime(*prepared.not_before));
  return Done();
}

Outcome WaitDriver::Probe(const Prepared& prepared, std::span<const JsonObject>, Context& context) {
  if (prepared.not_before && context.clock.Now() < *prepared.not_before)
    return NotDone("the time has not come");
  return Done();
}

std::unique_ptr<Driver> WaitModel() { return std::make_unique<WaitDriver>(); }

}  // namespace slipway::drivers
