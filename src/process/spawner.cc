#include "process/spawner.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <set>

#include "base/environment.h"
#include "base/file.h"
#include "base/text.h"
#include "process/guard.h"
#include "process/launch.h"
#include "process/ledger.h"
#include "process/watch.h"

namespace slipway::process {

struct Spawner::Parts {
  Ledger ledger;
  Guard guard;
  base::Fd null;
  std::mutex mutex;
  std::vector<int> free_slots;  // guarded by mutex

  int TakeSlot() {
    std::scoped_lock lock(mutex);
    if (free_slots.empty()) return -1;
    const int slot = free_slots.back();
    free_slots.pop_back();
    return slot;
  }
  void GiveSlot(int slot) {
    ledger.Clear(slot);
    std::scoped_lock lock(mutex);
    free_slots.push_back(slot);
  }
  bool GuardAlive() const {
    siginfo_t info{};
    return waitid(P_PIDFD, static_cast<id_t>(guard.pidfd.get()), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
  }
};

namespace {

// Nothing of ours may be number 0, 1 or 2, or it would be in the way of a command's own.
base::Status OccupyStandardFiles() {
  while (true) {
    const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0) return base::Fail(base::ErrorKind::kIo, "/dev/null: " + base::ErrnoText(errno));
    if (fd > 2) {
      close(fd);
      return {};
    }
  }
}

Ended NotStarted(std::string why) {
  Ended ended;
  ended.error = std::move(why);
  return ended;
}

bool HasNul(const std::vector<std::string>& texts) {
  for (const std::string& text : texts)
    if (text.contains('\0')) return true;
  return false;
}

// Why these cannot be handed to a program; empty when they can.
std::string Unfit(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  if (argv.empty() || argv[0].empty()) return "the command is empty";
  if (HasNul(argv) || HasNul(environment)) return "an argument or variable of the command holds a NUL byte";
  return "";
}

base::Result<base::Fd> InputOf(const std::string& text) {
  base::Fd fd(memfd_create("input", MFD_CLOEXEC));
  for (std::size_t at = 0; fd.valid() && at < text.size();) {
    const ssize_t wrote = write(fd.get(), text.data() + at, text.size() - at);
    if (wrote < 0) return base::Fail(base::ErrorKind::kIo, "its input: " + base::ErrnoText(errno));
    at += static_cast<std::size_t>(wrote);
  }
  if (!fd.valid() || lseek(fd.get(), 0, SEEK_SET) != 0)
    return base::Fail(base::ErrorKind::kIo, "its input: " + base::ErrnoText(errno));
  return fd;
}

// A descriptor of the caller as Launch wants it: not one of the three that the command's own will be.
base::Result<base::Fd> Copy(int fd, std::string_view what) {
  base::Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy.valid())
    return base::Fail(base::ErrorKind::kIo, fmt::format("its {}: {}", what, base::ErrnoText(errno)));
  return copy;
}

struct Pipe {
  base::Fd read_end;
  base::Fd write_end;
  static base::Result<Pipe> Make() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
      return base::Fail(base::ErrorKind::kIo, "a pipe: " + base::ErrnoText(errno));
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return Pipe{base::Fd(ends[0]), base::Fd(ends[1])};
  }
};

// What a command's 0, 1 and 2 become, and the ends of the pipes that we read.
struct Files {
  base::Fd input;
  base::Fd output;
  base::Fd error;
  base::Fd from_output;  // none where the output goes to the caller
  base::Fd from_error;
  static base::Result<Files> Of(const Command& command, int null);
};

base::Result<Files> Files::Of(const Command& command, int null) {
  Files files;
  if (command.input_fd >= 0 || command.input.empty()) {
    SLIPWAY_TRY(files.input, Copy(command.input_fd >= 0 ? command.input_fd : null, "input"));
  } else {
    SLIPWAY_TRY(files.input, InputOf(command.input));
  }
  if (command.output_fd >= 0) {
    SLIPWAY_TRY(files.output, Copy(command.output_fd, "output"));
  } else {
    SLIPWAY_TRY(Pipe pipe, Pipe::Make());
    files.output = std::move(pipe.write_end);
    files.from_output = std::move(pipe.read_end);
  }
  SLIPWAY_TRY(Pipe pipe, Pipe::Make());
  files.error = std::move(pipe.write_end);
  files.from_error = std::move(pipe.read_end);
  return files;
}

}  // namespace

Spawner::Spawner(std::filesystem::path state_dir) : state_dir_(std::move(state_dir)) {}

