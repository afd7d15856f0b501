#include "floor/fleet_backup.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string_view>

#include "floor/fleet_backup_sql.h"
#include "floor/fleet_session.h"

namespace floor_probe {
namespace {

constexpr std::size_t kFrame = 64 * 1024;
constexpr std::string_view kHead = "floor-backup-v1\n 16 bytes of id";

void Must(bool done, const char* what) {
  if (done) return;
  std::perror(what);
  std::_Exit(5);
}

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) {
    static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    EVP_DigestInit_ex2(context_, sha256, nullptr);
  }
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void Add(std::string_view bytes) { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  std::string End(std::size_t bytes = 32) {
    unsigned char hash[32];
    char hex[65];
    EVP_DigestFinal_ex(context_, hash, nullptr);
    return sodium_bin2hex(hex, sizeof hex, hash, bytes);
  }

 private:
  EVP_MD_CTX* context_;
};

void Write(int fd, std::string_view bytes) {
  Must(write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "write");
}
void Flush(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  Must(fd >= 0 && fsync(fd) == 0, "fsync of the folder");
  close(fd);
}
int Create(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  Must(fd >= 0, path.c_str());
  return fd;
}

// pg_dump's output, read from the first of `ends`.
pid_t StartDump(const std::string& database, const std::string& snapshot, int (&ends)[2]) {
  Must(pipe2(ends, O_CLOEXEC) == 0, "pipe");
  std::string arguments[] = {"pg_dump",
                             "--format=custom",
                             "--snapshot=" + snapshot,
                             "--no-subscriptions",
                             "--lock-wait-timeout=60000",
                             "host=" + host + " port=" + port + " user=bench dbname=" + database};
  char* argv[std::size(arguments) + 1] = {};
  for (std::size_t i = 0; i < std::size(arguments); ++i) argv[i] = arguments[i].data();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  pid_t pid = 0;
  Must(posix_spawn(&pid, "/usr/lib/postgresql/15/bin/pg_dump", &actions, nullptr, argv, environ) == 0,
       "pg_dump");
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  return pid;
}

// Encrypted and authenticated in frames, hashed as it is written, and flushed.
std::string Dump(const std::string& database, const std::string& snapshot, const std::string& path) {
  std::string key(crypto_secretstream_xchacha20poly1305_KEYBYTES, 'k'), head(kHead);
  const auto raw = [](auto& text) { return reinterpret_cast<unsigned char*>(text.data()); };
  crypto_secretstream_xchacha20poly1305_state stream;
  std::string header(crypto_secretstream_xchacha20poly1305_HEADERBYTES, '\0'), plain(kFrame, '\0'),
      sealed(kFrame + crypto_secretstream_xchacha20poly1305_ABYTES, '\0');
  crypto_secretstream_xchacha20poly1305_init_push(&stream, raw(header), raw(key));
  Digest digest;
  const int fd = Create(path + ".partial");
  const auto put = [&](std::string_view bytes) { digest.Add(bytes), Write(fd, bytes); };
  put(head), put(header);
  int ends[2], status = 0;
  const pid_t pid = StartDump(database, snapshot, ends);
  for (bool more = true; more;) {
    std::size_t have = 0;
    for (ssize_t got = 1; have < kFrame && more; have += static_cast<std::size_t>(got)) {
      got = read(ends[0], plain.data() + have, kFrame - have);
      Must(got >= 0, "read");
      more = got > 0;
    }
    unsigned long long size = 0;
    crypto_secretstream_xchacha20poly1305_push(&stream, raw(sealed), &size, raw(plain), have, raw(head),
                                               kHead.size(), more ? 0 : 3);
    put(std::string_view(sealed).substr(0, size));
  }
  close(ends[0]);
  Must(waitpid(pid, &status, 0) == pid && status == 0, "pg_dump");
  Must(fsync(fd) == 0 && link((path + ".partial").c_str(), path.c_str()) == 0, "the backup's file");
  unlink((path + ".partial").c_str());
  close(fd);
  return digest.End();
}

}  // namespace

void BackUp(const std::string& database, const std::string& folder) {
  Session(database).One(kSize);
  Session session(database);
  for (const char* statement : kBegin) session.One(statement);
  const std::string snapshot = session.One(kSnapshot);
  std::string manifest;
  for (const char* statement : kAbout) manifest += session.One(statement) + "\n";
  session.One(slipway::drivers::postgres::kWritePlainly);
  Digest schema;
  for (const auto& row : session.Ask(kListAll)) {
    Digest one;
    one.Add(row[1]), schema.Add(row[0] + "\t"), schema.Add(row[1] + "\n");
    manifest += row[0] + " " + one.End(8) + "\n";
  }
  for (const auto& table : session.Ask(kTables))
    manifest += table[0] + " " + session.One("SELECT count(*) FROM ONLY " + table[0]) + "\n";
  manifest += session.One(kLargeObjects) + "\n";
  const std::string path = folder + "/" + database + "_" + std::to_string(getpid()) + ".backup";
  manifest += schema.End() + "\n" + Dump(database, snapshot, path) + "\n";
  Flush(folder);
  manifest += session.One(kReset) + "\n";
  for (const auto& table : session.Ask(kCounters)) manifest += table[0] + " " + table[1] + "\n";
  const int fd = Create(path + ".manifest.new");
  Write(fd, manifest);
  Must(fsync(fd) == 0, "the manifest");
  close(fd);
  Must(rename((path + ".manifest.new").c_str(), (path + ".manifest").c_str()) == 0, "the manifest");
  Flush(folder);
}

}  // namespace floor_probe
