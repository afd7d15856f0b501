// What the audit says.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace slipway::api {

struct VerifyRequest {
  std::string file;  // an export; empty = the workspace's own store
  std::string key;   // verifier key text, or a file that holds it; needed for an export
  std::string
      checkpoints;  // a file of checkpoints kept elsewhere; empty = that of slipway.yaml, where there is one
};

struct VerifyReport {
  bool intact = false;
  std::string verdict;  // `verified against …`, `consistent, not anchored`, or what is broken
  std::string text;     // several lines
  base::Json json;
};

struct ExportRequest {
  std::string run;  // empty = the whole log
  std::string file;
};

struct ExportReport {
  std::string file;
  std::int64_t events = 0;
  std::string key;  // the verifier key that a stranger needs
};

struct AuditQuery {
  std::string run;  // empty = all
  std::int64_t limit = 0;
};

}  // namespace slipway::api
