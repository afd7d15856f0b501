#include "app/pdf.h"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "base/file.h"
#include "base/scratch.h"
#include "base/text.h"
#include "process/spawner.h"

namespace slipway::app {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr base::Duration kPatience = 60s;           // and as long again for each further
constexpr std::size_t kBytesInThatTime = 1u << 20;  // of HTML
constexpr std::uint64_t kLargest = 256u << 20;

std::string FindChromium() {
  const char* path = getenv("PATH");
  for (const std::string& folder : base::Split(path == nullptr ? "" : path, ':')) {
    for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
      const fs::path program = fs::path(folder) / name;
      if (!folder.empty() && access(program.c_str(), X_OK) == 0 && fs::is_regular_file(program))
        return program.string();
    }
  }
  return "";
}

process::Command CommandOf(const std::string& chromium, const fs::path& folder) {
  process::Command command;
  command.argv = {chromium,
                  "--headless",
                  "--disable-gpu",
                  "--disable-dev-shm-usage",
                  "--disable-extensions",
                  "--disable-sync",
                  "--disable-background-networking",
                  "--disable-component-update",
                  "--disable-breakpad",
                  "--no-first-run",
                  "--no-default-browser-check",
                  "--host-resolver-rules=MAP * ~NOTFOUND",
                  "--user-data-dir=" + (folder / "profile").string(),
                  "--no-pdf-header-footer",
                  "--print-to-pdf=" + (folder / "page.pdf").string()};
  // Its sandbox refuses to work for root.
  if (geteuid() == 0) command.argv.emplace_back("--no-sandbox");
  command.argv.push_back("file://" + (folder / "page.html").string());
  command.environment = process::InheritedEnvironment({{"HOME", folder.string()},
                                                       {"XDG_CONFIG_HOME", (folder / "config").string()},
                                                       {"XDG_CACHE_HOME", (folder / "cache").string()}});
  command.directory = folder;
  command.output_limit = 16u << 10;
  command.grace = 2s;
  return command;
}

std::string WhyNot(const process::Ended& ended, base::Duration patience) {
  switch (ended.how) {
    case process::Ended::How::kExited:
      if (ended.code == 0) return "it exited with 0, and what it wrote is no PDF, or nothing";
      return "it exited with " + std::to_string(ended.code) + ": " + ended.error_output.LastLines(1);
    case process::Ended::How::kSignalled:
      return "it was ended by signal " + std::to_string(ended.code);
    case process::Ended::How::kTimedOut:
    case process::Ended::How::kCancelled:
      return "it was ended after " + base::FormatDuration(patience);
    case process::Ended::How::kNotStarted:
      return ended.error;
    case process::Ended::How::kHanging:
      return "it does not end, even when it is killed";
  }
  return "";
}

}  // namespace

base::Result<std::string> PdfOf(std::string_view html) {
  const std::string chromium = FindChromium();
  if (chromium.empty()) {
    return base::Fail(base::ErrorKind::kRefused, "a PDF is made by Chromium, and there is none in PATH",
                      "--pdf", "apt-get install chromium (Debian's package), or --html and print that");
  }
  SLIPWAY_TRY(const base::Scratch scratch, base::Scratch::Make("print"));
  SLIPWAY_CHECK_OK(base::WriteFileNew(scratch.folder() / "page.html", html, 0600));
  process::Spawner spawner(scratch.folder() / "state");
  const base::Duration patience = kPatience * (1 + html.size() / kBytesInThatTime);
  const process::Ended ended = spawner.Run(CommandOf(chromium, scratch.folder()), {.timeout = patience});
  auto pdf = base::ReadFile(scratch.folder() / "page.pdf", kLargest);
  const bool well = ended.how == process::Ended::How::kExited && ended.code == 0;
  if (!well || !pdf || !pdf->starts_with("%PDF-")) {
    return base::Fail(base::ErrorKind::kIo, "Chromium made no PDF: " + WhyNot(ended, patience), chromium,
                      "--html, and print that");
  }
  return pdf;
}

}  // namespace slipway::app
