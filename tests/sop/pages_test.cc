// What is promised of every page, ours in tests/sop/pages and those of SLIPWAY_SOP_PAGES (a folder): it is
// imported, every draft is a procedure, nothing of it is lost or invented.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "procedure/page.h"
#include "procedure/procedure.h"
#include "sop/commands.h"
#include "sop/diff.h"
#include "sop/import.h"

namespace slipway::sop {
namespace {

std::vector<std::string> Pages() {
  std::vector<std::string> pages;
  const char* more = std::getenv("SLIPWAY_SOP_PAGES");
  for (const std::string& folder :
       {std::string(SLIPWAY_SOURCE_DIR "/tests/sop/pages"), std::string(more == nullptr ? "" : more)}) {
    if (folder.empty()) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".md") pages.push_back(entry.path().string());
  }
  std::ranges::sort(pages);
  return pages;
}

class Page : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto text = base::ReadFile(GetParam());
    ASSERT_TRUE(text);
    text_ = *text;
    const auto page = markdown::Read(text_, "page.md");
    ASSERT_TRUE(page) << base::ToString(page.error());
    page_ = *page;
    // A page of reference, without anything to do, has no drafts.
    const auto imported = Import(page_);
    if (!imported) GTEST_SKIP() << base::ToString(imported.error());
    imported_ = *imported;
  }

  std::string text_;
  markdown::Document page_;
  Imported imported_;
};

// Words of letters and digits, lower case.
std::set<std::string> Words(std::string_view text) {
  std::set<std::string> words;
  std::string word;
  for (const char c : std::string(text) + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      words.insert(std::move(word));
      word.clear();
    }
  }
  return words;
}

// Templates are what a placeholder became.
std::string WithoutTemplates(std::string text) {
  for (std::size_t at = 0; (at = text.find("${{")) != std::string::npos;)
    text.erase(at, text.find("}}", at) + 2 - at);
  return text;
}

TEST_P(Page, EveryDraftIsAProcedure) {
  for (const Draft& draft : imported_.drafts) {
    const std::string yaml = Yaml(draft);
    const auto procedure = procedure::Parse(yaml, draft.id + ".yaml");
    ASSERT_TRUE(procedure) << base::Render(procedure.error(), yaml);
    EXPECT_EQ(procedure->metadata.status, procedure::Status::kDraft);
  }
}

TEST_P(Page, EveryCodeBlockTickBoxAndTableIsAccountedFor) {
  std::multiset<std::pair<std::string, int>> there, told;
  markdown::ForEachBlock(page_, [&](const markdown::Section&, const markdown::Block& block) {
    if (block.kind == markdown::BlockKind::kCode) there.emplace("code", block.line);
    if (block.kind == markdown::BlockKind::kTable) there.emplace("table", block.line);
    if (block.ticked) there.emplace("tick box", block.line);
  });
  for (const Account& account : imported_.accounts) {
    if (account.kind == "code" || account.kind == "table" || account.kind == "tick box")
      told.emplace(account.kind, account.line);
    if (account.became == "prose") EXPECT_NE(account.why, "") << account.line;
  }
  EXPECT_EQ(told, there);
}

TEST_P(Page, NineOfTenCommandsBecomeSteps) {
  int commands = 0;
  int kept = 0;
  for (const Account& account : imported_.accounts) {
    if (account.why.starts_with("SQL")) continue;
    commands += account.commands;
    kept += account.kept;
  }
  EXPECT_GE(kept * 10, commands * 9) << kept << " of " << commands;
  RecordProperty("commands", commands);
  RecordProperty("kept", kept);
}

TEST_P(Page, EveryTickBoxIsAnItemOfAChecklist) {
  std::multiset<std::string> items;
  for (const Draft& draft : imported_.drafts)
    for (const DraftPhase& phase : draft.phases)
      for (const DraftStep& step : phase.steps) items.insert(step.checklist.begin(), step.checklist.end());
  for (const Account& account : imported_.accounts) {
    if (account.kind != "tick box") continue;
    EXPECT_EQ(account.became, "checklist item") << account.line;
    EXPECT_FALSE(account.draft.empty()) << account.line;
  }
  const auto boxes = std::ranges::count(imported_.accounts, "tick box", &Account::kind);
  EXPECT_GE(std::ssize(items), boxes);
}

TEST_P(Page, NoStepSaysAWordThatThePageDoesNot) {
  const std::set<std::string> known = Words(text_);
  const auto check = [&](const std::string& text) {
    for (const std::string& word : Words(WithoutTemplates(text)))
      EXPECT_TRUE(known.contains(word)) << word << " in " << text;
  };
  for (const Draft& draft : imported_.drafts) {
    for (const DraftPhase& phase : draft.phases) {
      check(phase.title);
      for (const DraftStep& step : phase.steps) {
        check(step.title);
        for (const std::string& item : step.checklist) check(item);
        for (const DraftArgument& argument : step.with) {
          if (argument.name == "method" || argument.name == "follow") continue;  // `-I` and `-L`, spelled out
          if (const auto* text = std::get_if<std::string>(&argument.value)) check(*text);
          if (const auto* list = std::get_if<std::vector<std::string>>(&argument.value))
            for (const std::string& item : *list) check(item);
        }
      }
    }
  }
}

// Without where it came from.
std::string Sourceless(const Draft& draft) {
  std::string out;
  for (const std::string& line : base::Split(Yaml(draft), '\n'))
    if (!base::Trim(line).starts_with("source: ")) out += line + "\n";
  return out;
}

TEST_P(Page, ADraftThatIsPrintedAndImportedAgainIsTheSame) {
  for (const Draft& draft : imported_.drafts) {
    SCOPED_TRACE(draft.id);
    const auto procedure = procedure::Parse(Yaml(draft), "a.yaml");
    ASSERT_TRUE(procedure);
    const std::string printed = procedure::PrintPage(*procedure);
    const auto page = markdown::Read(printed, "printed.md");
    ASSERT_TRUE(page) << base::ToString(page.error());
    const auto again = Import(*page);
    ASSERT_TRUE(again) << base::ToString(again.error()) << "\n" << printed;
    ASSERT_EQ(again->drafts.size(), 1U);
    EXPECT_EQ(Sourceless(again->drafts[0]), Sourceless(draft));
    const auto reread = procedure::Parse(Yaml(again->drafts[0]), "b.yaml");
    ASSERT_TRUE(reread);
    const auto differences = Diff(*procedure, *reread, PageSays::kEverything);
    ASSERT_TRUE(differences);
    EXPECT_TRUE(differences->empty());
  }
}

TEST_P(Page, EveryStepNamesALineOfThePageOnWhichItBegins) {
  const std::vector<std::string> lines = base::Split(text_, '\n');
  for (const Draft& draft : imported_.drafts)
    for (const DraftPhase& phase : draft.phases)
      for (const DraftStep& step : phase.steps) {
        ASSERT_GE(step.line, 1) << step.id;
        ASSERT_LE(static_cast<std::size_t>(step.line), lines.size()) << step.id;
        EXPECT_NE(base::Trim(lines[static_cast<std::size_t>(step.line) - 1]), "") << step.id;
      }
}

std::string NameOf(const testing::TestParamInfo<std::string>& info) {
  std::string name = std::filesystem::path(info.param).stem().string();
  std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
  return name;
}
INSTANTIATE_TEST_SUITE_P(Every, Page, testing::ValuesIn(Pages()), NameOf);

}  // namespace
}  // namespace slipway::sop
