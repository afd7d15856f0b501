// The engine's rows: each a pure function of the events, written in the transaction of the events it follows
// from.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/state.h"
#include "journal/projection.h"
#include "journal/store.h"

namespace slipway::engine {

// {id, procedure, version, environment, state, plan, kind, parent, reason, started_at, finished_at,
// targets{state: count}}
base::JsonObject Summary(const RunState& state);

std::string HoldKey(
    const base::JsonObject& hold_placed);  // `<digest> <environment>` or `<digest> <environment>/<target>`

// `<target> <name>`: what is remembered of a target, {value, run, step, at}. Outputs that a sheet marks
// `recorded`, of the last act that gave them.
std::string FactKey(std::string_view target, std::string_view name);

// The summary as the run's row holds it, canonical JSON.
std::string SummaryText(const RunState& state);

// The rows that change when `events` took the run to `after`. `summary` is that of the row as it stands and
// is brought up to date; empty: the run is new. The locks of a new run and its own row are inserts, so that
// two runs can never both get a target or a name.
std::vector<journal::Put> Puts(std::string& summary, const RunState& after,
                               const std::vector<journal::NewEvent>& events);

// All rows from all events; what `audit verify` compares the store's rows with.
class EngineProjection final : public journal::Projection {
 public:
  base::Status Apply(const journal::Event& event) override;
  base::Status Rows(
      const std::function<void(journal::Table, std::string_view, std::string_view)>& visit) override;

 private:
  std::map<std::string, RunState> open_;
  std::map<std::pair<journal::Table, std::string>, std::string> rows_;
};

}  // namespace slipway::engine
