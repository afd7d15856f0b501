// What tests of backups share: a customer's database with a bit of everything, the driver with the actions
// around backups, and calls of it as the engine makes them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "drivers/postgres/backups/manifest.h"
#include "postgres/call.h"
#include "postgres/server.h"
#include "process/spawner.h"

namespace slipway::tests {

inline constexpr std::string_view kBackupKey = "a key for backups of at least 32 bytes";

class BackupLab : public testing::Test {
 protected:
  explicit BackupLab(Server& server);
  ~BackupLab() override;

  // A database of that name: tables with rows, keys, a varchar that is checked, a view, a function, a large
  // object, a role's rights and settings.
  void MakeCustomer(const std::string& database);
  std::string Ask(const std::string& database, const std::string& sql) const;
  // Waits until no session of the tests is left, so that the server has counted what they wrote.
  void AwaitCounted() const;

  // A call as of the step `step` of a run, in this test's workspace.
  std::unique_ptr<Call> CallOf(const std::string& step);
  drivers::Outcome Backup(const std::string& database, base::JsonObject more = {},
                          const std::string& step = "R1/backup@acme");
  base::JsonObject RestoreArguments(const std::string& database, const std::string& backup) const;
  drivers::Outcome Restore(const std::string& database, const std::string& backup,
                           const std::string& step = "R2/restore@acme");
  drivers::Outcome Prove(const std::string& database, const std::string& backup,
                         const std::string& step = "R3/prove@acme");
  // Backs up and answers the path in the workspace; fails the test where it did not.
  std::string MustBackUp(const std::string& database, const std::string& step = "R1/backup@acme");

  fs::path Path(const std::string& backup) const { return workspace_ / backup; }
  std::vector<std::string> Files(const std::string& folder = "backups") const;  // sorted
  std::string Databases(const std::string& like) const;                         // joined by a blank

  // The pg_dump or pg_restore that this process runs on `database`, once it is there.
  pid_t AwaitTool(const std::string& program, const std::string& database) const;
  // Until a backend of a call waits for a lock in `database`.
  void AwaitLocked(const std::string& database) const;

  Server& server_;
  fs::path workspace_;
  std::unique_ptr<process::Spawner> spawner_;
  std::unique_ptr<drivers::Driver> driver_;
  base::JsonObject connection_;
};

// What keeps pg_dump waiting, and only it, once all the rest is done.
inline constexpr char kHoldDump[] = "BEGIN; DROP SEQUENCE app.held";

// A session that holds something (a lock, a connection) until it is let go.
class Holder {
 public:
  Holder(const Server& server, const std::string& database, const std::string& sql);
  ~Holder();
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  bool Alive() const;  // the server still answers it
  void LetGo();

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace slipway::tests
