#include "drivers/outcome.h"

#include <utility>

namespace slipway::drivers {

std::string_view ToString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kDone:
      return "done";
    case Verdict::kNotDone:
      return "not_done";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view ToCheckText(Verdict verdict) {
  switch (verdict) {
    case Verdict::kDone:
      return "pass";
    case Verdict::kNotDone:
      return "fail";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "unknown";
}

namespace {

Outcome Make(Verdict verdict, std::string reason, base::JsonObject outputs, base::JsonObject evidence) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.reason = std::move(reason);
  outcome.outputs = std::move(outputs);
  outcome.evidence = std::move(evidence);
  return outcome;
}

}  // namespace

Outcome Done(base::JsonObject outputs, std::string reason) {
  return Make(Verdict::kDone, std::move(reason), std::move(outputs), {});
}

Outcome NotDone(std::string reason, base::JsonObject evidence) {
  return Make(Verdict::kNotDone, std::move(reason), {}, std::move(evidence));
}

Outcome Unknown(std::string reason, base::JsonObject evidence) {
  return Make(Verdict::kUnknown, std::move(reason), {}, std::move(evidence));
}

Outcome Failed(std::string reason, base::JsonObject evidence) {
  Outcome outcome = Unknown(std::move(reason), std::move(evidence));
  outcome.finished = true;
  return outcome;
}

}  // namespace slipway::drivers
