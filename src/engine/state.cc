// What a run's state says of itself: names, and what can be read off it. How events change it is in apply.cc.
#include "engine/state.h"

#include <algorithm>

namespace slipway::engine {

std::string InstanceKey(std::string_view step, std::string_view target) {
  std::string key(step);
  if (!target.empty()) key.append("@").append(target);
  return key;
}

std::string_view WhatOf(std::string_view occasion) { return occasion.substr(0, occasion.find('#')); }

bool MayHaveChanged(const Instance& instance) {
  return instance.act.Intended() && instance.act.changes && instance.act.state != Act::State::kNotDone;
}

bool TouchedAnything(const RunState& state) {
  return std::ranges::any_of(state.instances, [](const auto& entry) { return MayHaveChanged(entry.second); });
}

bool IsTerminal(RunStatus status) {
  return status == RunStatus::kSucceeded || status == RunStatus::kFailed ||
         status == RunStatus::kRolledBack || status == RunStatus::kCancelled;
}

std::string_view ToString(RunStatus status) {
  switch (status) {
    case RunStatus::kWaiting:
      return "waiting";
    case RunStatus::kRunning:
      return "running";
    case RunStatus::kPaused:
      return "paused";
    case RunStatus::kSucceeded:
      return "succeeded";
    case RunStatus::kFailed:
      return "failed";
    case RunStatus::kRollingBack:
      return "rolling_back";
    case RunStatus::kRolledBack:
      return "rolled_back";
    case RunStatus::kRollbackFailed:
      return "rollback_failed";
    case RunStatus::kCancelled:
      return "cancelled";
  }
  return "";
}

std::string_view ToString(StepStatus status) {
  switch (status) {
    case StepStatus::kPending:
      return "pending";
    case StepStatus::kRunning:
      return "running";
    case StepStatus::kWaiting:
      return "waiting";
    case StepStatus::kUnknown:
      return "unknown";
    case StepStatus::kSucceeded:
      return "succeeded";
    case StepStatus::kSkipped:
      return "skipped";
    case StepStatus::kFailed:
      return "failed";
    case StepStatus::kCancelled:
      return "cancelled";
    case StepStatus::kUndoing:
      return "undoing";
    case StepStatus::kUndone:
      return "undone";
    case StepStatus::kUndoFailed:
      return "undo_failed";
    case StepStatus::kLeft:
      return "left_in_place";
  }
  return "";
}

std::string_view ToString(TargetStatus status) {
  switch (status) {
    case TargetStatus::kRunning:
      return "running";
    case TargetStatus::kSucceeded:
      return "succeeded";
    case TargetStatus::kFailed:
      return "failed";
    case TargetStatus::kRefused:
      return "refused";
    case TargetStatus::kRollingBack:
      return "rolling_back";
    case TargetStatus::kRolledBack:
      return "rolled_back";
    case TargetStatus::kRollbackFailed:
      return "rollback_failed";
  }
  return "";
}

}  // namespace slipway::engine
