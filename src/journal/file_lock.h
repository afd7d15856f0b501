// Advisory locks on files by flock(2): the kernel gives them back when the process dies, however it dies.
#pragma once

#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/result.h"

namespace slipway::journal {

// A lock file that stays open. Held and Release are for one thread at a time.
class FileLock {
 public:
  static base::Result<FileLock> Open(const std::filesystem::path& file);  // makes the file
  static base::Result<FileLock> OpenToRead(const std::filesystem::path& file);
  FileLock() = default;

  // Held while it lives.
  class Guard {
   public:
    explicit Guard(int fd) : fd_(fd) {}
    Guard(Guard&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard();

   private:
    int fd_;
  };
  base::Result<Guard> Hold();  // waits

 private:
  explicit FileLock(base::Fd fd) : fd_(std::move(fd)) {}
  base::Fd fd_;
};

// A lock that is a file's existence to people and a flock to processes: made on taking, removed on release.
class NamedLock {
 public:
  // Empty: another process (or another holder in this one) has it.
  static base::Result<std::optional<NamedLock>> Try(const std::filesystem::path& file);
  // Takes it for an instant: whoever calls Try meanwhile would be turned away, so both are called with the
  // store's lock held.
  enum class State { kNotThere, kHeld, kLeftBehind };
  static base::Result<State> Look(const std::filesystem::path& file);
  NamedLock(NamedLock&&) noexcept = default;
  NamedLock& operator=(NamedLock&&) noexcept = delete;
  ~NamedLock();

 private:
  NamedLock(std::filesystem::path file, base::Fd fd) : file_(std::move(file)), fd_(std::move(fd)) {}
  std::filesystem::path file_;
  base::Fd fd_;
};

}  // namespace slipway::journal
