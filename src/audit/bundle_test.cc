#include "audit/bundle.h"

#include <gtest/gtest.h>

#include "audit/anchors.h"
#include "audit/show.h"
#include "base/file.h"
#include "base/text.h"
#include "journal/memory_store.h"
#include "journal/testing.h"

namespace slipway::audit {
namespace {

using journal::testing::One;

class Bundle : public ::testing::Test {
 protected:
  Bundle() {
    for (int i = 1; i <= 300; ++i) {
      journal::Batch batch = One("R" + std::to_string(i % 30), "stepped", {{"i", i}});
      if (i == 45) {
        batch.blobs = {"line one\n"};
        batch.events[0].data["out"] =
            base::JsonObject{{"name", "stdout"}, {"digest", base::Sha256Text("line one\n")}, {"size", 9}};
      }
      if (i == 15) {
        batch.blobs = {"the plan"};
        batch.events[0].data["plan"] = base::Sha256Text("the plan");
        batch.events[0].data["release"] = base::Sha256Text("a folder that is no blob");
      }
      EXPECT_TRUE(store_->Append(batch));
    }
    key_ = journal::ParseVerifierKey(store_->PublicKey()).value();
  }

  BundleReport Verified(std::string_view text) {
    const auto report = VerifyBundle(text, key_);
    EXPECT_TRUE(report) << ToString(report.error());
    return report.value_or(BundleReport{});
  }

  base::SeededRandom random_{3};
  journal::MemoryDisk disk_{random_};
  std::unique_ptr<journal::Store> store_ = OpenMemoryStore(disk_, "p");
  journal::VerifierKey key_;
};

TEST_F(Bundle, OfARunProvesEachOfItsEventsOffline) {
  const std::string text = ExportBundle(*store_, "R15").value();
  const BundleReport report = Verified(text);
  EXPECT_TRUE(report.ok()) << Render(report);
  EXPECT_EQ(report.events.size(), 10u);
  EXPECT_EQ(report.size, 300);
  EXPECT_EQ(report.blobs, 2);  // the output and the plan
  EXPECT_FALSE(report.complete);
}

TEST_F(Bundle, OfTheWholeLogProvesThatNothingIsLeftOut) {
  const BundleReport report = Verified(ExportBundle(*store_, "").value());
  EXPECT_TRUE(report.ok()) << Render(report);
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.events.size(), 300u);
}

TEST_F(Bundle, OfAnUnknownRunIsAnError) {
  EXPECT_EQ(ExportBundle(*store_, "R99").error().what, "there is no run R99");
}

TEST_F(Bundle, ShowsADeletedBlobAsDeleted) {
  ASSERT_TRUE(store_->DeleteBlob(base::Sha256Text("line one\n"),
                                 {"ann@desk", base::FromMillis(1), "it was a secret"}));
  for (const std::string run : {"R15", ""}) {
    const BundleReport report = Verified(ExportBundle(*store_, run).value());
    EXPECT_TRUE(report.ok()) << Render(report);
    EXPECT_EQ(report.deleted_blobs, 1);
    EXPECT_NE(Render(report).find("1 deleted blob left out\n"), std::string::npos) << Render(report);
  }
}

TEST_F(Bundle, EveryFlippedByteIsFound) {
  const std::string text = ExportBundle(*store_, "R15").value();
  for (std::size_t i = 0; i < text.size(); i += 5) {
    std::string edited = text;
    edited[i] = static_cast<char>(edited[i] ^ 1);
    const auto report = VerifyBundle(edited, key_);
    EXPECT_FALSE(report && report->ok()) << "byte " << i;
  }
}

TEST_F(Bundle, EveryDroppedDoubledOrSwappedLineIsFound) {
  const std::string text = ExportBundle(*store_, "R15").value();
  const auto lines = base::Split(text.substr(0, text.size() - 1), '\n');
  const auto found = [&](const std::vector<std::string>& edited) {
    const auto report = VerifyBundle(base::Join(edited, "\n") + "\n", key_);
    return !report || !report->ok();
  };
  EXPECT_FALSE(found(lines));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto dropped = lines;
    dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_TRUE(found(dropped)) << i;
    auto doubled = lines;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    EXPECT_TRUE(found(doubled)) << i;
    auto swapped = lines;
    std::swap(swapped[i], swapped[(i + 1) % lines.size()]);
    EXPECT_TRUE(found(swapped)) << i;
  }
}

