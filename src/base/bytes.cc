#include "base/bytes.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "base/sha256_stream.h"
#include "base/text.h"

namespace slipway::base {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kDigestPrefix = "sha256:";

// One fetched digest and one context a thread: looking the algorithm up each time costs more than hashing an
// event.
class Hasher {
 public:
  Hasher() : context_(EVP_MD_CTX_new()) {
    static EVP_MD* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (!context_ || EVP_DigestInit_ex2(context_.get(), digest, nullptr) != 1) std::abort();
  }

  void Begin() { Must(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr)); }
  void Add(std::string_view bytes) { Must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size())); }
  Hash End() {
    Hash hash;
    Must(EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr));
    return hash;
  }

 private:
  // These fail only where memory or the library itself is broken; a wrong digest must never come back.
  static void Must(int done) {
    if (done != 1) std::abort();
  }

  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

Hasher& ThreadHasher() {
  thread_local Hasher hasher;
  return hasher;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::array<std::int8_t, 256> kBase64Values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kBase64.size(); ++i) {
    values[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

unsigned At(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

}  // namespace

Hash Sha256(std::string_view bytes) {
  Hasher& hasher = ThreadHasher();
  hasher.Begin();
  hasher.Add(bytes);
  return hasher.End();
}

Hash Sha256(std::initializer_list<std::string_view> parts) {
  Hasher& hasher = ThreadHasher();
  hasher.Begin();
  for (std::string_view part : parts) hasher.Add(part);
  return hasher.End();
}

struct Sha256Stream::State {
  Hasher hasher;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) { state_->hasher.Begin(); }
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream::~Sha256Stream() = default;
void Sha256Stream::Add(std::string_view bytes) { state_->hasher.Add(bytes); }
Hash Sha256Stream::End() { return state_->hasher.End(); }

std::string Sha256Text(std::string_view bytes) { return DigestText(Sha256(bytes)); }

std::string DigestText(const Hash& hash) { return std::string(kDigestPrefix) + Hex(AsBytes(hash)); }

Result<Hash> ParseDigest(std::string_view text) {
  Hash hash;
  bool good = text.size() == kDigestPrefix.size() + 2 * hash.size() && text.starts_with(kDigestPrefix);
  for (std::size_t i = 0; good && i < hash.size(); ++i) {
    const int high = HexDigit(text[kDigestPrefix.size() + 2 * i]);
    const int low = HexDigit(text[kDigestPrefix.size() + 2 * i + 1]);
    if (high < 0 || low < 0) good = false;
    hash[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  // Upper case would give one digest two spellings.
  if (!good || DigestText(hash) != text) {
    return Invalid(Quote(text) + " is not a digest", "",
                   "write it like sha256: and 64 lower-case hex digits");
  }
  return hash;
}

std::string Hex(std::string_view bytes) {
  std::string text(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = kHex[At(bytes, i) >> 4];
    text[2 * i + 1] = kHex[At(bytes, i) & 15];
  }
  return text;
}

Result<std::string> FromHex(std::string_view text) {
  if (text.size() % 2 != 0) return Invalid("hex text has an odd number of digits");
  std::string bytes(text.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = HexDigit(text[2 * i]);
    const int low = HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) return Invalid("not a hex digit at byte " + std::to_string(2 * i));
    bytes[i] = static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string Base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const unsigned group = At(bytes, i) << 16 | At(bytes, i + 1) << 8 | At(bytes, i + 2);
    for (unsigned shift = 24; shift != 0;) text += kBase64[group >> (shift -= 6) & 63];
  }
  if (const std::size_t left = bytes.size() - i; left != 0) {
    const unsigned group = At(bytes, i) << 16 | (left == 2 ? At(bytes, i + 1) << 8 : 0u);
    text += kBase64[group >> 18 & 63];
    text += kBase64[group >> 12 & 63];
    text += left == 2 ? kBase64[group >> 6 & 63] : '=';
    text += '=';
  }
  return text;
}

Result<std::string> FromBase64(std::string_view text) {
  if (text.size() % 4 != 0) return Invalid("base64 text is not a multiple of 4 characters");
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  unsigned bits = 0;
  unsigned have = 0;
  for (std::size_t i = 0; i + padding < text.size(); ++i) {
    const int value = kBase64Values[At(text, i)];
    if (value < 0) return Invalid("not a base64 character at byte " + std::to_string(i));
    bits = bits << 6 | static_cast<unsigned>(value);
    have += 6;
    if (have >= 8) bytes += static_cast<char>(bits >> (have -= 8) & 255);
  }
  // One text for one value: the bits that padding leaves over are zero.
  if ((bits & ((1u << have) - 1)) != 0) return Invalid("base64 text has bits left over");
  return bytes;
}

}  // namespace slipway::base
