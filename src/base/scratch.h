// A folder of its own for one call: only its owner may look in, and it goes with the object.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace slipway::base {

// Move only. kIo: the system has no place for temporary files.
class Scratch {
 public:
  // `name` is a word that stands in the folder's name.
  static Result<Scratch> Make(std::string_view name);
  Scratch(Scratch&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();
  const std::filesystem::path& folder() const { return folder_; }

 private:
  explicit Scratch(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

}  // namespace slipway::base
