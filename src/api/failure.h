// What a use case answers when it does not do what was asked.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/result.h"

namespace slipway::api {

// An error, and what a person needs to see above it: every diagnostic of a document with its line and caret.
struct Failure : base::Error {
  std::string details;  // several lines, each ended; empty for most

  Failure(base::Error error, std::string more = "")  // NOLINT: an Error is a Failure without details
      : base::Error(std::move(error)), details(std::move(more)) {}
};

template <typename T>
using Answer = std::expected<T, Failure>;

}  // namespace slipway::api