base::Status Spawner::Start() {
  std::scoped_lock lock(mutex_);
  if (parts_) return {};
  SLIPWAY_CHECK_OK(OccupyStandardFiles());
  // Inherited as ignored (nohup and its kin), it would reap our commands behind our back and lose their exit
  // codes.
  signal(SIGCHLD, SIG_DFL);
  SLIPWAY_TRY(Ledger ledger, Ledger::Create(state_dir_));
  auto guard = StartGuard(ledger);
  if (!guard) {
    ledger.Remove();
    return std::unexpected(guard.error());
  }
  base::Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  parts_.reset(new Parts{std::move(ledger), std::move(*guard), std::move(null), {}, {}});
  for (int slot = Ledger::kSlots; slot-- > 0;) parts_->free_slots.push_back(slot);
  return {};
}

Spawner::~Spawner() {
  if (!parts_) return;
  parts_->guard.pipe.Reset();
  siginfo_t info;
  while (waitid(P_PIDFD, static_cast<id_t>(parts_->guard.pidfd.get()), &info, WEXITED) != 0 &&
         errno == EINTR) {
  }
}

int Spawner::GuardPid() const {
  std::scoped_lock lock(mutex_);
  return parts_ ? parts_->guard.pid : 0;
}

Ended Spawner::Run(const Command& command, const Patience& patience) {
  if (std::string why = Unfit(command.argv, command.environment); !why.empty())
    return NotStarted(std::move(why));
  if (auto started = Start(); !started) return NotStarted(base::ToString(started.error()));
  if (!parts_->GuardAlive())
    return NotStarted("the process that guards our commands was ended; start slipway again");
  auto files = Files::Of(command, parts_->null.get());
  if (!files) return NotStarted(files.error().what);
  const int slot = parts_->TakeSlot();
  if (slot < 0) return NotStarted(fmt::format("{} commands are running already", Ledger::kSlots));

  const Image image(command.argv, command.environment, command.directory);
  LaunchRequest request{.image = &image,
                        .input = files->input.get(),
                        .output = files->output.get(),
                        .error = files->error.get(),
                        .ledger = parts_->ledger.fd(),
                        .slot_at = Ledger::OffsetOf(slot),
                        .grace_ms = static_cast<std::uint32_t>(command.grace.count())};
  auto launched = Launch(request);
  if (!launched) {
    parts_->GiveSlot(slot);
    return NotStarted(launched.error().what);
  }
  for (base::Fd* ours : {&files->input, &files->output, &files->error}) ours->Reset();
  Watch watch(*launched, std::move(files->from_output), std::move(files->from_error), command, patience);
  watch.UntilOver();
  // Cleared before it is reaped: until then its number cannot come to mean another process.
  if (!watch.hanging()) parts_->GiveSlot(slot);
  return watch.Reap();
}

std::vector<std::string> InheritedEnvironment(const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> environment;
  std::set<std::string, std::less<>> replaced;
  for (const auto& [name, value] : more) replaced.insert(name);
  const auto take = [&](std::string_view text) {
    if (!text.starts_with("SLIPWAY_") && !replaced.contains(text.substr(0, text.find('='))))
      environment.emplace_back(text);
  };
  for (char** variable = environ; variable && *variable; ++variable) take(*variable);
  for (const std::string& variable : base::VariablesSetAside()) take(variable);
  for (const auto& [name, value] : more) environment.push_back(name + "=" + value);
  return environment;
}

base::Result<Identity> StartDetached(const Detached& detached) {
  if (std::string why = Unfit(detached.argv, detached.environment); !why.empty())
    return base::Invalid(std::move(why));
  SLIPWAY_CHECK_OK(OccupyStandardFiles());
  base::Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Image image(detached.argv, detached.environment, detached.directory);
  LaunchRequest request{.image = &image,
                        .input = null.get(),
                        .output = detached.output_fd,
                        .error = detached.output_fd,
                        .identity = detached.identity_fd,
                        .boot = BootId().c_str()};
  return LaunchDetached(request);
}

std::optional<Identity> ReadIdentityFile(const std::filesystem::path& path) {
  auto text = base::ReadFile(path, 4096);
  return text ? ParseIdentity(*text) : std::nullopt;
}

std::optional<Identity> ParseIdentity(std::string_view line) {
  if (!line.ends_with('\n')) return std::nullopt;
  std::vector<std::string> words = base::Split(base::Trim(line), ' ');
  if (words.size() != 3) return std::nullopt;
  return Identity{static_cast<int>(base::ParseInteger(words[0]).value_or(0)),
                  base::ParseInteger(words[1]).value_or(0), words[2]};
}

}  // namespace slipway::process
