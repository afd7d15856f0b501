// What becomes of the steps that a run leaves behind when it comes to its end.
#include "engine/ended.h"

namespace slipway::engine {

namespace {

// Of a step that was under way, or going back.
StepStatus Left(const Instance& instance) {
  const bool back = instance.status == StepStatus::kUndoing;
  const Act& act = back ? instance.undo : instance.act;
  switch (act.state) {
    case Act::State::kNone:
      return back ? StepStatus::kUndoFailed : StepStatus::kCancelled;
    case Act::State::kNotDone:
      return back ? StepStatus::kUndoFailed : StepStatus::kFailed;
    case Act::State::kDone:
      if (back && instance.restored == "pass") return StepStatus::kUndone;
      break;
    case Act::State::kRunning:
    case Act::State::kUnknown:
    case Act::State::kAsking:
      break;
  }
  return back || act.changes ? StepStatus::kUnknown : StepStatus::kCancelled;
}

std::string Reason(const Instance& instance) {
  switch (instance.status) {
    case StepStatus::kSkipped:
      return "the run ended before it began";
    case StepStatus::kUnknown:
      return instance.act.state == Act::State::kDone ? "done, but the run ended before it was checked"
                                                     : "the run ended before its outcome was known";
    case StepStatus::kUndoFailed:
      return "the run ended before it was undone";
    case StepStatus::kCancelled:
      if (instance.action == "confirm") return "the run ended before anybody answered";
      break;
    case StepStatus::kPending:
    case StepStatus::kRunning:
    case StepStatus::kWaiting:
    case StepStatus::kSucceeded:
    case StepStatus::kFailed:
    case StepStatus::kUndoing:
    case StepStatus::kUndone:
    case StepStatus::kLeft:
      break;
  }
  return "the run ended before it was over";
}

}  // namespace

void EndSteps(RunState& state) {
  for (auto& [key, instance] : state.instances) {
    const StepStatus before = instance.status;
    switch (before) {
      case StepStatus::kPending:
        instance.status = StepStatus::kSkipped;
        break;
      case StepStatus::kWaiting:
        instance.status = StepStatus::kCancelled;
        break;
      case StepStatus::kRunning:
      case StepStatus::kUndoing:
        instance.status = Left(instance);
        break;
      case StepStatus::kUnknown:
      case StepStatus::kSucceeded:
      case StepStatus::kSkipped:
      case StepStatus::kFailed:
      case StepStatus::kCancelled:
      case StepStatus::kUndone:
      case StepStatus::kUndoFailed:
      case StepStatus::kLeft:
        continue;
    }
    if (instance.reason.empty() || instance.act.state == Act::State::kDone)
      instance.reason = Reason(instance);
  }
}

}  // namespace slipway::engine
