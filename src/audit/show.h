// Events as lines for people: who, what, when, why.
#pragma once

#include <span>
#include <string>

#include "base/json.h"
#include "journal/event.h"

namespace slipway::audit {

// `12  2026-11-21T01:24:22.123Z  ann@desk  step done start@web-1: answered 200`, one a line.
std::string RenderEvents(std::span<const journal::Event> events);

// One object per event: seq, run, at (text), actor, type, data.
base::JsonArray ToJson(std::span<const journal::Event> events);

}  // namespace slipway::audit
