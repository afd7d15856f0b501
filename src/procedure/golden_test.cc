// tests/golden/procedure/*.yaml, each with the text that it must give beside it: `errors-…` what Parse says,
// `lint-…` what lint says, `page-…` the printed page. SLIPWAY_UPDATE_GOLDEN=1 writes the expected files anew;
// read the difference before committing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "procedure/lint.h"
#include "procedure/page.h"

namespace slipway::procedure {
namespace {

std::vector<std::string> Inputs() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SLIPWAY_SOURCE_DIR "/tests/golden/procedure"))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
  std::ranges::sort(names);
  return names;
}

std::optional<ActionInfo> Info(std::string_view uses) {
  static const std::map<std::string_view, ActionInfo> kActions = {
      {"http.check", {.looks = true, .has_undo = true}},
      {"service.start", {.changes = true, .has_undo = true}},
      {"exec.run", {.changes = true}},
      {"wait", {.has_undo = true}},
  };
  const auto found = kActions.find(uses);
  return found == kActions.end() ? std::nullopt : std::optional(found->second);
}

std::string Outcome(const std::string& name, std::string_view text) {
  auto parsed = Parse(text, name + ".yaml");
  if (!parsed) return base::Render(parsed.error(), text);
  if (name.starts_with("page-")) return PrintPage(*parsed);
  const Facts facts{.action = Info,
                    .environments = {"dev", "prod"},
                    .today = "2026-11-21",
                    .strict = name.find("strict") != std::string::npos};
  const std::string findings = base::Render(Lint(*parsed, facts), text);
  return findings.empty() ? "no findings\n" : findings;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, GivesTheExpectedText) {
  const std::string path = std::string(SLIPWAY_SOURCE_DIR "/tests/golden/procedure/") + GetParam();
  const auto text = base::ReadFile(path + ".yaml");
  ASSERT_TRUE(text);
  const std::string actual = Outcome(GetParam(), *text);
  if (std::getenv("SLIPWAY_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(base::WriteFileAtomic(path + ".txt", actual));
    return;
  }
  const auto expected = base::ReadFile(path + ".txt");
  ASSERT_TRUE(expected);
  EXPECT_EQ(actual, *expected);
}

// The corrected document beside it has no findings, so every rule is seen to fire and to be silent.
TEST(Lint, EveryRuleFiresOnTheBadDocumentAndStandsInTheFormatPage) {
  const auto findings = base::ReadFile(SLIPWAY_SOURCE_DIR "/tests/golden/procedure/lint-bad.txt");
  const auto page = base::ReadFile(SLIPWAY_SOURCE_DIR "/docs/formats/procedure.md");
  ASSERT_TRUE(findings && page);
  for (const Rule& rule : Rules()) {
    EXPECT_NE(findings->find("[" + std::string(rule.id) + "]"), std::string::npos) << rule.id;
    EXPECT_NE(page->find("| `" + std::string(rule.id) + "` |"), std::string::npos) << rule.id;
  }
}

TEST(Lint, NeverRepeatsASecret) {
  for (const char* file : {"lint-bad.txt", "lint-commands.txt"}) {
    const auto findings = base::ReadFile(std::string(SLIPWAY_SOURCE_DIR "/tests/golden/procedure/") + file);
    ASSERT_TRUE(findings);
    for (std::string_view secret : {"AKIAIOSFODNN7EXAMPLE", "hunter2", "8f14e45f", "abcdef123"})
      EXPECT_EQ(findings->find(secret), std::string::npos) << file << " " << secret;
  }
}

INSTANTIATE_TEST_SUITE_P(Procedure, Golden, testing::ValuesIn(Inputs()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace slipway::procedure
