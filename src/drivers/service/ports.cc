#include "drivers/service/ports.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>

#include "base/bytes.h"
#include "base/file.h"
#include "base/private_folder.h"
#include "base/text.h"

namespace slipway::drivers {

namespace {

constexpr int kFirst = 20'000;
constexpr int kCount = 10'000;

sockaddr_in AddressOf(std::uint32_t address, int port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = htonl(address);
  result.sin_port = htons(static_cast<std::uint16_t>(port));
  return result;
}

// Spread, so that two workspaces on one machine seldom try the same port, and always the same for the same
// slot.
int FirstChoice(const std::filesystem::path& folder, const std::string& owner) {
  const base::Hash hash = base::Sha256({std::filesystem::absolute(folder).string(), "\n", owner});
  return (hash[0] << 16 | hash[1] << 8 | hash[2]) % kCount;
}

}  // namespace

std::optional<std::string> Ports::OwnerOf(int port) const {
  auto text = base::ReadFile(folder_ / std::to_string(port), 4096);
  if (!text) return std::nullopt;
  return std::string(base::Trim(*text));
}

base::Result<int> Ports::Pick(const std::string& owner, const std::set<int>& excluded) const {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    auto port = base::ParseInteger(entry->path().filename().string());
    if (port && !excluded.contains(static_cast<int>(*port)) && OwnerOf(static_cast<int>(*port)) == owner &&
        IsFree(static_cast<int>(*port)))
      return static_cast<int>(*port);
  }
  const int first = FirstChoice(folder_, owner);
  for (int i = 0; i < kCount; ++i) {
    const int port = kFirst + (first + i) % kCount;
    if (!excluded.contains(port) && !OwnerOf(port) && IsFree(port)) return port;
  }
  return base::Refused(fmt::format("no port from {} to {} is free", kFirst, kFirst + kCount - 1));
}

base::Result<bool> Ports::Reserve(int port, const std::string& owner) const {
  if (auto has = OwnerOf(port)) return *has == owner;
  SLIPWAY_CHECK_OK(base::MakePrivateFolder(folder_));
  static std::atomic<unsigned> counter{0};
  const std::filesystem::path draft = folder_ / fmt::format(".{}-{}-{}", port, getpid(), counter++);
  SLIPWAY_CHECK_OK(base::WriteFileAtomic(draft, owner + "\n", 0600));
  const bool made = link(draft.c_str(), (folder_ / std::to_string(port)).c_str()) == 0;
  const int problem = errno;
  unlink(draft.c_str());
  if (made) return true;
  if (problem == EEXIST) return OwnerOf(port) == owner;
  return base::Fail(base::ErrorKind::kIo,
                    fmt::format("port {} cannot be noted: {}", port, base::ErrnoText(problem)),
                    folder_.string());
}

bool IsFree(int port) {
  base::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;  // connections of a former service that linger are no obstacle; a listener is
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = AddressOf(INADDR_ANY, port);
  return bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool IsListening(int port) {
  base::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = AddressOf(INADDR_LOOPBACK, port);
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace slipway::drivers
