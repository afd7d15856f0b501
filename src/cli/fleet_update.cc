#include <fmt/format.h>

#include <algorithm>

#include "api/json.h"
#include "base/text.h"
#include "cli/run_options.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

constexpr std::string_view kProcedure = "procedures/update-customers.yaml";
constexpr std::size_t kNames = 10;  // customers in one line

std::string Names(const std::vector<std::string>& customers) {
  std::string names;
  for (std::size_t i = 0; i < std::min(customers.size(), kNames); ++i)
    names += (i == 0 ? "" : ", ") + customers[i];
  return customers.size() > kNames ? fmt::format("{} and {} more", names, customers.size() - kNames) : names;
}

void TellFile(Terminal& out, const api::FleetDueFile& file) {
  const std::string done = file.done == 0 ? "" : fmt::format(" ({} more are done already)", file.done);
  out.Line(fmt::format("  {}, {} statement{}{}", file.path, file.count, file.count == 1 ? "" : "s", done));
  for (const api::FleetDueStatement& statement : file.statements) {
    out.Line(fmt::format("    {:>5}  {}{}", statement.line, base::Printable(statement.text),
                         statement.alone ? "  [outside a transaction]" : ""));
  }
  if (const auto shown = static_cast<std::int64_t>(file.statements.size()); shown < file.count)
    out.Line(fmt::format("           and {} more", file.count - shown));
}

void TellGroup(Terminal& out, const api::FleetDueGroup& group, const std::string& to) {
  const std::size_t count = group.customers.size();
  const std::string have = fmt::format("{} customer{}", count, count == 1 ? " has" : "s have");
  if (group.files.empty()) {
    out.Line(fmt::format("{} {} already: {}", have, to, Names(group.customers)));
  } else {
    out.Line(fmt::format("{} {} and would get {} file{}: {}", have,
                         group.version.empty() ? "no version on record" : group.version, group.files.size(),
                         group.files.size() == 1 ? "" : "s", Names(group.customers)));
  }
  if (group.adopted > 0)
    out.Line(
        fmt::format("  {} earlier files are taken as applied, as the version is on record", group.adopted));
  for (const std::string& path : group.withdrawn)
    out.Line(fmt::format("  {} is gone, and nothing of it was done: it goes off the ledger", path));
  for (const api::FleetDueFile& file : group.files) TellFile(out, file);
  for (const api::FleetDueFinding& finding : group.findings) {
    out.Line(fmt::format("  ! {}: {}{}{}: {}", finding.place, finding.severity,
                         finding.rule.empty() ? "" : " ", finding.rule, base::Printable(finding.danger)),
             Style::kCare);
    if (!finding.safe.empty()) out.Line("    " + base::Printable(finding.safe));
  }
  if (!group.destroys.empty())
    out.Line(fmt::format("  ! data are gone for good: {}; it waits for a proven backup",
                         base::Printable(group.destroys)),
             Style::kCare);
}

// First what happens to whom, then the plan that does it.
Exit TellPreview(Call& call, const api::ProcedureRequest& request, bool json) {
  const auto preview = call.api.PreviewFleetUpdate(request);
  if (!preview) return Fail(call.out, preview.error());
  if (json) {
    call.out.Json(api::ToJson(*preview));
  } else {
    for (const api::FleetDueGroup& group : preview->groups) TellGroup(call.out, group, preview->to);
    for (const auto& [why, customers] : preview->untold)
      call.out.Line(
          fmt::format("nobody can say what {} would get: {}", Names(customers), base::Printable(why)),
          Style::kCare);
    for (const auto& [after, customers] : preview->drifted)
      call.out.Line(
          fmt::format("! somebody changed the schema of {} by hand after {}; the update leaves that "
                      "there, and it is the measure from then on",
                      Names(customers), after),
          Style::kCare);
    for (const std::string& why : preview->refused)
      call.out.Line("! the update would be refused: " + base::Printable(why), Style::kCare);
    call.out.Line("");
    call.out.Lines(preview->plan.text);
  }
  return preview->Fits() ? Exit::kSucceeded : Exit::kFailed;
}

}  // namespace

// Nothing but a short way to write `slipway run` of that procedure.
Exit FleetUpdate(Call& call) {
  ProcedureOptions procedure{.file = std::string(kProcedure)};
  RunOptions request;
  std::string to, from, customer, ring;
  Options options("fleet update",
                  fmt::format("Brings the customers' databases to a version, ring by ring: {}.", kProcedure));
  options.Text("--to", to, "VERSION", "the version every customer is to have")
      .Text("--from", from, "VERSION",
            "one that every customer has: files up to it are not judged beforehand")
      .Text("--customer", customer, "ID[,ID]", "only these")
      .Text("--ring", ring, "RING[,RING]", "only these rings")
      .Text("-e,--environment", procedure.environment, "ENV", "where; the lowest of the ladder when omitted");
  request.AddTo(options, "only say what each customer would get, statement by statement");
  options.Json();
  if (const auto over = Read(call, options)) return *over;
  if (to.empty())
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "which version?", "--to",
                                      "slipway fleet update --to VERSION"});
  if (const auto here = IsHere(procedure.file); !here) return Fail(call.out, here.error());
  procedure.parameters = {"to=" + to};
  if (!from.empty()) procedure.parameters.push_back("from=" + from);
  if (!customer.empty()) procedure.only.push_back("id=" + customer);
  if (!ring.empty()) procedure.only.push_back("labels.ring=" + ring);
  if (!request.dry_run) return RunProcedure(call, options, procedure, request);
  const auto filled = procedure.Request();
  return filled ? TellPreview(call, *filled, options.json()) : Fail(call.out, filled.error());
}

}  // namespace slipway::cli
