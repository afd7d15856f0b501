// What runs where, and what must not.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

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

// A secret by its name; its value is never shown.
struct SecretEntry {
  std::string name;
  std::string from;  // `env DB_PASSWORD`, `file secrets/api`, `kept`
  std::string by;    // who keeps it; empty where it is not kept
};

struct SetSecretRequest {
  std::string name;
  base::Secret value;
  bool replace = false;  // what is kept under the name already
};

}  // namespace slipway::api
