// Events in words.
#pragma once

#include <string>

#include "api/run.h"
#include "journal/event.h"

namespace slipway::app {

// One line that a person understands; no final full stop.
std::string Describe(const journal::Event& event);

api::LogLine LineOf(const journal::Event& event);

}  // namespace slipway::app
