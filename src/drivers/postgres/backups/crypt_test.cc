#include "drivers/postgres/backups/crypt.h"

#include <gmock/gmock.h>
#include <sodium.h>

#include <map>

#include "base/bytes.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"

namespace slipway::drivers::postgres {
namespace {

using testing::HasSubstr;

constexpr std::size_t kSealedFrame = kFrame + 17;

BackupKey Key(const std::string& secret = "a key of at least thirty-two bytes") {
  return BackupKey::Of(base::Secret(secret)).value();
}

TakeBytes Into(std::string& text) {
  return [&text](std::string_view bytes) -> base::Status {
    text.append(bytes);
    return {};
  };
}

std::string Seal(std::string_view plain, const BackupKey& key = Key(), std::size_t step = 10'000) {
  std::string sealed;
  Sealer sealer(key, Into(sealed));
  for (std::size_t at = 0; at < plain.size(); at += step) EXPECT_TRUE(sealer.Add(plain.substr(at, step)));
  EXPECT_TRUE(sealer.End());
  return sealed;
}

base::Result<std::string> Open(std::string_view sealed, const BackupKey& key = Key(),
                               std::size_t step = 7'000) {
  std::string plain;
  Opener opener(key, Into(plain));
  for (std::size_t at = 0; at < sealed.size(); at += step)
    SLIPWAY_CHECK_OK(opener.Add(sealed.substr(at, step)));
  SLIPWAY_CHECK_OK(opener.End());
  return plain;
}

std::string Text(std::size_t size) {
  static base::SeededRandom random{7};
  return random.Bytes(size);
}

TEST(BackupCrypt, WhatIsSealedOpensAgainWhateverItsLength) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kFrame - 1, kFrame, kFrame + 1, 3 * kFrame, 200'000uz}) {
    const std::string plain = Text(size);
    const std::string sealed = Seal(plain);
    EXPECT_EQ(Open(sealed).value(), plain) << size;
    EXPECT_EQ(sealed.size(), 58 + size + 17 * (size / kFrame + 1));
  }
}

TEST(BackupCrypt, NoTwoFilesOfTheSameTextAreAlike) { EXPECT_NE(Seal("text"), Seal("text")); }

TEST(BackupCrypt, AnyChangedByteIsFound) {
  const std::string plain = Text(kFrame + 100);
  const std::string sealed = Seal(plain);
  for (std::size_t at = 0; at < sealed.size(); at += at < 200 ? 1 : 997) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    EXPECT_FALSE(Open(changed)) << at;
  }
}

TEST(BackupCrypt, AnyEndThatIsMissingIsFound) {
  const std::string sealed = Seal(Text(2 * kFrame));
  for (std::size_t size = 0; size < sealed.size(); size += size < 200 ? 1 : 997)
    EXPECT_FALSE(Open(sealed.substr(0, size))) << size;
  EXPECT_THAT(Open(sealed.substr(0, 58 + kSealedFrame)).error().what, HasSubstr("cut short"))
      << "at the border of two frames";
}

TEST(BackupCrypt, AnythingBehindTheEndIsFound) {
  EXPECT_FALSE(Open(Seal("text") + "x"));
  EXPECT_FALSE(Open(Seal("text") + Seal("text")));
}

TEST(BackupCrypt, FramesThatAreSwappedRepeatedOrLeftOutAreFound) {
  const std::string sealed = Seal(Text(3 * kFrame));
  const std::string head = sealed.substr(0, 58), tail = sealed.substr(58 + 3 * kSealedFrame);
  const auto frame = [&](std::size_t i) { return sealed.substr(58 + i * kSealedFrame, kSealedFrame); };
  EXPECT_TRUE(Open(head + frame(0) + frame(1) + frame(2) + tail));
  EXPECT_FALSE(Open(head + frame(1) + frame(0) + frame(2) + tail));
  EXPECT_FALSE(Open(head + frame(0) + frame(0) + frame(2) + tail));
  EXPECT_FALSE(Open(head + frame(0) + frame(2) + tail));
  EXPECT_FALSE(Open(head + frame(0) + frame(1) + tail));
}

