#include "workspace/workspace.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "workspace/load.h"
#include "workspace/secrets.h"

namespace slipway::workspace {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFileName = "slipway.yaml";

base::Diagnostic Problem(std::string file, std::string what, std::string suggestion = "") {
  return {.severity = base::Severity::kError,
          .file = std::move(file),
          .at = {},
          .what = std::move(what),
          .suggestion = std::move(suggestion),
          .rule = ""};
}

template <typename List, typename Field>
auto* FindBy(List& list, Field field, std::string_view name) {
  auto found = std::ranges::find(list, name, field);
  return found == list.end() ? nullptr : &*found;
}

struct TargetFiles {
  std::vector<std::string> names;  // in order
  base::Diagnostics problems;
};

TargetFiles ListTargetFiles(const fs::path& root) {
  TargetFiles found;
  std::error_code error;
  const fs::path folder = root / "targets";
  if (!fs::exists(folder, error)) return found;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(".")) continue;
    std::error_code ignored;
    if (it->is_directory(ignored)) {
      found.problems.push_back(Problem("targets/" + base::Printable(name),
                                       "a folder within targets/ is not read",
                                       "put its files directly into targets/"));
    } else if (name.ends_with(".yaml") || name.ends_with(".yml")) {
      found.names.push_back(name);
    }
  }
  if (error) found.problems.push_back(Problem("targets/", error.message()));
  std::ranges::sort(found.names);
  return found;
}

}  // namespace

const Environment* Workspace::FindEnvironment(std::string_view wanted) const {
  return FindBy(environments, &Environment::name, wanted);
}

const Connection* Workspace::FindConnection(std::string_view wanted) const {
  return FindBy(connections, &Connection::name, wanted);
}

const Target* Workspace::FindTarget(std::string_view id) const {
  const auto found = std::ranges::lower_bound(targets, id, {}, &Target::id);
  return found == targets.end() || found->id != id ? nullptr : &*found;
}

const Calendar* Workspace::FindCalendar(std::string_view wanted) const {
  const auto found = std::ranges::lower_bound(target_windows, wanted, {}, &Calendar::name);
  if (found != target_windows.end() && found->name == wanted) return &*found;
  return FindBy(calendars, &Calendar::name, wanted);
}

base::Result<fs::path> FindRoot(const fs::path& start) {
  std::error_code error;
  fs::path folder = fs::absolute(start, error).lexically_normal();
  if (!error && !fs::is_directory(folder, error)) folder = folder.parent_path();
  for (;;) {
    if (fs::exists(folder / kFileName, error)) return folder;
    const fs::path parent = folder.parent_path();
    if (parent == folder) break;
    folder = parent;
  }
  return base::Invalid("no slipway.yaml here or in a folder above", base::Printable(start.string()),
                       "slipway init makes a workspace");
}

std::expected<Workspace, LoadErrors> Load(const fs::path& root) {
  auto loaded = LoadWhatCanBeRead(root);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  if (!loaded->left_out.empty()) return std::unexpected(std::move(loaded->left_out));
  return std::move(loaded->workspace);
}

std::expected<Loaded, LoadErrors> LoadWhatCanBeRead(const fs::path& root) {
  Loaded loaded{.workspace = {.root = root}, .left_out = {}};
  Workspace& workspace = loaded.workspace;
  LoadErrors errors;
  auto text = base::ReadFile(root / kFileName);
  if (!text) {
    errors.push_back({"", {Problem(std::string(kFileName), base::ToString(text.error()))}});
    return std::unexpected(std::move(errors));
  }
  base::Diagnostics problems;
  ReadWorkspace(*text, std::string(kFileName), workspace, problems);
  const bool well = problems.empty();
  if (!well) errors.push_back({std::move(*text), std::move(problems)});

  TargetFiles files = ListTargetFiles(root);
  if (!files.problems.empty()) errors.push_back({"", std::move(files.problems)});
  TargetPlaces places;
  for (const std::string& name : files.names) {
    const std::string shown = "targets/" + base::Printable(name);
    auto content = base::ReadFile(root / "targets" / name, base::kWideYaml.mebibytes << 20);
    base::Diagnostics found;
    const std::size_t targets = workspace.targets.size(), windows = workspace.target_windows.size();
    if (content) {
      ReadTargets(*content, shown, workspace, places, found);
    } else {
      found.push_back(Problem(shown, base::ToString(content.error())));
    }
    if (found.empty()) continue;
    workspace.targets.resize(targets);
    workspace.target_windows.resize(windows);
    errors.push_back({content.value_or(""), std::move(found)});
  }
  if (!well) return std::unexpected(std::move(errors));
  loaded.left_out = std::move(errors);
  workspace.kept_secrets = KeptSecretsOf(workspace).Names();
  std::ranges::sort(workspace.targets, {}, &Target::id);
  std::ranges::sort(workspace.target_windows, {}, &Calendar::name);
  return loaded;
}

base::Result<std::string> ContentDigest(const fs::path& root) {
  TargetFiles files = ListTargetFiles(root);
  if (!files.problems.empty()) return base::Invalid(files.problems.front().what, files.problems.front().file);
  std::vector<fs::path> paths{kFileName};
  for (const std::string& name : files.names) paths.push_back(fs::path("targets") / name);
  std::string all;
  for (const fs::path& path : paths) {
    SLIPWAY_TRY(const std::string content, base::ReadFile(root / path, base::kWideYaml.mebibytes << 20));
    all += base::Sha256Text(content) + " " + path.string() + '\0';
  }
  return base::Sha256Text(all);
}

std::expected<void, LoadErrors> PutTargets(Workspace& workspace, const std::string& file,
                                           const std::string& text) {
  Workspace changed = workspace;
  std::vector<std::string> windows;
  for (const Target& target : workspace.targets) {
    if (target.file == file) windows.push_back(target.window);
  }
  std::erase_if(changed.targets, [&](const Target& target) { return target.file == file; });
  std::erase_if(changed.target_windows, [&](const Calendar& calendar) {
    return std::ranges::find(windows, calendar.name) != windows.end();
  });
  TargetPlaces places;
  for (const Target& target : changed.targets) places.emplace(target.id, target.file);
  base::Diagnostics problems;
  ReadTargets(text, file, changed, places, problems);
  if (!problems.empty()) return std::unexpected(LoadErrors{{text, std::move(problems)}});
  std::ranges::sort(changed.targets, {}, &Target::id);
  std::ranges::sort(changed.target_windows, {}, &Calendar::name);
  workspace = std::move(changed);
  return {};
}

}  // namespace slipway::workspace
