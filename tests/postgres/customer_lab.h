// A workspace as examples/fleet has it, with the procedures of procedures/fleet, on a real server.
#pragma once

#include <string>

#include "postgres/server.h"

namespace slipway::tests {

struct Said {
  int exit = -1;
  std::string out;  // both streams
};

// Databases and roles that earlier tests made are dropped first; the folder stays where a test failed.
class CustomerLab {
 public:
  explicit CustomerLab(Server& server);
  ~CustomerLab();

  void Write(const std::string& file, const std::string& text) const;
  std::string Read(const std::string& file) const;
  Said Slipway(const std::string& arguments) const;  // the program itself, in the workspace
  // Started, and killed (kill -9) as soon as `sql` answers `answer` in the database `postgres`.
  void KillWhen(const std::string& arguments, const std::string& sql, const std::string& answer) const;
  std::string Ask(const std::string& database, const std::string& sql) const {
    return server_.Ask(database, sql);
  }
  std::string Stands(const std::string& name) const;  // `1 1`: database and role
  std::string Store() const;                          // every byte below `.slipway`
  const fs::path& folder() const { return folder_; }
  Server& server() const { return server_; }

 private:
  Server& server_;
  fs::path folder_;
};

}  // namespace slipway::tests
