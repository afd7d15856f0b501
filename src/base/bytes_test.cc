#include "base/bytes.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/sha256_stream.h"

namespace slipway::base {
namespace {

TEST(Bytes, Sha256GivesTheDigestsOfTheStandard) {
  EXPECT_EQ(Hex(AsBytes(Sha256(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(AsBytes(Sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(AsBytes(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Hex(AsBytes(Sha256(std::string(1'000'000, 'a')))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Bytes, Sha256OfPartsIsThatOfTheWhole) {
  EXPECT_EQ(Sha256({"ab", "", "c"}), Sha256("abc"));
  EXPECT_EQ(Sha256(std::initializer_list<std::string_view>{}), Sha256(""));
  Sha256Stream one, two;  // at once, as each has its own state
  one.Add("a");
  two.Add("x");
  one.Add("bc");
  EXPECT_EQ(one.End(), Sha256("abc"));
  EXPECT_EQ(two.End(), Sha256("x"));
}

TEST(Bytes, EachThreadHashesOnItsOwn) {
  std::vector<std::jthread> threads;
  std::vector<Hash> hashes(4);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    threads.emplace_back([&hashes, i] {
      for (int round = 0; round < 200; ++round) hashes[i] = Sha256("abc");
    });
  }
  threads.clear();
  for (const Hash& hash : hashes) EXPECT_EQ(hash, Sha256("abc"));
}

TEST(Bytes, ADigestReadsBack) {
  const std::string text = Sha256Text("abc");
  EXPECT_EQ(text, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ParseDigest(text), Sha256("abc"));
}

TEST(Bytes, ADigestHasOneSpelling) {
  const std::string text = Sha256Text("abc");
  std::string upper = text;
  upper[8] = 'A';
  for (const std::string& wrong : {std::string(), text.substr(0, 70), text + "0", "md5:" + text, upper}) {
    EXPECT_FALSE(ParseDigest(wrong)) << wrong;
  }
}

TEST(Bytes, HexReadsBackAndRefusesTheRest) {
  EXPECT_EQ(Hex(std::string_view("\x00\xff\x10", 3)), "00ff10");
  EXPECT_EQ(FromHex("00fF10"), std::string("\x00\xff\x10", 3));
  EXPECT_FALSE(FromHex("0"));
  EXPECT_FALSE(FromHex("0g"));
}

TEST(Bytes, Base64GivesTheVectorsOfRfc4648) {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(Base64(plain), encoded);
    EXPECT_EQ(FromBase64(encoded), plain);
  }
}

TEST(Bytes, Base64ReadsEveryByteBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(FromBase64(Base64(all)), all);
}

TEST(Bytes, Base64RefusesWhatHasAnotherSpelling) {
  for (const char* wrong : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm9-"}) {
    EXPECT_FALSE(FromBase64(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace slipway::base
