#include "app/check_migrations.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/version.h"
#include "sql/lint.h"

namespace slipway::app {

namespace {

namespace fs = std::filesystem;

// As ReadMigrations takes a folder for that of a version.
bool IsVersion(const fs::path& folder) { return base::ParseVersion(folder.filename().string()).has_value(); }

bool HoldsMigrations(const fs::path& folder) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at.depth() > 0) at.disable_recursion_pending();
    if (at->path().extension() == ".sql") return true;
  }
  return false;
}

// `given` without `.` and a slash at its end, so that files below it are called as it was.
fs::path Plain(const std::string& given) {
  const fs::path path = fs::path(given).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

api::CheckedFile Checked(std::string file, base::Diagnostics diagnostics, std::string_view text) {
  api::CheckedFile checked{.file = std::move(file), .diagnostics = std::move(diagnostics)};
  checked.rendered = base::Render(checked.diagnostics, text);
  return checked;
}

// A file that stands in no folder of a version.
std::vector<api::CheckedFile> CheckAlone(const std::string& file) {
  auto text = base::ReadFile(file);
  if (!text) return {Checked(file, {{.file = file, .what = text.error().what}}, "")};
  const sql::Migration alone{.path = file, .file = file, .text = *text};
  return {Checked(file, sql::Lint({&alone, 1}), *text)};
}

}  // namespace

std::optional<std::vector<api::CheckedFile>> CheckMigrations(const std::string& path) {
  std::error_code ignored;
  const fs::path asked = Plain(path);
  const bool is_folder = fs::is_directory(asked, ignored);
  if (is_folder ? !HoldsMigrations(asked) : asked.extension() != ".sql" || !fs::exists(asked, ignored))
    return std::nullopt;
  const fs::path version = is_folder ? asked : asked.parent_path();
  if (!is_folder && !IsVersion(version)) return CheckAlone(path);
  fs::path folder = is_folder && !IsVersion(asked) ? asked : version.parent_path();
  if (folder.empty()) folder = ".";
  auto files = sql::ReadMigrations(folder);
  std::map<std::string, base::Diagnostics> said;
  if (!files) {
    for (base::Diagnostic& one : files.error()) said[one.file].push_back(std::move(one));
    std::vector<api::CheckedFile> broken;
    for (auto& [file, diagnostics] : said) broken.push_back(Checked(file, std::move(diagnostics), ""));
    return broken;
  }
  // Later files say nothing of the state in which these are applied.
  const auto below = [&](const std::string& file) {
    const fs::path there = fs::path(file).lexically_normal();
    return folder == asked || there == asked || there.parent_path() == asked;
  };
  const auto meant = [&](const sql::Migration& file) {
    return below(file.file) || (file.down && below(file.down->file));
  };
  const auto first = std::ranges::find_if(*files, meant);
  const auto last = std::find_if(files->rbegin(), files->rend(), meant).base();
  for (base::Diagnostic& one :
       sql::Lint({files->begin(), last}, {.applied = static_cast<std::size_t>(first - files->begin())}))
    said[one.file].push_back(std::move(one));
  std::vector<api::CheckedFile> checked;
  for (auto file = first; file != last; ++file) {
    if (below(file->file)) checked.push_back(Checked(file->file, said[file->file], file->text));
    if (file->down && below(file->down->file))
      checked.push_back(Checked(file->down->file, said[file->down->file], file->down->text));
  }
  return checked;
}

}  // namespace slipway::app
