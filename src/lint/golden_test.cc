// tests/golden/lint/*, each with the text that it must give beside it: procedures, pages and workflows.
// SLIPWAY_UPDATE_GOLDEN=1 writes the expected files anew;
// read the difference before committing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "lint/lint.h"
#include "lint/rules.h"

namespace slipway::lint {
namespace {

std::vector<std::string> Inputs() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SLIPWAY_SOURCE_DIR "/tests/golden/lint"))
    if (entry.path().extension() != ".txt") names.push_back(entry.path().filename());
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
  const Facts facts{.action = Info,
                    .environments = {"dev", "prod"},
                    .today = "2026-11-21",
                    .strict = name.find("strict") != std::string::npos};
  base::Diagnostics found;
  if (KindOf(name, text) == TextKind::kProcedure) {
    const auto parsed = procedure::Parse(text, name);
    if (!parsed) return base::Render(parsed.error(), text);
    found = Lint(*parsed, facts);
  } else {
    const Text texts[] = {{name, std::string(text)}};
    found = LintTexts(texts, facts)[0];
  }
  const std::string findings = base::Render(found, text);
  return findings.empty() ? "no findings\n" : findings;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, GivesTheExpectedText) {
  const std::string path = std::string(SLIPWAY_SOURCE_DIR "/tests/golden/lint/") + GetParam();
  const auto text = base::ReadFile(path);
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

// The rules of steps fire on the bad document, and are silent on the corrected one beside it; those of text
// have their tests in defects_test.cc.
TEST(Lint, EveryRuleOfStepsFiresOnTheBadDocument) {
  const auto findings = base::ReadFile(SLIPWAY_SOURCE_DIR "/tests/golden/lint/bad.yaml.txt");
  ASSERT_TRUE(findings);
  for (const std::string_view rule :
       {"undo-missing", "check-missing", "output-maybe-skipped", "unreachable", "secret-in-clear",
        "secret-in-argv", "review-past", "wait-without-timeout"})
    EXPECT_NE(findings->find("[" + std::string(rule) + "]"), std::string::npos) << rule;
}

TEST(Lint, EveryRuleStandsInTheManualWithItsDangerAndSafeForm) {
  const auto page = base::ReadFile(SLIPWAY_SOURCE_DIR "/docs/manual/lint.md");
  ASSERT_TRUE(page);
  for (const Rule& rule : Rules()) {
    const std::string severity = rule.severity == base::Severity::kError ? "error" : "warning";
    std::string row = "| `" + std::string(rule.id) + "` | " + severity + " | " + std::string(rule.danger) +
                      " | " + std::string(rule.safe) + " |";
    for (std::size_t at = row.find(" | age"); at != std::string::npos; at = row.find(" | age", at + 2))
      row.insert(at + 1, "\\");
    EXPECT_NE(page->find(row), std::string::npos) << row;
  }
}

// No false alarm on what is ours: the procedures to copy, and those of the examples.
TEST(Lint, SaysNothingOfTheTextInOurOwnProcedures) {
  int read = 0;
  for (const char* folder : {"/procedures", "/examples"})
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(SLIPWAY_SOURCE_DIR) + folder)) {
      if (entry.path().extension() != ".yaml") continue;
      const auto text = base::ReadFile(entry.path());
      ASSERT_TRUE(text);
      const auto parsed = procedure::Parse(*text, entry.path().filename().string());
      if (!parsed) continue;  // the workspace, its targets
      ++read;
      const auto found = Lint(*parsed, {.environments = {"dev", "prod"}, .today = "2026-11-21"});
      EXPECT_TRUE(found.empty()) << base::Render(found, *text);
    }
  EXPECT_GE(read, 5);
}

TEST(Lint, NeverRepeatsASecret) {
  for (const char* file : {"bad.yaml.txt", "commands.yaml.txt"}) {
    const auto findings = base::ReadFile(std::string(SLIPWAY_SOURCE_DIR "/tests/golden/lint/") + file);
    ASSERT_TRUE(findings);
    for (std::string_view secret : {"AKIAIOSFODNN7EXAMPLE", "hunter2", "8f14e45f", "abcdef123"})
      EXPECT_EQ(findings->find(secret), std::string::npos) << file << " " << secret;
  }
}

INSTANTIATE_TEST_SUITE_P(Lint, Golden, testing::ValuesIn(Inputs()), [](const auto& test) {
  std::string name = test.param;
  std::ranges::replace_if(name, [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
});

}  // namespace
}  // namespace slipway::lint
