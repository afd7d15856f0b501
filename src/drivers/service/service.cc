#include "drivers/service/service.h"

#include <fmt/core.h>

#include "base/text.h"
#include "drivers/service/sheets.h"

namespace slipway::drivers {

using base::GetBool;
using base::GetInt;
using base::GetObject;
using base::GetString;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::Refused;
using base::Result;

Json ToJson(const ServiceRelease& release) {
  return JsonObject{{"version", release.version}, {"digest", release.digest}, {"path", release.path}};
}

ServiceRelease ReleaseFromJson(const JsonObject& json) {
  return {GetString(json, "version"), GetString(json, "digest"), GetString(json, "path")};
}

namespace {

Result<ServiceConfig> ConfigOf(const JsonObject& with, const Context& context) {
  return ReadServiceConfig(GetString(with, "connection"), context.connection);
}

ServiceRelease ReleaseOf(const Prepared& prepared) {
  return ReleaseFromJson(GetObject(prepared.action.with, "release"));
}

// Same contents; a version's name alone may be given to other contents later.
bool Runs(const SlotState& state, const ServiceRelease& release) {
  return state.running && state.release && state.release->digest == release.digest;
}

JsonObject PriorOf(const std::string& slot, const SlotState& state) {
  JsonObject prior{{"slot", slot}, {"running", state.running}};
  if (state.release) prior["release"] = ToJson(*state.release);
  if (state.running) prior["port"] = state.port;
  return prior;
}

std::string Named(const SlotState& state) {
  return fmt::format("{} (process {})", state.release ? state.release->version : "an unknown release",
                     state.pid);
}

base::Status CheckFree(const std::string& slot, const SlotState& state) {
  if (!state.strays.empty())
    return Refused(fmt::format("slot {}: its service has ended, but {} of its processes still run", slot,
                               state.strays.size()),
                   "", "service.stop ends them");
  return {};
}

JsonObject OutputsOf(const std::string& slot, const SlotState& state) {
  return {{"url", fmt::format("http://127.0.0.1:{}", state.port)},
          {"port", state.port},
          {"pid", state.pid},
          {"slot", slot},
          {"server", slot}};
}

JsonObject DescriptionOf(const SlotState& state) {
  JsonObject json{{"running", state.running}};
  if (state.running && state.release) {
    json["version"] = state.release->version;
    json["digest"] = state.release->digest;
    json["port"] = state.port;
    json["pid"] = state.pid;
    json["started_at"] = state.started_at;
  }
  if (!state.strays.empty()) json["strays"] = JsonArray(state.strays.begin(), state.strays.end());
  return json;
}

}  // namespace

std::span<const ActionSheet> ServiceDriver::Sheets() const {
  static const std::vector<ActionSheet> kSheets = ServiceSheets();
  return kSheets;
}

Result<Prepared> ServiceDriver::Prepare(const Action& action, Context& context) {
  for (const ActionSheet& sheet : Sheets()) {
    if (sheet.name != action.uses) continue;
    Prepared prepared{.action = {sheet.name, {}}, .prior = {}, .undo = {}, .not_before = {}};
    SLIPWAY_TRY(prepared.action.with, NormalizeAll(sheet, action.with, true));
    SLIPWAY_CHECK_OK(CheckSecrets(sheet, prepared.action.with));
    SLIPWAY_TRY(ServiceConfig config, ConfigOf(prepared.action.with, context));
    if (sheet.effect == Effect::kReads) return prepared;
    SLIPWAY_CHECK_OK(CheckSlot(config, GetString(prepared.action.with, "slot")));
    SLIPWAY_CHECK_OK(sheet.name == "service.start" ? PrepareStart(config, prepared, context)
                                                   : PrepareStop(config, prepared, context));
    return prepared;
  }
  return base::Invalid("the service driver has no action " + action.uses);
}

base::Status ServiceDriver::PrepareStart(const ServiceConfig& config, Prepared& prepared, Context& context) {
  JsonObject& with = prepared.action.with;
  const std::string slot = GetString(with, "slot");
  const ServiceRelease release = ReleaseOf(prepared);
  SLIPWAY_CHECK_OK(slots_->CheckRelease(release, context));
  SLIPWAY_TRY(SlotState state, slots_->Look(config, slot, Slots::Care::kGlance, context));
  if (!GetBool(with, "end_strays")) SLIPWAY_CHECK_OK(CheckFree(slot, state));
  const JsonObject undo_with{{"connection", config.name}, {"slot", slot}, {"release", ToJson(release)}};
  if (Runs(state, release)) {
    with["port"] = state.port;
    prepared.undo = Action{"service.start", undo_with};  // it is to run there afterwards, as it does now
    if (!state.env.empty()) prepared.undo->with["env"] = state.env;
  } else if (state.running) {
    return Refused(fmt::format("slot {} runs {}", slot, Named(state)), "", "stop it first with service.stop");
  } else {
    SLIPWAY_TRY(int port, slots_->PickPort(config, slot, context));
    with["port"] = port;
    prepared.undo = Action{"service.stop", undo_with};
  }
  prepared.prior = PriorOf(slot, state);
  return {};
}

base::Status ServiceDriver::PrepareStop(const ServiceConfig& config, Prepared& prepared, Context& context) {
  const JsonObject& with = prepared.action.with;
  const std::string slot = GetString(with, "slot");
  SLIPWAY_TRY(SlotState state, slots_->Look(config, slot, Slots::Care::kGlance, context));
  if (state.running && with.contains("release") && !Runs(state, ReleaseOf(prepared)))
    return Refused(fmt::format("slot {} runs {}, not {}", slot, Named(state), ReleaseOf(prepared).version),
                   "", "service.status says what runs where");
  prepared.prior = PriorOf(slot, state);
  if (state.running && state.release) {
    // The stop may have ended half of it.
    prepared.undo = Action{"service.start",
                           {{"connection", config.name},
                            {"slot", slot},
                            {"release", ToJson(*state.release)},
                            {"end_strays", true}}};
    if (!state.env.empty()) prepared.undo->with["env"] = state.env;
  }
  return {};
}

Outcome ServiceDriver::Run(const Prepared& prepared, std::span<const JsonObject>, Sink&, Context& context) {
  const bool reads = prepared.action.uses == "service.status";
  auto config = ConfigOf(prepared.action.with, context);
  if (!config)
    return reads ? Unknown(base::ToString(config.error())) : NotDone(base::ToString(config.error()));
  if (reads) return Status(*config, context);
  if (context.cancel.cancelled() || context.clock.Now() >= context.deadline)
    return NotDone("stopped before anything was done");
  if (prepared.action.uses == "service.start") return RunStart(*config, prepared, context);
  const std::string slot = GetString(prepared.action.with, "slot");
  auto before = slots_->Look(*config, slot, Slots::Care::kSettled, context);
  if (!before) return NotDone(base::ToString(before.error()));
  if (before->running && prepared.action.with.contains("release") && !Runs(*before, ReleaseOf(prepared)))
    return NotDone(fmt::format("slot {} runs {} by now", slot, Named(*before)), DescriptionOf(*before));
  Outcome outcome = slots_->Stop(*config, slot, context);
  if (outcome.verdict == Verdict::kDone)
    outcome.outputs = {{"slot", slot},
                       {"version", before->running && before->release ? before->release->version : "none"}};
  return outcome;
}

Outcome ServiceDriver::RunStart(const ServiceConfig& config, const Prepared& prepared, Context& context) {
  const JsonObject& with = prepared.action.with;
  const std::string slot = GetString(with, "slot");
  const StartRequest request{slot, ReleaseOf(prepared), GetObject(with, "env"),
                             static_cast<int>(GetInt(with, "port"))};
  if (GetBool(with, "end_strays")) {
    const auto before = slots_->Look(config, slot, Slots::Care::kSettled, context);
    if (before && !before->strays.empty()) {
      Outcome cleared = slots_->Stop(config, slot, context);
      if (cleared.verdict != Verdict::kDone) return cleared;
    }
  }
  Outcome outcome = slots_->Start(config, request, context);
  auto state = slots_->Look(config, slot, Slots::Care::kGlance, context);
  if (outcome.verdict != Verdict::kDone) {
    if (state && outcome.evidence.empty()) outcome.evidence = DescriptionOf(*state);
    return outcome;
  }
  if (!state || !Runs(*state, request.release)) {
    Outcome ended = Failed(fmt::format("{} in slot {} ended again", request.release.version, slot));
    ended.attachments = std::move(outcome.attachments);
    return ended;
  }
  outcome.outputs = OutputsOf(slot, *state);
  return outcome;
}

Outcome ServiceDriver::Status(const ServiceConfig& config, Context& context) {
  JsonObject slots;
  JsonObject releases;
  JsonArray running;
  std::string idle;
  for (const auto& [slot, port] : config.slots) {
    auto state = slots_->Look(config, slot, Slots::Care::kGlance, context);
    if (!state)
      return Unknown(base::ToString(state.error()), {{"slot", slot}, {"error", state.error().what}});
    slots[slot] = DescriptionOf(*state);
    const bool known = state->running && state->release;
    releases[slot] = known ? fmt::format("{} {}", state->release->version, state->release->digest) : "none";
    if (state->running)
      running.push_back(Json(slot));
    else if (idle.empty())
      idle = slot;
  }
  JsonObject outputs{
      {"slots", std::move(slots)}, {"releases", std::move(releases)}, {"running", std::move(running)}};
  if (!idle.empty()) outputs["idle"] = idle;
  return Done(std::move(outputs));
}

Outcome ServiceDriver::Probe(const Prepared& prepared, std::span<const JsonObject>, Context& context) {
  auto config = ConfigOf(prepared.action.with, context);
  if (!config) return Unknown(base::ToString(config.error()));
  const std::string slot = GetString(prepared.action.with, "slot");
  auto state = slots_->Look(*config, slot, Slots::Care::kSettled, context);
  if (!state) return Unknown(base::ToString(state.error()));
  if (prepared.action.uses == "service.start") return ProbeStart(prepared, *state);
  JsonObject seen = DescriptionOf(*state);
  if (!state->strays.empty())
    return Unknown(fmt::format("slot {}: its service has ended, but not all of its processes", slot), seen);
  if (state->running) return NotDone(fmt::format("slot {} still runs {}", slot, Named(*state)), seen);
  const ServiceRelease was = ReleaseFromJson(GetObject(prepared.prior, "release"));
  Outcome outcome =
      Done({{"slot", slot}, {"version", GetBool(prepared.prior, "running") ? was.version : "none"}});
  outcome.evidence = std::move(seen);
  return outcome;
}

Outcome ServiceDriver::ProbeStart(const Prepared& prepared, const SlotState& state) {
  const std::string slot = GetString(prepared.action.with, "slot");
  JsonObject seen = DescriptionOf(state);
  if (!state.strays.empty() && !GetBool(prepared.action.with, "end_strays"))
    return Unknown(fmt::format("slot {}: a service has ended there, but not all of its processes", slot),
                   seen);
  if (!state.running) return NotDone(fmt::format("nothing runs in slot {}", slot), seen);
  if (!Runs(state, ReleaseOf(prepared)))
    return NotDone(fmt::format("slot {} runs {}", slot, Named(state)), seen);
  Outcome outcome = Done(OutputsOf(slot, state));
  outcome.evidence = std::move(seen);
  return outcome;
}

Outcome ServiceDriver::Restored(const Prepared& undone, Context& context) {
  auto config = ConfigOf(undone.action.with, context);
  if (!config) return Unknown(base::ToString(config.error()));
  const std::string slot = GetString(undone.prior, "slot");
  auto state = slots_->Look(*config, slot, Slots::Care::kSettled, context);
  if (!state) return Unknown(base::ToString(state.error()));
  const bool ran = GetBool(undone.prior, "running");
  const ServiceRelease release = ReleaseFromJson(GetObject(undone.prior, "release"));
  const bool same = state->strays.empty() && (ran ? Runs(*state, release) : !state->running);
  Outcome outcome = same ? Done()
                         : NotDone(fmt::format("slot {} {}, before {}", slot,
                                               state->running ? "runs " + Named(*state) : "runs nothing",
                                               ran ? "it ran " + release.version : "it ran nothing"));
  outcome.evidence = {{"slot", slot}, {"now", DescriptionOf(*state)}, {"prior", undone.prior}};
  return outcome;
}

}  // namespace slipway::drivers
