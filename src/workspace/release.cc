// The digest of a release, as docs/formats/workspace.md lays it down.
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "workspace/reader.h"
#include "workspace/workspace.h"

namespace slipway::workspace {
namespace {

constexpr std::size_t kMaxFiles = 1'000'000;
constexpr int kMaxDepth = 64;

struct Entry {
  std::string path;  // relative to the release, '/' between names
  std::string line;
};

std::unexpected<base::Error> IoError(const std::string& where) {
  return base::Fail(base::ErrorKind::kIo, base::ErrnoText(errno), where);
}

base::Result<std::string> HashContent(int fd, const std::string& where) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
    return base::Fail(base::ErrorKind::kInternal, "no SHA-256");
  std::vector<char> buffer(256 * 1024);
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return IoError(where);
    if (got == 0) break;
    EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(got));
  }
  base::Hash hash{};
  EVP_DigestFinal_ex(context.get(), hash.data(), nullptr);
  return base::Hex(base::AsBytes(hash));
}

base::Result<Entry> FileEntry(int fd, const struct stat& info, std::string path, const std::string& where) {
  SLIPWAY_TRY(const std::string hash, HashContent(fd, where));
  const char mark = (info.st_mode & S_IXUSR) != 0 ? 'x' : '-';
  std::string line = hash + ' ' + mark + ' ' + path + '\0';
  return Entry{std::move(path), std::move(line)};
}

// Opens `name` in `folder` without following a link, and refuses what is neither a file nor a folder.
base::Result<base::Fd> OpenEntry(int folder, const char* name, struct stat& info, const std::string& where) {
  base::Fd fd(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid() && errno == ELOOP)
    return base::Refused("a release holds no links", where, "put the file itself there");
  if (!fd.valid() && errno == ENXIO) return base::Refused("a release holds only files and folders", where);
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) return IoError(where);
  if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
    return base::Refused("a release holds only files and folders", where);
  return fd;
}

base::Status Walk(base::Fd folder, const std::string& prefix, const std::string& shown, int depth,
                  std::vector<Entry>& entries) {
  if (depth > kMaxDepth) return base::Refused("folders are nested too deep", shown + "/" + prefix);
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(folder.get()), &::closedir);
  if (!dir) return IoError(shown + "/" + prefix);
  const int fd = folder.Release();
  for (errno = 0; const dirent* item = ::readdir(dir.get()); errno = 0) {
    const std::string name = item->d_name;
    if (name == "." || name == "..") continue;
    const std::string path = prefix + name;
    const std::string where = base::Printable(shown + "/" + path);
    struct stat info = {};
    SLIPWAY_TRY(base::Fd child, OpenEntry(fd, name.c_str(), info, where));
    if (S_ISDIR(info.st_mode)) {
      SLIPWAY_CHECK_OK(Walk(std::move(child), path + "/", shown, depth + 1, entries));
    } else {
      SLIPWAY_TRY(Entry entry, FileEntry(child.get(), info, path, where));
      if (entries.size() >= kMaxFiles) return base::Refused("over 1,000,000 files", shown);
      entries.push_back(std::move(entry));
    }
  }
  if (errno != 0) return IoError(shown + "/" + prefix);
  return {};
}

bool IsReleaseName(std::string_view name) {
  return !name.empty() && name.size() <= 128 && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_+").contains(c);
  });
}

std::string Offer(const Workspace& workspace, std::string_view version) {
  const std::vector<std::string> names = ReleaseNames(workspace);
  if (names.empty()) return "releases/ is empty; put the release into releases/" + base::Printable(version);
  const std::string near = Suggest(version, names);
  const std::string list = "releases/ has " + base::Join(names, ", ");
  return near.empty() || near.starts_with("one of") || near.starts_with("it can") ? list
                                                                                  : near + " (" + list + ")";
}

}  // namespace

std::vector<std::string> ReleaseNames(const Workspace& workspace) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(workspace.root / "releases", error), end; !error && it != end;
       it.increment(error)) {
    std::string name = it->path().filename().string();
    if (IsReleaseName(name)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

base::Result<Release> LoadRelease(const Workspace& workspace, std::string_view version) {
  const std::string shown = "releases/" + base::Printable(version);
  if (!IsReleaseName(version))
    return base::Invalid("`" + base::Printable(version) + "` is no name of a release", "releases/",
                         "letters, digits, `.`, `-`, `_` and `+`, no `.` first");
  base::Fd root(::open((workspace.root / "releases").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info = {};
  if (!root.valid() || ::fstatat(root.get(), std::string(version).c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) return IoError(shown);
    return base::Invalid("there is no release `" + std::string(version) + "`", shown,
                         Offer(workspace, version));
  }
  SLIPWAY_TRY(base::Fd top, OpenEntry(root.get(), std::string(version).c_str(), info, shown));
  const bool folder = S_ISDIR(info.st_mode);
  std::vector<Entry> entries;
  if (folder) {
    SLIPWAY_CHECK_OK(Walk(std::move(top), "", shown, 0, entries));
    if (entries.empty()) return base::Invalid("the release holds no file", shown);
  } else {
    SLIPWAY_TRY(Entry entry, FileEntry(top.get(), info, "", shown));
    entries.push_back(std::move(entry));
  }
  std::ranges::sort(entries, {}, &Entry::path);
  std::string listing = folder ? "slipway release v1 folder" : "slipway release v1 file";
  listing += '\0';
  for (const Entry& entry : entries) listing += entry.line;
  return Release{.version = std::string(version), .path = shown, .digest = base::Sha256Text(listing)};
}

}  // namespace slipway::workspace
