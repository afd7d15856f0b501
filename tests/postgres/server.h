// A real PostgreSQL 15 for tests: a cluster of its own in a temporary folder, on a free loopback port and on
// a Unix socket in that folder. Over TCP it wants a password (SCRAM); over the socket it trusts. Where the
// tests run as root, which PostgreSQL refuses, the user `postgres` runs it. It ends with the object, or with
// the thread that made it.
//
// One server a test program, one database a test.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace slipway::tests {

namespace fs = std::filesystem;

struct ServerOptions {
  bool durable = false;  // fsync as in production; for tests of what a crash leaves
  bool tls = false;      // with a certificate for `localhost` and 127.0.0.1, by the CA in ca()
  std::map<std::string, std::string> settings;  // of postgresql.conf
};

// All members throw std::runtime_error where the world does not play along.
class Server {
 public:
  explicit Server(const ServerOptions& options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void Start();
  void Stop();   // fast shutdown; returns when it is down
  void Kill9();  // the postmaster; returns when it and its backends are gone
  void Restart() {
    Stop();
    Start();
  }

  int port() const { return port_; }
  const fs::path& folder() const { return folder_; }         // with the Unix socket in it
  fs::path ca() const { return folder_ / "ca.crt"; }         // with `tls`
  const std::string& password() const { return password_; }  // of the superuser `postgres`
  std::string Log() const;

  // The connection document of `user` over TCP; its password is `${{ secrets.<secret> }}`.
  base::JsonObject Connection(const std::string& user = "postgres", const std::string& secret = "pg") const;

  // As the superuser over the socket, without the code under test: the first value of the answer, "" for
  // none.
  std::string Ask(const std::string& database, const std::string& sql) const;
  std::string MakeDatabase(const std::string& name);  // dropped first where it exists; gives its name back

 private:
  fs::path folder_;
  int port_ = 0;
  pid_t pid_ = -1;
  std::string password_;
};

}  // namespace slipway::tests
