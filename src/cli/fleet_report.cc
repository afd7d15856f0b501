#include "cli/fleet_report.h"

#include <fmt/format.h>

#include "api/json.h"
#include "base/count.h"
#include "cli/moment.h"
#include "cli/report.h"
#include "cli/table.h"

namespace slipway::cli {

namespace {

Style StyleOfState(const std::string& state) {
  if (state == "succeeded") return Style::kPlain;
  if (state == "not_started" || state == "running" || state == "waiting" || state == "refused" ||
      state == "cancelled")
    return Style::kCare;
  return Style::kBad;
}

std::string CountsOf(const api::FleetReport& report) {
  std::string counts;
  for (const auto& [state, count] : report.by_state)
    counts += fmt::format("{} {} {}", counts.empty() ? ":" : ",", count, state);
  return base::Counted(report.customers.size(), "customer") + counts;
}

std::string_view WorstOf(const api::FleetReportRow& row) {
  for (const std::string_view worst : {"fail", "unknown", "warn", "pass"}) {
    for (const api::FleetCheckPoint& one : row.checks) {
      if (one.verdict == worst) return worst;
    }
  }
  return "unknown";  // nothing was looked at
}

// What did not pass when it was looked at.
std::string NotPassed(const api::FleetReportRow& row) {
  std::string what;
  for (const api::FleetCheckPoint& one : row.checks) {
    if (one.verdict != "pass")
      what += fmt::format("{}{} {}: {}", what.empty() ? "" : "; ", one.verdict, one.check, one.seen);
  }
  return what;
}

}  // namespace

void TellFleet(Terminal& out, const api::FleetReport& report) {
  Table table({"CUSTOMER", "RING", "STATE", "FROM", "TO", "BACKUP", "TOOK", "REASON"});
  for (const api::FleetReportRow& row : report.customers)
    table.Add({row.id, row.ring, row.state, row.from, row.to, row.backup,
               Took(row.started_at, row.finished_at), row.reason.empty() ? NotPassed(row) : row.reason},
              StyleOfState(row.state));
  table.Write(out);
  out.Line(CountsOf(report));
  if (!report.over)
    out.Line(report.run.id + " is not over; it goes on with exactly what is not done", Style::kCare);
  if (!report.next.empty()) out.Line("  next: " + report.next);
}

void TellVerified(Terminal& out, const api::FleetReport& report) {
  Table table({"CUSTOMER", "RING", "VERDICT", "VERSION", "WHAT"});
  std::map<std::string_view, std::int64_t> counts;
  for (const api::FleetReportRow& row : report.customers) {
    const std::string_view worst = WorstOf(row);
    ++counts[worst];
    std::string what = NotPassed(row);
    if (row.checks.empty()) what = row.reason.empty() ? "nobody looked" : row.reason;
    if (what.empty()) what = fmt::format("{} checks passed", row.checks.size());
    const Style style = worst == "pass" ? Style::kPlain : worst == "fail" ? Style::kBad : Style::kCare;
    table.Add({row.id, row.ring, std::string(worst), row.checks.empty() ? "-" : row.to, what}, style);
  }
  table.Write(out);
  std::string line = base::Counted(report.customers.size(), "customer");
  for (const auto& [verdict, count] : counts) line += fmt::format(", {} {}", count, verdict);
  out.Line(line);
}

Exit FleetReport(Call& call) {
  std::string run;
  Options options("fleet report",
                  "What a run did to each customer, and what it did not; written into reports/ again, too.");
  options.Required("RUN", run, "the run").Json();
  if (const auto over = Read(call, options)) return *over;
  const auto report = call.api.FleetReportOn(run);
  if (!report) return Fail(call.out, report.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*report));
    return Exit::kSucceeded;
  }
  const api::RunSummary& of = report->run;
  call.out.Line(fmt::format("{}  {} {} in {}: {}{}", of.id, of.procedure, of.version, of.environment,
                            of.state, of.reason.empty() ? "" : ": " + of.reason),
                StyleOf(of.state));
  call.out.Line(fmt::format("started {} by {}, {}", Moment(of.started_at), report->requester,
                            of.finished_at ? "finished " + Moment(of.finished_at) : "not over"));
  TellFleet(call.out, *report);
  for (const std::string& file : report->files) call.out.Line("written: " + file);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
