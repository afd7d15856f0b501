#include <fmt/format.h>

#include "api/json.h"
#include "base/text.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

constexpr std::string_view kProcedure = "procedures/new-customer.yaml";

void TellSecrets(Terminal& out, const api::FleetAddReport& report, bool dry_run) {
  const auto tell = [&](std::string_view state, const std::string& what) {
    std::vector<std::string> names;
    for (const api::FleetSecret& secret : report.secrets)
      if (secret.state == state) names.push_back(secret.name);
    if (!names.empty()) out.Line(fmt::format("secrets: {} {}", base::Join(names, ", "), what));
  };
  tell("new", dry_run ? "would be kept" : "kept");
  tell("kept", "kept already");
  tell("named", "named in slipway.yaml, and left alone");
  tell("made", "to be made by the run");
  for (const api::FleetSecret& secret : report.secrets) {
    if (secret.state != "other") continue;
    out.Line(fmt::format("secrets: {} kept with another value than the file's, and left alone", secret.name),
             Style::kCare);
    out.Line("  next: slipway secrets set " + secret.name + " --replace, if the file is right");
  }
}

void Tell(Terminal& out, const api::FleetAddReport& report, const std::string& config, bool dry_run) {
  std::string what = report.state == "unchanged" ? "is there already" : "written";
  if (dry_run && report.state != "unchanged") what = "would be written";
  out.Line(fmt::format("{}: {}", report.targets, what));
  TellSecrets(out, report, dry_run);
  for (const api::FleetCheckPoint& one : report.checks)
    out.Line(fmt::format("server: {} {}: {}", one.verdict, one.check, base::Printable(one.seen)),
             one.verdict == "pass" ? Style::kPlain : Style::kCare);
  bool in_clear = false;
  for (const api::FleetSecret& secret : report.secrets) in_clear = in_clear || secret.line > 0;
  if (in_clear && !dry_run)
    out.Line(fmt::format("{} still holds secrets: take them out, and change those that others may have read",
                         config),
             Style::kCare);
}

}  // namespace

// Nothing but a short way to write a target, and `slipway run` of that procedure.
Exit FleetAdd(Call& call) {
  api::FleetAddRequest request{.procedure = std::string(kProcedure)};
  bool no_wait = false;
  Options options(
      "fleet add",
      fmt::format("Makes a new customer of a configuration: its target, its secrets, and then {}.",
                  kProcedure));
  options.Text("--config", request.config, "FILE", "the customer's configuration")
      .Text("--policies", request.policies, "FILE",
            "default: deployment-policies.json beside it, if it is there")
      .Text("--to", request.version, "VERSION",
            "of the schema; default: the configuration's, else the newest of migrations/")
      .Text("-e,--environment", request.environment, "ENV", "where; the lowest of the ladder when omitted")
      .Text("--plan", request.plan, "DIGEST",
            "only if the plan is the one with this digest: what was reviewed")
      .Flag("--no-wait", no_wait, "exit 4 where the run waits for a person or a time")
      .Flag("--dry-run", request.dry_run, "only judge it, ask the server, and show the plan")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  if (request.config.empty())
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "which customer?", "--config",
                                      "slipway fleet add --config customers/acme.json"});
  if (const auto here = IsHere(request.procedure); !here) return Fail(call.out, here.error());
  const auto report = call.api.FleetAdd(request);
  if (!report) return Fail(call.out, report.error());
  call.out.ErrLines(report->warnings);
  if (request.dry_run && options.json()) {
    call.out.Json(api::ToJson(*report));
    return report->Fits() ? Exit::kSucceeded : Exit::kFailed;
  }
  if (!options.json()) Tell(call.out, *report, request.config, request.dry_run);
  if (request.dry_run) {
    // Not `slipway run`, as the target is not there yet.
    const std::string& text = report->plan.text;
    call.out.Lines(text.substr(0, text.rfind("next: slipway run")));
    if (!report->Fits()) {
      call.out.Line(fmt::format(
          "next: mend what the server says, then slipway fleet add --config {} --dry-run", request.config));
      return Exit::kFailed;
    }
    call.out.Line(fmt::format("next: slipway fleet add --config {} --plan {}", request.config,
                              report->plan.digest.substr(0, 19)));
    return Exit::kSucceeded;
  }
  const api::RunRequest run{
      .procedure = report->procedure, .plan = report->plan.digest, .stay = Stays(call.out, no_wait)};
  return Move(call, options, "succeeded", [&](api::Watcher& watcher) { return call.api.Run(run, watcher); });
}

}  // namespace slipway::cli
