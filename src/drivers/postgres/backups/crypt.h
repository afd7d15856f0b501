// Authenticated encryption of a backup while it is written and read (docs/formats/backup.md): libsodium's
// secretstream, XChaCha20-Poly1305 in frames of 64 KiB. A byte that was changed, a frame that was left out,
// moved or repeated, and an end that is missing are all found; what stands in front of the damage has been
// handed out by then, so whoever reads must be able to throw it away.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace slipway::drivers::postgres {

inline constexpr std::size_t kFrame = 64 * 1024;  // of plain text; the last frame of a file is shorter

// What a secret becomes. Wiped when it is destroyed.
class BackupKey {
 public:
  static base::Result<BackupKey> Of(const base::Secret& secret);  // kInvalid: under 32 bytes
  BackupKey(const BackupKey&) = default;
  BackupKey& operator=(const BackupKey&) = default;
  ~BackupKey();

  const std::string& id() const { return id_; }  // 32 hex digits, which tell nothing of the key
  const std::uint8_t* bytes() const { return bytes_.data(); }

 private:
  BackupKey() = default;
  std::array<std::uint8_t, 32> bytes_{};
  std::string id_;
};

using TakeBytes = std::function<base::Status(std::string_view bytes)>;

// Encrypts what is added and hands it on. Without End, what was written is no whole file.
class Sealer {
 public:
  Sealer(const BackupKey& key, TakeBytes take);
  Sealer(Sealer&&) noexcept;
  ~Sealer();
  base::Status Add(std::string_view plain);
  base::Status End();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The way back. kInvalid: it is no backup, damaged, or cut short; kRefused: it is of another key. After an
// error nothing more is handed on.
class Opener {
 public:
  Opener(const BackupKey& key, TakeBytes take);
  Opener(Opener&&) noexcept;
  ~Opener();
  base::Status Add(std::string_view sealed);
  base::Status End();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slipway::drivers::postgres
