#include "workspace/kept_secrets.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/bytes.h"
#include "base/environment.h"
#include "base/file.h"
#include "base/json.h"
#include "base/new_files.h"
#include "base/private_folder.h"
#include "base/random.h"
#include "base/text.h"
#include "workspace/secrets.h"

namespace slipway::workspace {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;
using base::Secret;
using base::Status;

constexpr std::string_view kHead = "slipway secret v1\n";
constexpr std::string_view kSuffix = ".secret";
constexpr std::string_view kKeyFile = "key";
constexpr std::size_t kLargest = 256 * 1024;

std::string Place(std::string_view name) { return "secret " + base::Printable(name); }

Result<Secret> ReadKeyText(std::string_view text, const std::string& where) {
  auto bytes = base::FromBase64(base::Trim(text));
  if (!bytes || bytes->size() != crypto_secretbox_KEYBYTES)
    return base::Invalid("the key of the kept secrets is not 32 bytes in base64", where,
                         "head -c 32 /dev/urandom | base64 makes one");
  return Secret(*std::move(bytes));
}

Status Check(std::string_view name, const KeptSecret& secret) {
  if (!base::IsId(name))
    return base::Invalid(base::Quote(name) + " is no name of a secret", "",
                         "a lower-case letter, then lower-case letters, digits, `-` or `_`, at most 64");
  return CheckSecretValue(secret.value, name);
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// What a process that was killed while it wrote the secret has left of it: nobody reads it, but it holds the
// value.
void RemoveLeftOf(const fs::path& secret) {
  const std::string beginning = "." + secret.filename().string() + ".";
  std::error_code error;
  for (fs::directory_iterator entry(secret.parent_path(), error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().filename().string().starts_with(beginning)) ::unlink(entry->path().c_str());
}

}  // namespace

fs::path KeptSecrets::PathOf(std::string_view name) const {
  return folder_ / (std::string(name) + std::string(kSuffix));
}

std::vector<std::string> KeptSecrets::Names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    const fs::path file = it->path().filename();
    if (file.extension() == kSuffix && base::IsId(file.stem().string()))
      names.push_back(file.stem().string());
  }
  std::ranges::sort(names);
  return names;
}

bool KeptSecrets::Has(std::string_view name) const {
  std::error_code ignored;
  return base::IsId(name) && fs::exists(PathOf(name), ignored);
}

// A key of its own is never made while there are secrets that another one has sealed.
Status KeptSecrets::MakeKey() const {
  if (!Names().empty()) return {};
  const Secret key(base::Base64(base::SystemRandom().Bytes(crypto_secretbox_KEYBYTES)) + "\n");
  const auto made = base::WriteFileNew(folder_ / kKeyFile, key.Reveal(), 0600);
  if (!made && made.error().kind != ErrorKind::kConflict) return made;
  return {};
}

Result<Secret> KeptSecrets::Key(bool make) const {
  if (!key_variable_.empty()) {
    const auto text = base::Variable(key_variable_);
    if (!text)
      return base::Fail(ErrorKind::kIo,
                        "the variable " + key_variable_ + " with the key of the kept secrets is not set",
                        "slipway.yaml", "export " + key_variable_ + "=…");
    return ReadKeyText(*text, "variable " + key_variable_);
  }
  const fs::path path = folder_ / kKeyFile;
  std::error_code ignored;
  if (make && !fs::exists(path, ignored)) SLIPWAY_CHECK_OK(MakeKey());
  if (!fs::exists(path, ignored))
    return base::Fail(
        ErrorKind::kIo, "the key of the kept secrets is gone", path.string(),
        "put it back; where it is lost for good, remove the .secret files beside it and set them anew");
  SLIPWAY_TRY(const Secret text, ReadSecretFile(path, kKeyFile));
  return ReadKeyText(text.Reveal(), path.string());
}

