#include <fmt/format.h>

#include "api/json.h"
#include "cli/moment.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

void Output(Terminal& out, const std::vector<api::Attachment>& attachments) {
  for (const api::Attachment& a : attachments) {
    out.Line(fmt::format("== {} {} ({} bytes, {})", a.step, a.name, a.size, Short(a.digest)), Style::kQuiet);
    if (!a.missing.empty()) {
      out.Line(a.missing, Style::kCare);
      continue;
    }
    out.Raw(a.bytes);
    if (!out.interactive() && !a.bytes.empty() && a.bytes.back() != '\n') out.Line("");
  }
}

}  // namespace

Exit Log(Call& call) {
  std::string run;
  std::string step;
  bool output = false;
  Options options("log", "What happened in a run, event by event.");
  options.Required("RUN", run, "the run")
      .Optional("STEP", step, "only this step: `step`, or `step@target`")
      .Flag("--output", output, "what the steps wrote: stdout, stderr, logs")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  const auto log = call.api.Log(run, step, output);
  if (!log) return Fail(call.out, log.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*log));
    return Exit::kSucceeded;
  }
  if (output) {
    Output(call.out, log->attachments);
    return Exit::kSucceeded;
  }
  for (const api::LogLine& line : log->lines) {
    call.out.Line(fmt::format("{}  {}  {}", Moment(line.at), Padded(line.step.empty() ? "-" : line.step, 24),
                              line.text));
  }
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
