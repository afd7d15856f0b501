// The audit: verification of the store or of an export, the log as lines, exports.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "app/app.h"
#include "app/describe.h"
#include "audit/anchors.h"
#include "audit/bundle.h"
#include "audit/verify.h"
#include "base/file.h"
#include "engine/rows.h"

namespace slipway::app {

namespace {

constexpr std::uint64_t kLargestBundle = std::uint64_t{4} << 30;

// The key itself, or the file that holds it.
base::Result<journal::VerifierKey> ReadKey(const std::string& text) {
  if (auto key = journal::ParseVerifierKey(text)) return key;
  auto content = base::ReadFile(text, 4096);
  auto key = content ? journal::ParseVerifierKey(*content) : std::unexpected(content.error());
  if (key) return key;
  return base::Invalid("neither a key nor a file that holds one: " + text, "--key",
                       "the key is what `slipway audit export` printed, or a copy of .slipway/key.pub");
}

base::Result<api::VerifyReport> VerifyExport(const api::VerifyRequest& request) {
  if (request.key.empty()) {
    return base::Invalid("an export is verified with the public key, and that must not come from the export",
                         "", "slipway audit verify " + request.file + " --key KEY");
  }
  SLIPWAY_TRY(const journal::VerifierKey key, ReadKey(request.key));
  auto text = base::ReadFile(request.file, kLargestBundle);
  if (!text) {
    base::Error error = text.error();
    error.kind = base::ErrorKind::kInvalid;
    error.next = "slipway audit export " + request.file + " makes one";
    return std::unexpected(std::move(error));
  }
  const auto found = audit::VerifyBundle(*text, key);
  if (!found) {
    base::Error error = found.error();
    if (error.where.empty()) error.where = request.file;
    if (error.next.empty()) error.next = "slipway audit export FILE makes one";
    return std::unexpected(std::move(error));
  }
  api::VerifyReport report;
  report.intact = found->ok();
  report.verdict = found->ok() ? "verified" : "broken";
  report.text = audit::Render(*found);
  report.json = audit::ToJson(*found);
  return report;
}

// An earlier export is replaced by a new one; whatever else has that name was meant for something else.
base::Status MayReplace(const std::filesystem::path& file) {
  std::error_code unknown;
  const auto there = std::filesystem::status(file, unknown);
  if (there.type() == std::filesystem::file_type::not_found ||
      there.type() == std::filesystem::file_type::none)
    return {};
  std::string begin(audit::kBundleBegins.size(), '\0');
  if (std::filesystem::is_regular_file(there))
    std::ifstream(file, std::ios::binary).read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (begin == audit::kBundleBegins) return {};
  return base::Fail(base::ErrorKind::kRefused, "there is something of that name, and it is no export",
                    file.string(), "choose another name");
}

// No store is here: checkpoints kept elsewhere say that there was one.
base::Result<api::VerifyReport> WithoutStore(const std::filesystem::path& anchors) {
  audit::Report found;
  std::error_code unknown;
  if (!anchors.empty() && std::filesystem::exists(anchors, unknown)) {
    SLIPWAY_TRY(const auto notes, audit::ReadAnchors(anchors));
    for (const auto& [store, events] : audit::StoresOf(notes))
      found.Add("checkpoints kept elsewhere", audit::NotHere(store, events));
  }
  if (found.ok()) {
    return base::Invalid("there is no store here: nothing was recorded yet, or it was moved away", ".slipway",
                         "slipway run PROCEDURE begins one; put one that was here back from a copy");
  }
  api::VerifyReport report;
  report.verdict = audit::ToString(found.standing());
  for (const audit::Problem& problem : found.problems)
    report.text += problem.where + ": " + problem.what + "\n";
  report.text += "BROKEN: there is no store here, and there was one\n";
  report.json = audit::ToJson(found);
  return report;
}

}  // namespace

api::Answer<api::VerifyReport> App::AuditVerify(const api::VerifyRequest& request) {
  if (!request.file.empty()) {
    SLIPWAY_TRY(api::VerifyReport report, VerifyExport(request));
    return report;
  }
  SLIPWAY_TRY(const bool here, session_.HasStore());
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Settings());
  std::filesystem::path anchors = request.checkpoints;
  if (anchors.empty() && !workspace->checkpoints_file.empty())
    anchors = workspace->root / workspace->checkpoints_file;
  if (!here) return WithoutStore(anchors);
  SLIPWAY_TRY(const Session::StoredLog log, session_.Log());
  engine::EngineProjection projection;
  audit::VerifyOptions options;
  options.projection = &projection;
  if (!request.key.empty()) {
    SLIPWAY_TRY(options.key, ReadKey(request.key));
  }
  // A store in which nothing was run yet may have none.
  const auto head = log.view->Head();
  const bool may_lack = request.checkpoints.empty() && head && head->size == 0;
  std::error_code unknown;
  if (!anchors.empty() && (!may_lack || std::filesystem::exists(anchors, unknown))) {
    SLIPWAY_TRY(options.anchors, audit::ReadAnchors(anchors));
  }
  SLIPWAY_TRY(audit::Report found, audit::Verify(*log.view, options));
  if (found.ok() && !log.fault.empty()) found.Add("store", "does not open: " + log.fault);
  api::VerifyReport report;
  report.intact = found.ok();
  report.verdict = audit::ToString(found.standing());
  report.text = audit::Render(found);
  report.json = audit::ToJson(found);
  return report;
}

