#include "audit/show.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"

namespace slipway::audit {
namespace {

std::string Words(std::string_view type) {
  std::string words(type);
  std::ranges::replace(words, '_', ' ');
  return words;
}

// What the event is about: `start@web-1`, `web-1`, or nothing.
std::string Subject(const base::JsonObject& data) {
  std::string step = base::GetString(data, "step");
  const std::string target = base::GetString(data, "target");
  if (target.empty() || step.find('@') != std::string::npos) return step;
  return step + (step.empty() ? "" : "@") + target;
}

std::string Why(const base::JsonObject& data) {
  for (const char* key : {"reason", "why", "comment"}) {
    if (std::string text = base::GetString(data, key); !text.empty()) return text;
  }
  return "";
}

}  // namespace

std::string RenderEvents(std::span<const journal::Event> events) {
  std::size_t actor_width = 0;
  for (const auto& event : events)
    actor_width = std::max(actor_width, std::min<std::size_t>(event.actor.size(), 40));
  std::string text;
  for (const auto& event : events) {
    std::string what = Words(event.type);
    for (const std::string& part : {event.run, Subject(event.data)}) {
      if (!part.empty()) what += " " + part;
    }
    const std::string why = Why(event.data);
    if (!why.empty()) what += ": " + why;
    text += fmt::format("{:>6}  {}  {:<{}}  {}\n", event.seq, base::FormatTime(event.at),
                        base::Printable(event.actor), actor_width, base::Printable(what));
  }
  return text;
}

base::JsonArray ToJson(std::span<const journal::Event> events) {
  base::JsonArray all;
  for (const auto& event : events) {
    base::Json run;
    if (!event.run.empty()) run = event.run;
    all.push_back(base::JsonObject{{"seq", event.seq},
                                   {"run", run},
                                   {"at", base::FormatTime(event.at)},
                                   {"actor", event.actor},
                                   {"type", event.type},
                                   {"data", event.data}});
  }
  return all;
}

}  // namespace slipway::audit
