// What verification found. It claims no more than was shown: without a checkpoint kept elsewhere a log that
// was rewritten by somebody who holds the store's key cannot be told from the original, and the report says
// so.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace slipway::audit {

struct Problem {
  std::int64_t seq = 0;  // the one event it is about, or the first of those that are missing; 0 = neither
  std::string where;     // `event 17`, `events 33 to 64`, `lock web-1`, `checkpoint 40`, `blob sha256:…`
  std::string what;
};

enum class Standing {
  kBroken,      // something was changed; `problems` says what
  kConsistent,  // the log agrees with itself and with its own signed checkpoints; not anchored
  kAnchored,    // and with a checkpoint that was kept elsewhere
};
std::string_view ToString(Standing standing);  // broken | consistent, not anchored | anchored

struct Report {
  std::string store;
  std::string key;  // the verifier key that was used
  std::int64_t events = 0;
  std::string root;                  // base64, of all events
  std::int64_t checkpoints = 0;      // signed, and in agreement
  std::int64_t signed_to = 0;        // the newest of them
  std::int64_t anchored_to = 0;      // the newest checkpoint kept elsewhere that agrees
  std::int64_t rows = 0;             // engine rows folded again and compared; 0 without a projection
  std::int64_t blobs = 0;            // with their bytes
  std::int64_t deleted_blobs = 0;    // whose bytes were deleted on purpose, as an event says
  std::set<std::string> deleted_by;  // who did
  std::map<std::string, std::int64_t>
      other_stores;               // with checkpoints in the same file: their newest's events
  std::vector<Problem> problems;  // at most 50, see `more_problems`
  std::int64_t more_problems = 0;

  Standing standing() const;
  bool ok() const { return problems.empty(); }

  void Add(std::string where, std::string what, std::int64_t seq = 0);
  void AddEvent(std::int64_t seq, std::string what);
  void Sort();  // those about one event first, by its number
};

std::string Render(const Report& report);  // for people, several lines
base::JsonObject ToJson(const Report& report);

}  // namespace slipway::audit
