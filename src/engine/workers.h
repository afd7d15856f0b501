// Where driver calls are made: the seam between the one deciding thread and the world.
//
// The real one runs jobs on a pool of threads; the simulated one runs them inline, in an order its seed
// picks.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace slipway::engine {

class Workers {
 public:
  virtual ~Workers() = default;
  virtual void Start(std::function<void()> job) = 0;
  // Blocks the deciding thread until Wake was called since the last Wait, or until `until`.
  virtual void Wait(base::Time until) = 0;
  virtual void Wake() = 0;  // thread-safe
  virtual void Join() = 0;  // returns when no job is queued or running
};

// Threads are started as they are needed, at most `limit`; the destructor joins them.
class ThreadWorkers final : public Workers {
 public:
  ThreadWorkers(base::Clock& clock, std::size_t limit);
  ~ThreadWorkers() override;
  void Start(std::function<void()> job) override;
  void Wait(base::Time until) override;
  void Wake() override;
  void Join() override;

 private:
  void Work();

  base::Clock& clock_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable woken_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  std::size_t running_ = 0;
  std::condition_variable finished_;
  bool awake_ = false;
  bool stopping_ = false;
};

}  // namespace slipway::engine