api::Answer<std::vector<api::LogLine>> App::AuditShow(const api::AuditQuery& query) {
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  std::vector<journal::Event> events;
  if (query.run.empty()) {
    SLIPWAY_TRY(const std::int64_t size, store->Size());
    const std::int64_t from = query.limit > 0 ? std::max<std::int64_t>(size - query.limit + 1, 1) : 1;
    SLIPWAY_TRY(events, store->Read(from, size));
  } else {
    SLIPWAY_TRY(events, store->ReadRun(query.run, 0));
    if (events.empty())
      return std::unexpected(
          base::Error{base::ErrorKind::kInvalid, "there is no run " + query.run, "", "slipway runs"});
    if (query.limit > 0 && events.size() > static_cast<std::size_t>(query.limit))
      events.erase(events.begin(), events.end() - query.limit);
  }
  std::vector<api::LogLine> lines;
  lines.reserve(events.size());
  for (const journal::Event& event : events) {
    api::LogLine line = LineOf(event);
    std::string place = event.run;
    if (!line.step.empty()) place += "/" + line.step;
    if (!place.empty()) line.text = place + ": " + line.text;
    lines.push_back(std::move(line));
  }
  return lines;
}

api::Answer<api::ExportReport> App::AuditExport(const api::ExportRequest& request) {
  SLIPWAY_CHECK_OK(MayReplace(request.file));
  SLIPWAY_TRY(const bool here, session_.HasStore());
  if (!here)
    return std::unexpected(base::Error{base::ErrorKind::kInvalid, "there is no store here to export",
                                       ".slipway", "slipway run PROCEDURE"});
  SLIPWAY_TRY(journal::Store * store, session_.Store());
  std::int64_t events = 0;
  if (request.run.empty()) {
    SLIPWAY_TRY(events, store->Size());
  } else {
    SLIPWAY_TRY(const auto of_run, store->ReadRun(request.run, 0));
    events = static_cast<std::int64_t>(of_run.size());
  }
  SLIPWAY_TRY(const std::string bundle, audit::ExportBundle(*store, request.run));
  if (auto written = base::WriteFileAtomic(request.file, bundle); !written) {
    base::Error error = std::move(written).error();
    std::error_code unknown;
    const auto folder = std::filesystem::absolute(request.file).parent_path();
    if (!std::filesystem::is_directory(folder, unknown)) error.kind = base::ErrorKind::kInvalid;
    if (error.next.empty()) error.next = "choose a folder that is there and can be written";
    return std::unexpected(std::move(error));
  }
  return api::ExportReport{request.file, events, store->PublicKey()};
}

}  // namespace slipway::app