TEST(BackupCrypt, AFileOfAnotherKeyIsToldFromADamagedOne) {
  const auto error = Open(Seal("text"), Key("another key of thirty-two bytes and more")).error();
  EXPECT_EQ(error.kind, base::ErrorKind::kRefused);
  EXPECT_THAT(error.what, HasSubstr("encrypted with the key " + Key().id()));
  EXPECT_EQ(Open("PGDMP and so on, which was never encrypted and is long enough").error().what,
            "it is no backup of slipway");
}

TEST(BackupCrypt, AShortKeyIsRefusedAndNotShown) {
  const auto error = BackupKey::Of(base::Secret("hunter2")).error();
  EXPECT_EQ(error.what, "the key has 7 bytes and needs at least 32");
}

TEST(BackupCrypt, AnErrorOfWhoTakesTheBytesEndsIt) {
  int taken = 0;
  Sealer sealer(Key(), [&](std::string_view) -> base::Status {
    return ++taken < 3 ? base::Status{} : base::Fail(base::ErrorKind::kIo, "full");
  });
  EXPECT_EQ(sealer.Add(Text(kFrame)).error().what, "full");
}

// The worked example of docs/formats/backup.md, made anew with libsodium alone.
TEST(BackupCrypt, TheExampleOfTheFormatsPageIsRight) {
  const std::string page =
      base::ReadFile(std::string(SLIPWAY_SOURCE_DIR) + "/docs/formats/backup.md").value();
  std::map<std::string, std::string, std::less<>> example;
  for (const std::string& line : base::Split(page, '\n')) {
    const auto equals = line.find(" = ");
    if (line.starts_with("example.") && equals != line.npos)
      example[line.substr(8, equals - 8)] = line.substr(equals + 3);
  }
  const auto hash = [](std::size_t size, const std::string& text) {
    std::string out(size, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), size,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
    return out;
  };
  const std::string secret = example["secret"], plain = example["plain"];
  const std::string key = hash(32, "slipway-backup-v1 key\n" + secret);
  const std::string id = hash(16, "slipway-backup-v1 key id\n" + key);
  EXPECT_EQ(base::Hex(key), example["key"]);
  EXPECT_EQ(base::Hex(id), example["key id"]);
  EXPECT_EQ(Key(secret).id(), example["key id"]);

  const std::string header = base::FromHex(example["header"]).value();
  const std::string head = "slipway-backup-v1\n" + id;
  crypto_secretstream_xchacha20poly1305_state stream;
  // Both directions begin in the same state; only init_pull takes a header that is given.
  crypto_secretstream_xchacha20poly1305_init_pull(&stream,
                                                  reinterpret_cast<const unsigned char*>(header.data()),
                                                  reinterpret_cast<const unsigned char*>(key.data()));
  std::string frame(plain.size() + 17, '\0');
  crypto_secretstream_xchacha20poly1305_push(&stream, reinterpret_cast<unsigned char*>(frame.data()), nullptr,
                                             reinterpret_cast<const unsigned char*>(plain.data()),
                                             plain.size(),
                                             reinterpret_cast<const unsigned char*>(head.data()), head.size(),
                                             crypto_secretstream_xchacha20poly1305_TAG_FINAL);
  EXPECT_EQ(base::Hex(frame), example["frame"]);
  EXPECT_EQ(base::Hex(head + header + frame), example["file"]);
  EXPECT_EQ(base::Sha256Text(head + header + frame), example["sha256"]);
  EXPECT_EQ(Open(base::FromHex(example["file"]).value(), Key(secret)).value(), plain);
}

}  // namespace
}  // namespace slipway::drivers::postgres
