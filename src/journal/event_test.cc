#include "journal/event.h"

#include <gtest/gtest.h>

#include "journal/canonical.h"

namespace slipway::journal {
namespace {

Event Example() {
  return {1, 7, "R1", "step_done", base::FromMillis(1'700'000'000'000), "ann@desk", {{"z", 1}, {"a", "x"}}};
}

constexpr std::string_view kExample =
    R"({"actor":"ann@desk","at":1700000000000,"data":{"a":"x","z":1},"run":"R1","seq":7,"type":"step_done","v":1})";

TEST(Event, IsWrittenInCanonicalForm) { EXPECT_EQ(Encode(Example()).value(), kExample); }

TEST(Event, AnEventOfNoRunHasNull) {
  Event event = Example();
  event.run.clear();
  const std::string bytes = Encode(event).value();
  EXPECT_NE(bytes.find("\"run\":null"), std::string::npos);
  EXPECT_EQ(Decode(bytes)->run, "");
}

TEST(Event, ReadsBackWhatWasWritten) {
  const Event event = Decode(kExample).value();
  EXPECT_EQ(event.seq, 7);
  EXPECT_EQ(event.type, "step_done");
  EXPECT_EQ(base::Millis(event.at), 1'700'000'000'000);
  EXPECT_EQ(Encode(event).value(), kExample);
}

TEST(Event, RefusesBytesThatAreNotExactlyAsWritten) {
  for (const std::string_view bytes :
       {R"({"actor":"a","at":1,"data":{},"run":"","seq":1,"type":"t","v":1})",               // an empty run
        R"({"actor":"a","at":1,"data":{},"run":null,"seq":0,"type":"t","v":1})",             // seq 0
        R"({"actor":"a","at":1,"data":{},"run":null,"seq":1,"type":"","v":1})",              // no type
        R"({"actor":"a","at":1,"data":{},"run":null,"seq":1,"type":"t","v":0})",             // version 0
        R"({"actor":"a","at":1,"data":[],"run":null,"seq":1,"type":"t","v":1})",             // data no object
        R"({"actor":"a","at":1,"data":{},"run":null,"seq":1,"type":"t","v":1} )",            // trailing blank
        R"({"actor":"a","at":01,"data":{},"run":null,"seq":1,"type":"t","v":1})",            // leading zero
        R"({"actor":"a","at":-0,"data":{},"run":null,"seq":1,"type":"t","v":1})",            // minus zero
        R"({"actor":"a","at":1,"data":{"b":1,"a":1},"run":null,"seq":1,"type":"t","v":1})",  // order
        R"({"actor":"a","at":1,"data":{"a":1,"a":1},"run":null,"seq":1,"type":"t","v":1})",  // twice
        R"({"actor":"a","at":1,"data":{"a":1.0},"run":null,"seq":1,"type":"t","v":1})",      // a fraction
        R"({"actor":"a","at":1,"data":{"a": 1},"run":null,"seq":1,"type":"t","v":1})",       // a blank
        R"({"actor":"\u0041","at":1,"data":{},"run":null,"seq":1,"type":"t","v":1})",  // a needless escape
        R"({"actor":"\u000a","at":1,"data":{},"run":null,"seq":1,"type":"t","v":1})",  // \n has a short one
        R"({"actor":"\u001F","at":1,"data":{},"run":null,"seq":1,"type":"t","v":1})",  // capitals
        R"({"actor":"\/","at":1,"data":{},"run":null,"seq":1,"type":"t","v":1})",      // \/
        "{\"actor\":\"\xC0\x80\",\"at\":1,\"data\":{},\"run\":null,\"seq\":1,\"type\":\"t\",\"v\":1}",
        "{\"actor\":\"\xED\xA0\x80\",\"at\":1,\"data\":{},\"run\":null,\"seq\":1,\"type\":\"t\",\"v\":1}",
        "{\"actor\":\"\n\",\"at\":1,\"data\":{},\"run\":null,\"seq\":1,\"type\":\"t\",\"v\":1}",
        "",
        "{",
        "null",
        "[]"}) {
    EXPECT_FALSE(Decode(bytes)) << bytes;
  }
}

TEST(Event, EveryCutAndEveryFlippedByteIsRefusedOrReadsAsOtherBytes) {
  for (std::size_t i = 0; i < kExample.size(); ++i) {
    EXPECT_FALSE(Decode(kExample.substr(0, i)));
    for (const char c : {'\0', '"', '\\', '{', '9', '\x80', ' '}) {
      std::string bytes(kExample);
      bytes[i] = c;
      const auto event = Decode(bytes);
      if (event) EXPECT_EQ(Encode(*event).value(), bytes);
    }
  }
}

TEST(Event, RefusesToWriteWhatItCouldNotRead) {
  Event event = Example();
  event.seq = 0;
  EXPECT_FALSE(Encode(event));
  event = Example();
  event.data = {{"f", 1.5}};
  EXPECT_FALSE(Encode(event));
  event.data = {{"n", base::kMaxInteger + 1}};
  EXPECT_FALSE(Encode(event));
  base::Json deep = 1;
  for (int i = 0; i < 64; ++i) deep = base::JsonArray{deep};
  event.data = {{"deep", deep}};
  EXPECT_FALSE(Encode(event));
}

TEST(Canonical, AgreesWithTheWriterOnEveryKindOfText) {
  base::JsonObject object;
  object["\xEE\x80\x80"] = "U+E000";
  object["\xF0\x9F\x98\x80"] = "beyond the basic plane, before U+E000 in UTF-16";
  object["a"] = base::JsonArray{nullptr, true, false, -1, 0, base::kMaxInteger, -base::kMaxInteger};
  object["\x7F"] = std::string("\x01\b\t\n\f\r\x1F\"\\/\x7F", 11);
  object[""] = base::JsonObject{{"é", "\xE2\x80\xA8"}};
  const std::string text = base::CanonicalJson(object).value();
  const auto read = ReadCanonical(text);
  ASSERT_TRUE(read) << text << " " << read.error().what;
  EXPECT_EQ(base::CanonicalJson(*read).value(), text);
}

TEST(Canonical, TheDeepestTextThatCanBeWrittenCanBeRead) {
  base::Json deep = 1;
  for (int i = 0; i < 64; ++i) deep = base::JsonArray{deep};
  const std::string text = base::CanonicalJson(deep).value();
  EXPECT_TRUE(ReadCanonical(text));
  EXPECT_FALSE(ReadCanonical("[" + text + "]"));
  EXPECT_FALSE(ReadCanonical(std::string(100'000, '[')));
}

}  // namespace
}  // namespace slipway::journal
