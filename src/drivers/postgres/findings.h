// What a check looked at, point by point. Its outcome is the worst of them: a fail before an unknown, an
// unknown before a warning; warnings pass and are told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "drivers/outcome.h"
#include "drivers/postgres/session/error.h"

namespace slipway::drivers::postgres {

enum class Level { kPass, kWarn, kFail, kUnknown };
std::string_view ToString(Level level);  // pass | warn | fail | unknown

struct Finding {
  std::string check;  // `connections`
  Level level = Level::kUnknown;
  std::string seen;  // one line: what stands there, and what should
};

class Findings {
 public:
  void Add(std::string check, Level level, std::string seen);
  void Pass(std::string check, std::string seen) { Add(std::move(check), Level::kPass, std::move(seen)); }
  void Warn(std::string check, std::string seen) { Add(std::move(check), Level::kWarn, std::move(seen)); }
  void Fail(std::string check, std::string seen) { Add(std::move(check), Level::kFail, std::move(seen)); }
  void Unknown(std::string check, std::string seen) {
    Add(std::move(check), Level::kUnknown, std::move(seen));
  }
  // `used` of `most`, in basis points against the thresholds; strictly above.
  void Share(std::string check, std::int64_t used, std::int64_t most, std::int64_t warn_above,
             std::int64_t fail_above);

  // `about` opens the reason: `acme`. `outputs` gets `checks`, which is also the evidence.
  Outcome Judge(const std::string& about, base::JsonObject outputs) const;

 private:
  std::vector<Finding> all_;
};

// A reading action that never came to look: unknown, with all that is known of why.
Outcome Unseen(const SqlError& error);

// The same of an error of ours: unknown where the server could not be asked, else not done.
Outcome Unseen(const base::Error& error);

}  // namespace slipway::drivers::postgres
