// The workspace of examples/web with the procedures of the project, on free ports, with its HAProxy running
// and clients that keep asking; driven by the program as a user would.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "web/lab.h"

namespace slipway::tests {

struct Said {
  int exit = -1;
  std::string out;  // both streams
};

class Shop {
 public:
  Shop();
  ~Shop();

  Said Slipway(const std::string& arguments) const;  // as typed in the workspace's folder
  base::JsonObject Show(const std::string& run) const;
  std::string State(const std::string& run) const;
  std::string StepState(const std::string& run, const std::string& step) const;

  std::string Weights() const;  // by HAProxy's own word: `blue 100, green 0 maint`
  std::string Page() const;     // what a user sees

  void StartClients(int rate = 200);
  base::JsonObject StopClients();  // their report

  const fs::path& folder() const { return folder_; }
  void Replace(const std::string& file, const std::string& from, const std::string& to) const;

 private:
  fs::path folder_;
  int site_ = 0;
  std::vector<Child> haproxy_;
  std::optional<Child> clients_;
};

}  // namespace slipway::tests
