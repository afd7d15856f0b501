// A connection of slipway.yaml to a PostgreSQL server:
//
//   driver: postgres
//   host: db.example.com            # a name, an address, or the folder of its Unix socket
//   (`/run/postgresql`) port: 5432                      # default user: slipway password: ${{ secrets.NAME }}
//   # none: the server must let the user in without database: postgres              # for what is done beside
//   the customers' databases; default sslmode: verify-full            # disable | prefer | require |
//   verify-ca | verify-full; the default is
//                                   # verify-full, and prefer on loopback and Unix sockets
//   sslrootcert: certs/ca.crt       # who may vouch for it, in the workspace or absolute; default: the
//   system's connect_timeout: 10s            # default
//
// Nothing else counts: no variable of the environment, no service file, no password file.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "drivers/driver.h"

namespace slipway::drivers::postgres {

struct Connection {
  std::string host;
  std::string port;
  std::string user;
  base::Secret password;
  bool has_password = false;
  std::string database;
  std::string sslmode;
  std::string sslrootcert;  // a path; empty where the certificate is not verified
  base::Duration connect_timeout{10'000};

  std::string Where() const;  // `db.example.com:5432`
  bool IsNear() const;        // on this machine: loopback, or a Unix socket
};

// The document of the call, its secret revealed. kInvalid: the document is wrong; its keys are named, its
// values never.
base::Result<Connection> ReadConnection(const Context& context);

// The name under which a step instance shows itself to the server, in every attempt the same and no two
// instances of any two stores alike: `slipway R7/provision@acme #5d41402abc4b`, at most 63 bytes of ASCII. It
// is the application_name of its backends, and the mark on what it made.
std::string CallerName(const Context& context);

}  // namespace slipway::drivers::postgres
