// Tables of thresholds: from which number on a check fails. They become arguments of a check that measures
// just that, and defaults of parameters that are called so.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "base/text.h"
#include "sop/tables.h"

namespace slipway::sop {

namespace {

using markdown::Table;

const std::initializer_list<std::string_view> kMetric{"metric",    "metrics", "indicator", "signal",
                                                      "parameter", "measure", "sli",       "alert"};
const std::initializer_list<std::string_view> kWarn{"warning", "warn", "warning threshold"};
const std::initializer_list<std::string_view> kFail{
    "critical", "threshold", "limit",   "critical threshold", "max",
    "maximum",  "fail",      "page at", "threshold value"};

enum class Unit { kShare, kTime };

// What a metric is an argument of: of the action, whatever its step is called, since the action measures just
// that; or, with `in_title`, of those whose title names the metric.
struct Argument {
  std::string_view metric, uses;
  Unit unit;
  std::string_view warn, fail;  // empty: the action has none
  bool in_title = false;
};
constexpr std::array kArguments{
    Argument{"database connections", "postgres.verify", Unit::kShare, "connections_warn", "connections_fail"},
    Argument{"connections", "postgres.verify", Unit::kShare, "connections_warn", "connections_fail"},
    Argument{"dead rows", "postgres.verify", Unit::kShare, "dead_rows_warn", ""},
    Argument{"query duration", "postgres.verify", Unit::kTime, "slow_warn", "slow_fail"},
    Argument{"response time", "http.check", Unit::kTime, "", "timeout", true},
};

// `> 5 seconds` as `5s`, `95 %` as `95%`; empty: it is no such number. Above it the check fails, so `<` is
// another thing.
std::string ValueOf(std::string_view cell, Unit unit) {
  static const RE2 kValue(
      R"((?i)^(?:>=?|≥|above|over|more than)?\s*(\d+(?:\.\d+)?)\s*(%|percent|ms|milliseconds?|s|secs?|seconds?|m|min|minutes?)$)");
  std::string number, written;
  if (cell.size() > 100 || !RE2::FullMatch(CellKey(cell), kValue, &number, &written)) return "";
  const bool share = written == "%" || written == "percent";
  if (share != (unit == Unit::kShare)) return "";
  if (share) return base::ParsePercentage(number + "%") ? number + "%" : "";
  const std::string value = number + (written.starts_with("ms") || written.starts_with("mil") ? "ms"
                                      : written[0] == 's'                                     ? "s"
                                                                                              : "m");
  return base::ParseDuration(value) ? value : "";
}

std::string Id(std::string_view text) {
  std::string id = IdOf(text, "");
  std::ranges::replace(id, '-', '_');
  return id;
}

class Thresholds {
 public:
  Thresholds(const Table& table, const std::vector<Draft*>& drafts) : table_(table), drafts_(drafts) {
    metric_ = ColumnOf(table, kMetric);
    warn_ = ColumnOf(table, kWarn);
    fail_ = ColumnOf(table, kFail);
  }

  TableNote Run() {
    std::vector<std::string> nowhere;
    for (Draft* draft : drafts_)
      for (DraftParameter& parameter : draft->parameters)
        if (parameter.type == "string" && parameter.fallback.empty())
          parameters_[parameter.name].push_back({&parameter, draft});
    std::set<std::string> told;
    for (const Table::Row& row : table_.rows) {
      const std::string metric = At(row, metric_);
      if (!told.insert(CellKey(metric)).second) continue;  // the first row of a metric counts
      const std::size_t before = arguments_ + defaults_;
      for (const Argument& argument : kArguments)
        if (argument.metric == CellKey(metric)) Arguments(row, argument);
      Defaults(row, metric);
      if (arguments_ + defaults_ == before) nowhere.push_back(base::Quote(metric));
    }
    const auto count = [&](std::size_t n, std::string_view what) {
      if (n > 0) note_.became.push_back(fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"));
    };
    count(arguments_, "argument");
    count(defaults_, "default");
    if (!nowhere.empty())
      note_.why.push_back("no step measures " + base::Join(nowhere, ", ") +
                          " in a way that the number could be an argument of");
    return std::move(note_);
  }

 private:
  void Put(DraftStep& step, std::string_view name, const std::string& value, const Draft& draft) {
    if (name.empty() || value.empty()) return;
    if (std::ranges::find(step.with, name, &DraftArgument::name) != step.with.end()) return;
    step.with.push_back({std::string(name), value});
    ++arguments_;
    note_.drafts.insert(draft.id);
  }

  void Arguments(const Table::Row& row, const Argument& argument) {
    const std::string warn = ValueOf(At(row, warn_), argument.unit);
    const std::string fail = ValueOf(At(row, fail_), argument.unit);
    for (Draft* draft : drafts_) {
      for (DraftPhase& phase : draft->phases) {
        for (DraftStep& step : phase.steps) {
          if (step.uses != argument.uses ||
              (argument.in_title && !CellKey(step.title).contains(argument.metric)))
            continue;
          Put(step, argument.warn, warn, *draft);
          Put(step, argument.fail, fail, *draft);
        }
      }
    }
  }

  // `[error-rate-critical]` in a command, or `[error-rate]` where the table has one number for it.
  void Defaults(const Table::Row& row, const std::string& metric) {
    for (const int column : {warn_, fail_}) {
      if (column < 0 || metric.empty()) continue;
      std::string value = At(row, column);
      value.erase(0, std::min(value.find_first_not_of(">=≥ "), value.size()));
      Default(Id(metric) + "_" + Id(At(table_.header, column)), value);
      if (warn_ < 0 || fail_ < 0) Default(Id(metric), value);
    }
  }

  void Default(const std::string& name, const std::string& value) {
    const auto found = parameters_.find(name);
    if (found == parameters_.end() || value.empty()) return;
    for (const auto& [parameter, draft] : found->second) {
      parameter->fallback = value;
      parameter->pattern.clear();
      ++defaults_;
      note_.drafts.insert(draft->id);
    }
    parameters_.erase(found);
  }

  const Table& table_;
  const std::vector<Draft*>& drafts_;
  int metric_ = -1, warn_ = -1, fail_ = -1;
  // Those without a default, by their name.
  std::map<std::string, std::vector<std::pair<DraftParameter*, const Draft*>>> parameters_;
  std::size_t arguments_ = 0, defaults_ = 0;
  TableNote note_;
};

}  // namespace

bool IsThresholds(const PageTable& page) {
  return ColumnOf(*page.table, kMetric) >= 0 &&
         (ColumnOf(*page.table, kWarn) >= 0 || ColumnOf(*page.table, kFail) >= 0);
}

TableNote TakeThresholds(const PageTable& page, const std::vector<Draft*>& drafts) {
  return Thresholds(*page.table, drafts).Run();
}

}  // namespace slipway::sop
