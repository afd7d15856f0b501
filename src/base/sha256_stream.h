// SHA-256 over bytes that come one after the other: Sha256 of base/bytes.h for what nobody holds as a whole.
#pragma once

#include <memory>
#include <string_view>

#include "base/bytes.h"

namespace slipway::base {

// One thread at a time; of no use after End.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  ~Sha256Stream();
  void Add(std::string_view bytes);
  Hash End();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slipway::base
