#include "engine/workers.h"

#include <algorithm>

namespace slipway::engine {

namespace {

// As PostgreSQL's commit_siblings and commit_delay: where so many others are at work, what ends within this
// time shares one commit. A run that does one thing after the other never waits.
constexpr std::size_t kSiblings = 3;
constexpr std::chrono::microseconds kGather{400};

}  // namespace

ThreadWorkers::ThreadWorkers(base::Clock& clock, std::size_t limit)
    : clock_(clock), limit_(std::max<std::size_t>(limit, 1)) {}

ThreadWorkers::~ThreadWorkers() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadWorkers::Start(std::function<void()> job) {
  std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  if (idle_ < jobs_.size() && threads_.size() < limit_) threads_.emplace_back([this] { Work(); });
  work_.notify_one();
}

void ThreadWorkers::Wait(base::Time until) {
  std::unique_lock lock(mutex_);
  const auto patience = std::clamp(until - clock_.Now(), base::Duration{0}, base::Duration{60'000});
  if (woken_.wait_for(lock, patience, [this] { return awake_; }) && running_ + jobs_.size() > kSiblings)
    finished_.wait_for(lock, kGather, [this] { return running_ == 0 && jobs_.empty(); });
  awake_ = false;
}

void ThreadWorkers::Wake() {
  {
    std::lock_guard lock(mutex_);
    awake_ = true;
  }
  woken_.notify_one();
}

void ThreadWorkers::Join() {
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [this] { return running_ == 0 && jobs_.empty(); });
}

void ThreadWorkers::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    work_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    ++running_;
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    if (--running_ == 0 && jobs_.empty()) finished_.notify_all();
  }
}

}  // namespace slipway::engine
