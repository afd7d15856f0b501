// A call that dies of a statement: it runs in a process of its own, whose statements pass a proxy, and is
// killed (kill -9) before the server sees the one that is meant, or after the server has carried it out and
// before anybody hears of it. Every point can be taken, none is drawn.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "drivers/driver.h"
#include "postgres/call.h"
#include "postgres/proxy.h"

namespace slipway::tests {

// Notes that outlive the process that made them, in a file.
class KeptNotes final : public drivers::Sink {
 public:
  explicit KeptNotes(fs::path file) : file_(std::move(file)) {}
  base::Status Note(base::JsonObject data) override;
  std::vector<base::JsonObject> All() const;  // oldest first

 private:
  const fs::path file_;
};

enum class Side { kBefore, kAfter };

struct Point {
  std::size_t statement;  // from 0
  Side side;
};

class Struck {
 public:
  explicit Struck(const Server& server) : server_(server), proxy_(server.port()) {}

  int port() const { return proxy_.port(); }  // what `run` connects to
  // The statements of a `run` that nothing disturbs, in a process of its own as well.
  std::vector<std::string> Undisturbed(const std::function<void()>& run);
  // Dies at the first statement of which `when` is true; false: it ended by itself.
  bool Dies(const std::function<bool(const std::string& sql)>& when, Side side,
            const std::function<void()>& run);
  bool DiesAt(const Point& point, const std::function<void()>& run);

 private:
  void AwaitQuiet() const;  // until no backend of slipway is left

  const Server& server_;
  Proxy proxy_;
};

// Before and after each of `sent`.
std::vector<Point> EveryPoint(const std::vector<std::string>& sent);
// `after statement 7 (COMMIT)`
std::string Told(const Point& point, const std::vector<std::string>& sent);
// How many transactions of `sent` had been committed when it died there.
std::size_t CommitsAt(const Point& point, const std::vector<std::string>& sent);

}  // namespace slipway::tests
