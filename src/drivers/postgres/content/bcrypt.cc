#include "drivers/postgres/content/bcrypt.h"

#include <crypt.h>
#include <sodium.h>

#include <memory>

namespace slipway::drivers::postgres {
namespace {

constexpr int kSalt = 16;

// What libxcrypt works on; it holds the password, so it is wiped.
struct Workspace {
  crypt_data data{};
  ~Workspace() { sodium_memzero(&data, sizeof data); }
};

std::string Hashed(const base::Secret& password, const std::string& setting) {
  const auto workspace = std::make_unique<Workspace>();
  const char* hash = crypt_rn(password.Reveal().c_str(), setting.c_str(), &workspace->data,
                              static_cast<int>(sizeof workspace->data));
  return hash == nullptr ? "" : hash;
}

}  // namespace

base::Result<std::string> Bcrypt(const base::Secret& password, std::int64_t cost, base::Random& random) {
  const std::string bytes = random.Bytes(kSalt);
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), bytes.data(), kSalt, setting,
                       sizeof setting) == nullptr)
    return base::Fail(base::ErrorKind::kIo, "libcrypt makes no bcrypt hashes here");
  std::string hash = Hashed(password, setting);
  if (!hash.starts_with("$2b$"))
    return base::Fail(base::ErrorKind::kIo, "libcrypt makes no bcrypt hashes here");
  return hash;
}

bool IsBcryptOf(const std::string& hash, const base::Secret& password) {
  return hash.starts_with("$2") && Hashed(password, hash) == hash;
}

}  // namespace slipway::drivers::postgres
