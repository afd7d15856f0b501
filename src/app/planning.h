// From a request to a plan: read, select, look at the targets, compile.
#pragma once

#include <string>
#include <vector>

#include "api/document.h"
#include "app/session.h"
#include "plan/plan.h"

namespace slipway::app {

// kRefused: the environment is pinned to another store.
api::Answer<plan::Plan> MakePlan(Session& session, const api::ProcedureRequest& request);

// Keeps the plan, and tells it as a reviewer reads it.
base::Result<api::PlanReport> ShowPlan(Session& session, const plan::Plan& plan);

// Reads the secret parameters that are given as `@file`, so that the run can use them. kInvalid: a parameter
// that is none, or not given so.
base::Status GiveSecrets(Session& session, const procedure::Procedure& procedure,
                         const std::vector<std::pair<std::string, std::string>>& given);

// kInvalid: what is still to be done uses a secret parameter that was not given again. Said before anything
// is done, so that no run fails half-way for the want of it.
base::Status RequireSecrets(const engine::RunState& state, const plan::Plan& plan,
                            const std::vector<std::pair<std::string, std::string>>& given,
                            std::string_view verb);

// Plans that were shown to somebody are kept in `.slipway/plans/`, so that a run can say what is different.
base::Status KeepPlan(Session& session, const plan::Plan& plan);
std::vector<std::string> KeptPlans(Session& session);  // the newest, each by the fewest digits that name it

// kRefused unless `plan` is the one that was reviewed; names what differs. `reviewed` is a digest or at least
// its first twelve digits, with or without `sha256:`.
base::Status RequireReviewed(Session& session, const plan::Plan& plan, const std::string& reviewed);

// What differs between two plans, a line each, at most `limit`.
std::vector<std::string> Differences(const plan::Plan& was, const plan::Plan& is, std::size_t limit);

}  // namespace slipway::app
