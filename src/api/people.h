// What people say to a run.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {

struct ConfirmRequest {
  std::string run;
  std::string step;                           // `step` or `step@target`
  std::map<std::string, std::string> fields;  // as typed
  std::vector<int> ticks;                     // items of the checklist, from 1
  bool tick_all = false;
};

struct ConfirmReport {
  std::string run;
  std::string step;
  std::string actor;
  bool driven = false;  // a process drives the run and goes on by itself
};

struct SettleRequest {
  std::string run;
  std::string step;
  std::string how;  // done | repeat | failed
  std::string reason;
};

struct CancelRequest {
  std::string run;
  std::string reason;
  bool leave_changes = false;
  bool stay = true;
};

struct ResumeRequest {
  std::string run;
  // Secret parameters, `@file`: the log has none of them, so that they are given again. The same below.
  std::vector<std::pair<std::string, std::string>> parameters;
  bool stay = true;
  bool unasked = false;  // nobody asked for this run: it goes on only as far as it needs nobody
};

struct RollbackRequest {
  std::string run;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string reason;
  bool stay = true;
};

}  // namespace slipway::api
