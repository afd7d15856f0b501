// `slipway import`: a page becomes drafts. Nothing is written before every draft has been read back as a
// procedure.
#include <algorithm>
#include <filesystem>

#include "app/app.h"
#include "app/document.h"
#include "base/file.h"
#include "base/text.h"
#include "markdown/document.h"
#include "procedure/procedure.h"
#include "sop/import.h"

namespace slipway::app {

namespace {

constexpr std::uint64_t kMostBytes = 64u
                                     << 20;  // what is too large is told by markdown::Read, with its limit

api::ImportedDraft Describe(const sop::Draft& draft, const std::filesystem::path& file) {
  api::ImportedDraft out{.id = draft.id, .title = draft.title, .file = file.string(), .line = draft.line};
  out.phases = static_cast<int>(draft.phases.size());
  for (const sop::DraftPhase& phase : draft.phases) {
    for (const sop::DraftStep& step : phase.steps) {
      ++out.steps;
      out.checklist_items += static_cast<int>(step.checklist.size());
      ++(step.uses.empty() ? out.people : step.uses.starts_with("exec.") ? out.programs : out.typed);
    }
  }
  for (const sop::DraftParameter& parameter : draft.parameters) out.parameters.push_back(parameter.name);
  return out;
}

// A draft that its own parser refuses is a bug of the import, and is not written.
base::Status ReadBack(const std::string& text, const std::string& file) {
  const auto read = procedure::Parse(text, file);
  if (read) return {};
  return base::Fail(base::ErrorKind::kInternal, "the draft is no procedure: " + read.error().front().what,
                    file + ":" + std::to_string(read.error().front().at.line));
}

base::Result<std::string> StateOf(const std::filesystem::path& path, const std::string& text) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return "new";
  SLIPWAY_TRY(const std::string before, base::ReadFile(path));
  return before == text ? "unchanged" : "changed";
}

api::Answer<void> RefuseUnasked(const api::ImportReport& report, const api::ImportRequest& request) {
  std::string details;
  std::string first;
  for (const api::ImportedDraft& draft : report.drafts) {
    if (draft.state != "changed") continue;
    if (first.empty()) first = draft.file;
    details += draft.file + " would change\n";
  }
  if (first.empty()) return {};
  return std::unexpected(api::Failure(
      {base::ErrorKind::kRefused, "drafts that are there differ, and nothing is written", first,
       "slipway diff " + first + " " + request.file + ", or slipway import " + request.file + " --replace"},
      std::move(details)));
}

}  // namespace

api::Answer<api::ImportReport> App::Import(const api::ImportRequest& request) {
  auto text = base::ReadFile(request.file, kMostBytes);
  if (!text) return std::unexpected(Missing(text.error(), request.file, Wanted::kPage));
  SLIPWAY_TRY(const markdown::Document page, markdown::Read(*text, request.file));
  SLIPWAY_TRY(const sop::Imported imported, sop::Import(page, request.section));
  api::ImportReport report{.file = request.file, .flat = page.flat};
  for (const sop::Account& part : imported.accounts)
    report.parts.push_back({part.kind, part.line, part.section, part.became, part.why, part.draft,
                            part.commands, part.kept, part.calendars});
  std::vector<std::string> texts;
  for (const sop::Draft& draft : imported.drafts) {
    const std::filesystem::path path = std::filesystem::path(request.folder) / (draft.id + ".yaml");
    texts.push_back(sop::Yaml(draft));
    SLIPWAY_CHECK_OK(ReadBack(texts.back(), path.string()));
    api::ImportedDraft& described = report.drafts.emplace_back(Describe(draft, path));
    SLIPWAY_TRY(described.state, StateOf(path, texts.back()));
  }
  if (request.dry_run) return report;
  if (!request.replace) {
    if (auto refused = RefuseUnasked(report, request); !refused)
      return std::unexpected(std::move(refused).error());
  }
  std::error_code error;
  std::filesystem::create_directories(request.folder, error);
  if (error)
    return std::unexpected(
        base::Error{base::ErrorKind::kIo, "no folder for the drafts can be made: " + error.message(),
                    request.folder, "slipway import " + request.file + " --output DIR, with another folder"});
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (report.drafts[i].state == "unchanged") continue;
    SLIPWAY_CHECK_OK(base::WriteFileAtomic(report.drafts[i].file, texts[i]));
    report.drafts[i].written = true;
  }
  return report;
}

}  // namespace slipway::app