Result<std::optional<KeptSecret>> KeptSecrets::Find(std::string_view name) const {
  if (!Has(name)) return std::nullopt;
  SLIPWAY_TRY(const std::string file, base::ReadFile(PathOf(name), kLargest));
  SLIPWAY_TRY(const Secret key, Key(false));
  const auto damaged = [&] {
    return base::Invalid("it is damaged, or sealed with another key", Place(name),
                         "slipway secrets set " + std::string(name) + " --replace");
  };
  constexpr std::size_t kStart = kHead.size() + crypto_secretbox_NONCEBYTES;
  if (!file.starts_with(kHead) || file.size() < kStart + crypto_secretbox_MACBYTES) return damaged();
  const std::string_view nonce = std::string_view(file).substr(kHead.size(), crypto_secretbox_NONCEBYTES);
  const std::string_view box = std::string_view(file).substr(kStart);
  std::string plain(box.size() - crypto_secretbox_MACBYTES, '\0');
  if (crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(plain.data()), Bytes(box), box.size(),
                                 Bytes(nonce), Bytes(key.Reveal())) != 0)
    return damaged();
  const Secret wiped(std::move(plain));  // when this is over
  const auto json = base::ParseJson(wiped.Reveal());
  if (!json || !json->is_object()) return damaged();
  const base::JsonObject& content = json->get_object();
  // A file under another's name is not that secret.
  if (base::GetString(content, "name") != name) return damaged();
  return KeptSecret{Secret(base::GetString(content, "value")), base::GetString(content, "by")};
}

Status KeptSecrets::MakeFolder() const {
  SLIPWAY_CHECK_OK(base::MakePrivateFolder(folder_));
  if (::chmod(folder_.c_str(), 0700) != 0)
    return base::Fail(ErrorKind::kIo, "the folder of the kept secrets cannot be made", folder_.string());
  return {};
}

Result<std::string> KeptSecrets::Sealed(std::string_view name, const KeptSecret& secret, const Secret& key) {
  SLIPWAY_TRY(std::string text, base::CanonicalJson(base::JsonObject{
                                    {"by", secret.by}, {"name", name}, {"value", secret.value.Reveal()}}));
  const Secret plain(std::move(text));
  const std::string nonce = base::SystemRandom().Bytes(crypto_secretbox_NONCEBYTES);
  std::string box(plain.Reveal().size() + crypto_secretbox_MACBYTES, '\0');
  crypto_secretbox_easy(reinterpret_cast<unsigned char*>(box.data()), Bytes(plain.Reveal()),
                        plain.Reveal().size(), Bytes(nonce), Bytes(key.Reveal()));
  return std::string(kHead) + nonce + box;
}

Status KeptSecrets::Create(std::string_view name, const KeptSecret& secret) const {
  if (Has(name)) return base::Fail(ErrorKind::kConflict, "there is one already", Place(name));
  return CreateAll({{std::string(name), secret}});
}

Status KeptSecrets::CreateAll(const std::vector<std::pair<std::string, KeptSecret>>& secrets) const {
  if (secrets.empty()) return {};
  for (const auto& [name, secret] : secrets) SLIPWAY_CHECK_OK(Check(name, secret));
  SLIPWAY_CHECK_OK(MakeFolder());
  SLIPWAY_TRY(const Secret key, Key(true));
  if (secrets.size() == 1) {
    SLIPWAY_TRY(const std::string sealed, Sealed(secrets.front().first, secrets.front().second, key));
    return base::WriteFileNew(PathOf(secrets.front().first), sealed, 0600);
  }
  std::vector<base::NewFile> files;
  files.reserve(secrets.size());
  for (const auto& [name, secret] : secrets) {
    SLIPWAY_TRY(std::string sealed, Sealed(name, secret, key));
    files.push_back({PathOf(name).filename().string(), std::move(sealed)});
  }
  return base::WriteNewFiles(folder_, files, 0600);
}

Status KeptSecrets::Replace(std::string_view name, const KeptSecret& secret) const {
  SLIPWAY_CHECK_OK(Check(name, secret));
  SLIPWAY_CHECK_OK(MakeFolder());
  SLIPWAY_TRY(const Secret key, Key(true));
  SLIPWAY_TRY(const std::string sealed, Sealed(name, secret, key));
  return base::WriteFileAtomic(PathOf(name), sealed, 0600);
}

Status KeptSecrets::Erase(std::string_view name) const {
  if (!base::IsId(name)) return {};
  RemoveLeftOf(PathOf(name));
  if (::unlink(PathOf(name).c_str()) != 0)
    return errno == ENOENT ? Status{} : base::Fail(ErrorKind::kIo, base::ErrnoText(errno), Place(name));
  return base::FlushFolder(folder_);
}

}  // namespace slipway::workspace
