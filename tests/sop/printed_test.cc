// What is promised of every procedure, ours in procedures/ and one that says all that can be said: printed as
// Markdown and imported again it is the same procedure, key by key, but for what a page does not carry:
//
//   metadata.status   a page that anybody can edit publishes nothing: what is imported is a draft
//   source            of the document and its steps: it names the page that was imported, which is the
//   printed one
//
// Blank space around a description is none of it: Markdown has none. Titles, reasons, items and the
// descriptions of parameters are one line on a page. A control character but tab and line feed is shown as
// what it is (`\x1b`) and stays so: a page never moves a cursor.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "procedure/page.h"
#include "procedure/procedure.h"
#include "sop/import.h"

namespace slipway::sop {
namespace {

using procedure::Procedure;

using Keys = std::map<std::string, std::string>;

std::string Text(const base::Json& json) { return base::CanonicalJson(json).value_or("?"); }

void PutWhere(Keys& keys, const std::string& at, const procedure::Selector& selector) {
  keys[at + ".kind"] = selector.kind;
  for (const auto& [key, values] : selector.where) keys[at + ".where." + key] = base::Join(values, "|");
}

void PutAction(Keys& keys, const std::string& at, const procedure::Action& action) {
  keys[at + ".uses"] = action.uses;
  for (const auto& argument : action.with)
    keys[at + ".with." + std::string(argument.key())] = Text(argument.value());
}

void PutRetry(Keys& keys, const std::string& at, const procedure::Retry& retry) {
  if (retry.attempts > 1)
    keys[at + ".retry"] = fmt::format("{} {} {}", retry.attempts, retry.every.count(), retry.exponential);
}

void PutWaivers(Keys& keys, const std::string& at, const std::vector<procedure::Waiver>& waivers) {
  for (std::size_t i = 0; i < waivers.size(); ++i)
    keys[fmt::format("{}.waivers.{}", at, i)] =
        base::Join(std::vector{waivers[i].rule, waivers[i].reason, waivers[i].by, waivers[i].until}, " | ");
}

void PutStep(Keys& keys, const std::string& at, const procedure::Phase& phase, const procedure::Step& step) {
  keys[at + ".id"] = step.id;
  keys[at + ".title"] = step.title;
  keys[at + ".description"] = base::Trim(step.description);
  keys[at + ".when"] = step.when;
  keys[at + ".needs"] = step.needs ? base::Join(NeedsOf(phase, step), ",") : "the step above";
  keys[at + ".timeout"] = step.timeout ? base::FormatDuration(*step.timeout) : "";
  keys[at + ".model"] = step.model;
  PutRetry(keys, at, step.retry);
  PutWaivers(keys, at, step.waivers);
  if (step.action) PutAction(keys, at, *step.action);
  if (step.confirm) {
    keys[at + ".confirm.role"] = step.confirm->role;
    keys[at + ".confirm.checklist"] = base::Join(step.confirm->checklist, "\n");
    for (const procedure::Field& field : step.confirm->fields)
      keys[at + ".confirm.fields." + field.id] =
          fmt::format("{} {} {} {} {}", field.title, static_cast<int>(field.type), field.required,
                      field.pattern, base::Join(field.values, "|"));
  }
  for (std::size_t i = 0; i < step.verify.size(); ++i) {
    const std::string check = fmt::format("{}.verify.{}", at, i);
    PutAction(keys, check, step.verify[i].action);
    PutRetry(keys, check, step.verify[i].retry);
    if (step.verify[i].timeout) keys[check + ".timeout"] = base::FormatDuration(*step.verify[i].timeout);
  }
  keys[at + ".undo"] = fmt::format("{} {}", static_cast<int>(step.undo.kind), step.undo.reason);
  if (step.undo.kind == procedure::Undo::Kind::kAction) PutAction(keys, at + ".undo", step.undo.action);
  keys[at + ".interrupted"] = std::to_string(static_cast<int>(step.interrupted.kind));
  if (step.interrupted.kind == procedure::Interrupted::Kind::kProbe)
    PutAction(keys, at + ".interrupted.probe", step.interrupted.probe);
}

void PutPhase(Keys& keys, const std::string& at, const procedure::Phase& phase) {
  keys[at + ".id"] = phase.id;
  keys[at + ".title"] = phase.title;
  keys[at + ".description"] = base::Trim(phase.description);
  keys[at + ".for_each"] = phase.for_each ? "target" : "";
  keys[at + ".rollback"] = phase.rollback == procedure::Scope::kAll ? "all" : "target";
  keys[at + ".bake"] = base::FormatDuration(phase.bake);
  keys[at + ".stop_after_failures"] = std::to_string(phase.stop_after_failures);
  keys[at + ".max_parallel"] = std::to_string(phase.max_parallel.value_or(phase.for_each ? 1 : 0));
  for (std::size_t i = 0; i < phase.waves.size(); ++i) {
    const procedure::Wave& wave = phase.waves[i];
    const std::string to = fmt::format("{}.waves.{}", at, i);
    keys[to] = fmt::format("{} {} {}", static_cast<int>(wave.kind), wave.amount, wave.optional);
    PutWhere(keys, to, wave.where);
  }
  for (std::size_t i = 0; i < phase.steps.size(); ++i)
    PutStep(keys, fmt::format("{}.steps.{}", at, i), phase, phase.steps[i]);
}

Keys KeysOf(const Procedure& procedure) {
  const procedure::Metadata& m = procedure.metadata;
  Keys keys{{"metadata.id", m.id},
            {"metadata.title", m.title},
            {"metadata.version", m.version},
            {"metadata.owner", m.owner},
            {"metadata.approver", m.approver},
            {"metadata.review_by", m.review_by},
            {"description", std::string(base::Trim(procedure.description))},
            {"on_failure", std::to_string(static_cast<int>(procedure.on_failure))}};
  PutWaivers(keys, "metadata", m.waivers);
  for (const procedure::Parameter& p : procedure.parameters)
    keys["parameters." + p.name] =
        fmt::format("{} {} {} {} {} {}", static_cast<int>(p.type), p.required, p.fallback.value_or("none"),
                    p.pattern, base::Join(p.values, "|"), p.description);
  if (procedure.targets) PutWhere(keys, "targets", *procedure.targets);
  for (std::size_t i = 0; i < procedure.gates.size(); ++i)
    keys[fmt::format("gates.{}", i)] = procedure.gates[i].kind + Text(procedure.gates[i].with);
  for (std::size_t i = 0; i < procedure.notify.size(); ++i)
    keys[fmt::format("notify.{}", i)] = base::Join(procedure.notify[i].on, ",") + " " +
                                        procedure.notify[i].url + " " +
                                        base::Join(procedure.notify[i].command, "|");
  for (std::size_t i = 0; i < procedure.phases.size(); ++i)
    PutPhase(keys, fmt::format("phases.{}", i), procedure.phases[i]);
  return keys;
}

std::vector<std::string> Files() {
  std::vector<std::string> files{SLIPWAY_SOURCE_DIR "/tests/sop/everything.yaml"};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(SLIPWAY_SOURCE_DIR "/procedures"))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

class Printed : public testing::TestWithParam<std::string> {};

TEST_P(Printed, AndImportedAgainItIsTheSameProcedure) {
  const auto text = base::ReadFile(GetParam());
  ASSERT_TRUE(text);
  const auto original = procedure::Parse(*text, "original.yaml");
  ASSERT_TRUE(original) << base::Render(original.error(), *text);
  const std::string printed = procedure::PrintPage(*original);
  const auto page = markdown::Read(printed, "printed.md");
  ASSERT_TRUE(page) << base::ToString(page.error());
  const auto imported = Import(*page);
  ASSERT_TRUE(imported) << base::ToString(imported.error()) << "\n" << printed;
  ASSERT_EQ(imported->drafts.size(), 1U);
  const std::string yaml = Yaml(imported->drafts[0]);
  const auto again = procedure::Parse(yaml, "again.yaml");
  ASSERT_TRUE(again) << base::Render(again.error(), yaml) << "\n" << yaml;

  EXPECT_EQ(again->metadata.status, procedure::Status::kDraft);
  EXPECT_EQ(again->metadata.source, "printed.md:1");
  const Keys before = KeysOf(*original);
  const Keys after = KeysOf(*again);
  for (const auto& [key, value] : before) {
    const auto found = after.find(key);
    EXPECT_EQ(found == after.end() ? "(absent)" : found->second, value) << key;
  }
  for (const auto& [key, value] : after) EXPECT_TRUE(before.contains(key)) << key << " is " << value;
}

std::string NameOf(const testing::TestParamInfo<std::string>& info) {
  const std::filesystem::path path(info.param);
  std::string name = path.parent_path().stem().string() + path.stem().string();
  std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
  return name;
}
INSTANTIATE_TEST_SUITE_P(Every, Printed, testing::ValuesIn(Files()), NameOf);

// What is edited in the form of the page is read, and what is not in its form is refused with its line.
class Edited : public testing::Test {
 protected:
  void SetUp() override {
    const auto text = base::ReadFile(SLIPWAY_SOURCE_DIR "/tests/sop/everything.yaml");
    ASSERT_TRUE(text);
    const auto procedure = procedure::Parse(*text, "everything.yaml");
    ASSERT_TRUE(procedure);
    printed_ = procedure::PrintPage(*procedure);
  }
  base::Result<Imported> Replaced(std::string_view what, std::string_view with) const {
    std::string text = printed_;
    text.replace(text.find(what), what.size(), with);
    const auto page = markdown::Read(text, "page.md");
    return page ? Import(*page) : std::unexpected(page.error());
  }
  std::string printed_;
};

TEST_F(Edited, AnotherTimeoutIsTheTimeoutOfTheStep) {
  const auto imported = Replaced("It may take 1d at most.", "It may take 2d at most.");
  ASSERT_TRUE(imported) << base::ToString(imported.error());
  EXPECT_TRUE(Yaml(imported->drafts[0]).contains("timeout: 2d"));
}

TEST_F(Edited, AnItemThatIsNotAsPrintedIsRefusedWithItsLine) {
  const auto imported =
      Replaced("- [ ] If a step fails: stop there", "- [ ] If a step fails: call somebody, stop");
  ASSERT_FALSE(imported);
  EXPECT_TRUE(base::ToString(imported.error()).contains("page.md:")) << base::ToString(imported.error());
}

TEST_F(Edited, WhatIsNoProcedureAnyMoreIsRefusedWithTheLineOfTheStep) {
  const auto imported = Replaced("It may take 1h30m at most.", "It may take 0s at most.");
  ASSERT_FALSE(imported);
  EXPECT_TRUE(base::ToString(imported.error()).contains("a timeout must be longer than 0s"))
      << base::ToString(imported.error());
  const std::size_t step = printed_.find("- [ ] **1.2 ");
  const auto line =
      std::count(printed_.begin(), printed_.begin() + static_cast<std::ptrdiff_t>(step), '\n') + 1;
  EXPECT_TRUE(base::ToString(imported.error()).contains("page.md:" + std::to_string(line)))
      << base::ToString(imported.error());
}

// A line that is taken away is missed, or what it said is gone from the procedure; and what is left is one.
TEST(PrintedPage, WithoutAnyOneOfItsLinesItIsAnotherProcedureOrRefused) {
  const auto text = base::ReadFile(SLIPWAY_SOURCE_DIR "/tests/sop/everything.yaml");
  ASSERT_TRUE(text);
  const auto original = procedure::Parse(*text, "original.yaml");
  ASSERT_TRUE(original);
  const std::vector<std::string> lines = base::Split(procedure::PrintPage(*original), '\n');
  const Keys before = KeysOf(*original);
  int refused = 0;
  const auto sign_off =
      std::ranges::find(lines.rbegin(), lines.rend(), "## Sign-off");  // behind it people write
  const auto end = static_cast<std::size_t>(lines.rend() - sign_off) - 1;
  for (std::size_t i = 0; i < end; ++i) {
    if (lines[i].empty()) continue;
    std::vector<std::string> rest = lines;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    const auto page = markdown::Read(base::Join(rest, "\n"), "page.md");
    ASSERT_TRUE(page);
    const auto imported = Import(*page);
    if (!imported) {
      ++refused;
      continue;
    }
    // Lines to write on, and what is said for people alone.
    if (lines[i].contains("____") && !lines[i].contains('`')) continue;
    if (lines[i].starts_with("Roles: ") || base::Trim(lines[i]).starts_with("<!--")) continue;
    if (imported->drafts.size() != 1 || imported->drafts[0].source != "page.md:1") continue;
    const auto again = procedure::Parse(Yaml(imported->drafts[0]), "again.yaml");
    ASSERT_TRUE(again) << lines[i];
    EXPECT_NE(KeysOf(*again), before) << i + 1 << ": " << lines[i];
  }
  EXPECT_GT(refused, 20);
}

}  // namespace
}  // namespace slipway::sop
