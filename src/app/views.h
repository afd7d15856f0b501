// Runs as the contract shows them, from what the engine and the journal hold.
#pragma once

#include <string>

#include "api/run.h"
#include "base/result.h"
#include "engine/engine.h"
#include "journal/store.h"

namespace slipway::app {

// Of a run's row in the store.
base::Result<api::RunSummary> SummaryOf(const journal::Row& row);

// Without the counts of targets, which cost as much as there are targets.
api::RunSummary SummaryOf(const engine::RunState& state);

enum class Outputs { kKept, kLeftOut };
api::StepView StepOf(const engine::Instance& instance, const std::string& title, Outputs outputs);

// Every step of the plan on every target, those not begun included. `plan` may be null: then only what is in
// the state.
api::RunDetails DetailsOf(const engine::RunState& state, const plan::Plan* plan);

// A cancel or a pause that was asked for and that no process took up yet, in words; empty = none.
std::string PendingOf(const engine::RunState& state);

// A rollback that began to undo something; one that did not changed nothing.
bool BegunToUndo(const engine::RunState& state);

api::WaitView WaitOf(const engine::Waiting& wait);

}  // namespace slipway::app
