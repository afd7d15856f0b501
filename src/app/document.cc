#include "app/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace slipway::app {

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
  std::error_code there;
  if (std::filesystem::exists(file, there)) return error;
  const std::filesystem::path wanted = file;
  std::filesystem::path folder = wanted.parent_path();
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder.empty() ? "." : folder, ignored)) folder = "procedures";
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder, ignored)) {
    if (entry.path().extension() == ".yaml" && names.size() < 1000)
      names.push_back((folder / entry.path().filename()).string());
  }
  if (const auto near = base::DidYouMean(file, names)) error.next = "did you mean " + *near + "?";
  return error;
}

api::Failure Broken(const base::Diagnostics& diagnostics, const std::string& text, const std::string& file) {
  const auto errors = std::ranges::count(diagnostics, base::Severity::kError, &base::Diagnostic::severity);
  return api::Failure(
      {base::ErrorKind::kInvalid, fmt::format("{} {}", errors, errors == 1 ? "error" : "errors"), file, ""},
      base::Render(diagnostics, text));
}

}  // namespace slipway::app
