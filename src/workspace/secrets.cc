#include "workspace/secrets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <vector>

#include "base/environment.h"
#include "base/file.h"
#include "base/text.h"
#include "workspace/reader.h"

namespace slipway::workspace {
namespace {

constexpr std::size_t kMaxSecret = 64 * 1024;
constexpr std::size_t kMinSecret = 4;  // shorter values cannot be masked

base::Result<base::Secret> Checked(std::string value, std::string_view name) {
  base::Secret secret(std::move(value));
  SLIPWAY_CHECK_OK(CheckSecretValue(secret, name));
  return secret;
}

base::Result<std::string> ReadAll(int fd, const std::string& path) {
  constexpr std::size_t kUsual = 4096;
  std::string value(kUsual, '\0');
  std::size_t size = 0;
  while (size <= kMaxSecret) {
    if (size == value.size()) value.resize(kMaxSecret + 1);
    const ssize_t got = ::read(fd, value.data() + size, value.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::Fail(base::ErrorKind::kIo, base::ErrnoText(errno), path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMaxSecret) return base::Invalid("a secret has at most 64 KiB", path);
  value.resize(size);
  return value;
}

}  // namespace

base::Status CheckSecretValue(const base::Secret& value, std::string_view name) {
  const std::string where = "secret " + std::string(name);
  if (value.Reveal().size() < kMinSecret)
    return base::Invalid("the value has under 4 bytes, too short to be masked", where, "use a longer one");
  if (value.Reveal().size() > kMaxSecret) return base::Invalid("a secret has at most 64 KiB", where);
  if (value.Reveal().find('\0') != std::string::npos || !base::IsUtf8(value.Reveal()))
    return base::Invalid("the value is not UTF-8 text", where, "store it as base64");
  return {};
}

KeptSecrets KeptSecretsOf(const Workspace& workspace) {
  return KeptSecrets(workspace.root / ".slipway", workspace.secrets_key);
}

base::Result<base::Secret> ReadSecretFile(const std::filesystem::path& path, std::string_view name) {
  const std::string shown = base::Printable(path.string());
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.valid()) return base::Fail(base::ErrorKind::kIo, base::ErrnoText(errno), shown);
  struct stat info = {};
  if (::fstat(file.get(), &info) != 0) return base::Fail(base::ErrorKind::kIo, base::ErrnoText(errno), shown);
  if (!S_ISREG(info.st_mode)) return base::Invalid("not a regular file", shown);
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return base::Refused("the file of secret `" + std::string(name) + "` belongs to somebody else", shown);
  if ((info.st_mode & 077) != 0)
    return base::Refused("others may read the file of secret `" + std::string(name) + "`", shown,
                         "chmod 600 " + shown);
  SLIPWAY_TRY(std::string value, ReadAll(file.get(), shown));
  if (base::EndsWith(value, "\n")) value.pop_back();
  if (base::EndsWith(value, "\r")) value.pop_back();
  return Checked(std::move(value), name);
}

base::Result<base::Secret> ReadSecret(const Workspace& workspace, std::string_view name) {
  const auto found = workspace.secrets.find(std::string(name));
  if (found == workspace.secrets.end()) {
    const KeptSecrets kept = KeptSecretsOf(workspace);
    SLIPWAY_TRY(std::optional<KeptSecret> secret, kept.Find(name));
    if (secret) return std::move(secret->value);
    std::vector<std::string> names = kept.Names();
    for (const auto& [known, reference] : workspace.secrets) names.push_back(known);
    const std::string suggestion = Suggest(name, names);
    return base::Invalid(
        "unknown secret `" + base::Printable(name) + "`", "slipway.yaml",
        suggestion.empty() ? "name it under `secrets:`, or slipway secrets set NAME" : suggestion);
  }
  const SecretReference& reference = found->second;
  if (!reference.env.empty()) {
    std::optional<std::string> value = base::Variable(reference.env);
    if (!value)
      return base::Fail(base::ErrorKind::kIo, "the variable " + reference.env + " is not set",
                        "secret " + std::string(name), "export " + reference.env + "=…");
    return Checked(*std::move(value), name);
  }
  std::filesystem::path path = reference.file;
  if (!path.is_absolute()) {
    SLIPWAY_TRY(path, base::Inside(workspace.root, reference.file));
  }
  auto secret = ReadSecretFile(path, name);
  if (secret || secret.error().kind != base::ErrorKind::kIo) return secret;
  const base::Error& error = secret.error();
  return base::Fail(error.kind,
                    "the file of secret `" + std::string(name) + "` cannot be read: " + error.what,
                    error.where, "write it, and chmod 600 " + error.where);
}

base::Result<base::Secret> KeepSecret(const Workspace& workspace, std::string_view name,
                                      const base::Secret& value, std::string_view by) {
  const std::string quoted = base::Quote(name);
  if (workspace.secrets.contains(std::string(name)))
    return base::Refused("slipway.yaml says where secret " + quoted + " is, so slipway does not keep it",
                         "slipway.yaml", "name another secret");
  const KeptSecrets kept = KeptSecretsOf(workspace);
  const auto created = kept.Create(name, {value, std::string(by)});
  if (created) return value;
  if (created.error().kind != base::ErrorKind::kConflict) return std::unexpected(created.error());
  SLIPWAY_TRY(std::optional<KeptSecret> there, kept.Find(name));
  if (!there || there->by != by)
    return base::Refused("secret " + quoted + " is kept already" + (there ? ", for " + there->by : ""), "",
                         "name another secret, or slipway secrets remove " + std::string(name));
  return std::move(there->value);
}

base::Status ForgetSecret(const Workspace& workspace, std::string_view name, std::string_view by) {
  const KeptSecrets kept = KeptSecretsOf(workspace);
  SLIPWAY_TRY(const std::optional<KeptSecret> there, kept.Find(name));
  if (!there) return {};
  if (there->by != by)
    return base::Refused("secret " + base::Quote(name) + " is kept for " + there->by + ", not for " +
                         std::string(by));
  return kept.Erase(name);
}

}  // namespace slipway::workspace
