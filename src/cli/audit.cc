#include <fmt/format.h>

#include "api/json.h"
#include "base/text.h"
#include "cli/moment.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

// `R7`: as the name of a file it was hardly meant.
bool NamesARun(std::string_view word) {
  return word.size() > 1 && word[0] == 'R' && word.find_first_not_of("0123456789", 1) == word.npos;
}

}  // namespace

Exit AuditVerify(Call& call) {
  api::VerifyRequest request;
  Options options(
      "audit verify",
      "Reads every event again, computes the log's tree and compares everything that follows from it. With "
      "FILE: an export, which needs no workspace, only the public key.");
  options.Optional("FILE", request.file, "an export")
      .Text("--key", request.key, "KEY", "the public key, or a file that holds it")
      .Text("--checkpoints", request.checkpoints, "FILE", "checkpoints that were kept elsewhere")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  const auto report = call.api.AuditVerify(request);
  if (!report) return Fail(call.out, report.error());
  if (options.json()) {
    call.out.Json(report->json);
  } else {
    call.out.Line(report->verdict, report->intact ? Style::kGood : Style::kBad);
    call.out.Lines(report->text);
  }
  return report->intact ? Exit::kSucceeded : Exit::kFailed;
}

Exit AuditShow(Call& call) {
  api::AuditQuery query;
  std::string limit;
  Options options("audit show", "The log itself: every event, who and when.");
  options.Optional("RUN", query.run, "only this run")
      .Text("-n,--limit", limit, "N", "only the newest so many")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  if (!limit.empty()) {
    const auto number = base::ParseInteger(limit);
    if (!number || *number < 1)
      return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "--limit wants a number from 1"});
    query.limit = *number;
  }
  const auto lines = call.api.AuditShow(query);
  if (!lines) return Fail(call.out, lines.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*lines));
    return Exit::kSucceeded;
  }
  for (const api::LogLine& line : *lines) {
    call.out.Line(fmt::format("{:>8}  {}  {}  {}", line.seq, Moment(line.at), line.actor, line.text));
  }
  return Exit::kSucceeded;
}

Exit AuditExport(Call& call) {
  std::string first;
  std::string second;
  Options options("audit export",
                  "Writes the log, or one run of it, with its proofs: `slipway audit verify FILE --key KEY` "
                  "needs nothing else.");
  options.Required("RUN|FILE", first, "the run; or the file, for all")
      .Optional("FILE", second, "the file")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  if (second.empty() && NamesARun(first)) {
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid,
                                      "the file is missing that " + first + " is exported into", "",
                                      fmt::format("slipway audit export {0} {0}.export", first)});
  }
  const api::ExportRequest request =
      second.empty() ? api::ExportRequest{"", first} : api::ExportRequest{first, second};
  const auto report = call.api.AuditExport(request);
  if (!report) return Fail(call.out, report.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*report));
    return Exit::kSucceeded;
  }
  call.out.Line(fmt::format("{} events are in {}", report->events, report->file), Style::kGood);
  call.out.Line("key: " + report->key);
  call.out.Line(fmt::format("next: slipway audit verify {} --key {}", report->file, report->key));
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
