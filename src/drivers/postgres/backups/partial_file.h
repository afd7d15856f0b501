// A file that is there under its name only once it is whole: written beside as `….partial`, for its owner
// alone, flushed, given its name, the folder flushed. What is not committed is deleted.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/sha256_stream.h"

namespace slipway::drivers::postgres {

class PartialFile {
 public:
  // kIo: it cannot be made; also where one lies there already.
  static base::Result<PartialFile> Create(const std::filesystem::path& partial);
  PartialFile(PartialFile&&) noexcept = default;
  ~PartialFile();

  base::Status Write(std::string_view bytes);
  base::Status CommitAs(const std::filesystem::path& path);  // kIo: also where something has that name

  std::int64_t size() const { return size_; }
  const std::string& sha256() const { return sha256_; }  // after CommitAs

 private:
  PartialFile(base::Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  base::Fd fd_;
  std::filesystem::path path_;
  base::Sha256Stream digest_;
  std::int64_t size_ = 0;
  std::string sha256_;
};

}  // namespace slipway::drivers::postgres
