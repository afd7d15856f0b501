// One event of the journal. The journal is the single source of truth and the audit log itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace slipway::journal {

// Written: `{"actor":…,"at":<ms>,"data":{…},"run":"R7"|null,"seq":N,"type":"…","v":1}` in canonical JSON. The
// stored bytes are what is hashed; they are never serialised again.
struct Event {
  int v = 1;
  std::int64_t seq = 0;  // global, gapless, from 1; given inside the transaction
  std::string run;       // empty = concerns no run (null when written)
  std::string type;
  base::Time at;
  std::string actor;  // `user@host, unverified`, `slipway`
  base::JsonObject data;
};

base::Result<std::string> Encode(const Event& event);
base::Result<Event> Decode(std::string_view bytes);  // refuses bytes that are not exactly what Encode writes

}  // namespace slipway::journal
