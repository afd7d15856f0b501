// The slots of the model: in memory, where every release starts and every stop succeeds. Where there are
// several and a release runs before, it runs in the first, as the model of the proxy in front has it.
#include <fmt/core.h>

#include <map>
#include <mutex>

#include "drivers/service/service.h"

namespace slipway::drivers {

namespace {

class ModelSlots final : public Slots {
 public:
  explicit ModelSlots(Before before) : before_(before) {}

  base::Result<SlotState> Look(const ServiceConfig& config, const std::string& slot, Care,
                               Context&) override {
    std::scoped_lock lock(mutex_);
    return StateOf(config, slot);
  }

  base::Status CheckRelease(const ServiceRelease&, Context&) override { return {}; }

  base::Result<int> PickPort(const ServiceConfig& config, const std::string& slot, Context&) override {
    const int port = config.slots.at(slot);
    const auto position = std::distance(config.slots.begin(), config.slots.find(slot));
    return port != 0 ? port : kFirstPort + static_cast<int>(position);
  }

  Outcome Start(const ServiceConfig& config, const StartRequest& request, Context& context) override {
    std::scoped_lock lock(mutex_);
    SlotState& state = StateOf(config, request.slot);
    if (state.running && state.release->digest == request.release.digest) return Done({}, "it ran already");
    if (state.running) return NotDone(fmt::format("slot {} runs {}", request.slot, state.release->version));
    state = {.running = true,
             .release = request.release,
             .port = request.port,
             .pid = next_pid_++,
             .env = request.env,
             .started_at = base::FormatTime(context.clock.Now()),
             .strays = {}};
    return Done();
  }

  Outcome Stop(const ServiceConfig& config, const std::string& slot, Context&) override {
    std::scoped_lock lock(mutex_);
    StateOf(config, slot).running = false;
    return Done();
  }

 private:
  SlotState& StateOf(const ServiceConfig& config, const std::string& slot) {
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

  static constexpr int kFirstPort = 20'000;
  const Before before_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, SlotState> slots_;  // guarded by mutex_, as is the next
  int next_pid_ = 1000;
};

}  // namespace

std::unique_ptr<Driver> ServiceModel(Before before) {
  return std::make_unique<ServiceDriver>(std::make_unique<ModelSlots>(before));
}

}  // namespace slipway::drivers
