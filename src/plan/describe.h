// Parts of a plan in words, for Print and ToJson, and for whoever judges a plan.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "plan/plan.h"

namespace slipway::plan {

// `backend: web`, `steps: [10%, 100%]`, one text each; a release is its version, numbers are written as in a
// document where `sheet` says what they are.
std::vector<std::string> ArgumentTexts(const base::JsonObject& with, const base::JsonObject& sheet = {});
std::string ValueText(const base::Json& value);

const base::JsonObject& SheetOf(const Plan& plan, std::string_view uses);  // empty when the plan has none
bool Changes(const Plan& plan, const procedure::Step& step);
// How the step would be undone; empty for one that changes nothing.
std::string UndoText(const Plan& plan, const procedure::Phase& phase, const procedure::Step& step);
// What happens when it is cut short: repeat, probe or ask; empty for one that changes nothing.
std::string InterruptionText(const Plan& plan, const procedure::Step& step);
// Indexes of the targets on which `when` is false already now; of a step outside for_each: one entry when it
// is.
std::vector<std::size_t> SkippedNow(const Plan& plan, const procedure::Phase& phase,
                                    const procedure::Step& step);
// What a reviewer should know before approving.
std::vector<std::string> Warnings(const Plan& plan);
// `slipway run FILE -e ENV -p … --plan DIGEST`.
std::string NextCommand(const Plan& plan);

std::string StatusText(procedure::Status status);
std::string OnFailureText(procedure::OnFailure on_failure);

}  // namespace slipway::plan
