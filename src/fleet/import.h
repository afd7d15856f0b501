// A registry as a workspace has it: the text of `targets/customers.yaml`, the connections that slipway.yaml
// needs, and the passwords that no file may hold. Pure: the same registry gives the same bytes, in order of
// slug.
#pragma once

#include <string>
#include <vector>

#include "fleet/clear_secret.h"
#include "fleet/registry.h"

namespace slipway::fleet {

inline constexpr std::string_view kTargetsFile = "targets/customers.yaml";

struct Ring {
  std::string name;
  std::int64_t customers = 0;
  std::optional<int> batch_percent;     // of the customers, at once
  std::optional<base::Duration> delay;  // after the release
};

struct Server {
  std::string connection;  // its name in slipway.yaml
  std::string host;
  int port = 5432;
  std::string sslmode;  // the strictest that a customer's URL asks for; empty: none does
};

struct Imported {
  std::string targets;               // of targets/customers.yaml
  std::vector<std::string> slugs;    // in order
  std::vector<Ring> rings;           // in the order of the roll-out
  std::vector<Server> servers;       // by name
  std::vector<ClearSecret> secrets;  // in order of slug
};

// Of a registry, and policies, without errors.
Imported Import(const Registry& registry, const Policies* policies);

// What the connection to a server is called: `db-example-com`, with the port where it is not the usual one.
std::string ConnectionName(const std::string& host, int port);

// A line of slipway.yaml's `connections:`.
std::string ConnectionLine(const Server& server);

// What differs between two texts of targets, a line each, in order of id: `+ acme`, `- acme`,
// `~ acme: attributes.version v1.0.0 -> v1.1.0`. Empty: nothing but their layout. Error (kInvalid): `before`
// is no file of targets.
base::Result<std::vector<std::string>> Changes(std::string_view before, std::string_view after);

}  // namespace slipway::fleet
