#include "drivers/postgres/backups/crypt.h"

#include <fmt/format.h>
#include <sodium.h>

#include "base/bytes.h"

namespace slipway::drivers::postgres {
namespace {

using base::Invalid;
using base::Status;

constexpr std::string_view kMagic = "slipway-backup-v1\n";
constexpr std::string_view kKeyContext = "slipway-backup-v1 key\n";
constexpr std::string_view kIdContext = "slipway-backup-v1 key id\n";
constexpr std::size_t kLeastSecret = 32;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kHead = kMagic.size() + kIdBytes;  // authenticated with every frame
constexpr std::size_t kHeader = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t kTag = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr unsigned char kMessage = crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
constexpr unsigned char kFinal = crypto_secretstream_xchacha20poly1305_TAG_FINAL;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void HashInto(unsigned char* out, std::size_t size, std::string_view context, std::string_view bytes) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, size);
  crypto_generichash_update(&state, Bytes(context), context.size());
  crypto_generichash_update(&state, Bytes(bytes), bytes.size());
  crypto_generichash_final(&state, out, size);
  sodium_memzero(&state, sizeof state);
}

std::string HeadOf(const BackupKey& key) { return std::string(kMagic) + base::FromHex(key.id()).value(); }

}  // namespace

base::Result<BackupKey> BackupKey::Of(const base::Secret& secret) {
  if (sodium_init() < 0) return base::Fail(base::ErrorKind::kInternal, "libsodium does not start");
  if (secret.Reveal().size() < kLeastSecret)
    return Invalid(
        fmt::format("the key has {} bytes and needs at least {}", secret.Reveal().size(), kLeastSecret), "",
        "openssl rand -base64 32 makes one");
  BackupKey key;
  HashInto(key.bytes_.data(), key.bytes_.size(), kKeyContext, secret.Reveal());
  std::string id(kIdBytes, '\0');
  HashInto(Bytes(id), id.size(), kIdContext,
           {reinterpret_cast<const char*>(key.bytes_.data()), key.bytes_.size()});
  key.id_ = base::Hex(id);
  return key;
}

BackupKey::~BackupKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

struct Sealer::State {
  TakeBytes take;
  std::string head;
  std::string plain;   // of the frame that is not full yet
  std::string sealed;  // room for one frame
  crypto_secretstream_xchacha20poly1305_state stream{};
  std::string header;
  bool begun = false;

  ~State() {
    sodium_memzero(&stream, sizeof stream);
    sodium_memzero(plain.data(), plain.size());
  }
  Status Begin() {
    if (begun) return {};
    begun = true;
    SLIPWAY_CHECK_OK(take(head));
    return take(header);
  }
  Status Push(std::string_view text, unsigned char tag) {
    unsigned long long size = 0;
    crypto_secretstream_xchacha20poly1305_push(&stream, Bytes(sealed), &size, Bytes(text), text.size(),
                                               Bytes(head), head.size(), tag);
    return take(std::string_view(sealed).substr(0, size));
  }
};

Sealer::Sealer(const BackupKey& key, TakeBytes take) : state_(std::make_unique<State>()) {
  state_->take = std::move(take);
  state_->head = HeadOf(key);
  state_->plain.reserve(kFrame);
  state_->sealed.resize(kFrame + kTag);
  state_->header.resize(kHeader);
  crypto_secretstream_xchacha20poly1305_init_push(&state_->stream, Bytes(state_->header), key.bytes());
}
Sealer::Sealer(Sealer&&) noexcept = default;
Sealer::~Sealer() = default;

Status Sealer::Add(std::string_view plain) {
  SLIPWAY_CHECK_OK(state_->Begin());
  while (!plain.empty()) {
    const std::size_t fits = std::min(plain.size(), kFrame - state_->plain.size());
    state_->plain.append(plain.substr(0, fits));
    plain.remove_prefix(fits);
    if (state_->plain.size() < kFrame) continue;
    SLIPWAY_CHECK_OK(state_->Push(state_->plain, kMessage));
    state_->plain.clear();
  }
  return {};
}

Status Sealer::End() {
  SLIPWAY_CHECK_OK(state_->Begin());
  return state_->Push(state_->plain, kFinal);
}

struct Opener::State {
  const BackupKey key;
  const TakeBytes take;
  const std::string head;
  std::string waiting;  // read and not opened yet: less than a frame
  std::string plain;    // room for one frame
  crypto_secretstream_xchacha20poly1305_state stream{};
  bool begun = false;
  bool broken = false;
  std::int64_t frames = 0;

  ~State() {
    sodium_memzero(&stream, sizeof stream);
    sodium_memzero(plain.data(), plain.size());
  }
  std::unexpected<base::Error> Break(std::string what) {
    broken = true;
    return Invalid(std::move(what));
  }
  Status Begin() {
    if (begun || waiting.size() < kHead + kHeader) return {};
    const std::string_view all = waiting;
    if (all.substr(0, kMagic.size()) != kMagic) return Break("it is no backup of slipway");
    if (const std::string_view id = all.substr(kMagic.size(), kIdBytes); !head.ends_with(id)) {
      broken = true;
      return base::Refused(
          fmt::format("it is encrypted with the key {}, and the one given is {}", base::Hex(id), key.id()));
    }
    crypto_secretstream_xchacha20poly1305_init_pull(&stream, Bytes(all.substr(kHead)), key.bytes());
    waiting.erase(0, kHead + kHeader);
    begun = true;
    return {};
  }
  Status Pull(std::string_view sealed, unsigned char wanted) {
    unsigned long long size = 0;
    unsigned char tag = 0;
    const bool whole = sealed.size() >= kTag && crypto_secretstream_xchacha20poly1305_pull(
                                                    &stream, Bytes(plain), &size, &tag, Bytes(sealed),
                                                    sealed.size(), Bytes(head), head.size()) == 0;
    if (!whole || tag != wanted)
      return Break(fmt::format("it is damaged or cut short in the 64 KiB from byte {} on",
                               kHead + kHeader + static_cast<std::size_t>(frames) * (kFrame + kTag)));
    ++frames;
    Status taken = take(std::string_view(plain).substr(0, size));
    if (!taken) broken = true;
    return taken;
  }
};

Opener::Opener(const BackupKey& key, TakeBytes take)
    : state_(
          new State{.key = key, .take = std::move(take), .head = HeadOf(key), .waiting = {}, .plain = {}}) {
  state_->plain.resize(kFrame);
}
Opener::Opener(Opener&&) noexcept = default;
Opener::~Opener() = default;

Status Opener::Add(std::string_view sealed) {
  State& state = *state_;
  if (state.broken) return Invalid("it is damaged");
  state.waiting.append(sealed);
  SLIPWAY_CHECK_OK(state.Begin());
  if (!state.begun) return {};
  std::size_t at = 0;
  for (; state.waiting.size() - at >= kFrame + kTag; at += kFrame + kTag)
    SLIPWAY_CHECK_OK(state.Pull(std::string_view(state.waiting).substr(at, kFrame + kTag), kMessage));
  state.waiting.erase(0, at);
  return {};
}

Status Opener::End() {
  State& state = *state_;
  if (state.broken) return Invalid("it is damaged");
  if (!state.begun) return state.Break("it is no backup of slipway, or cut short in its first bytes");
  return state.Pull(state.waiting, kFinal);
}

}  // namespace slipway::drivers::postgres
