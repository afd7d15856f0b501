// What runs where, and what must not.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace slipway::api {

// What the last act that told it found or made of a target: the outputs its action sheet marks `recorded`.
struct TargetFact {
  base::Json value;
  std::string run, step;
  base::Time at;
};

struct TargetEntry {
  std::string id;
  std::string kind;
  std::string environment;                      // empty = in every environment
  std::map<std::string, std::string> releases;  // parameter -> version; empty = nothing is on record
  std::string run;                              // that brought it there; `adopted` when a person said so
  std::optional<base::Time> since;
  std::string held_by;  // the run that holds its lock; empty = free
  std::string note;     // why the releases may no longer be true
  std::map<std::string, TargetFact> facts;
};

struct AdoptRequest {
  std::string target;
  std::string release;
  std::string reason;
};

struct Hold {
  std::string release;
  std::string digest;
  std::string environment;
  std::string target;  // empty = all
  std::string run;
  std::string reason;
  base::Time since;
};

struct LiftRequest {
  std::string release;      // version or digest
  std::string environment;  // empty = the only one it is held in
  std::string target;
  std::string reason;
};

}  // namespace slipway::api
