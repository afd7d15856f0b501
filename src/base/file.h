// Small file helpers with errors as values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace slipway::base {

// A file descriptor that closes itself. Move only.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { Reset(); }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset();

 private:
  int fd_ = -1;
};

// The whole file; error when it is larger than `limit` bytes, missing, or not a regular file.
Result<std::string> ReadFile(const std::filesystem::path& path, std::uint64_t limit = 4u << 20);

// Written beside, flushed to disk, renamed over, the folder flushed: after a crash the old or the new content
// stands.
Status WriteFileAtomic(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);

// The same where there is none yet, else kConflict: of two that write at once exactly one does.
Status WriteFileNew(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);

// Makes what was removed from the folder, or put into it, survive a crash.
Status FlushFolder(const std::filesystem::path& folder);

// `relative` inside `root`, or an error (kInvalid) when it is absolute, empty, has a `..`, a NUL, or leads
// out through a link.
Result<std::filesystem::path> Inside(const std::filesystem::path& root, std::string_view relative);

// The system's text for an errno value. Thread-safe.
std::string ErrnoText(int error);

}  // namespace slipway::base
