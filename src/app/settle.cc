#include <fmt/format.h>

#include <algorithm>

#include "app/app.h"
#include "app/driving.h"
#include "app/remembered.h"
#include "base/text.h"

namespace slipway::app {

namespace {

using engine::Act;

// The act a person is asked about: the undo, where that is what nobody can judge.
enum class Asked { kNothing, kAct, kUndo };

// What a person did about it, nobody has seen: how it was left is no longer on record, until the next look.
base::JsonObject FactsOf(Session& session, const engine::Instance& instance, Asked asked) {
  const Act& act = asked == Asked::kUndo ? instance.undo : instance.act;
  const drivers::ActionSheet* sheet = session.drivers().Sheet(act.prepared.action.uses);
  const bool left = sheet != nullptr && std::ranges::any_of(sheet->outputs, [](const auto& output) {
                      return output.recorded && output.name == kSchema;
                    });
  return left ? base::JsonObject{{kSchema, ""}} : base::JsonObject{};
}

Asked AskedOf(const engine::RunState& state, const engine::Instance& instance) {
  if (instance.undo.state == Act::State::kAsking) return Asked::kUndo;
  if (instance.act.state == Act::State::kAsking) return Asked::kAct;
  const bool failed_and_paused = instance.status == engine::StepStatus::kFailed &&
                                 state.status == engine::RunStatus::kPaused &&
                                 instance.undo.state == Act::State::kNone && instance.act.Intended();
  return failed_and_paused ? Asked::kAct : Asked::kNothing;
}

}  // namespace

api::Answer<api::ConfirmReport> App::Settle(const api::SettleRequest& request) {
  if (request.how != "done" && request.how != "repeat" && request.how != "failed") {
    return std::unexpected(
        base::Error{base::ErrorKind::kInvalid,
                    "a step is settled as done, repeat or failed, not " + base::Quote(request.how), "",
                    fmt::format("slipway settle {} {} done|repeat|failed", request.run, request.step)});
  }
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  SLIPWAY_TRY(const engine::RunState state, engine::LoadRun(*store, request.run));
  const auto found = state.instances.find(request.step);
  const Asked asked = found == state.instances.end() || engine::IsTerminal(state.status)
                          ? Asked::kNothing
                          : AskedOf(state, found->second);
  if (asked == Asked::kNothing) {
    std::string open;
    for (const auto& [key, instance] : state.instances) {
      if (AskedOf(state, instance) != Asked::kNothing && !engine::IsTerminal(state.status))
        open += (open.empty() ? "slipway settle " : " | slipway settle ") + state.id + " " + key +
                " done|repeat|failed";
    }
    return std::unexpected(base::Error{base::ErrorKind::kRefused,
                                       "nobody asks what became of " + request.step, request.run,
                                       open.empty() ? "slipway explain " + request.run : open});
  }
  base::JsonObject data{{"step", found->second.step}, {"target", found->second.target}};
  if (asked == Asked::kUndo) data["undo"] = true;
  data["how"] = request.how;
  if (!request.reason.empty()) data["reason"] = request.reason;
  if (request.how != "repeat" && !found->second.target.empty()) {
    if (auto facts = FactsOf(session_, found->second, asked); !facts.empty())
      data["facts"] = std::move(facts);
  }
  SLIPWAY_CHECK_OK(engine::Signal(*store, request.run, "settled", session_.actor(), session_.clock().Now(),
                                  std::move(data)));
  SLIPWAY_TRY(const Driver driver, DriverOf(session_, request.run));
  return api::ConfirmReport{request.run, request.step, session_.actor(), driver.alive};
}

}  // namespace slipway::app
