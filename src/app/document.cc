#include "app/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "base/file.h"
#include "base/text.h"

namespace slipway::app {

namespace {

std::vector<std::string> DocumentsIn(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder.empty() ? "." : folder, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == ".yaml" && it->path().filename() != "slipway.yaml" && names.size() < 1000)
      names.push_back((folder / it->path().filename()).string());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

api::Answer<procedure::Procedure> ReadProcedure(const std::string& file) {
  auto text = base::ReadFile(file);
  if (!text) {
    return std::unexpected(Missing(text.error(), file));
  }
  auto procedure = procedure::Parse(*text, file);
  if (!procedure) {
    api::Failure failure = Broken(procedure.error(), *text, file);
    failure.next = "slipway check " + file;
    return std::unexpected(std::move(failure));
  }
  return *std::move(procedure);
}

base::Error Missing(base::Error error, const std::string& file) {
  error.kind = base::ErrorKind::kInvalid;
  error.next = "slipway check FILE, with a procedure's file";
  std::error_code ignored;
  const std::filesystem::path wanted = file;
  const bool is_folder = std::filesystem::is_directory(wanted, ignored);
  if (is_folder) error.what = "it is a folder, not a procedure's file";
  if (!is_folder && std::filesystem::exists(wanted, ignored)) return error;
  for (const std::filesystem::path& folder :
       {is_folder ? wanted : wanted.parent_path(), std::filesystem::path("procedures")}) {
    const std::vector<std::string> names = DocumentsIn(folder);
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
  const auto errors = std::ranges::count(diagnostics, base::Severity::kError, &base::Diagnostic::severity);
  return api::Failure(
      {base::ErrorKind::kInvalid, fmt::format("{} {}", errors, errors == 1 ? "error" : "errors"), file, ""},
      base::Render(diagnostics, text));
}

}  // namespace slipway::app
