// The page of a run over many targets: what needs a look is found at once, and nothing is left out.
#include "procedure/page.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "procedure/readable.h"

namespace slipway::procedure {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kUpdate = R"(apiVersion: slipway/v1
kind: Procedure
metadata: { id: update, title: Update, version: 1.0.0, status: published, owner: ops }
targets: { kind: customer }
phases:
  - id: update
    title: Update each
    for_each: target
    steps:
      - { id: do, title: Do it, uses: exec.run, with: { argv: [do] } }
)";

// The third of `count` targets failed, the fourth is unknown.
std::string PageOfRun(int count) {
  Filled filled{.run = "R1", .verdict = page::Verdict::kFail, .state = "failed"};
  for (int i = 1; i <= count; ++i) {
    const page::Verdict verdict = i == 3   ? page::Verdict::kFail
                                  : i == 4 ? page::Verdict::kUnknown
                                           : page::Verdict::kPass;
    const std::string word = i == 3 ? "failed" : i == 4 ? "unknown" : "succeeded";
    const std::string id = fmt::format("c{:02}", i);
    filled.targets.push_back({verdict, word, i == 3 ? id + ": no room" : id});
    Filled::Instance instance{.target = id, .verdict = verdict, .state = word, .done = i != 3 && i != 4};
    instance.facts = {{"When", {page::Text("at noon")}}, {"Log", {page::Text(fmt::format("event {}", i))}}};
    filled.steps["do"].push_back(std::move(instance));
  }
  return page::ToMarkdown(PageOf(*Parse(kUpdate, "update.yaml"), filled));
}

TEST(PageOfARun, CountsManyTargetsAndTellsFirstWhatDidNotPass) {
  const std::string page = PageOfRun(30);
  EXPECT_THAT(page, HasSubstr("| Targets | 30: 1 failed, 1 unknown, 28 succeeded |\n"));
  EXPECT_THAT(page, HasSubstr("| Target | Result |\n|---|---|\n| c03: no room | **✗ failed** |\n"
                              "| c04 | **? unknown** |\n\n**✓ succeeded** c01, c02, c05, c06"));
  EXPECT_THAT(page, HasSubstr("    | Target | Result | What is on record |\n    |---|---|---|\n"
                              "    | c03 | **✗ failed** | When at noon · Log event 3 |\n"
                              "    | c04 | **? unknown** | When at noon · Log event 4 |\n"
                              "    | c01 | **✓ succeeded** | When at noon · Log event 1 |\n"));
  for (int i = 1; i <= 30; ++i) EXPECT_THAT(page, HasSubstr(fmt::format("Log event {} |", i)));
}

TEST(PageOfARun, GivesEachOfAFewTargetsATableInTheirOrder) {
  const std::string page = PageOfRun(4);
  EXPECT_THAT(
      page,
      HasSubstr("| c01 | **✓ succeeded** |\n| c02 | **✓ succeeded** |\n| c03: no room | **✗ failed** |\n"));
  EXPECT_THAT(page,
              HasSubstr("    | Target | **c03** |\n    | Result | **✗ failed** |\n    | When | at noon |\n"));
  EXPECT_THAT(page, Not(HasSubstr("| Targets |")));
}

}  // namespace
}  // namespace slipway::procedure
