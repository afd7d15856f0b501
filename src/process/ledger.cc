#include "process/ledger.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/private_folder.h"
#include "base/text.h"

namespace slipway::process {

namespace {

constexpr std::size_t kHeaderSize = 128;
constexpr std::string_view kMagic = "slipway commands 1";

base::Duration Tick() { return base::Duration{10}; }

std::int64_t TicksOf(std::int64_t nanoseconds) {
  static const std::int64_t kPerTick = 1'000'000'000 / sysconf(_SC_CLK_TCK);
  return nanoseconds / kPerTick;
}

// `slipway commands 1 <pid> <start> <boot>`: whose file this is.
std::string HeaderOf(const Identity& owner) {
  std::string header = fmt::format("{} {} {} {}\n", kMagic, owner.pid, owner.start, owner.boot);
  header.resize(kHeaderSize, ' ');
  return header;
}

base::Result<Identity> OwnerOf(int fd) {
  std::string header(kHeaderSize, '\0');
  const ssize_t got = pread(fd, header.data(), header.size(), 0);
  if (got != static_cast<ssize_t>(kHeaderSize) || !header.starts_with(kMagic))
    return base::Invalid("not a list of commands");
  std::vector<std::string> words = base::Split(base::Trim(header), ' ');
  if (words.size() != 6) return base::Invalid("not a list of commands");
  return Identity{static_cast<int>(base::ParseInteger(words[3]).value_or(0)),
                  base::ParseInteger(words[4]).value_or(0), words[5]};
}

std::unexpected<base::Error> IoError(std::string_view what, const std::filesystem::path& path) {
  return base::Fail(base::ErrorKind::kIo, fmt::format("{}: {}", what, base::ErrnoText(errno)), path.string());
}

}  // namespace

std::int64_t Ledger::OffsetOf(int slot) {
  return static_cast<std::int64_t>(kHeaderSize) + slot * static_cast<std::int64_t>(sizeof(Slot));
}

base::Result<Ledger> Ledger::Create(const std::filesystem::path& state_dir) {
  const std::filesystem::path folder = state_dir / "spawn";
  SLIPWAY_CHECK_OK(base::MakePrivateFolder(folder));
  SLIPWAY_TRY(Identity self, IdentityOf(getpid()));
  static std::atomic<int> counter{0};  // several spawners in one process, as tests have them
  const std::string name = fmt::format("{}-{}-{}", self.pid, self.start, counter++);

  // Made under a name nobody looks at and renamed once it is locked, so that it is never seen free while its
  // owner lives.
  const std::filesystem::path draft = folder / ("." + name);
  base::Fd fd(open(draft.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.valid()) return IoError("the list of commands cannot be made", draft);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return IoError("the list of commands cannot be locked", draft);
  const std::string header = HeaderOf(self);
  const auto size = OffsetOf(kSlots);
  // Reserved now, so that a full disk does not keep an undo from running.
  if (fallocate(fd.get(), 0, 0, size) != 0 && errno != EOPNOTSUPP) {
    auto failed = IoError("the list of commands cannot be made", draft);
    unlink(draft.c_str());
    return failed;
  }
  if (pwrite(fd.get(), header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()))
    return IoError("the list of commands cannot be written", draft);
  if (rename(draft.c_str(), (folder / name).c_str()) != 0)
    return IoError("the list of commands cannot be named", draft);
  return Ledger(std::move(fd), std::filesystem::absolute(folder / name));
}

void Ledger::Clear(int slot) {
  const Slot free_slot;
  // It was written whole before, so the room is there; should it fail all the same, the start time tells them
  // apart.
  [[maybe_unused]] auto written = pwrite(fd_.get(), &free_slot, sizeof free_slot, OffsetOf(slot));
}

std::vector<Slot> Ledger::Taken() const {
  std::vector<Slot> slots(kSlots);
  const ssize_t got = pread(fd_.get(), slots.data(), slots.size() * sizeof(Slot), OffsetOf(0));
  slots.resize(got > 0 ? static_cast<std::size_t>(got) / sizeof(Slot) : 0);
  std::erase_if(slots, [](const Slot& slot) { return slot.session <= 0; });
  return slots;
}

void Ledger::Remove() { unlink(path_.c_str()); }

std::vector<Identity> LivingOf(const Slot& slot) {
  // A command's session is never the one we are in: a damaged file must not have us end ourselves.
  if (slot.session <= 0 || slot.session == getsid(0)) return {};
  auto leader = ReadStat(slot.session);
  // The number is another process's now, which it could only become after the whole session was gone.
  if (leader && (leader->start < TicksOf(slot.not_before) || leader->start > TicksOf(slot.not_after)))
    return {};
  return LivingInSession(slot.session, TicksOf(slot.not_before));
}

bool EndSessions(const std::vector<Slot>& slots, base::Duration patience) {
  const auto began = std::chrono::steady_clock::now();
  bool first = true;
  while (true) {
    const auto elapsed = std::chrono::floor<base::Duration>(std::chrono::steady_clock::now() - began);
    std::size_t left = 0;
    for (const Slot& slot : slots) {
      const std::vector<Identity> living = LivingOf(slot);
      left += living.size();
      if (elapsed >= base::Duration{slot.grace_ms})
        SignalAll(living, SIGKILL);
      else if (first)
        SignalAll(living, SIGTERM);
    }
    if (left == 0) return true;
    if (elapsed > patience) return false;
    first = false;
    std::this_thread::sleep_for(Tick());
  }
}

// One file of a slipway process: nothing to do while its owner lives; else waits for its guard, and ends what
// is left.
base::Status SettleFile(const std::filesystem::path& path, base::Duration patience) {
  base::Fd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.valid()) return {};  // its guard was quicker
  auto owner = OwnerOf(fd.get());
  if (owner && Alive(*owner)) return {};
  const auto until = std::chrono::steady_clock::now() + patience;
  while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() > until)
      return base::Fail(base::ErrorKind::kIo, "commands of a slipway that died are still being ended",
                        path.string(), "try again in a moment");
    std::this_thread::sleep_for(Tick());
  }
  Ledger ledger(std::move(fd), path);
  if (owner && owner->boot == BootId()) {
    const std::vector<Slot> slots = ledger.Taken();
    const auto left = std::chrono::floor<base::Duration>(until - std::chrono::steady_clock::now());
    if (!EndSessions(slots, left)) {
      std::string pids;
      for (const Slot& slot : slots)
        for (const Identity& process : LivingOf(slot)) pids += fmt::format(" {}", process.pid);
      return base::Fail(base::ErrorKind::kIo, "commands of a slipway that died do not end:" + pids,
                        path.string(), "end them, then try again");
    }
  }
  ledger.Remove();
  return {};
}

base::Status AwaitLeftovers(const std::filesystem::path& state_dir, base::Duration patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator entry(state_dir / "spawn", error), end; !error && entry != end;
       entry.increment(error))
    if (!entry->path().filename().string().starts_with('.')) files.push_back(entry->path());
  std::ranges::sort(files);
  for (const std::filesystem::path& file : files) {
    const auto left = std::chrono::floor<base::Duration>(until - std::chrono::steady_clock::now());
    SLIPWAY_CHECK_OK(SettleFile(file, std::max(left, base::Duration{0})));
  }
  return {};
}

}  // namespace slipway::process
