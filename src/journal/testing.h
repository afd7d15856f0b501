// Small helpers that the tests of journal and audit share.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "journal/store.h"

namespace slipway::journal::testing {

inline NewEvent Happened(std::string_view run, std::string_view type, base::JsonObject data = {}) {
  return {std::string(run), std::string(type), "ann@desk", base::FromMillis(1'700'000'000'000),
          std::move(data)};
}

inline Batch One(std::string_view run, std::string_view type, base::JsonObject data = {}) {
  Batch batch;
  batch.events.push_back(Happened(run, type, std::move(data)));
  return batch;
}

// An empty folder that is removed again.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "slipway-journal-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace slipway::journal::testing
