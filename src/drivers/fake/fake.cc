#include "drivers/fake/fake.h"

#include <fmt/core.h>

#include <utility>

#include "base/text.h"

namespace slipway::drivers {

using base::GetInt;
using base::GetString;
using base::Json;
using base::JsonObject;

namespace {

ActionSheet Changing(std::string name, std::string summary, Interruption interruption, UndoKind undo,
                     std::vector<ArgumentSheet> more = {}) {
  ActionSheet sheet;
  sheet.name = std::move(name);
  sheet.summary = std::move(summary);
  sheet.interruption = interruption;
  sheet.undo = undo;
  sheet.undo_text = undo == UndoKind::kAutomatic ? "the cell is put back to what it held" : "";
  sheet.arguments = {{.name = "cell", .description = "the cell's name", .required = true}};
  for (ArgumentSheet& argument : more) sheet.arguments.push_back(std::move(argument));
  sheet.outputs = {{"before", "what the cell held"}, {"value", "what it holds now", true}};
  return sheet;
}

ActionSheet Reading(std::string name, std::string summary) {
  ActionSheet sheet = Changing(std::move(name), std::move(summary), Interruption::kRepeat, UndoKind::kNone);
  sheet.effect = Effect::kReads;
  sheet.outputs = {{"value", "what the cell holds"}};
  return sheet;
}

std::vector<ActionSheet> MakeSheets() {
  const ArgumentSheet value{
      .name = "value", .description = "the text to put there", .required = true, .sensitive_ok = true};
  const auto automatic = UndoKind::kAutomatic;
  std::vector<ActionSheet> sheets;
  sheets.push_back(Changing("fake.set", "Puts text into a cell.", Interruption::kProbe, automatic, {value}));
  sheets.push_back(Changing("fake.set_probe", "As fake.set.", Interruption::kProbe, automatic, {value}));
  sheets.push_back(Changing("fake.set_repeat", "As fake.set.", Interruption::kRepeat, automatic, {value}));
  sheets.push_back(Changing("fake.ensure", "As fake.set, where the cell does not hold the text already.",
                            Interruption::kRepeat, automatic, {value}));
  sheets.push_back(Changing("fake.set_ask", "As fake.set.", Interruption::kAsk, automatic, {value}));
  sheets.push_back(Changing("fake.erase", "Empties a cell.", Interruption::kRepeat, automatic));
  sheets.push_back(Changing("fake.bump", "Counts up by one.", Interruption::kProbe, automatic));
  sheets.push_back(Changing("fake.unbump", "Counts down by one.", Interruption::kProbe, automatic));
  sheets.push_back(Changing("fake.bump_ask", "Counts up by one.", Interruption::kAsk, UndoKind::kDeclared));
  sheets.push_back(Changing(
      "fake.climb", "Counts up, a note at each number.", Interruption::kRepeat, automatic,
      {{.name = "to", .type = ArgumentType::kInteger, .description = "the last number", .required = true}}));
  sheets.push_back(Reading("fake.check", "Compares a cell."));
  sheets.back().arguments.push_back({.name = "equals", .description = "the text expected", .required = true});
  sheets.push_back(Reading("fake.read", "Reads a cell."));
  sheets.back().observed = true;
  sheets.back().facts = {"value"};
  for (ActionSheet& sheet : sheets) sheet.example = "uses: " + sheet.name + "\nwith: { cell: a }\n";
  return sheets;
}

const ActionSheet* SheetOf(std::span<const ActionSheet> sheets, std::string_view name) {
  for (const ActionSheet& sheet : sheets)
    if (sheet.name == name) return &sheet;
  return nullptr;
}

bool Reads(std::string_view uses) { return uses == "fake.check" || uses == "fake.read"; }

bool IsSet(std::string_view uses) { return uses.starts_with("fake.set") || uses == "fake.ensure"; }

// Sleeps in short steps; false when the call was cancelled or its deadline came.
bool SleepUnlessStopped(base::Duration how_long, Context& context) {
  const base::Time until = context.clock.Now() + how_long;
  while (true) {
    if (context.cancel.cancelled() || context.clock.Now() >= context.deadline) return false;
    if (context.clock.Now() >= until) return true;
    context.clock.Sleep(std::min<base::Duration>(until - context.clock.Now(), base::Duration{50}));
  }
}

Json OrNull(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

// The prior value as Prepare recorded it; empty when the cell was.
std::optional<std::string> PriorOf(const Prepared& prepared) {
  const Json* value = prepared.prior.if_contains("value");
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(base::View(value->get_string()));
}

// Calls the hooks around one driver call and writes it down.
class Recorded {
 public:
  Recorded(FakeWorld& world, FakeCallKind kind, const Action& action, const Context& context)
      : world_(world), call_{kind, action.uses, context.instance, context.epoch} {
    if (world_.before_call) world_.before_call(call_);
    world_.Record(call_);
  }
  const FakeCall& call() const { return call_; }
  void Finished() {
    if (world_.after_call) world_.after_call(call_);
  }

 private:
  FakeWorld& world_;
  FakeCall call_;
};

}  // namespace

FakeDriver::FakeDriver(std::shared_ptr<FakeWorld> world) : world_(std::move(world)) {}

std::span<const ActionSheet> FakeDriver::Sheets() const {
  static const std::vector<ActionSheet> kSheets = MakeSheets();
  return kSheets;
}

base::Result<Prepared> FakeDriver::Prepare(const Action& action, Context& context) {
  Recorded recorded(*world_, FakeCallKind::kPrepare, action, context);
  FakeAnswer answer = world_->NextAnswer(recorded.call());
  if (answer.error) {
    recorded.Finished();
    return std::unexpected(*answer.error);
  }
  const ActionSheet* sheet = SheetOf(Sheets(), action.uses);
  if (!sheet) return base::Invalid("the fake driver has no action " + action.uses);
  Prepared prepared{.action = {action.uses, {}}, .prior = {}, .undo = {}, .not_before = {}};
  SLIPWAY_TRY(prepared.action.with, NormalizeAll(*sheet, action.with, true));
  if (sheet->effect == Effect::kChanges) {
    const std::string cell = GetString(prepared.action.with, "cell");
    const std::optional<std::string> now = world_->Get(cell);
    prepared.prior = {{"cell", cell}, {"value", OrNull(now)}};
    if (action.uses == "fake.bump")
      prepared.undo = Action{"fake.unbump", {{"cell", cell}}};
    else if (action.uses == "fake.unbump")
      prepared.undo = Action{"fake.bump", {{"cell", cell}}};
    else if (sheet->undo == UndoKind::kAutomatic)
      prepared.undo =
          now ? Action{IsSet(action.uses) ? action.uses : "fake.set", {{"cell", cell}, {"value", *now}}}
              : Action{"fake.erase", {{"cell", cell}}};
    if (action.uses == "fake.ensure" && now == GetString(prepared.action.with, "value"))
      prepared.already = Done({{"before", *now}, {"value", *now}});
  }
  recorded.Finished();
  return prepared;
}

Outcome FakeDriver::Run(const Prepared& prepared, std::span<const JsonObject> progress, Sink& sink,
                        Context& context) {
  Recorded recorded(*world_, FakeCallKind::kRun, prepared.action, context);
  Outcome outcome = RunScripted(recorded.call(), prepared, progress, sink, context);
  recorded.Finished();
  return outcome;
}

Outcome FakeDriver::RunScripted(const FakeCall& call, const Prepared& prepared,
                                std::span<const JsonObject> progress, Sink& sink, Context& context) {
  const FakeAnswer answer = world_->NextAnswer(call);
  if (!SleepUnlessStopped(answer.before, context))
    return Reads(call.uses) ? Unknown("stopped before anybody looked")
                            : NotDone("stopped before anything was done");
  Outcome outcome = Act(call, answer.act, prepared, progress, sink, context);
  if (answer.after.count() > 0 && !SleepUnlessStopped(answer.after, context))
    return Unknown("stopped before the answer came");
  switch (answer.say) {
    case FakeAnswer::Say::kTruth:
      if (!answer.reason.empty()) outcome.reason = answer.reason;
      return outcome;
    case FakeAnswer::Say::kUnknown:
      return Unknown(answer.reason.empty() ? "the answer was lost" : answer.reason);
    case FakeAnswer::Say::kNotDone:
      return NotDone(answer.reason.empty() ? "it did not happen" : answer.reason);
    case FakeAnswer::Say::kDone:
      return Done(outcome.outputs, answer.reason);
    case FakeAnswer::Say::kFailed:
      return Failed(answer.reason.empty() ? "it failed" : answer.reason);
  }
  return outcome;
}

Outcome FakeDriver::Act(const FakeCall& call, FakeAnswer::Act act, const Prepared& prepared,
                        std::span<const JsonObject> progress, Sink& sink, Context& context) {
  const std::string& uses = prepared.action.uses;
  if (Reads(uses)) return Look(prepared);
  const std::string cell = GetString(prepared.action.with, "cell");
  if (act == FakeAnswer::Act::kNothing)
    return NotDone("the fake was told to do nothing", {{"cell", cell}, {"value", OrNull(world_->Get(cell))}});
  if (uses == "fake.climb") return Climb(call, act, prepared, progress, sink, context);

  std::optional<std::string> wanted;
  if (IsSet(uses)) {
    auto with = context.Reveal(prepared.action.with);
    if (!with) return NotDone(base::ToString(with.error()));
    wanted = GetString(with->get_object(), "value");
  }
  std::optional<std::string> now;
  world_->Change(call, cell, [&](const std::optional<std::string>& before) -> std::optional<std::string> {
    if (uses.starts_with("fake.bump") || uses == "fake.unbump") {
      std::int64_t count = before ? base::ParseInteger(*before).value_or(0) : 0;
      count += uses == "fake.unbump" ? -1 : 1;
      wanted = count == 0 && !PriorOf(prepared) ? std::nullopt : std::optional(std::to_string(count));
    }
    now = act == FakeAnswer::Act::kHalf ? std::optional("half:" + wanted.value_or("")) : wanted;
    return now;
  });
  if (act == FakeAnswer::Act::kHalf) return Unknown("only half of it was done");
  return Done({{"before", OrNull(PriorOf(prepared))}, {"value", OrNull(now)}});
}

Outcome FakeDriver::Climb(const FakeCall& call, FakeAnswer::Act act, const Prepared& prepared,
                          std::span<const JsonObject> progress, Sink& sink, Context& context) {
  const std::string cell = GetString(prepared.action.with, "cell");
  const std::int64_t to = GetInt(prepared.action.with, "to");
  const std::int64_t last = act == FakeAnswer::Act::kHalf ? to / 2 : to;
  std::int64_t at = progress.empty() ? 0 : GetInt(progress.back(), "at");
  while (at < last) {
    if (!SleepUnlessStopped(base::Duration{0}, context))
      return Unknown(fmt::format("stopped at {} of {}", at, to));
    ++at;
    world_->Change(call, cell, [&](const auto&) { return std::optional(std::to_string(at)); });
    if (auto noted = sink.Note({{"at", at}}); !noted) return Unknown(base::ToString(noted.error()));
  }
  if (act == FakeAnswer::Act::kHalf) return Unknown("only half of it was done");
  return Done({{"before", OrNull(PriorOf(prepared))}, {"value", OrNull(world_->Get(cell))}});
}

// The reading actions.
Outcome FakeDriver::Look(const Prepared& prepared) const {
  const std::string cell = GetString(prepared.action.with, "cell");
  const std::optional<std::string> value = world_->Get(cell);
  if (prepared.action.uses == "fake.read") return Done({{"value", OrNull(value)}});
  const std::string expected = GetString(prepared.action.with, "equals");
  JsonObject seen{{"cell", cell}, {"value", OrNull(value)}};
  if (!value) return Unknown("cell " + cell + " is empty", seen);
  if (*value != expected)
    return NotDone(fmt::format("cell {} holds `{}`, not `{}`", cell, *value, expected), seen);
  Outcome outcome = Done({{"value", *value}});
  outcome.evidence = seen;
  return outcome;
}

Outcome FakeDriver::Probe(const Prepared& prepared, std::span<const JsonObject>, Context& context) {
  Recorded recorded(*world_, FakeCallKind::kProbe, prepared.action, context);
  const FakeAnswer answer = world_->NextAnswer(recorded.call());
  const std::string cell = GetString(prepared.action.with, "cell");
  const std::optional<std::string> now = world_->Get(cell);
  Outcome outcome = Unknown(fmt::format("cell {} holds neither the old nor the new text", cell),
                            {{"cell", cell}, {"value", OrNull(now)}});
  if (answer.say == FakeAnswer::Say::kUnknown) {
    outcome.reason = "the cell could not be read";
  } else if (prepared.action.uses == "fake.bump" || prepared.action.uses == "fake.unbump") {
    const bool did = world_->EffectsOf(context.instance, prepared.action.uses) > 0;
    outcome = did ? Done({{"value", OrNull(now)}}) : NotDone("the ledger does not have it");
  } else {
    auto with = context.Reveal(prepared.action.with);
    const bool set = IsSet(prepared.action.uses);
    if (with && now == (set ? std::optional(GetString(with->get_object(), "value")) : std::nullopt))
      outcome = Done({{"before", OrNull(PriorOf(prepared))}, {"value", OrNull(now)}});
    else if (now == PriorOf(prepared))
      outcome = NotDone(fmt::format("cell {} holds the old text", cell));
  }
  recorded.Finished();
  return outcome;
}

Outcome FakeDriver::Restored(const Prepared& undone, Context& context) {
  Recorded recorded(*world_, FakeCallKind::kRestored, undone.action, context);
  const FakeAnswer answer = world_->NextAnswer(recorded.call());
  const std::string cell = GetString(undone.prior, "cell");
  const std::optional<std::string> now = world_->Get(cell);
  JsonObject seen{{"cell", cell}, {"value", OrNull(now)}, {"prior", OrNull(PriorOf(undone))}};
  Outcome outcome = NotDone(fmt::format("cell {} differs", cell));
  if (now == PriorOf(undone))
    outcome = Done();
  else if (undone.action.uses.contains("bump"))
    outcome = Unknown("others may have counted meanwhile");
  if (answer.say == FakeAnswer::Say::kUnknown) outcome = Unknown("the cell could not be read");
  outcome.evidence = std::move(seen);
  recorded.Finished();
  return outcome;
}

std::unique_ptr<Driver> FakeModel() { return std::make_unique<FakeDriver>(std::make_shared<FakeWorld>()); }

}  // namespace slipway::drivers
