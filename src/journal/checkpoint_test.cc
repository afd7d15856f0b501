#include "journal/checkpoint.h"

#include <gtest/gtest.h>

namespace slipway::journal {
namespace {

// Keys and the note are those of the documentation of golang.org/x/mod/sumdb/note, where the form comes from.
constexpr std::string_view kNeumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

SigningKey Key() { return SigningKeyFromSeed("slipway-test", std::string(32, 's')).value(); }

TEST(Checkpoint, VerifiesANoteThatAnotherProgramSigned) {
  const auto key = ParseVerifierKey(kNeumann);
  ASSERT_TRUE(key) << key.error().what;
  EXPECT_TRUE(VerifyNote(kNote, *key));
  EXPECT_EQ(key->Text(), kNeumann);
  std::string edited(kNote);
  edited[0] = 'i';
  EXPECT_EQ(VerifyNote(edited, *key).error().kind, base::ErrorKind::kRefused);
}

TEST(Checkpoint, HasThreeLinesABlankOneAndASignature) {
  const auto made = SignCheckpoint(Key(), 5, EmptyRoot()).value();
  EXPECT_EQ(made.note.substr(0, made.note.find("\n\n")),
            "slipway-test\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  const auto verified = VerifyCheckpoint(made.note, Key().verifier);
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->size, 5);
  EXPECT_EQ(verified->root, EmptyRoot());
}

TEST(Checkpoint, NamesTheOneBeforeIt) {
  const auto made = SignCheckpoint(Key(), 5, EmptyRoot(), 3).value();
  EXPECT_EQ(made.note.substr(0, made.note.find("\n\n")),
            "slipway-test\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nafter 3");
  const auto verified = VerifyCheckpoint(made.note, Key().verifier);
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->after, 3);
  EXPECT_EQ(VerifyCheckpoint(SignCheckpoint(Key(), 5, EmptyRoot()).value().note, Key().verifier)->after, 0);
}

TEST(Checkpoint, EveryFlippedByteIsRefused) {
  const auto made = SignCheckpoint(Key(), 5, EmptyRoot()).value();
  for (std::size_t i = 0; i < made.note.size(); ++i) {
    std::string edited = made.note;
    edited[i] = static_cast<char>(edited[i] ^ 1);
    EXPECT_FALSE(VerifyCheckpoint(edited, Key().verifier)) << i;
    EXPECT_FALSE(VerifyCheckpoint(made.note.substr(0, i), Key().verifier)) << i;
  }
}

TEST(Checkpoint, ARootIsThirtyTwoBytesAndHasOneText) {
  const std::string text = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  EXPECT_EQ(ParseHash(text).value(), EmptyRoot());
  for (const std::string& wrong :
       {text.substr(4), text + "AAAA", text.substr(0, 42) + "V=", " " + text, std::string()})
    EXPECT_FALSE(ParseHash(wrong)) << wrong;
}

TEST(Checkpoint, OfAnotherStoreOrKeyIsRefused) {
  const auto made = SignCheckpoint(Key(), 5, EmptyRoot()).value();
  const auto other_store = SigningKeyFromSeed("slipway-other", std::string(32, 's')).value();
  const auto other_key = SigningKeyFromSeed("slipway-test", std::string(32, 't')).value();
  EXPECT_EQ(VerifyCheckpoint(made.note, other_store.verifier).error().what,
            "the checkpoint is of store slipway-test, the key of slipway-other");
  EXPECT_FALSE(VerifyCheckpoint(made.note, other_key.verifier));
}

TEST(Checkpoint, SignaturesOfOthersMayStandBeside) {
  const auto made = SignCheckpoint(Key(), 5, EmptyRoot()).value();
  EXPECT_TRUE(VerifyCheckpoint(made.note + "— witness AAAA\n", Key().verifier));
}

TEST(VerifierKey, ATypingErrorIsFound) {
  EXPECT_FALSE(ParseVerifierKey("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
  EXPECT_FALSE(ParseVerifierKey("PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
  EXPECT_FALSE(ParseVerifierKey("PeterNeumann"));
  EXPECT_FALSE(ParseVerifierKey(""));
  EXPECT_TRUE(ParseVerifierKey(" sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8\n"));
}

TEST(Checkpoint, AFileOfSeveralIsSplit) {
  const auto one = SignCheckpoint(Key(), 1, EmptyRoot())->note;
  const auto two = SignCheckpoint(Key(), 2, EmptyRoot())->note;
  EXPECT_EQ(SplitNotes(one + two).value(), (std::vector<std::string>{one, two}));
  EXPECT_EQ(SplitNotes("\n" + one + "\n\n" + two + "\n").value(), (std::vector<std::string>{one, two}));
  EXPECT_EQ(SplitNotes("").value().size(), 0u);
  EXPECT_FALSE(SplitNotes(one + "slipway-test\n"));
}

}  // namespace
}  // namespace slipway::journal
