// What tests of whole fleets share: a workspace with customers on a real server, and slipway itself, run on
// it as a process that can be killed.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "postgres/server.h"

namespace slipway::tests {

struct Said {
  int exit = -1;    // 128 and the signal where one ended it
  std::string out;  // both streams
};

class FleetLab : public testing::Test {
 protected:
  explicit FleetLab(Server& server) : server_(server) {}
  ~FleetLab() override;

  // A new workspace whose connection `db` leads to `port`, with the server's password and a target for each
  // customer, of the id and the database of that name; its databases are made anew and empty. Answers its
  // folder.
  fs::path MakeWorkspace(const std::vector<std::string>& customers, int port);
  void Write(const fs::path& file, const std::string& text) const;  // in the workspace made last

  Said Slipway(const std::string& arguments) const { return Slipway(folder_, arguments); }
  static Said Slipway(const fs::path& folder, const std::string& arguments);
  pid_t Start(const std::string& arguments) const { return Start(folder_, arguments); }
  // Its output goes to `out` in the folder.
  static pid_t Start(const fs::path& folder, const std::string& arguments);
  static pid_t Start(const fs::path& folder, const std::string& program, const std::string& arguments);
  static Said Wait(pid_t pid, const fs::path& folder);

  std::string Ask(const std::string& database, const std::string& sql) const;
  // Until no backend of slipway is left: what it asked for has happened or will not.
  void AwaitQuiet() const;
  // Until `sql` in `database` answers `wanted`.
  void Await(const std::string& database, const std::string& sql, const std::string& wanted) const;

  Server& server_;
  fs::path folder_;
  std::vector<fs::path> folders_;
};

}  // namespace slipway::tests
