// The report of a run over customers as files.
#include <fmt/format.h>

#include "api/json.h"
#include "app/fleet_report.h"
#include "base/columns.h"
#include "base/count.h"
#include "base/file.h"
#include "base/text.h"

namespace slipway::app {

namespace {

// One cell of a table in Markdown.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : base::Printable(text)) {
    if (c == '|' || c == '\\' || c == '`' || c == '<' || c == '*' || c == '_') cell += '\\';
    cell += c;
  }
  return cell;
}

std::string Time(const std::optional<base::Time>& time) { return time ? base::FormatTime(*time) : ""; }

std::string Took(const api::FleetReportRow& row) {
  if (!row.started_at || !row.finished_at) return "";
  return base::FormatDuration(*row.finished_at - *row.started_at);
}

std::string Counts(const api::FleetReport& report) {
  std::string text;
  for (const auto& [state, count] : report.by_state)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, state);
  return text;
}

void AppendChecks(const api::FleetReport& report, std::string& text) {
  std::string rows;
  for (const api::FleetReportRow& row : report.customers) {
    for (const api::FleetCheckPoint& one : row.checks)
      rows += fmt::format("| {} | {} | {} | {} |\n", Cell(row.id), Cell(one.check), Cell(one.verdict),
                          Cell(one.seen));
  }
  if (!rows.empty())
    text += "\n## What was looked at\n\n| customer | check | verdict | seen |\n|---|---|---|---|\n" + rows;
}

std::string Markdown(const api::FleetReport& report) {
  const api::RunSummary& run = report.run;
  std::string text = fmt::format("# {}: {} {} in {}\n\n", run.id, Cell(run.procedure), Cell(run.version),
                                 Cell(run.environment));
  text += fmt::format("**{}**{}\n\n", Cell(run.state), run.reason.empty() ? "" : ": " + Cell(run.reason));
  if (!report.over)
    text += fmt::format("This run is not over: `{}` goes on with exactly what is not done.\n\n", report.next);
  else if (!report.next.empty())
    text +=
        fmt::format("Not every customer is done: `{}` does again what did not end well.\n\n", report.next);
  text +=
      fmt::format("| | |\n|---|---|\n| plan | {} |\n| started | {} by {} |\n| finished | {} |\n", run.plan,
                  base::FormatTime(run.started_at), Cell(report.requester), Time(run.finished_at));
  if (!run.parent.empty()) text += fmt::format("| {} of | {} |\n", run.kind, run.parent);
  text += fmt::format("| customers | {}: {} |\n\n## Customers\n\n", report.customers.size(),
                      Cell(Counts(report)));
  text += "| customer | ring | what happened | from | to | backup | proven | took | reason |\n";
  text += "|---|---|---|---|---|---|---|---|---|\n";
  for (const api::FleetReportRow& row : report.customers)
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", Cell(row.id), Cell(row.ring),
                        Cell(row.state), Cell(row.from), Cell(row.to), Cell(row.backup), Time(row.proven_at),
                        Took(row), Cell(row.reason));
  AppendChecks(report, text);
  return text;
}

std::string Lines(std::vector<std::vector<std::string>> rows) {
  return base::Join(base::Columns(std::move(rows)), "\n") + "\n";
}

std::string Text(const api::FleetReport& report) {
  const api::RunSummary& run = report.run;
  std::string text =
      fmt::format("{}  {} {} in {}: {}{}\n", run.id, run.procedure, run.version, run.environment, run.state,
                  run.reason.empty() ? "" : ": " + base::Printable(run.reason));
  text += fmt::format("started {} by {}, {}\n", base::FormatTime(run.started_at),
                      base::Printable(report.requester),
                      run.finished_at ? "finished " + Time(run.finished_at) : "not over");
  text += fmt::format("{}: {}\n", base::Counted(report.customers.size(), "customer"), Counts(report));
  if (!report.next.empty()) text += "next: " + report.next + "\n";
  std::vector<std::vector<std::string>> rows{
      {"CUSTOMER", "RING", "STATE", "FROM", "TO", "BACKUP", "TOOK", "REASON"}};
  std::vector<std::vector<std::string>> checks{{"CUSTOMER", "CHECK", "VERDICT", "SEEN"}};
  for (const api::FleetReportRow& row : report.customers) {
    rows.push_back({row.id, row.ring, row.state, row.from, row.to, row.backup, Took(row), row.reason});
    for (const api::FleetCheckPoint& one : row.checks)
      checks.push_back({row.id, one.check, one.verdict, one.seen});
  }
  text += "\n" + Lines(std::move(rows));
  return checks.size() == 1 ? text : text + "\n" + Lines(std::move(checks));
}

}  // namespace

base::Status WriteFleetReport(const std::filesystem::path& root, api::FleetReport& report) {
  const std::filesystem::path folder = root / "reports";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return base::Fail(base::ErrorKind::kIo, "the folder cannot be made: " + error.message(), folder.string());
  const std::string name = report.run.id + "-" + report.run.procedure;
  report.files = {"reports/" + name + ".md", "reports/" + name + ".txt", "reports/" + name + ".json"};
  SLIPWAY_CHECK_OK(base::WriteFileAtomic(folder / (name + ".md"), Markdown(report)));
  SLIPWAY_CHECK_OK(base::WriteFileAtomic(folder / (name + ".txt"), Text(report)));
  return base::WriteFileAtomic(folder / (name + ".json"), base::PrettyJson(api::ToJson(report)));
}

}  // namespace slipway::app
