#include "journal/checkpoint.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace slipway::journal {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // an em dash and a blank start each signature line
constexpr std::string_view kAlgorithm("\x01", 1);    // Ed25519
constexpr std::string_view kWhere = "checkpoint";
// An extension line of ours, by which no checkpoint can be taken away unseen.
constexpr std::string_view kAfter = "after ";

const unsigned char* Bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

std::string KeyId(std::string_view name, std::string_view public_key) {
  const Hash hash = base::Sha256({name, "\n", kAlgorithm, public_key});
  return std::string(base::AsBytes(hash).substr(0, 4));
}

bool IsKeyName(std::string_view name) {
  if (name.empty() || !base::IsUtf8(name)) return false;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '+' || c == 0x7F) return false;
  }
  return true;
}

// Takes one line with its newline off the front.
bool TakeLine(std::string_view& text, std::string_view& line) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

bool ParseSize(std::string_view line, std::int64_t& size) {
  if (line.empty() || (line.size() > 1 && line[0] == '0')) return false;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size);
  return error == std::errc() && end == line.data() + line.size() && size >= 0;
}

std::string Body(std::string_view origin, std::int64_t size, const Hash& root, std::int64_t after) {
  std::string body =
      std::string(origin) + "\n" + std::to_string(size) + "\n" + base::Base64(base::AsBytes(root)) + "\n";
  if (after > 0) body += std::string(kAfter) + std::to_string(after) + "\n";
  return body;
}

// `body` ends with a newline.
base::Result<std::string> Sign(const SigningKey& key, const std::string& body) {
  if (sodium_init() < 0) return base::Fail(base::ErrorKind::kInternal, "libsodium does not start");
  if (key.seed.Reveal().size() != crypto_sign_SEEDBYTES)
    return base::Fail(base::ErrorKind::kInternal, "no signing key");
  unsigned char pk[crypto_sign_PUBLICKEYBYTES];
  unsigned char sk[crypto_sign_SECRETKEYBYTES];
  unsigned char signature[crypto_sign_BYTES];
  crypto_sign_seed_keypair(pk, sk, Bytes(key.seed.Reveal()));
  const int failed = crypto_sign_detached(signature, nullptr, Bytes(body), body.size(), sk);
  sodium_memzero(sk, sizeof sk);
  if (failed != 0) return base::Fail(base::ErrorKind::kInternal, "signing failed", std::string(kWhere));
  const std::string blob =
      key.verifier.id + std::string(reinterpret_cast<const char*>(signature), sizeof signature);
  return body + "\n" + std::string(kDash) + key.verifier.name + " " + base::Base64(blob) + "\n";
}

}  // namespace

std::string VerifierKey::Text() const {
  return name + "+" + base::Hex(id) + "+" + base::Base64(std::string(kAlgorithm) + public_key);
}

base::Result<VerifierKey> ParseVerifierKey(std::string_view text) {
  text = base::Trim(text);
  const auto first = text.find('+');
  const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos)
    return base::Invalid("not a verifier key: `<name>+<key id>+<base64>` is expected");
  VerifierKey key;
  key.name = std::string(text.substr(0, first));
  const auto id = base::FromHex(text.substr(first + 1, second - first - 1));
  const auto bytes = base::FromBase64(text.substr(second + 1));
  if (!IsKeyName(key.name) || !id || !bytes)
    return base::Invalid("not a verifier key: bad name, hex or base64");
  if (bytes->size() != 33 || (*bytes)[0] != kAlgorithm[0])
    return base::Invalid("not an Ed25519 verifier key");
  key.public_key = bytes->substr(1);
  key.id = KeyId(key.name, key.public_key);
  if (key.id != *id)
    return base::Invalid("the verifier key's id does not fit its name and key (a typing error?)");
  return key;
}

