#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "base/clock.h"
#include "base/version.h"
#include "cli/run_options.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

struct Demo {
  std::string_view verb, summary;
  bool version = false;  // it brings a schema up
  bool day = false;      // its rows depend on a day
};

std::string Today() { return base::FormatTime(base::SystemClock().Now()).substr(0, 10); }

// The newest of migrations/; empty: there is none.
std::string Newest() {
  std::optional<base::Version> newest;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("migrations", error)) {
    const auto version = base::ParseVersion(entry.path().filename().string());
    if (version && (!newest || base::Precedence(*newest, *version) < 0)) newest = *version;
  }
  return newest ? base::ToString(*newest) : "";
}

// Nothing but a short way to write `slipway run` of procedures/demo-VERB.yaml.
Exit Run(Call& call, const Demo& demo) {
  ProcedureOptions procedure{.file = fmt::format("procedures/demo-{}.yaml", demo.verb)};
  RunOptions request;
  std::string target, version, day, seed, keep;
  const std::string name = fmt::format("fleet demo {}", demo.verb);
  Options options(name, fmt::format("{}: {}.", demo.summary, procedure.file));
  options.Text("--demo", target, "ID", "the target that is the demonstration; default: demo");
  if (demo.version)
    options.Text("--to", version, "VERSION", "of the schema; default: the newest of migrations/");
  if (demo.day) {
    options.Text("--day", day, "DATE", "the day its rows are made for; default: today, in UTC")
        .Text("--seed", seed, "TEXT", "the same seed and day give the same rows; default: 1");
  }
  if (demo.verb == "refresh")
    options.Text("--keep", keep, "DURATION", "how old a violation may be; default: 180d");
  options.Text("-e,--environment", procedure.environment, "ENV",
               "where; the lowest of the ladder when omitted");
  request.AddTo(options, "only show the plan");
  options.Json();
  if (const auto over = Read(call, options)) return *over;
  if (const auto here = IsHere(procedure.file); !here) return Fail(call.out, here.error());
  const auto give = [&](std::string_view parameter, const std::string& value) {
    if (!value.empty()) procedure.parameters.push_back(fmt::format("{}={}", parameter, value));
  };
  give("demo", target);
  if (demo.version) give("to", version.empty() ? Newest() : version);
  if (demo.day) give("day", day.empty() ? Today() : day);
  give("seed", seed);
  give("keep", keep);
  return RunProcedure(call, options, procedure, request);
}

}  // namespace

Exit FleetDemoUp(Call& call) {
  return Run(call, {.verb = "up", .summary = "Makes the demonstration", .version = true, .day = true});
}

Exit FleetDemoReset(Call& call) {
  return Run(call, {.verb = "reset",
                    .summary = "Throws away what is in the demonstration and makes it anew",
                    .version = true,
                    .day = true});
}

Exit FleetDemoRefresh(Call& call) {
  return Run(call, {.verb = "refresh",
                    .summary = "Archives old violations of the demonstration and adds new ones",
                    .day = true});
}

Exit FleetDemoDown(Call& call) { return Run(call, {.verb = "down", .summary = "Removes the demonstration"}); }

}  // namespace slipway::cli
