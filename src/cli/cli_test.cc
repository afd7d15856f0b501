#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "cli/exit.h"
#include "cli/moment.h"
#include "cli/options.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

using base::Duration;

TEST(Moments, ALengthOfTimeIsShownInTheUnitsThatMatter) {
  EXPECT_EQ(Took(Duration{7}), "7ms");
  EXPECT_EQ(Took(Duration{999}), "0.9s");
  EXPECT_EQ(Took(Duration{12'345}), "12s");
  EXPECT_EQ(Took(Duration{185'000}), "3m05s");
  EXPECT_EQ(Took(Duration{7'800'000}), "2h10m");
  EXPECT_EQ(Took(Duration{-5}), "0ms");
}

TEST(Moments, ATimeIsShownInUtcToTheSecond) {
  EXPECT_EQ(Moment(*base::ParseTime("2026-11-21T01:24:22.999Z")), "2026-11-21 01:24:22Z");
  EXPECT_EQ(Moment(std::optional<base::Time>()), "-");
}

TEST(Exits, EveryStateOfARunHasItsCode) {
  EXPECT_EQ(ExitOfRun("succeeded"), Exit::kSucceeded);
  for (const char* state : {"failed", "rolled_back", "rollback_failed", "cancelled"})
    EXPECT_EQ(ExitOfRun(state), Exit::kFailed) << state;
  for (const char* state : {"waiting", "running", "paused", "rolling_back"})
    EXPECT_EQ(ExitOfRun(state), Exit::kStanding) << state;
}

TEST(Exits, OfSeveralRunsTheWorstCounts) {
  EXPECT_EQ(Worse(Exit::kSucceeded, Exit::kSucceeded), Exit::kSucceeded);
  EXPECT_EQ(Worse(Exit::kSucceeded, Exit::kStanding), Exit::kStanding);
  EXPECT_EQ(Worse(Exit::kFailed, Exit::kStanding), Exit::kFailed);
  EXPECT_EQ(Worse(Exit::kRefused, Exit::kFailed), Exit::kFailed);
  EXPECT_EQ(Worse(Exit::kInternal, Exit::kFailed), Exit::kInternal);
}

TEST(Options, APairHasANameAndAnEqualsSign) {
  EXPECT_EQ(SplitPair("a=b=c", "-p")->second, "b=c");
  EXPECT_EQ(SplitPair("a=", "-p")->second, "");
  EXPECT_FALSE(SplitPair("a", "-p"));
  EXPECT_FALSE(SplitPair("=b", "-p"));
}

TEST(Options, AnOptionThatIsRepeatedTakesOneValueEachTime) {
  std::string file;
  std::vector<std::string> pairs;
  Options options("run", "");
  options.Required("FILE", file, "").Texts("-p,--parameter", pairs, "K=V", "");
  ASSERT_TRUE(options.Parse(std::vector<std::string>{"-p", "a=1", "-p", "b=2", "x.yaml"}));
  EXPECT_EQ(file, "x.yaml");
  EXPECT_EQ(pairs, (std::vector<std::string>{"a=1", "b=2"}));
}

TEST(Options, AnEmptyTextIsNotTheSameAsNone) {
  std::string run;
  Options options("resume", "");
  options.Optional("RUN", run, "");
  EXPECT_TRUE(options.Parse(std::vector<std::string>{}));
  EXPECT_FALSE(options.Parse(std::vector<std::string>{""}));
}

TEST(Tables, WidthCountsCharactersAndNotBytes) {
  EXPECT_EQ(Width("größe"), 5u);
  EXPECT_EQ(Padded("ö", 3), "ö  ");
}

TEST(Verbs, EachHasOneNameAndASummary) {
  std::set<std::string_view> names;
  for (const Verb& verb : Verbs()) {
    EXPECT_TRUE(names.insert(verb.name).second) << verb.name;
    EXPECT_FALSE(verb.summary.empty()) << verb.name;
    EXPECT_NE(verb.run, nullptr) << verb.name;
  }
}

}  // namespace
}  // namespace slipway::cli
