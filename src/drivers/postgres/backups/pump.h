// Threads between a command and us: one takes what it writes, one gives it what it reads. Nothing is kept.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "base/file.h"
#include "drivers/postgres/backups/crypt.h"

namespace slipway::drivers::postgres {

// Hands what a command writes to `take`, until the command has ended or `take` fails; the command then finds
// its output closed.
class Drain {
 public:
  static base::Result<std::unique_ptr<Drain>> Start(TakeBytes take);
  ~Drain();
  int fd() const { return command_end_.get(); }  // for the command's output
  base::Status Finish();                         // after the command has ended: the error of `take`

 private:
  base::Fd command_end_;
  base::Status status_;  // the thread's, until it is joined
  std::jthread thread_;
};

// Gives a command what `feed` writes. A command that stops reading is no error: `feed` goes on to its end, as
// it may have more to see to than the command needs, unless nobody wants the rest.
class Feed {
 public:
  enum class Rest { kWanted, kSkipped };

  static base::Result<std::unique_ptr<Feed>> Start(std::function<base::Status(const TakeBytes& write)> feed);
  ~Feed();
  int fd() const { return command_end_.get(); }  // for the command's input
  base::Status Finish(Rest rest);                // after the command has ended: the error of `feed`
  bool cut_off() const { return cut_off_; }      // after Finish: the command did not read all of it

 private:
  base::Status Send(int fd, std::string_view bytes);

  base::Fd command_end_;
  base::Status status_;  // the thread's, until it is joined, as the next is
  bool cut_off_ = false;
  std::atomic<bool> skip_{false};
  std::jthread thread_;
};

// The bytes of a file from its beginning, to `take` in pieces; `stopped` is asked between them.
base::Status ReadThrough(int fd, const TakeBytes& take, const std::function<bool()>& stopped);

}  // namespace slipway::drivers::postgres
