// An event's bytes but for its sequence number, which is only known inside the transaction: all the work of
// encoding is done before the store's lock is taken.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "journal/store.h"

namespace slipway::journal {

inline constexpr std::size_t kMaxEventBytes = 4u << 20;  // larger things are blobs

struct Encoded {
  std::string before;  // up to and with `"seq":`
  std::string after;

  std::string WithSeq(std::int64_t seq) const;
};

// kInvalid: what cannot be written (see Encode), or over kMaxEventBytes.
base::Result<Encoded> EncodeNew(const NewEvent& event, int version = 1);

}  // namespace slipway::journal
