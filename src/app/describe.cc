#include "app/describe.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engine/state.h"
#include "journal/store.h"

namespace slipway::app {

namespace {

using base::GetArray;
using base::GetBool;
using base::GetInt;
using base::GetObject;
using base::GetString;
using base::JsonObject;

std::string Because(const JsonObject& data) {
  const std::string reason = GetString(data, "reason");
  return reason.empty() ? "" : ": " + reason;
}

std::string Uses(const JsonObject& data) {
  return GetString(GetObject(GetObject(data, "prepared"), "action"), "uses");
}

std::string OfTarget(const JsonObject& data) {
  const std::string target = GetString(data, "target");
  return target.empty() ? "" : " of " + target;
}

std::string Release(const JsonObject& data) {
  std::string text = fmt::format("{} in {}", GetString(data, "release"), GetString(data, "environment"));
  if (const std::string target = GetString(data, "target"); !target.empty()) text += " on " + target;
  return text;
}

std::string Waits(const JsonObject& data) {
  std::string text = "waits";
  for (const base::Json& item : GetArray(data, "on")) {
    if (!item.is_object()) continue;
    const JsonObject& wait = item.get_object();
    text += text == "waits" ? " for " : "; ";
    text += GetString(wait, "what");
    const std::string step = GetString(wait, "step");
    if (!step.empty()) text += " " + step;
    text += Because(wait);
  }
  return text;
}

std::string Answer(const base::Json& value) {
  if (value.is_string()) return std::string(base::View(value.get_string()));
  if (!value.is_object()) return base::CanonicalJson(value).value_or("?");
  const JsonObject& file = value.get_object();
  return fmt::format("{} ({}, {})", GetString(file, "name"), base::FormatSize(GetInt(file, "size")),
                     GetString(file, "digest"));
}

// What was answered, without what it means to the machine.
std::string Fields(const JsonObject& fields) {
  std::string text;
  for (const auto& field : fields) {
    text += fmt::format("{}{}={}", text.empty() ? ": " : ", ", std::string_view(field.key()),
                        Answer(field.value()));
  }
  return text;
}

std::string OfStep(const std::string& type, const journal::Event& event) {
  const JsonObject& data = event.data;
  const std::string undo = GetBool(data, "undo") ? "undo: " : "";
  if (type == "intent") return fmt::format("{}will do {}", undo, Uses(data));
  if (type == "attempt")
    return fmt::format("{}attempt {}: {}", undo, GetInt(data, "attempt"), GetString(data, "why"));
  if (type == "outcome") {
    std::string text = undo + GetString(data, "verdict") + Because(data);
    if (const std::string restored = GetString(data, "restored"); !restored.empty())
      text += fmt::format(" (restored: {})", restored);
    return text;
  }
  if (type == "progress")
    return fmt::format("{}progress {}", undo, base::CanonicalJson(GetObject(data, "data")).value_or("?"));
  if (type == "verified") {
    return fmt::format("check {} {}: {}{}", GetInt(data, "check") + 1, GetString(data, "uses"),
                       GetString(data, "verdict"), Because(data));
  }
  if (type == "interrupted") return undo + "interrupted" + Because(data);
  if (type == "probed") return undo + "looked: " + GetString(data, "verdict") + Because(data);
  if (type == "settle_needed") return undo + "nobody can tell what became of it" + Because(data);
  if (type == "settled")
    return fmt::format("{}settled as {} by {}{}", undo, GetString(data, "how"), event.actor, Because(data));
  if (type == "skipped") return "skipped" + Because(data);
  if (type == "step_failed") return "failed" + Because(data);
  if (type == "undone") return "undone" + Because(data);
  if (type == "undo_failed") return "undo failed" + Because(data);
  if (type == "left_in_place") return "left in place" + Because(data);
  if (type == "confirm_opened") {
    const std::string role = GetString(data, "role");
    return "waits for " + (role.empty() ? "a person" : role);
  }
  if (type == "confirmed") return "confirmed by " + event.actor + Fields(GetObject(data, "fields"));
  if (type == "inherited" && data.contains("state")) return "is kept as it is: " + GetString(data, "state");
  if (type == "inherited") return "takes over what " + Uses(data) + " did";
  return "";
}

std::string OfRun(const std::string& type, const journal::Event& event) {
  const JsonObject& data = event.data;
  if (type == "run_started") {
    std::string text =
        fmt::format("{} {} {} in {} by {}", GetString(data, "kind", "run"), GetString(data, "procedure"),
                    GetString(data, "version"), GetString(data, "environment"), event.actor);
    if (const std::string parent = GetString(data, "parent"); !parent.empty()) text += ", of " + parent;
    return text + Because(data);
  }
  if (type == "lease_taken")
    return fmt::format("driven by process {} on {}", GetInt(data, "pid"), GetString(data, "host"));
  if (type == "gate_judged")
    return fmt::format("gate {}{}: {}{}", GetString(data, "gate"), OfTarget(data), GetString(data, "verdict"),
                       Because(data));
  if (type == "target_started") return "target " + GetString(data, "target") + " started";
  if (type == "target_refused") return "target " + GetString(data, "target") + " refused" + Because(data);
  if (type == "target_finished")
    return fmt::format("target {} {}{}", GetString(data, "target"), GetString(data, "state"), Because(data));
  if (type == "wave_finished")
    return fmt::format("wave {} of {} is over", GetInt(data, "wave") + 1, GetString(data, "phase"));
  if (type == "phase_finished") return "phase " + GetString(data, "phase") + " is over";
  if (type == "run_waiting") return Waits(data);
  if (type == "paused") return "paused" + Because(data);
  if (type == "resumed") return "resumed by " + event.actor;
  if (type == "pause_asked") return "asked to pause by " + event.actor;
  if (type == "cancel_asked") return "asked to cancel by " + event.actor + Because(data);
  if (type == "rollback_asked") return "asked to roll back by " + event.actor + Because(data);
  if (type == "rollback_started") return "rolling back" + OfTarget(data) + Because(data);
  if (type == "run_finished") return GetString(data, "state") + Because(data);
  if (type == "notified") return fmt::format("notified of {}{}", GetString(data, "of"), Because(data));
  if (type == "hold_placed") return "hold on " + Release(data) + Because(data);
  if (type == "hold_lifted") return "hold on " + Release(data) + " lifted by " + event.actor + Because(data);
  if (type == journal::kBlobDeleted)
    return fmt::format("{} deleted by {}{}", GetString(data, "digest"), event.actor, Because(data));
  if (type == "target_adopted")
    return fmt::format("{} runs {}, says {}{}", GetString(data, "target"), GetString(data, "release"),
                       event.actor, Because(data));
  return "";
}

}  // namespace

std::string Describe(const journal::Event& event) {
  std::string text = OfStep(event.type, event);
  if (text.empty()) text = OfRun(event.type, event);
  if (text.empty()) text = event.type + " " + base::CanonicalJson(event.data).value_or("");
  return text;
}

api::LogLine LineOf(const journal::Event& event) {
  api::LogLine line;
  line.seq = event.seq;
  line.at = event.at;
  line.actor = event.actor;
  line.type = event.type;
  if (const std::string step = GetString(event.data, "step"); !step.empty())
    line.step = engine::InstanceKey(step, GetString(event.data, "target"));
  line.text = Describe(event);
  line.data = event.data;
  return line;
}

}  // namespace slipway::app
