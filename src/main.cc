// The only file that knows every part: it builds them and hands them to the command line.
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/app.h"
#include "base/environment.h"
#include "cli/cli.h"
#include "drivers/exec/exec.h"
#include "drivers/haproxy/haproxy.h"
#include "drivers/http/http.h"
#include "drivers/postgres/postgres.h"
#include "drivers/service/service.h"
#include "drivers/wait/wait.h"
#include "journal/sqlite_store.h"

namespace slipway {
namespace {

// Every driver there is.
void AddDrivers(drivers::Registry& registry, process::Spawner& spawner) {
  registry.Add(std::make_unique<drivers::ExecDriver>(spawner));
  registry.Add(drivers::MakeHaproxyDriver());
  registry.Add(drivers::MakeHttpDriver());
  registry.Add(drivers::MakePostgresDriver(spawner));
  registry.Add(drivers::MakeServiceDriver());
  registry.Add(std::make_unique<drivers::WaitDriver>());
}

// A model of each, but for exec: nobody can tell what a command does to the world.
std::vector<std::unique_ptr<drivers::Driver>> MakeModels(drivers::Before before) {
  std::vector<std::unique_ptr<drivers::Driver>> models;
  models.push_back(drivers::HaproxyModel());
  models.push_back(drivers::HttpModel());
  models.push_back(drivers::PostgresModel());
  models.push_back(drivers::ServiceModel(before));
  models.push_back(drivers::WaitModel());
  return models;
}

// What acts outside, made when a verb first asks for it.
class Outside {
 public:
  app::Tools Get(const std::filesystem::path& state_dir) {
    if (!spawner_) {
      spawner_.emplace(state_dir);
      AddDrivers(registry_, *spawner_);
    }
    return {*spawner_, registry_};
  }

 private:
  std::optional<process::Spawner> spawner_;
  drivers::Registry registry_;
};

}  // namespace
}  // namespace slipway

int main(int argc, char** argv) {
  using namespace slipway;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  base::SetAside(drivers::VariablesOfLibpq());
  Outside outside;
  app::App app(app::Parts{
      .clock = base::SystemClock(),
      .random = base::SystemRandom(),
      .tools = [&outside](const std::filesystem::path& state_dir) { return outside.Get(state_dir); },
      .has_store = journal::HasSqliteStore,
      .open_store =
          [](const std::filesystem::path& state_dir) { return journal::OpenSqliteStore(state_dir); },
      .open_as_it_is = journal::OpenStoreAsItIs,
      .models = MakeModels,
      .warn = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); },
  });
  return cli::Main(app, arguments);
}
