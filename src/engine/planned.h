// Is what lies in the workspace still what was planned?
#pragma once

#include <filesystem>
#include <string>

#include "plan/plan.h"
#include "workspace/workspace.h"

namespace slipway::engine {

// The first release or file that is another one by now, and what to do; empty: all is as it was planned.
std::string ChangedSincePlan(const plan::Plan& plan, const workspace::Workspace& workspace,
                             const std::filesystem::path& root);

}  // namespace slipway::engine
