#include "drivers/service/config.h"

#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace slipway::drivers {

using base::Invalid;
using base::Json;
using base::JsonObject;
using base::Result;

namespace {

const std::map<std::string, int>& StopSignals() {
  static const std::map<std::string, int> kSignals = {{"TERM", SIGTERM}, {"QUIT", SIGQUIT},
                                                      {"INT", SIGINT},   {"HUP", SIGHUP},
                                                      {"USR1", SIGUSR1}, {"USR2", SIGUSR2}};
  return kSignals;
}

template <typename Map>
std::vector<std::string> KeysOf(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

base::Status CheckKeys(const JsonObject& object, const std::vector<std::string>& known,
                       const std::string& where) {
  for (const auto& member : object) {
    const std::string key(member.key());
    if (std::ranges::find(known, key) != known.end()) continue;
    auto near = base::DidYouMean(key, known);
    return Invalid(fmt::format("unknown key `{}`", base::Printable(key)), where,
                   near ? fmt::format("did you mean `{}`?", *near) : "");
  }
  return {};
}

std::string Scalar(const Json& value) {
  if (value.is_string()) return std::string(base::View(value.get_string()));
  if (value.is_int64()) return std::to_string(value.get_int64());
  return "";
}

Result<int> ReadPort(const JsonObject& slot, const std::string& where) {
  SLIPWAY_CHECK_OK(CheckKeys(slot, {"port"}, where));
  const Json* port = slot.if_contains("port");
  const std::string text = port ? Scalar(*port) : "auto";
  if (text == "auto") return 0;
  auto number = base::ParseInteger(text);
  if (!number || *number < 1 || *number > 65535)
    return Invalid("`port` is a number from 1 to 65535, or auto", where);
  return static_cast<int>(*number);
}

base::Status ReadSlots(const JsonObject& slots, const std::string& where, ServiceConfig& config) {
  std::map<int, std::string> used;
  for (const auto& member : slots) {
    const std::string slot(member.key());
    if (!base::IsId(slot))
      return Invalid(fmt::format("`{}` is no name for a slot", base::Printable(slot)), where);
    const bool object = member.value().is_object();
    if (!object && !member.value().is_null() && !Scalar(member.value()).empty())
      return Invalid(fmt::format("slot `{}` is a map such as {{ port: auto }}", slot), where);
    SLIPWAY_TRY(int port,
                ReadPort(object ? member.value().get_object() : JsonObject{}, where + ", slot " + slot));
    if (port != 0 && !used.emplace(port, slot).second)
      return Invalid(fmt::format("port {} is given to both {} and {}", port, used[port], slot), where);
    config.slots[slot] = port;
  }
  if (config.slots.empty()) return Invalid("it needs `slots`, such as { blue: { port: auto } }", where);
  return {};
}

base::Status ReadDuration(const JsonObject& document, const char* key, const std::string& where,
                          base::Duration& into) {
  const Json* value = document.if_contains(key);
  if (!value) return {};
  auto duration = base::ParseDuration(Scalar(*value));
  if (!duration) return Invalid(fmt::format("`{}`: {}", key, duration.error().what), where);
  into = *duration;
  return {};
}

}  // namespace

Result<ServiceConfig> ReadServiceConfig(std::string_view name, const JsonObject* document) {
  if (!document || name.empty())
    return Invalid("no connection of the service driver", "", "add one to `connections:` in slipway.yaml");
  const std::string where = fmt::format("connection {}", name);
  if (!base::IsId(name)) return Invalid("that is no name for a connection", where);
  SLIPWAY_CHECK_OK(CheckKeys(
      *document, {"driver", "command", "slots", "env", "stop_signal", "stop_timeout", "settle", "name"},
      where));
  ServiceConfig config;
  config.name = name;
  for (const Json& word : base::GetArray(*document, "command")) config.command.push_back(Scalar(word));
  if (config.command.empty() || config.command[0].empty())
    return Invalid("it needs `command`, a list such as [./start]", where);
  SLIPWAY_CHECK_OK(ReadSlots(base::GetObject(*document, "slots"), where, config));
  for (const auto& variable : base::GetObject(*document, "env")) {
    const std::string_view key = variable.key();
    if (key.empty() || key.find_first_of(std::string_view("=\0", 2)) != key.npos)
      return Invalid(fmt::format("`env`: `{}` is no name of a variable", base::Printable(key)), where);
    config.env[key] = Scalar(variable.value());
  }
  if (document->contains("stop_signal")) {
    std::string signal = base::GetString(*document, "stop_signal");
    if (signal.starts_with("SIG")) signal.erase(0, 3);
    auto found = StopSignals().find(signal);
    if (found == StopSignals().end())
      return Invalid(fmt::format("`stop_signal` is one of {}", base::Join(KeysOf(StopSignals()), ", ")),
                     where);
    config.stop_signal = found->second;
  }
  SLIPWAY_CHECK_OK(ReadDuration(*document, "stop_timeout", where, config.stop_timeout));
  SLIPWAY_CHECK_OK(ReadDuration(*document, "settle", where, config.settle));
  return config;
}

base::Status CheckSlot(const ServiceConfig& config, const std::string& slot) {
  if (config.slots.contains(slot)) return {};
  const std::vector<std::string> names = KeysOf(config.slots);
  auto near = base::DidYouMean(slot, names);
  return Invalid(fmt::format("connection {} has no slot `{}`", config.name, base::Printable(slot)), "",
                 near ? fmt::format("did you mean `{}`?", *near)
                      : fmt::format("its slots are {}", base::Join(names, ", ")));
}

}  // namespace slipway::drivers
