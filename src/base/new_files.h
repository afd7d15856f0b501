// Many new files of one folder, made durable with one wait for the disk instead of two for each.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/result.h"

namespace slipway::base {

struct NewFile {
  std::string name;
  std::string content;
};

// As WriteFileNew for each: a file appears whole or not at all, and after this returned it is there after any
// crash. All contents are flushed before the first gets its name. kConflict: there is one of that name; those
// before it in `files` stand then, those behind it do not. Thread-safe.
Status WriteNewFiles(const std::filesystem::path& folder, std::span<const NewFile> files, unsigned mode);

}  // namespace slipway::base
