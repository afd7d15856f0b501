// A proxy between slipway and a real PostgreSQL, for tests that cut a connection at an exact statement:
// before the server sees it, or after the server has carried it out and before anybody hears of it.
//
// It listens on a loopback port of its own. A statement is a simple query or the parse of an extended one;
// COPY data and whatever else passes as it is. Without TLS.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "base/file.h"

namespace slipway::tests {

class Proxy {
 public:
  enum class Then {
    kPass,
    kCut,      // the connection ends, and the server never sees the statement
    kSwallow,  // the server carries it out and answers; then the connection ends, its answer unheard
  };
  // `caller` is the application_name of the connection. Called on the proxy's threads, one at a time.
  using Judge = std::function<Then(const std::string& caller, const std::string& sql)>;

  explicit Proxy(int server_port);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  int port() const { return port_; }
  // From now on; empty: everything passes. `swallowed` is called once the server has answered what is
  // swallowed, while the client still waits.
  void Set(Judge judge, std::function<void()> swallowed = {});

 private:
  struct Link;
  void Accept();
  void Serve(base::Fd client);

  const int server_port_;
  int port_ = 0;
  base::Fd listener_, stop_;
  std::mutex mutex_;
  Judge judge_;
  std::function<void()> swallowed_;
  std::list<std::jthread> links_;  // of the accepting thread alone
  std::jthread accepting_;
};

}  // namespace slipway::tests