TEST_F(Bundle, AnEventFromElsewhereIsNamed) {
  std::string text = ExportBundle(*store_, "R15").value();
  const auto at = text.find("\\\"i\\\":45");
  text.replace(at, 8, "\\\"i\\\":46");
  const BundleReport report = Verified(text);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.problems[0].where, "event 45");
  EXPECT_EQ(report.problems[0].what, "is not in the log that the checkpoint signs");
}

TEST_F(Bundle, AnEditedEventOfTheWholeLogIsNamed) {
  std::string text = ExportBundle(*store_, "").value();
  const auto at = text.find("\\\"i\\\":45");
  text.replace(at, 8, "\\\"i\\\":46");
  BundleReport report = Verified(text);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.problems[0].where, "event 45");
  EXPECT_EQ(report.problems[0].what, "its bytes disagree with its leaf hash");
  // The hash is beside it for that only: nothing is taken on its word.
  const auto leaf = text.find("\"leaf\":\"", at) + 8;
  const auto end = text.find('"', leaf);
  const auto line = text.rfind("{\"event\"", at);
  const auto json = base::ParseJson(text.substr(line, text.find('\n', line) - line)).value();
  const auto bytes = base::GetString(json.get_object(), "event");
  text.replace(leaf, end - leaf, base::Base64(base::AsBytes(journal::LeafHash(bytes))));
  report = Verified(text);
  ASSERT_FALSE(report.ok());
  EXPECT_FALSE(report.complete);
}

TEST_F(Bundle, OfAnotherKeyIsRefused) {
  base::SeededRandom other(4);
  const auto key = journal::MakeSigningKey(store_->Id(), other)->verifier;
  const auto report = VerifyBundle(ExportBundle(*store_, "R15").value(), key);
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->ok());
}

TEST_F(Bundle, NonsenseIsNoBundle) {
  for (const std::string_view text : {"", "\n", "{}\n", "[]\n", "{\"bundle\":2}\n", "\xFF\n"})
    EXPECT_FALSE(VerifyBundle(text, key_)) << text;
}

TEST_F(Bundle, AnchorsAreKeptOnceEachAndReadBack) {
  const journal::testing::TempDir dir;
  const auto file = dir.path() / "anchors";
  EXPECT_FALSE(ReadAnchors(file));
  const std::string first = store_->MakeCheckpoint()->note;
  ASSERT_TRUE(AppendAnchor(file, first));
  ASSERT_TRUE(AppendAnchor(file, first));
  ASSERT_TRUE(store_->Append(One("R1", "x")));
  const std::string second = store_->MakeCheckpoint()->note;
  ASSERT_TRUE(AppendAnchor(file, second));
  EXPECT_EQ(ReadAnchors(file).value(), (std::vector<std::string>{first, second}));
  EXPECT_FALSE(AppendAnchor(file, "nonsense"));
}

TEST(Show, SaysWhoWhatWhenWhy) {
  const std::vector<journal::Event> events = {
      {1,
       8,
       "R1",
       "step_done",
       base::FromMillis(0),
       "slipway",
       {{"step", "start"}, {"target", "web-1"}, {"reason", "answered 200\x1B[2J"}}},
      {1, 9, "", "opened", base::FromMillis(1500), "ann@desk", {}}};
  EXPECT_EQ(RenderEvents(events),
            "     8  1970-01-01T00:00:00.000Z  slipway   step done R1 start@web-1: answered 200\\x1B[2J\n"
            "     9  1970-01-01T00:00:01.500Z  ann@desk  opened\n");
}

}  // namespace
}  // namespace slipway::audit
