#include "drivers/service/model.h"

#include <fmt/core.h>

#include "drivers/service/service.h"

namespace slipway::drivers {

namespace {

constexpr int kFirstPort = 20'000;

}  // namespace

base::Result<SlotState> ModelSlots::Look(const ServiceConfig& config, const std::string& slot, Care,
                                         Context&) {
  std::scoped_lock lock(mutex_);
  if (lost_) return base::Fail(base::ErrorKind::kIo, "the slot's record cannot be read", slot);
  return StateOf(config, slot);
}

base::Status ModelSlots::CheckRelease(const ServiceRelease&, Context&) { return {}; }

base::Result<int> ModelSlots::PickPort(const ServiceConfig& config, const std::string& slot, Context&) {
  const int port = config.slots.at(slot);
  const auto position = std::distance(config.slots.begin(), config.slots.find(slot));
  return port != 0 ? port : kFirstPort + static_cast<int>(position);
}

Outcome ModelSlots::Start(const ServiceConfig& config, const StartRequest& request, Context& context) {
  std::scoped_lock lock(mutex_);
  SlotState& state = StateOf(config, request.slot);
  if (!state.strays.empty())
    return NotDone("processes of a former service still run there; service.stop ends them");
  if (state.running && state.release->digest == request.release.digest) return Done({}, "it ran already");
  if (state.running)
    return NotDone(fmt::format("slot {} runs {} by now", request.slot, state.release->version));
  state = {.running = !broken_.contains(request.release.digest),
           .release = request.release,
           .port = request.port,
           .pid = next_pid_++,
           .env = request.env,
           .started_at = base::FormatTime(context.clock.Now()),
           .strays = {}};
  if (state.running) return Done();
  return Failed(fmt::format("{} in slot {} ended at once", request.release.version, request.slot),
                {{"port", request.port}});
}

Outcome ModelSlots::Stop(const ServiceConfig& config, const std::string& slot, Context&) {
  std::scoped_lock lock(mutex_);
  SlotState& state = StateOf(config, slot);
  state.running = false;
  state.strays.clear();
  return Done();
}

void ModelSlots::Break(const std::string& digest) {
  std::scoped_lock lock(mutex_);
  broken_.insert(digest);
}

void ModelSlots::Die(const std::string& connection, const std::string& slot) {
  std::scoped_lock lock(mutex_);
  SlotState& state = slots_.at({connection, slot});
  state.running = false;
  state.strays = {next_pid_++};
}

void ModelSlots::Lose() {
  std::scoped_lock lock(mutex_);
  lost_ = true;
}

SlotState& ModelSlots::StateOf(const ServiceConfig& config, const std::string& slot) {
  auto [found, fresh] = slots_.try_emplace({config.name, slot});
  SlotState& state = found->second;
  if (fresh && before_ == Before::kRelease && config.slots.size() > 1 &&
      slot == config.slots.begin()->first) {
    state.running = true;
    state.release = {"former", "sha256:former", "releases/former"};
    state.port = config.slots.at(slot) != 0 ? config.slots.at(slot) : kFirstPort;
    state.pid = next_pid_++;
  }
  return state;
}

std::unique_ptr<Driver> ServiceModel(Before before) {
  return std::make_unique<ServiceDriver>(std::make_unique<ModelSlots>(before));
}

}  // namespace slipway::drivers