base::Result<SigningKey> SigningKeyFromSeed(std::string_view name, std::string_view seed) {
  if (sodium_init() < 0) return base::Fail(base::ErrorKind::kInternal, "libsodium does not start");
  if (!IsKeyName(name)) return base::Invalid("a key name has no blanks and no `+`");
  if (seed.size() != crypto_sign_SEEDBYTES) return base::Invalid("an Ed25519 seed has 32 bytes");
  unsigned char pk[crypto_sign_PUBLICKEYBYTES];
  unsigned char sk[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(pk, sk, Bytes(seed));
  sodium_memzero(sk, sizeof sk);
  SigningKey key;
  key.verifier.name = std::string(name);
  key.verifier.public_key.assign(reinterpret_cast<const char*>(pk), sizeof pk);
  key.verifier.id = KeyId(name, key.verifier.public_key);
  key.seed = base::Secret(std::string(seed));
  return key;
}

base::Result<SigningKey> MakeSigningKey(std::string_view name, base::Random& random) {
  return SigningKeyFromSeed(name, random.Bytes(crypto_sign_SEEDBYTES));
}

base::Result<Checkpoint> SignCheckpoint(const SigningKey& key, std::int64_t size, const Hash& root,
                                        std::int64_t after) {
  SLIPWAY_TRY(std::string note, Sign(key, Body(key.verifier.name, size, root, after)));
  return Checkpoint{size, root, std::move(note), after};
}

base::Result<std::string> SignStatement(const SigningKey& key, std::string_view kind, std::string_view text) {
  if (!base::IsId(kind)) return base::Invalid("a kind of statement is a plain word", std::string(kWhere));
  return Sign(key, key.verifier.name + "/" + std::string(kind) + "\n" + std::string(text) + "\n");
}

base::Result<std::string> VerifyStatement(std::string_view note, std::string_view kind,
                                          const VerifierKey& key) {
  SLIPWAY_TRY(const std::string body, VerifyNote(note, key));
  const std::string head = key.name + "/" + std::string(kind) + "\n";
  if (!base::StartsWith(body, head))
    return base::Refused("the signed note is no " + std::string(kind), std::string(kWhere));
  return body.substr(head.size(), body.size() - head.size() - 1);
}

base::Result<Hash> ParseHash(std::string_view text) {
  SLIPWAY_TRY(const std::string bytes, base::FromBase64(text));
  Hash hash;
  if (bytes.size() != hash.size()) return base::Invalid("a hash has 32 bytes");
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

base::Result<ParsedCheckpoint> ParseCheckpoint(std::string_view note) {
  std::string_view rest = note;
  std::string_view origin;
  std::string_view size;
  std::string_view root;
  ParsedCheckpoint parsed;
  base::Result<Hash> hash;
  if (!base::IsUtf8(note) || !TakeLine(rest, origin) || !TakeLine(rest, size) || !TakeLine(rest, root) ||
      origin.empty() || !ParseSize(size, parsed.checkpoint.size) || !(hash = ParseHash(root))) {
    return base::Invalid("not a checkpoint: origin, size and root are expected, a line each",
                         std::string(kWhere));
  }
  parsed.origin = std::string(origin);
  parsed.checkpoint.root = *hash;
  parsed.checkpoint.note = std::string(note);
  std::string_view line;
  while (TakeLine(rest, line) && !line.empty()) {
    if (base::StartsWith(line, kDash))
      return base::Invalid("not a signed note: no blank line before the signatures", std::string(kWhere));
    if (base::StartsWith(line, kAfter) && !ParseSize(line.substr(kAfter.size()), parsed.checkpoint.after))
      return base::Invalid("not a checkpoint: `after` names the size of the one before it",
                           std::string(kWhere));
  }
  if (!line.empty() || rest.empty())
    return base::Invalid("not a signed note: no signature", std::string(kWhere));
  while (!rest.empty()) {
    if (!TakeLine(rest, line) || !base::StartsWith(line, kDash)) {
      return base::Invalid("not a signed note: a signature line starts with an em dash", std::string(kWhere));
    }
  }
  return parsed;
}

base::Result<std::string> VerifyNote(std::string_view note, const VerifierKey& key) {
  if (sodium_init() < 0) return base::Fail(base::ErrorKind::kInternal, "libsodium does not start");
  const auto blank = note.find("\n\n" + std::string(kDash));
  if (blank == std::string_view::npos)
    return base::Invalid("not a signed note: no signature", std::string(kWhere));
  const std::string_view body = note.substr(0, blank + 1);
  std::string_view rest = note.substr(blank + 2);
  std::string_view line;
  while (TakeLine(rest, line)) {
    if (!base::StartsWith(line, std::string(kDash) + key.name + " ")) continue;
    const auto blob = base::FromBase64(line.substr(kDash.size() + key.name.size() + 1));
    if (!blob || blob->size() != 4 + crypto_sign_BYTES || blob->substr(0, 4) != key.id) continue;
    if (crypto_sign_verify_detached(Bytes(std::string_view(*blob).substr(4)), Bytes(body), body.size(),
                                    Bytes(key.public_key)) == 0) {
      return std::string(body);
    }
  }
  return base::Refused("no signature of the key " + key.name + "+" + base::Hex(key.id) + " verifies",
                       std::string(kWhere));
}

base::Result<Checkpoint> VerifyCheckpoint(std::string_view note, const VerifierKey& key) {
  SLIPWAY_TRY(ParsedCheckpoint parsed, ParseCheckpoint(note));
  if (parsed.origin != key.name) {
    return base::Refused("the checkpoint is of store " + parsed.origin + ", the key of " + key.name,
                         std::string(kWhere));
  }
  SLIPWAY_CHECK_OK(VerifyNote(note, key));
  return std::move(parsed.checkpoint);
}

base::Result<std::vector<std::string>> SplitNotes(std::string_view text) {
  std::vector<std::string> notes;
  std::string note;
  bool signed_already = false;
  std::string_view line;
  while (TakeLine(text, line)) {
    const bool signature = base::StartsWith(line, kDash);
    if (signed_already && !signature) {
      notes.push_back(std::move(note));
      note.clear();
      signed_already = false;
    }
    if (note.empty() && line.empty()) continue;
    note += line;
    note += '\n';
    signed_already = signed_already || signature;
  }
  if (!note.empty() || !text.empty()) {
    if (!signed_already || !text.empty())
      return base::Invalid("the last checkpoint is cut off", std::string(kWhere));
    notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace slipway::journal
