// `slipway diff`: a procedure beside the page it was made from, imported anew.
#include "sop/diff.h"

#include <algorithm>

#include "app/app.h"
#include "app/document.h"
#include "base/file.h"
#include "base/text.h"
#include "markdown/document.h"
#include "sop/import.h"

namespace slipway::app {

namespace {

constexpr std::uint64_t kMostBytes = 64u << 20;

// The draft that the procedure began as: of its id, else of its title, else where its steps came from.
const sop::Draft* DraftOf(const procedure::Procedure& procedure, const std::vector<sop::Draft>& drafts) {
  for (const sop::Draft& draft : drafts)
    if (draft.id == procedure.metadata.id) return &draft;
  for (const sop::Draft& draft : drafts)
    if (draft.title == procedure.metadata.title) return &draft;
  const std::string& source = procedure.metadata.source;
  const std::size_t colon = source.rfind(':');
  const auto line = colon == std::string::npos ? base::Result<std::int64_t>(0)
                                               : base::ParseInteger(source.substr(colon + 1));
  for (const sop::Draft& draft : drafts)
    if (line && *line >= draft.line && *line <= draft.last_line) return &draft;
  return drafts.size() == 1 ? &drafts.front() : nullptr;
}

base::Error NotThere(const procedure::Procedure& procedure, const api::DiffRequest& request,
                     const std::vector<sop::Draft>& drafts) {
  std::vector<std::string> titles;
  for (const sop::Draft& draft : drafts) titles.push_back(base::Quote(draft.title));
  if (titles.size() > 8) {
    titles.resize(8);
    titles.emplace_back("…");
  }
  return {base::ErrorKind::kInvalid,
          "the page has no procedure " + base::Quote(procedure.metadata.id) +
              (request.section.empty() ? "" : " below " + base::Quote(request.section)),
          request.page,
          "slipway diff " + request.procedure + " " + request.page +
              " --section with the heading of the one it was made from: " + base::Join(titles, ", ")};
}

std::string Word(sop::Difference::Kind kind) {
  switch (kind) {
    case sop::Difference::Kind::kMissing:
      return "missing";
    case sop::Difference::Kind::kAdded:
      return "added";
    case sop::Difference::Kind::kChanged:
      return "changed";
    case sop::Difference::Kind::kBeyond:
      return "beyond";
  }
  return "";
}

}  // namespace

api::Answer<api::DiffReport> App::Diff(const api::DiffRequest& request) {
  const std::string& file = request.procedure;
  const std::string& page_file = request.page;
  SLIPWAY_TRY(const procedure::Procedure procedure, ReadProcedure(session_, file));
  auto text = base::ReadFile(page_file, kMostBytes);
  if (!text) return std::unexpected(Missing(text.error(), page_file, Wanted::kPage));
  SLIPWAY_TRY(const markdown::Document page, markdown::Read(*text, page_file));
  SLIPWAY_TRY(const sop::Imported imported, sop::Import(page, request.section));
  const sop::Draft* draft = DraftOf(procedure, imported.drafts);
  if (draft == nullptr) return std::unexpected(NotThere(procedure, request, imported.drafts));
  const auto read = procedure::Parse(sop::Yaml(*draft), page_file);
  if (!read) return std::unexpected(Broken(read.error(), sop::Yaml(*draft), page_file));
  api::DiffReport report{.procedure = file, .page = page_file, .section = draft->title};
  SLIPWAY_TRY(
      const std::vector<sop::Difference> differences,
      sop::Diff(procedure, *read, imported.printed ? sop::PageSays::kEverything : sop::PageSays::kProse));
  for (const sop::Difference& difference : differences) {
    const bool beyond = difference.kind == sop::Difference::Kind::kBeyond;
    (beyond ? report.beyond : report.differences)
        .push_back({Word(difference.kind), difference.step, difference.title, difference.field,
                    difference.procedure, difference.page, difference.procedure_at.line,
                    difference.page_line});
  }
  return report;
}

}  // namespace slipway::app
