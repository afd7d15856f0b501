// The worked example of docs/formats/journal.md, computed again.
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/text.h"
#include "journal/checkpoint.h"
#include "journal/event.h"
#include "journal/merkle.h"

namespace slipway::journal {
namespace {

TEST(JournalFormat, TheWorkedExampleOfThePageHolds) {
  const std::string page = base::ReadFile(SLIPWAY_SOURCE_DIR "/docs/formats/journal.md").value();
  std::vector<Hash> leaves;
  Frontier frontier;
  for (const std::string& line : base::Split(page, '\n')) {
    if (!line.starts_with("{\"actor\":\"")) continue;
    const auto event = Decode(line);
    ASSERT_TRUE(event) << line;
    EXPECT_EQ(event->seq, static_cast<std::int64_t>(leaves.size()) + 1);
    leaves.push_back(LeafHash(line));
    frontier.Append(leaves.back());
  }
  ASSERT_EQ(leaves.size(), 3u);
  const auto says = [&](std::string_view name, const Hash& hash) {
    const std::string line = "\n" + std::string(name) + "  " + base::Hex(base::AsBytes(hash)) + "\n";
    EXPECT_NE(page.find(line), std::string::npos) << line;
  };
  says("leaf 1", leaves[0]);
  says("leaf 2", leaves[1]);
  says("leaf 3", leaves[2]);
  says("node  ", NodeHash(leaves[0], leaves[1]));
  says("root  ", frontier.Root());
  const auto key = SigningKeyFromSeed("slipway-example", std::string(32, 'e')).value();
  EXPECT_NE(page.find("\n" + key.verifier.Text() + "\n"), std::string::npos);
  EXPECT_NE(page.find("\n" + SignCheckpoint(key, 3, frontier.Root())->note), std::string::npos);
  EXPECT_TRUE(VerifyInclusion(leaves[1], 1, 3, std::vector{leaves[0], leaves[2]}, frontier.Root()));
}

}  // namespace
}  // namespace slipway::journal
