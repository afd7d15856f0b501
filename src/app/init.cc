// `slipway init`: a workspace that runs as it is.
#include <algorithm>
#include <array>
#include <filesystem>

#include "app/app.h"
#include "base/file.h"
#include "base/text.h"

namespace slipway::app {

namespace {

constexpr std::uint64_t kLargestIgnore = 1u << 20;  // bytes of a .gitignore

struct InitialFile {
  std::string_view path;
  std::string_view text;
};

constexpr std::array kFiles{
    InitialFile{"slipway.yaml", R"yaml(apiVersion: slipway/v1
kind: Workspace
name: hello
environments: # the ladder, lowest first; the top one is strict
  - { name: dev }
  - { name: prod }
)yaml"},
    InitialFile{".gitignore", R"yaml(.slipway/
/reports/
/site/
)yaml"},
    InitialFile{"procedures/hello.yaml", R"yaml(apiVersion: slipway/v1
kind: Procedure
metadata:
  id: hello
  title: Publish a greeting
  version: 1.0.0
  status: published
  owner: you
description: |
  A first procedure. It puts a page into place, looks whether it is there, and knows how to take it back.
parameters:
  greeting: { type: string, default: Hello, pattern: "[A-Za-z ]{1,40}", description: what the page says }
on_failure: rollback
phases:
  - id: publish
    title: Publish the page
    steps:
      - id: prepare
        title: Make the folder
        uses: exec.run
        with: { argv: [mkdir, -p, site] }
        verify:
          - { uses: exec.check, with: { shell: "test -d site" } }
        interrupted: repeat
        undo: { none: an empty folder harms nobody }
      - id: page
        title: Write the page
        uses: exec.run
        with:
          shell: |
            if [ -e site/page.txt ]; then cp site/page.txt site/page.before; else rm -f site/page.before; fi
            echo "$GREETING" > site/page.new
            mv site/page.new site/page.txt
          env: { GREETING: "${{ parameters.greeting }}" }
        verify:
          - uses: exec.check
            with: { shell: 'test "$(cat site/page.txt)" = "$GREETING"', env: { GREETING: "${{ parameters.greeting }}" } }
        undo:
          uses: exec.run
          with: { shell: 'if [ -e site/page.before ]; then mv site/page.before site/page.txt; else rm -f site/page.txt; fi' }
        model: restores
      - id: look
        title: Read it as a visitor would
        uses: exec.check
        with: { argv: [cat, site/page.txt] }
)yaml"},
};

// What a .gitignore of somebody's own lacks of what slipway keeps for itself, at its end; false: nothing.
base::Result<bool> AddIgnored(const std::filesystem::path& path) {
  SLIPWAY_TRY(std::string own, base::ReadFile(path, kLargestIgnore));
  const std::vector<std::string> lines = base::Split(own, '\n');
  const auto has = [&](const std::string& line) {
    return std::ranges::any_of(lines, [&](const std::string& one) { return base::Trim(one) == line; });
  };
  const std::size_t before = own.size();
  for (const std::string line : {".slipway/", "/reports/"}) {
    if (has(line)) continue;
    if (!own.empty() && !own.ends_with('\n')) own += '\n';
    own += line + '\n';
  }
  if (own.size() == before) return false;
  SLIPWAY_CHECK_OK(base::WriteFileAtomic(path, own));
  return true;
}

}  // namespace

api::Answer<api::InitReport> App::Init(const std::string& folder) {
  const std::filesystem::path root = folder;
  for (const InitialFile& file : kFiles) {
    std::error_code error;
    if (!std::filesystem::exists(root / file.path, error)) continue;
    if (file.path == ".gitignore") continue;
    return std::unexpected(base::Error{base::ErrorKind::kRefused, "there is one already",
                                       (root / file.path).string(), "choose another folder"});
  }
  api::InitReport report;
  report.folder = folder;
  for (const InitialFile& file : kFiles) {
    std::error_code error;
    const std::filesystem::path path = root / file.path;
    if (std::filesystem::exists(path, error)) {
      SLIPWAY_TRY(const bool added, AddIgnored(path));
      if (added) report.files.emplace_back(file.path);
      continue;
    }
    std::filesystem::create_directories(path.parent_path(), error);
    if (error)
      return std::unexpected(base::Error{base::ErrorKind::kIo, "cannot make the folder: " + error.message(),
                                         path.parent_path().string(), "slipway init DIR, with another one"});
    SLIPWAY_CHECK_OK(base::WriteFileAtomic(path, file.text));
    report.files.emplace_back(file.path);
  }
  return report;
}

}  // namespace slipway::app
