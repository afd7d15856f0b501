#include "postgres/call.h"

#include <fmt/format.h>
#include <unistd.h>

#include "drivers/postgres/postgres.h"

namespace slipway::tests {

Call::Call(const Server& server, std::string instance)
    : Call(server.folder(), server.Connection(), std::move(instance)) {
  secrets_["pg"] = server.password();
}

Call::Call(const fs::path& workspace, base::JsonObject connection, std::string instance)
    : connection_(std::move(connection)), workspace_(workspace), instance_(std::move(instance)) {
  Renew(std::chrono::minutes(1));
}

void Call::Renew(base::Duration left) {
  base::Clock& clock = base::SystemClock();
  cancel_ = std::make_unique<drivers::CancelToken>();
  context_.emplace(drivers::Context{clock, base::SystemRandom(), *cancel_, clock.Now() + left, *this,
                                    workspace_, workspace_ / ".slipway", &connection_, instance_, 1,
                                    "test-store"});
}

base::Result<base::Secret> Call::Get(std::string_view name) {
  const auto found = secrets_.find(std::string(name));
  if (found == secrets_.end()) return base::Invalid(fmt::format("no secret `{}`", name));
  return base::Secret(found->second);
}

base::Result<base::Secret> Call::Put(std::string_view name, const base::Secret& value, std::string_view by) {
  if (before_put) std::exchange(before_put, {})();
  const std::string key(name);
  if (!secrets_.contains(key)) {
    secrets_[key] = value.Reveal();
    keepers_[key] = by;
  }
  if (keepers_[key] != by) return base::Refused(fmt::format("secret `{}` is kept already", name));
  return base::Secret(secrets_[key]);
}

base::Status Call::Remove(std::string_view name, std::string_view by) {
  const std::string key(name);
  if (!secrets_.contains(key)) return {};
  if (keepers_[key] != by) return base::Refused(fmt::format("secret `{}` is not kept for {}", name, by));
  secrets_.erase(key);
  keepers_.erase(key);
  return {};
}

base::Result<drivers::Prepared> Call::Prepare(drivers::Driver& driver, const std::string& uses,
                                              base::JsonObject with) {
  return driver.Prepare({uses, std::move(with)}, context());
}

drivers::Outcome Call::Run(drivers::Driver& driver, const drivers::Prepared& prepared) {
  struct NoNotes final : drivers::Sink {
    base::Status Note(base::JsonObject) override { return {}; }
  } notes;
  return driver.Run(prepared, {}, notes, context());
}

drivers::Outcome Call::Do(drivers::Driver& driver, const std::string& uses, base::JsonObject with) {
  auto prepared = Prepare(driver, uses, std::move(with));
  return prepared ? Run(driver, *prepared) : drivers::NotDone(base::ToString(prepared.error()));
}

std::unique_ptr<drivers::Driver> MakePostgres() {
  // Makes nothing there until a command is run.
  static process::Spawner spawner(fs::temp_directory_path() / fmt::format("slipway-postgres-{}", getpid()));
  return drivers::MakePostgresDriver(spawner);
}

}  // namespace slipway::tests
