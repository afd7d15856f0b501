#include "shop.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "drivers/haproxy/record.h"
#include "drivers/haproxy/runtime.h"
#include "drivers/haproxy/tables.h"
#include "drivers/http/http.h"

namespace slipway::tests {

using namespace std::chrono_literals;

Shop::Shop() {
  std::string name = (fs::temp_directory_path() / "slipway-shop-XXXXXX").string();
  folder_ = mkdtemp(name.data());
  const fs::path source = SLIPWAY_SOURCE_DIR;
  fs::copy(source / "examples/web", folder_, fs::copy_options::recursive);
  for (const auto& file : fs::directory_iterator(source / "procedures"))
    fs::copy(file.path(), folder_ / "procedures");
  fs::create_directory(folder_ / "run");
  site_ = FreePort();
  const std::string ports[] = {std::to_string(site_), std::to_string(FreePort()), std::to_string(FreePort())};
  for (const char* file : {"haproxy.cfg", "slipway.yaml", "targets/web.yaml"})
    for (int i = 0; i < 3; ++i) Replace(file, std::to_string(18080 + i), ports[i]);
  haproxy_.emplace_back(
      std::vector<std::string>{"env", "-C", folder_.string(), "haproxy", "-W", "-f", "haproxy.cfg"},
      folder_ / "run/haproxy.log");
  while (!fs::exists(folder_ / "run/haproxy.sock")) std::this_thread::sleep_for(10ms);
}

Shop::~Shop() {
  clients_.reset();
  haproxy_.clear();
  for (const char* slot : {"blue", "green"}) {
    auto pid = base::ReadFile(folder_ / ".slipway/service/web" / slot / "data/nginx.pid");
    const auto number = pid ? base::ParseInteger(base::Trim(*pid)).value_or(0) : 0;
    if (number > 0)
      kill(-static_cast<pid_t>(number), SIGKILL);  // a slot leads its group; kill(0) would be everybody here
  }
  std::error_code ignored;
  if (!testing::Test::HasFailure()) fs::remove_all(folder_, ignored);
}

void Shop::Replace(const std::string& file, const std::string& from, const std::string& to) const {
  std::string text = base::ReadFile(folder_ / file).value();
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  std::ofstream(folder_ / file) << text;
}

Said Shop::Slipway(const std::string& arguments) const {
  std::string command = fmt::format("cd '{}' && exec '{}/slipway' {} </dev/null 2>&1", folder_.string(),
                                    SLIPWAY_BINARY_DIR, arguments);
  Said said;
  FILE* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  for (std::size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) said.out.append(buffer, got);
  int status = pclose(pipe);
  said.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return said;
}

base::JsonObject Shop::Show(const std::string& run) const {
  Said said = Slipway("show " + run + " --json");
  auto json = base::ParseJson(said.out);
  if (!json) throw std::runtime_error(said.out);
  return json->get_object();
}

std::string Shop::State(const std::string& run) const { return base::GetString(Show(run), "state"); }

std::string Shop::StepState(const std::string& run, const std::string& step) const {
  const base::JsonObject shown = Show(run);
  for (const base::Json& each : base::GetArray(shown, "steps"))
    if (base::GetString(each.get_object(), "id") == step) return base::GetString(each.get_object(), "state");
  return "no such step";
}

std::string Shop::Weights() const {
  TestCall call(folder_);
  auto text = drivers::AskRuntime(folder_ / "run/haproxy.sock", "show servers state web", call.context());
  return drivers::Describe(drivers::ReadServersState(text.value(), "web").value());
}

std::string Shop::Page() const {
  TestCall call(folder_);
  auto driver = drivers::MakeHttpDriver();
  drivers::Outcome page =
      RunStep(*driver, "http.check", {{"url", fmt::format("http://127.0.0.1:{}/", site_)}}, call.context())
          .outcome;
  return base::GetString(page.outputs, "body");
}

void Shop::StartClients(int rate) {
  clients_.emplace(std::vector<std::string>{SLIPWAY_BINARY_DIR "/tools/slipway-load",
                                            fmt::format("http://127.0.0.1:{}/", site_), "--rate",
                                            std::to_string(rate), "--slow", "/slow", "--slow", "/download"},
                   folder_ / "run/load.json");
}

base::JsonObject Shop::StopClients() {
  clients_->Signal(SIGTERM);
  clients_->Wait();
  clients_.reset();
  return base::ParseJson(base::ReadFile(folder_ / "run/load.json").value()).value().get_object();
}

}  // namespace slipway::tests
