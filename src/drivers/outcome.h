// What came of an action or a check.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace slipway::drivers {

// For an action: it happened, it did not happen (and nothing changed), nobody can tell.
// For a check: pass, fail, unknown. Unknown is never success.
enum class Verdict { kDone, kNotDone, kUnknown };

std::string_view ToString(Verdict verdict);     // done | not_done | unknown
std::string_view ToCheckText(Verdict verdict);  // pass | fail | unknown

struct Attachment {
  std::string name;   // `stdout`, `stderr`, `log`
  std::string bytes;  // goes to a blob; the event holds digest and size
};

struct Outcome {
  Verdict verdict = Verdict::kUnknown;
  std::string reason;         // one line a person understands at 3 a.m.; names the cause
  base::JsonObject outputs;   // what later steps may read, as the sheet says
  base::JsonObject evidence;  // what was seen
  std::vector<Attachment> attachments;
  // With kUnknown only: the action ran to its own end and reported failure. Nobody needs to settle it, and it
  // may have changed things: the step has failed, its undo runs, and it is tried again only where its sheet
  // or step says `repeat`.
  bool finished = false;
};

Outcome Done(base::JsonObject outputs = {}, std::string reason = "");
Outcome NotDone(std::string reason, base::JsonObject evidence = {});
Outcome Unknown(std::string reason, base::JsonObject evidence = {});
Outcome Failed(std::string reason, base::JsonObject evidence = {});  // kUnknown and `finished`

}  // namespace slipway::drivers
