#include "app/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <tuple>

#include "base/file.h"
#include "base/text.h"
#include "plan/plan.h"

namespace slipway::app {

namespace {

bool IsPage(const std::filesystem::path& file) {
  return file.extension() == ".md" || file.extension() == ".markdown";
}

std::vector<std::string> DocumentsIn(const std::filesystem::path& folder, Wanted wanted) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder.empty() ? "." : folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::filesystem::path name = it->path().filename();
    const bool is =
        wanted == Wanted::kPage ? IsPage(name) : name.extension() == ".yaml" && name != "slipway.yaml";
    if (is && names.size() < 1000) names.push_back((folder / name).string());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

api::Answer<procedure::Procedure> ReadProcedure(Session& session, const std::string& file) {
  auto text = base::ReadFile(file);
  if (!text) {
    return std::unexpected(Missing(text.error(), file));
  }
  if (IsPage(file))
    return std::unexpected(base::Error{base::ErrorKind::kInvalid, "it is a page, not a procedure", file,
                                       "slipway import " + file + " makes procedures of it"});
  procedure::Readable read = procedure::ParseReadable(*text, file);
  if (read.errors.empty()) return std::move(read.procedure);
  const auto workspace = session.Workspace();
  api::Failure failure = Broken(ErrorsOf(session, workspace ? *workspace : nullptr, read), *text, file);
  failure.next = "slipway check " + file;
  return std::unexpected(std::move(failure));
}

base::Diagnostics ErrorsOf(Session& session, const workspace::Workspace* workspace,
                           const procedure::Readable& read) {
  constexpr std::size_t kEnough = 100;
  base::Diagnostics found = read.errors;
  if (found.size() >= kEnough) return found;
  plan::Request request;
  request.procedure = &read.procedure;
  request.workspace = workspace;
  request.sheets = session.drivers().AllSheets();
  plan::ActionErrors errors = plan::CheckActions(request);
  std::ranges::move(errors.names, std::back_inserter(found));
  for (base::Diagnostic& d : errors.others)
    if (!read.MayFollow(d.at)) found.push_back(std::move(d));
  std::ranges::sort(found, {},
                    [](const base::Diagnostic& d) { return std::tuple(d.at.line, d.at.column, d.what); });
  return found;
}

base::Error Missing(base::Error error, const std::string& file, Wanted kind) {
  const std::string what = kind == Wanted::kPage ? "a page's file" : "a procedure's file";
  error.kind = base::ErrorKind::kInvalid;
  error.next = (kind == Wanted::kPage ? "slipway import FILE, with " : "slipway check FILE, with ") + what;
  std::error_code ignored;
  const std::filesystem::path wanted = file;
  const bool is_folder = std::filesystem::is_directory(wanted, ignored);
  if (is_folder) error.what = "it is a folder, not " + what;
  if (!is_folder && std::filesystem::exists(wanted, ignored)) return error;
  for (const std::filesystem::path& folder :
       {is_folder ? wanted : wanted.parent_path(), std::filesystem::path("procedures")}) {
    const std::vector<std::string> names = DocumentsIn(folder, kind);
    if (names.empty()) continue;
    // The name alone, without its folder or `.yaml`, means that file too.
    const auto same = std::ranges::find_if(
        names, [&](const std::string& name) { return std::filesystem::path(name).stem() == wanted.stem(); });
    if (const auto near = same != names.end() ? *same : base::DidYouMean(file, names)) {
      error.next = "did you mean " + *near + "?";
      return error;
    }
    error.next =
        "there is " + base::Join(std::span(names).first(std::min<std::size_t>(names.size(), 5)), ", ");
  }
  return error;
}

api::Failure Broken(const base::Diagnostics& diagnostics, const std::string& text, const std::string& file) {
  // What has no place in the document was asked wrongly: there is nothing to correct in the file.
  const bool asked = std::ranges::all_of(diagnostics, [](const auto& d) { return d.at.line == 0; });
  if (asked && diagnostics.size() == 1)
    return base::Error{base::ErrorKind::kInvalid, diagnostics[0].what, "", diagnostics[0].suggestion};
  const auto errors = std::ranges::count(diagnostics, base::Severity::kError, &base::Diagnostic::severity);
  return api::Failure(
      {base::ErrorKind::kInvalid, fmt::format("{} {}", errors, errors == 1 ? "error" : "errors"), file, ""},
      base::Render(diagnostics, text));
}

}  // namespace slipway::app
