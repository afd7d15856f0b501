// What a call of the postgres driver needs, for tests: a context, secrets in memory, and a runner.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "drivers/driver.h"
#include "postgres/server.h"

namespace slipway::tests {

// A context on the system's clock, with secrets that a test can see and set.
class Call final : public drivers::SecretSource {
 public:
  // On `server`, with its superuser's password under the secret `pg`.
  explicit Call(const Server& server, std::string instance = "R1/step@acme");
  Call(const fs::path& workspace, base::JsonObject connection, std::string instance = "R1/step@acme");

  drivers::Context& context() { return *context_; }
  base::JsonObject& connection() { return connection_; }
  std::map<std::string, std::string>& secrets() { return secrets_; }
  void Renew(base::Duration left);  // not cancelled, and with this much time left
  void Cancel() { cancel_->Cancel(); }

  base::Result<base::Secret> Get(std::string_view name) override;
  // By the rules of the real store: what one keeps, another does not replace or remove.
  base::Result<base::Secret> Put(std::string_view name, const base::Secret& value,
                                 std::string_view by) override;
  base::Status Remove(std::string_view name, std::string_view by) override;
  std::function<void()> before_put;  // where a test wants something to happen in the middle of a step

  // Arguments normalised as in a document, Prepare and Run in one go; what Prepare refuses is `not_done`.
  drivers::Outcome Do(drivers::Driver& driver, const std::string& uses, base::JsonObject with);
  base::Result<drivers::Prepared> Prepare(drivers::Driver& driver, const std::string& uses,
                                          base::JsonObject with);
  drivers::Outcome Run(drivers::Driver& driver, const drivers::Prepared& prepared);

 private:
  base::JsonObject connection_;
  std::map<std::string, std::string> secrets_;
  std::map<std::string, std::string> keepers_;  // of those that were put
  fs::path workspace_;
  std::string instance_;
  std::unique_ptr<drivers::CancelToken> cancel_;
  std::optional<drivers::Context> context_;
};

// The whole driver, on real servers.
std::unique_ptr<drivers::Driver> MakePostgres();

}  // namespace slipway::tests
