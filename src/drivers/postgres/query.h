// What a query should answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace slipway::drivers::postgres {

// Exactly one is set, or none: any answer will do.
struct Expectation {
  std::optional<std::int64_t> rows;
  std::optional<std::string> value;  // of the only column of the only row
  std::optional<bool> empty;
};

// `expect:` of the arguments. kInvalid: it is none of `{rows: 3}`, `{value: "42"}`, `{empty: true}`.
base::Result<Expectation> ReadExpectation(const base::JsonObject& with);

}  // namespace slipway::drivers::postgres
