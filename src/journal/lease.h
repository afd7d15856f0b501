// The event and the row that taking a run's lease writes; the same for every store, and for the fold that
// checks them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "journal/event.h"
#include "journal/store.h"

namespace slipway::journal {

inline constexpr std::string_view kLeaseTaken = "lease_taken";

struct LeaseHolder {
  std::uint64_t epoch = 0;
  std::int64_t pid = 0;
  std::string host;
  base::Time since;
};

// `lease_taken {epoch, host, pid}` together with the row kLease/<run>.
Batch LeaseBatch(std::string_view run, std::string_view actor, const LeaseHolder& holder);

// The row that an event `lease_taken` leaves: `{"epoch":N,"host":…,"pid":N,"since":<ms>}`.
base::Result<std::string> LeaseRow(const Event& lease_taken);

base::Result<LeaseHolder> ParseLeaseRow(std::string_view value);

// The refusal a second process reads.
base::Error LeaseHeld(std::string_view run, const std::optional<LeaseHolder>& holder);

}  // namespace slipway::journal
