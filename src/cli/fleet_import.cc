#include <fmt/format.h>

#include <algorithm>

#include "api/json.h"
#include "base/count.h"
#include "base/text.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

constexpr std::size_t kMostNames = 5;
constexpr std::size_t kMostLines = 20;

std::string Few(const std::vector<std::string>& names) {
  const auto shown = std::span(names).first(std::min(names.size(), kMostNames));
  const std::string text = base::Join(shown, ", ");
  return names.size() == shown.size() ? text
                                      : fmt::format("{} and {} more", text, names.size() - shown.size());
}

std::vector<std::string> InState(const api::FleetImportReport& report, std::string_view state,
                                 std::string api::FleetSecret::* field) {
  std::vector<std::string> found;
  for (const api::FleetSecret& secret : report.secrets) {
    if (secret.state == state) found.push_back(secret.*field);
  }
  return found;
}

void TellRings(Terminal& out, const api::FleetImportReport& report) {
  Table table({"RING", "CUSTOMERS", "AT ONCE", "AFTER THE RELEASE"});
  for (const api::FleetRing& ring : report.rings) {
    table.Add({ring.name, std::to_string(ring.customers),
               ring.batch_percent ? fmt::format("{}%", *ring.batch_percent) : "", ring.delay},
              ring.customers == 0 ? Style::kQuiet : Style::kPlain);
  }
  table.Write(out);
}

void TellTargets(Terminal& out, const api::FleetImportReport& report, bool dry_run) {
  const std::string count = base::Counted(report.customers, "customer");
  std::string what = "written";
  if (report.state == "unchanged") what = "unchanged";
  if (dry_run && report.state == "new") what = "would be written";
  if (dry_run && report.state == "layout") what = "would change in its layout only, with --replace";
  if (dry_run && report.state == "changed") what = "would change, with --replace";
  out.Line(fmt::format("{}: {}, {}", report.targets, count, what),
           report.written ? Style::kGood : Style::kPlain);
  for (std::size_t i = 0; i < std::min(report.changes.size(), kMostLines); ++i)
    out.Line("  " + report.changes[i]);
  if (report.changes.size() > kMostLines)
    out.Line(fmt::format("  … and {} more; --json lists all", report.changes.size() - kMostLines));
}

void TellSecrets(Terminal& out, const api::FleetImportReport& report, bool dry_run) {
  const auto tell = [&](std::string_view state, std::string_view what) {
    const auto names = InState(report, state, &api::FleetSecret::name);
    if (!names.empty()) out.Line(fmt::format("secrets: {} {}: {}", names.size(), what, Few(names)));
  };
  tell("new", dry_run ? "would be kept" : "kept");
  tell("kept", "kept already");
  tell("named", "named in slipway.yaml, and left alone");
  const auto others = InState(report, "other", &api::FleetSecret::name);
  if (!others.empty()) {
    out.Line(fmt::format("secrets: {} kept with another value than the registry's, and left alone: {}",
                         others.size(), Few(others)),
             Style::kCare);
    out.Line("  next: slipway secrets set " + others.front() + " --replace, if the registry is right");
  }
  const auto missing = InState(report, "missing", &api::FleetSecret::name);
  if (missing.empty()) return;
  out.Line(fmt::format("secrets: {} without a password: {}", missing.size(), Few(missing)), Style::kCare);
  out.Line("  next: slipway secrets set " + missing.front());
}

void TellRest(Terminal& out, const api::FleetImportReport& report) {
  if (!report.connections.empty()) {
    out.Line(
        "slipway.yaml needs, under `connections:`, with the role that may maintain the databases as `user`:");
    for (const std::string& line : report.connections) out.Line("  " + line);
  }
  const bool in_clear =
      std::ranges::any_of(report.secrets, [](const auto& secret) { return secret.line > 0; });
  if (in_clear && (report.written || report.state == "unchanged"))
    out.Line(
        fmt::format("{} still holds the passwords: take them out, and change those that others may have read",
                    report.registry),
        Style::kCare);
}

}  // namespace

Exit FleetImport(Call& call) {
  api::FleetImportRequest request;
  Options options(
      "fleet import",
      "Makes targets/customers.yaml of a registry of customers and keeps its passwords as secrets. "
      "slipway.yaml is never changed.");
  options.Required("FILE", request.file, "customers.json")
      .Text("--policies", request.policies, "FILE",
            "default: deployment-policies.json beside it, if it is there")
      .Flag("--replace", request.replace, "in place of targets that differ")
      .Flag("--dry-run", request.dry_run, "only say what would be done")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  const auto report = call.api.FleetImport(request);
  if (!report) return Fail(call.out, report.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*report));
    return Exit::kSucceeded;
  }
  call.out.ErrLines(report->warnings);
  TellRings(call.out, *report);
  TellTargets(call.out, *report, request.dry_run);
  TellSecrets(call.out, *report, request.dry_run);
  TellRest(call.out, *report);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
