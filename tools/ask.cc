// slipway-ask: one command to a unix socket, its answer to standard output. For the demo and the benches,
// which ask HAProxy themselves what stands there instead of trusting slipway's word.
//
//   slipway-ask SOCKET COMMAND
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

int main(int argc, char** argv) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (argc != 3 || std::strlen(argv[1]) >= sizeof address.sun_path) {
    std::fputs("usage: slipway-ask SOCKET COMMAND\n", stderr);
    return 2;
  }
  std::strcpy(address.sun_path, argv[1]);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string line = std::string(argv[2]) + "\n";
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    std::perror("slipway-ask");
    return 1;
  }
  char buffer[65536];
  ssize_t got = 0;
  while ((got = read(fd, buffer, sizeof buffer)) > 0)
    std::fwrite(buffer, 1, static_cast<std::size_t>(got), stdout);
  return got == 0 ? 0 : 1;
}
