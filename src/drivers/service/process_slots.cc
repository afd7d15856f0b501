#include "drivers/service/process_slots.h"

#include <fmt/core.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <thread>

#include "base/text.h"
#include "drivers/service/service.h"
#include "process/capture.h"
#include "process/spawner.h"

namespace slipway::drivers {

using base::Duration;
using base::Json;
using base::JsonObject;
using base::Refused;
using base::Result;
using process::Identity;

namespace {

constexpr Duration kKillPatience{5'000};

std::string OwnerName(const ServiceConfig& config, const std::string& slot) {
  return config.name + "/" + slot;
}

SlotFiles FilesOf(const ServiceConfig& config, const std::string& slot, const Context& context) {
  return SlotFiles(context.state_dir, config.name, slot);
}

std::set<int> FixedPorts(const ServiceConfig& config) {
  std::set<int> ports;
  for (const auto& [slot, port] : config.slots) ports.insert(port);
  return ports;
}

// What the new process gets, secrets revealed.
Result<std::vector<std::string>> EnvironmentOf(const ServiceConfig& config, const StartRequest& request,
                                               int port, const SlotFiles& files, const Context& context) {
  std::map<std::string, std::string> variables;
  for (const JsonObject* env : {&config.env, &request.env}) {
    SLIPWAY_TRY(Json revealed, context.Reveal(*env));
    for (const auto& variable : revealed.get_object())
      if (variable.value().is_string()) variables[variable.key()] = base::View(variable.value().get_string());
  }
  variables["SLOT"] = request.slot;
  variables["PORT"] = std::to_string(port);
  variables["RELEASE"] = request.release.version;
  variables["RELEASE_DIGEST"] = request.release.digest;
  variables["SLOT_DIR"] = files.data().string();
  return process::InheritedEnvironment({variables.begin(), variables.end()});
}

void AttachLog(Outcome& outcome, const SlotFiles& files) {
  std::string tail = files.LogTail();
  if (!tail.empty()) outcome.attachments.push_back({"log", std::move(tail)});
}

// Its last words, unless they would have to be changed to be shown: a secret among them could no longer be
// masked.
std::string LastWords(const SlotFiles& files) {
  process::Capture capture(1 << 20);
  capture.Add(files.LogTail());
  const std::string line = capture.LastLines(1);
  const bool plain =
      base::IsUtf8(line) && std::ranges::none_of(line, [](char c) { return c >= 0 && c < ' '; });
  return !line.empty() && line.size() <= 500 && plain ? ": " + line : "";
}

Duration LeftOf(const Context& context) {
  return std::max(context.deadline - context.clock.Now(), Duration{0});
}

// Ends what is left of a session, at once. False: it does not end.
bool EndSession(const Identity& leader) {
  const auto until = std::chrono::steady_clock::now() + kKillPatience;
  while (true) {
    const std::vector<Identity> living = process::LivingInSessionOf(leader);
    if (living.empty()) return true;
    if (std::chrono::steady_clock::now() > until) return false;
    process::SignalAll(living, SIGKILL);
    std::this_thread::sleep_for(Duration{10});
  }
}

}  // namespace

Result<SlotState> ProcessSlots::Look(const ServiceConfig& config, const std::string& slot, Care care,
                                     Context& context) {
  const SlotFiles files = FilesOf(config, slot, context);
  base::Fd lock;
  if (care == Care::kSettled) {
    SLIPWAY_TRY(lock, files.Lock(context));
  }
  return files.Read();
}

base::Status ProcessSlots::CheckRelease(const ServiceRelease& release, Context& context) {
  auto folder = base::Inside(context.workspace, release.path);
  std::error_code error;
  if (!folder || !std::filesystem::is_directory(*folder, error))
    return Refused(
        fmt::format("release {}: there is no folder {}", release.version, base::Printable(release.path)));
  return {};
}

Result<int> ProcessSlots::PickPort(const ServiceConfig& config, const std::string& slot, Context& context) {
  const int fixed = config.slots.at(slot);
  if (fixed != 0) return fixed;
  return Ports(context.state_dir / "service" / "ports").Pick(OwnerName(config, slot), FixedPorts(config));
}

// The port that Prepare chose, or, where the choice is ours, another one if that is gone meanwhile.
Result<int> ProcessSlots::TakePort(const ServiceConfig& config, const StartRequest& request,
                                   Context& context) {
  const Ports ports(context.state_dir / "service" / "ports");
  const std::string owner = OwnerName(config, request.slot);
  const bool fixed = config.slots.at(request.slot) != 0;
  int port = fixed ? config.slots.at(request.slot) : request.port;
  for (int attempt = 0; attempt < 100; ++attempt) {
    SLIPWAY_TRY(bool ours, ports.Reserve(port, owner));
    const bool free = IsFree(port);
    if (ours && free) return port;
    if (fixed && !ours)
      return Refused(fmt::format("port {} is reserved for slot {}", port, ports.OwnerOf(port).value_or("?")));
    if (fixed) return Refused(fmt::format("port {} is in use by another program", port));
    SLIPWAY_TRY(port, ports.Pick(owner, FixedPorts(config)));
  }
  return Refused("no port could be had");
}

Outcome ProcessSlots::Start(const ServiceConfig& config, const StartRequest& request, Context& context) {
  const SlotFiles files = FilesOf(config, request.slot, context);
  auto not_done = [](const base::Error& error) { return NotDone(base::ToString(error)); };
  auto lock = files.Lock(context);
  if (!lock) return not_done(lock.error());
  auto before = files.Read();
  if (!before) return not_done(before.error());
  if (!before->strays.empty())
    return NotDone("processes of a former service still run there; service.stop ends them");
  if (before->running && before->release && before->release->digest == request.release.digest)
    return Done({}, fmt::format("{} ran there already", request.release.version));
  if (before->running)
    return NotDone(fmt::format("slot {} runs {} by now", request.slot,
                               before->release ? before->release->version : "an unknown release"));
  if (auto good = CheckRelease(request.release, context); !good) return not_done(good.error());
  auto port = TakePort(config, request, context);
  if (!port) return not_done(port.error());
  auto environment = EnvironmentOf(config, request, *port, files, context);
  if (!environment) return not_done(environment.error());

  auto identity = files.OpenProcess();
  if (!identity) return not_done(identity.error());
  auto log = files.RotateLog();
  if (!log) return not_done(log.error());
  const SlotState now{.release = request.release,
                      .port = *port,
                      .env = request.env,
                      .started_at = base::FormatTime(context.clock.Now())};
  if (auto written = files.WriteRecord(now); !written) return not_done(written.error());
  auto started = process::StartDetached({.argv = config.command,
                                         .environment = *environment,
                                         .directory = context.workspace / request.release.path,
                                         .output_fd = log->get(),
                                         .identity_fd = identity->get()});
  if (!started) {
    (void)files.OpenProcess();
    (void)files.WriteRecord(*before);
    return not_done(started.error());
  }
  return Watch(config, request, files, *started, *port, context);
}

// Done once it listens, or has stayed alive for a while: whether it is well is for the step's own checks to
// say.
Outcome ProcessSlots::Watch(const ServiceConfig& config, const StartRequest& request, const SlotFiles& files,
                            const Identity& process, int port, Context& context) {
  const auto settled = std::chrono::steady_clock::now() + config.settle;
  const JsonObject evidence{{"process", process::ToJson(process)}, {"port", port}};
  while (true) {
    if (process::AwaitGone(process, Duration{10}, context.cancel.fd())) {
      EndSession(process);
      Outcome outcome = Failed(fmt::format("{} in slot {} ended at once{}", request.release.version,
                                           request.slot, LastWords(files)),
                               evidence);
      AttachLog(outcome, files);
      return outcome;
    }
    if (context.cancel.cancelled()) return Unknown("cancelled while it was starting", evidence);
    const bool listens = IsListening(port);
    if (!listens && LeftOf(context).count() == 0)
      return Unknown("there was no time to see it stay alive", evidence);
    if (!listens && std::chrono::steady_clock::now() < settled) continue;
    if (!process::Alive(process)) continue;
    Outcome outcome = Done();
    outcome.evidence = evidence;
    outcome.evidence["listens"] = listens;
    AttachLog(outcome, files);
    return outcome;
  }
}

Outcome ProcessSlots::Stop(const ServiceConfig& config, const std::string& slot, Context& context) {
  const SlotFiles files = FilesOf(config, slot, context);
  auto lock = files.Lock(context);
  if (!lock) return NotDone(base::ToString(lock.error()));
  auto before = files.Read();
  if (!before) return NotDone(base::ToString(before.error()));
  const auto process = files.Process();
  if (!process || (!before->running && before->strays.empty())) return Done({}, "nothing ran there");

  JsonObject evidence{{"process", process::ToJson(*process)}};
  auto told = process::Signal(*process, config.stop_signal);
  if (!told) return NotDone(base::ToString(told.error()), evidence);
  const Duration patience = std::min(config.stop_timeout, LeftOf(context));
  bool polite = process::AwaitGone(*process, patience, context.cancel.fd());
  if (!polite && patience < config.stop_timeout)
    return Unknown("it was told to stop and has not ended yet", evidence);
  if (!polite && context.cancel.cancelled()) return Unknown("cancelled while it was stopping", evidence);
  polite = polite && process::LivingInSessionOf(*process).empty();
  if (!EndSession(*process)) return Unknown("it does not end, not even when killed", evidence);
  if (auto emptied = files.OpenProcess(); !emptied) return Unknown(base::ToString(emptied.error()), evidence);
  Outcome outcome = Done({}, polite ? ""
                                    : fmt::format("some of it had to be killed after {}",
                                                  base::FormatDuration(config.stop_timeout)));
  evidence["killed"] = !polite;
  outcome.evidence = std::move(evidence);
  AttachLog(outcome, files);
  return outcome;
}

std::unique_ptr<Driver> MakeServiceDriver() {
  return std::make_unique<ServiceDriver>(std::make_unique<ProcessSlots>());
}

}  // namespace slipway::drivers
