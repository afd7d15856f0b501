#include "drivers/postgres/session/resolve.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <chrono>
#include <future>
#include <thread>

#include "base/text.h"

namespace slipway::drivers::postgres {
namespace {

constexpr base::Duration kTick{10};

struct Lookup {
  std::string host;
  int failed = 0;
  std::vector<std::string> addresses;

  void Do() {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    failed = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (failed != 0) return;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      char text[NI_MAXHOST];
      if (getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
        addresses.emplace_back(text);
    }
    freeaddrinfo(found);
  }
};

bool IsAddress(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 || inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

}  // namespace

bool Aside(std::function<void()> work, base::Duration patience, const std::function<bool()>& stopped) {
  std::packaged_task<void()> task(std::move(work));
  std::future<void> done = task.get_future();
  std::thread(std::move(task)).detach();
  const auto until = std::chrono::steady_clock::now() + patience;
  while (done.wait_for(kTick) != std::future_status::ready) {
    if (stopped() || std::chrono::steady_clock::now() >= until) return false;
  }
  return true;
}

base::Result<std::vector<std::string>> Addresses(const std::string& host, base::Duration patience,
                                                 const std::function<bool()>& stopped) {
  if (IsAddress(host)) return std::vector<std::string>{host};
  auto lookup = std::make_shared<Lookup>(host);
  if (!Aside([lookup] { lookup->Do(); }, patience, stopped))
    return base::Fail(base::ErrorKind::kIo,
                      "the address of host " + base::Quote(host) + " was not found in time");
  if (lookup->failed != 0 || lookup->addresses.empty())
    return base::Fail(base::ErrorKind::kIo, fmt::format("host {} has no address: {}", base::Quote(host),
                                                        gai_strerror(lookup->failed)));
  return std::move(lookup->addresses);
}

}  // namespace slipway::drivers::postgres
