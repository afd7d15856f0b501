#include "audit/anchors.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"
#include "journal/checkpoint.h"

namespace slipway::audit {
namespace {

constexpr std::uint64_t kMaxFile = 256u << 20;

base::Status SystemError(std::string_view what, const std::filesystem::path& file) {
  return base::Fail(base::ErrorKind::kIo, std::string(what) + ": " + base::ErrnoText(errno), file.string());
}

}  // namespace

base::Result<std::vector<std::string>> ReadAnchors(const std::filesystem::path& file) {
  auto text = base::ReadFile(file, kMaxFile);
  if (!text) {
    base::Error error = std::move(text).error();
    error.next = "the file of `audit.checkpoints`, or a copy of it";
    return std::unexpected(std::move(error));
  }
  auto notes = journal::SplitNotes(*text);
  if (!notes) notes.error().where = file.string();
  return notes;
}

std::map<std::string, std::int64_t> StoresOf(const std::vector<std::string>& notes) {
  std::map<std::string, std::int64_t> stores;
  for (const std::string& note : notes) {
    const auto parsed = journal::ParseCheckpoint(note);
    if (!parsed) continue;
    std::int64_t& newest = stores[parsed->origin];
    newest = std::max(newest, parsed->checkpoint.size);
  }
  return stores;
}

std::string NotHere(const std::string& store, std::int64_t events) {
  return "are of store " + base::Printable(store) + ", which is not here; its newest covers " +
         std::to_string(events) + (events == 1 ? " event" : " events");
}

base::Status AppendAnchor(const std::filesystem::path& file, std::string_view note) {
  SLIPWAY_CHECK_OK(journal::ParseCheckpoint(note));
  const base::Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!fd.valid()) return SystemError("cannot open the file of checkpoints", file);
  if (::flock(fd.get(), LOCK_EX) != 0) return SystemError("cannot lock the file of checkpoints", file);
  SLIPWAY_TRY(const std::string text, base::ReadFile(file, kMaxFile));
  if (base::EndsWith(text, note)) return {};
  // A note that a crash cut short is closed off, so that it cannot spoil this one; reading then names it.
  const std::string line = (text.empty() || text.back() == '\n' ? "" : "\n") + std::string(note);
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t n = ::write(fd.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError("cannot write the file of checkpoints", file);
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fdatasync(fd.get()) != 0) return SystemError("cannot flush the file of checkpoints", file);
  return {};
}

}  // namespace slipway::audit
