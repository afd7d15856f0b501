// A small web site for tests: a real HAProxy in front of two real nginx slots, blue and green, on free
// loopback ports, in a folder of its own. Everything it started ends with it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "drivers/driver.h"

namespace slipway::tests {

namespace fs = std::filesystem;

// A port that nobody listened on a moment ago.
int FreePort();

// A child process in a process group of its own, ended with the object.
class Child {
 public:
  Child(const std::vector<std::string>& argv, const fs::path& log);
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  pid_t pid() const { return pid_; }
  void Signal(int signal) const;  // to the process
  void EndGroup(int signal);      // to its group, and waits for it
  int Wait();                     // the exit code; 128 + signal where it was ended by one

 private:
  pid_t pid_ = -1;
  bool ended_ = false;
};

enum class Site {
  kGood,       // answers everything
  kUnhealthy,  // /health says 503
  kLimited,    // /health is fine, other paths fail under traffic (more than 5 requests a second)
};

struct LabOptions {
  std::string retry_on = "conn-failure empty-response response-timeout";
  std::string defaults = "load-server-state-from-file global";  // last lines of `defaults`
  std::string server_options = "check inter 100ms fastinter 50ms downinter 100ms rise 2 fall 3";
  bool state_file = true;
};

class Lab {
 public:
  explicit Lab(const LabOptions& options = {});
  ~Lab();

  void StartSlot(const std::string& slot, Site site = Site::kGood, const std::string& release = "v1");
  void AwaitUp(const std::string& slot) const;         // in the eyes of HAProxy
  void StopSlot(const std::string& slot, int signal);  // to all its processes; returns when they are gone
  void Reload();  // HAProxy; returns when the new process answers and the old one is gone

  std::string Runtime(const std::string& line) const;  // one command over the runtime socket
  // A column of `show stat` for a server (or FRONTEND, BACKEND) of a proxy.
  std::int64_t Stat(const std::string& proxy, const std::string& server, const std::string& column) const;
  int Weight(const std::string& slot) const;

  const fs::path& folder() const { return folder_; }
  std::string Url(const std::string& path = "/") const;  // through HAProxy
  std::string SlotUrl(const std::string& slot, const std::string& path = "/") const;
  base::JsonObject Connection() const;
  void WriteConfig(const LabOptions& options) const;

 private:
  fs::path folder_;
  int port_ = 0;
  std::map<std::string, int> slot_ports_;
  std::map<std::string, Child> slots_;
  std::vector<Child> haproxy_;
};

// Everything a driver call needs, for tests: the system's clock, a generous deadline, no secrets.
class TestCall {
 public:
  explicit TestCall(const fs::path& workspace, base::JsonObject connection = {});
  drivers::Context& context() { return context_; }
  drivers::CancelToken& cancel() { return cancel_; }
  std::map<std::string, std::string>& secrets() { return source_.values; }

 private:
  struct Source final : drivers::SecretSource {
    base::Result<base::Secret> Get(std::string_view name) override;
    std::map<std::string, std::string> values;
  };
  base::JsonObject connection_;
  drivers::CancelToken cancel_;
  Source source_;
  drivers::Context context_;
};

// Keeps what a driver noted.
struct Notes final : drivers::Sink {
  base::Status Note(base::JsonObject data) override {
    all.push_back(std::move(data));
    return {};
  }
  std::vector<base::JsonObject> all;
};

// Normalised arguments, Prepare and Run in one go.
struct Ran {
  drivers::Prepared prepared;
  drivers::Outcome outcome;
};
base::Result<drivers::Prepared> PrepareStep(drivers::Driver& driver, const std::string& uses,
                                            base::JsonObject with, drivers::Context& context);
Ran RunStep(drivers::Driver& driver, const std::string& uses, base::JsonObject with,
            drivers::Context& context);

}  // namespace slipway::tests
