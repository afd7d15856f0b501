#include "drivers/service/slot_files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/private_folder.h"
#include "process/spawner.h"

namespace slipway::drivers {

using base::GetInt;
using base::GetObject;
using base::GetString;
using base::JsonObject;

namespace {

constexpr int kKeptLogs = 5;
constexpr std::size_t kTail = 64 * 1024;

std::unexpected<base::Error> IoError(std::string_view what, const std::filesystem::path& path) {
  return base::Fail(base::ErrorKind::kIo, fmt::format("{}: {}", what, base::ErrnoText(errno)), path.string());
}

}  // namespace

SlotFiles::SlotFiles(const std::filesystem::path& state_dir, const std::string& connection,
                     const std::string& slot)
    : folder_(std::filesystem::absolute(state_dir) / "service" / connection / slot) {}

base::Status SlotFiles::Make() const { return base::MakePrivateFolder(data()); }

base::Result<base::Fd> SlotFiles::Lock(const Context& context) const {
  SLIPWAY_CHECK_OK(Make());
  const std::filesystem::path path = folder_ / "lock";
  base::Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) return IoError("the slot cannot be locked", path);
  while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return IoError("the slot cannot be locked", path);
    if (context.cancel.cancelled() || context.clock.Now() >= context.deadline)
      return base::Fail(base::ErrorKind::kIo, "another process is changing the slot", path.string());
    std::this_thread::sleep_for(base::Duration{10});
  }
  return fd;
}

std::optional<process::Identity> SlotFiles::Process() const {
  return process::ReadIdentityFile(folder_ / "process");
}

base::Result<SlotState> SlotFiles::Read() const {
  SlotState state;
  const std::filesystem::path path = folder_ / "record.json";
  if (std::error_code error; std::filesystem::exists(path, error)) {
    SLIPWAY_TRY(std::string text, base::ReadFile(path));
    auto json = base::ParseJson(text);
    if (!json || !json->is_object())
      return base::Fail(base::ErrorKind::kIo, "the slot's record cannot be read", path.string());
    const JsonObject& record = json->get_object();
    state.release = ReleaseFromJson(GetObject(record, "release"));
    state.port = static_cast<int>(GetInt(record, "port"));
    state.env = GetObject(record, "env");
    state.started_at = GetString(record, "started_at");
  }
  const std::filesystem::path noted = folder_ / "process";
  const auto line = base::ReadFile(noted, 4096);
  const auto process = line ? process::ParseIdentity(*line) : std::nullopt;
  std::error_code ignored;
  if (line ? !process && !line->empty() : std::filesystem::exists(noted, ignored))
    return base::Fail(base::ErrorKind::kIo, "the note of the slot's process cannot be read", noted.string(),
                      "see whether anything of it still runs, end it, and remove that file");
  if (process) {
    state.running = process::Alive(*process);
    state.pid = state.running ? process->pid : 0;
    if (!state.running)
      for (const process::Identity& stray : process::LivingInSessionOf(*process))
        state.strays.push_back(stray.pid);
  }
  return state;
}

base::Result<base::Fd> SlotFiles::OpenProcess() const {
  const std::filesystem::path path = folder_ / "process";
  base::Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.valid()) return IoError("the slot's process cannot be noted", path);
  return fd;
}

base::Status SlotFiles::WriteRecord(const SlotState& state) const {
  const std::filesystem::path path = folder_ / "record.json";
  if (!state.release) {
    std::error_code error;
    std::filesystem::remove(path, error);
    return {};
  }
  const JsonObject record{{"release", ToJson(*state.release)},
                          {"port", state.port},
                          {"env", state.env},
                          {"started_at", state.started_at}};
  return base::WriteFileAtomic(path, base::PrettyJson(record) + "\n", 0600);
}

base::Result<base::Fd> SlotFiles::RotateLog() const {
  std::error_code ignored;  // a log that cannot be moved is no reason not to start
  for (int number = kKeptLogs; number-- > 0;) {
    const std::string from = number == 0 ? log().string() : fmt::format("{}.{}", log().string(), number);
    std::filesystem::rename(from, fmt::format("{}.{}", log().string(), number + 1), ignored);
  }
  base::Fd fd(open(log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd.valid()) return IoError("the log cannot be made", log());
  return fd;
}

std::string SlotFiles::LogTail() const {
  base::Fd fd(open(log().c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return {};
  const off_t size = lseek(fd.get(), 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(kTail));
  std::string text(kTail, '\0');
  const ssize_t got = pread(fd.get(), text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  if (from > 0) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
  return text;
}

}  // namespace slipway::drivers
