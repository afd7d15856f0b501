// The seam through which verification folds the engine's rows again: the journal knows events, the engine
// knows what they mean.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "journal/event.h"
#include "journal/store.h"

namespace slipway::journal {

class Projection {
 public:
  virtual ~Projection() = default;

  // Adds the next event; they come in order of seq, every one once.
  virtual base::Status Apply(const Event& event) = 0;

  // Every row that should now stand, in any order.
  virtual base::Status Rows(
      const std::function<void(Table table, std::string_view key, std::string_view value)>& visit) = 0;
};

}  // namespace slipway::journal
