#include "sop/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "expr/expr.h"
#include "procedure/procedure.h"
#include "sop/diff.h"

namespace slipway::sop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Imported Imports(std::string_view text) {
  const auto page = markdown::Read(text, "page.md");
  EXPECT_TRUE(page);
  const auto imported = Import(*page);
  EXPECT_TRUE(imported) << base::ToString(imported.error());
  return imported ? *imported : Imported{};
}

// One step of a page that has one command.
DraftStep Step(std::string_view command) {
  const Imported imported = Imports("# P\n\n```sh\n" + std::string(command) + "\n```\n");
  if (imported.drafts.empty() || imported.drafts[0].phases[0].steps.size() != 1)
    return {.title = "not one step"};
  return imported.drafts[0].phases[0].steps[0];
}

// `uses name=value …`; lists in brackets.
std::string Act(std::string_view command) {
  const DraftStep step = Step(command);
  std::string out = step.uses;
  for (const DraftArgument& argument : step.with) {
    out += " " + argument.name + "=";
    if (const auto* text = std::get_if<std::string>(&argument.value)) out += *text;
    if (const auto* list = std::get_if<std::vector<std::string>>(&argument.value))
      out += "[" + base::Join(*list, ", ") + "]";
    if (const auto* map = std::get_if<Map>(&argument.value))
      for (const auto& [key, value] : *map) out += key + ": " + value + ";";
  }
  return out;
}

std::vector<std::string> Titles(std::string_view text) {
  std::vector<std::string> titles;
  for (const Draft& draft : Imports(text).drafts) {
    titles.push_back("= " + draft.id);
    for (const DraftPhase& phase : draft.phases) {
      titles.push_back(phase.title);
      for (const DraftStep& step : phase.steps) titles.push_back("- " + step.title);
    }
  }
  return titles;
}

TEST(Commands, AHealthCheckIsTyped) {
  EXPECT_EQ(Act("curl https://a.example/health"), "http.check url=https://a.example/health");
  EXPECT_EQ(Act("curl -fsSL -I https://a.example"),
            "http.check url=https://a.example method=HEAD follow=true");
  EXPECT_EQ(Act("curl -H \"Authorization: Bearer $API_KEY\" https://a.example"),
            "http.check url=https://a.example headers=Authorization: Bearer ${{ parameters.api_key }};");
}

TEST(Commands, WhatSendsOrSavesOrMeasuresStaysCurl) {
  for (const std::string_view command :
       {"curl -X POST https://a.example", "curl -d x https://a.example", "curl -o f https://a.example",
        "curl -w '%{time_total}' https://a.example", "curl -u me:it https://a.example"})
    EXPECT_THAT(Act(command), HasSubstr("exec.run")) << command;
  EXPECT_EQ(Act("curl -s https://a.example/install | bash"),
            "exec.run shell=curl -s https://a.example/install | bash");
}

TEST(Commands, OnlyAQueryThatReadsIsAQuery) {
  EXPECT_EQ(Act("psql -d shop -c 'SELECT count(*) FROM users;'"),
            "postgres.query database=shop sql=SELECT count(*) FROM users;");
  EXPECT_EQ(Act("psql $DATABASE_URL -c '\\dt'"), "postgres.verify database=${{ parameters.database }}");
  for (const std::string_view sql :
       {"DROP SCHEMA public", "SELECT pg_terminate_backend(1)", "SELECT 1; DELETE FROM a",
        "SELECT * INTO b FROM a", "UPDATE a SET b = 1", "WITH x AS (DELETE FROM a RETURNING 1) SELECT 1"})
    EXPECT_THAT(Act("psql -d shop -c '" + std::string(sql) + "'"), HasSubstr("exec.run")) << sql;
  EXPECT_THAT(Act("psql -d shop -f a.sql"), HasSubstr("exec.run argv=[psql, -d, shop, -f, a.sql]"));
}

TEST(Commands, ADumpIsABackupUnlessSomethingReadsItsFile) {
  EXPECT_THAT(Act("pg_dump $DATABASE_URL > before_$(date +%F).sql"),
              HasSubstr("postgres.backup database=${{ parameters.database }}"));
  const Imported imported = Imports("# P\n\n```sh\npg_dump -d a --file=a.dump\nscp a.dump host:\n```\n");
  EXPECT_EQ(imported.drafts[0].phases[0].steps[0].uses, "exec.run");
  EXPECT_THAT(Act("pg_dump --schema-only -d a"), HasSubstr("exec.run"));
}

// What a page of two procedures makes of its `pg_dump`, and why.
std::string DumpOf(const std::string& name, std::string_view rest) {
  const Imported imported =
      Imports("# Book\n\n## One\n\n### Save it\n\n```sh\npg_dump -d shop " + name + "\n```\n\n### Go on\n\n" +
              std::string(rest) + "\n\n## Two\n\n```sh\nmake two\n```\n");
  std::string out = imported.drafts[0].phases[0].steps[0].uses;
  for (const Account& account : imported.accounts)
    if (account.kind == "command") out += ", " + std::to_string(account.line) + ": " + account.why;
  return out;
}

TEST(Commands, ADumpThatAnythingInTheProcedureReadsStaysACommandWithTheReason) {
  const std::string day = "> before_$(date +%F).sql";
  EXPECT_EQ(DumpOf(day, "```sh\nmake it\n```"), "postgres.backup");
  for (const std::string_view reader :
       {"```sh\npsql -d shop < before_2026-11-21.sql\n```", "```sh\nls before*\n```",
        "```sh\nscp /srv/before_*.sql host:\n```", "- [ ] `before_….sql` is in the safe"})
    EXPECT_EQ(DumpOf(day, reader), "exec.run, 8: line " + std::string(reader[0] == '-' ? "13" : "14") +
                                       " names the file that it writes, `before_$(date +%F).sql`")
        << reader;
  for (const std::string_view reader :
       {"psql -d shop < $BACKUP", "psql -d shop -f backups/[file]", "pg_restore -d shop <file>"})
    EXPECT_THAT(DumpOf(day, "```sh\n" + std::string(reader) + "\n```"),
                HasSubstr("exec.run, 8: line 14 restores from a file whose name is known when it is run"))
        << reader;
  EXPECT_EQ(DumpOf(day, "```sh\npsql -d shop -f migrations/[version]/001.sql\n```"), "postgres.backup");
  EXPECT_THAT(DumpOf("-f \"$FILE\"", "```sh\nmake it\n```"),
              HasSubstr("exec.run, 8: `\"$FILE\"` is named when it is run, so who reads it cannot be known"));
  EXPECT_THAT(DumpOf("-f a.dump", "```sh\npg_restore -d shop a.dump\n```"),
              HasSubstr("exec.run, 8: line 14"));
}

TEST(Commands, ADumpThatStaysACommandRunsAsItIsWritten) {
  const Imported imported =
      Imports("# P\n\n```sh\npg_dump $DATABASE_URL > a.sql\n```\n\n```sh\npsql -d b -f a.sql\n```\n");
  const std::string yaml = Yaml(imported.drafts[0]);
  EXPECT_THAT(yaml, HasSubstr("shell: \"pg_dump $DATABASE_URL > a.sql\"")) << yaml;
  EXPECT_THAT(yaml, testing::Not(HasSubstr("backup_key")));
}

TEST(Commands, WhatOnlyLooksIsACheck) {
  EXPECT_THAT(Act("git log --oneline -5"), HasSubstr("exec.check"));
  EXPECT_THAT(Act("kubectl get pods"), HasSubstr("exec.check"));
  EXPECT_THAT(Act("kubectl delete pod a"), HasSubstr("exec.run"));
  EXPECT_THAT(Act("tail -f log"), HasSubstr("exec.run"));
  EXPECT_THAT(Act("cat a > b"), HasSubstr("exec.run shell=cat a > b"));
}

TEST(Commands, PlaceholdersBecomeParameters) {
  const DraftStep step = Step("deploy --to <host> --as [customer-slug] --tag v1.2.0 \"$RELEASE\"");
  std::vector<std::string> names;
  for (const DraftParameter& parameter : step.parameters)
    names.push_back(parameter.name + ":" + parameter.type);
  EXPECT_THAT(names, testing::UnorderedElementsAre("host:string", "customer_slug:string", "version:string",
                                                   "release:string"));
  EXPECT_EQ(Act("echo '.a[] | [x]' [0-9] $USER"), "exec.run shell=echo '.a[] | [x]' [0-9] $USER");
}

TEST(Commands, ASecretGoesThroughTheEnvironment) {
  EXPECT_EQ(Act("login --token $API_TOKEN"),
            "exec.run shell=login --token $API_TOKEN env=API_TOKEN: ${{ parameters.api_token }};");
}

TEST(Commands, WhatACommandWaitsForIsItsInput) {
  EXPECT_EQ(Act("psql -h db\n\n# Make it\nCREATE DATABASE a;\n\\c a"),
            "exec.run argv=[psql, -h, db] input=CREATE DATABASE a;\n\\c a\n");
}

TEST(Commands, AFolderHoldsForWhatFollows) {
  const Imported imported = Imports("# P\n\n```sh\ncd /opt/a\nmake b\nmake c\n```\n");
  const auto& steps = imported.drafts[0].phases[0].steps;
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(std::get<std::string>(steps[1].with[0].value), "cd /opt/a\nmake c");
}

TEST(Commands, ATextThatBranchesStaysOneScript) {
  EXPECT_THAT(Act("if test -f a; then\n  rm a\nfi\nmake b"),
              HasSubstr("exec.run shell=if test -f a; then\n  rm a\nfi\nmake b"));
}

TEST(Commands, CommentsAreTitlesAndWhatAPersonDoesIsAStep) {
  EXPECT_THAT(Titles("# P\n\n```sh\n# 1. Look\nmake look\n# 2. Write it down\n# on paper\n# 3. Go\nmake go # "
                     "now\nmake went # then\n```\n"),
              ElementsAre("= p", "P", "- Look", "- Write it down", "- Go", "- then"));
}

TEST(Import, HeadingsBecomeProceduresAndPhases) {
  EXPECT_THAT(
      Titles("# Book\n## 5. Deployment Procedures\n## 5.1 New Customer\n### 5.1.1 Prepare\n**Step 1: "
             "Copy**\n```sh\ncp a b\n```\n"
             "### 5.1.2 Do\n- [ ] done\n## 5.2 Update\n```sh\nmake up\n```\n"),
      ElementsAre("= new-customer", "Prepare", "- cp a b", "Do", "- Do", "= update", "Update", "- make up"));
}

TEST(Import, StepsUnderHeadingsAreOnePhase) {
  EXPECT_THAT(Titles("# Plan\n## Database\n### Step 1: Create\n```sh\nmake db\n```\n### Step 2: "
                     "Load\n```sh\n# Load it\nmake load\n```\n## Runbooks\n"
                     "### Runbook 1: Scale\n1. **Scale** up\n2. Look\n   - [ ] it is up\n"),
              ElementsAre("= database", "Database", "- make db", "- Load it", "= runbook-1-scale",
                          "Runbook 1: Scale", "- Scale up", "- Look"));
}

TEST(Import, OfSeveralWaysOneIsChosen) {
  const Imported imported = Imports(
      "# P\n\n**Option A: All**\n```sh\nmake all\n```\n\n**Option B: Some**\n```sh\nmake some\nmake "
      "more\n```\n");
  const auto& steps = imported.drafts[0].phases[0].steps;
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].when, "parameters.option == \"option-a-all\"");
  EXPECT_EQ(steps[2].when, "parameters.option == \"option-b-some\"");
  EXPECT_TRUE(procedure::Parse(Yaml(imported.drafts[0]), "p.yaml"));
}

TEST(Import, WhatIsNoCommandIsToldWithTheReason) {
  const Imported imported = Imports(
      "# P\n- [ ] x\n\n```json\n{}\n```\n```sh\n0 2 * * * /a.sh\n```\n```sh\nA=1\nB=2\n```\n```\nError: "
      "no\n```\n```sql\nDROP TABLE a;\n```\n");
  std::vector<std::string> why;
  for (const Account& account : imported.accounts)
    if (!account.why.empty()) why.push_back(account.why);
  EXPECT_THAT(why, ElementsAre("json is not commands", HasSubstr("crontab"), HasSubstr("settings"),
                               HasSubstr("by how its lines begin"), HasSubstr("migration")));
}

TEST(Import, APageWithoutStepsIsAnError) {
  const auto page = markdown::Read("# A\n\nprose\n", "page.md");
  EXPECT_FALSE(Import(*page));
  const auto other = markdown::Read("# A\n- [ ] b\n", "page.md");
  EXPECT_THAT(base::ToString(Import(*other, "C").error()), HasSubstr("there is no heading `C`"));
  EXPECT_EQ(Import(*other, "C").error().next, "there are steps below `A`");
}

TEST(Import, WhatIsTooMuchIsRefusedAndNotWorkedThrough) {
  const auto refusal = [](const std::string& text) {
    const auto imported = Import(*markdown::Read(text, "page.md"));
    return imported ? "" : imported.error().what;
  };
  std::string steps = "# P\n";
  for (int i = 0; i < 6000; ++i) steps += "1. a\n";
  EXPECT_THAT(refusal(steps), HasSubstr("6000 steps"));
  std::string variables = "# P\n```sh\nx";
  for (int i = 0; i < 60'000; ++i) variables += " $A" + std::to_string(i);
  EXPECT_THAT(refusal(variables + "\n```\n"), HasSubstr("placeholders"));
  std::string same = "# P\n```sh\nx '";
  for (int i = 0; i < 60'000; ++i) same += "[aaa]";
  EXPECT_THAT(refusal(same + "'\n```\n"), HasSubstr("placeholders"));
}

TEST(Import, NastyTextSurvivesTheDocument) {
  for (const std::string_view text : {"a: b # c", "- x", "'", "\"q\" \\ \t|", "~", "null", "é ☃ 🚀", "%",
                                      "@x", "`y`", "{a", "*z*", "\xC2\x85", "\xE2\x80\xA8", "\xEF\xBB\xBF"}) {
    const Imported imported = Imports("# P\n\n- [ ] x " + std::string(text) + " y\n");
    ASSERT_EQ(imported.drafts.size(), 1U);
    const auto procedure = procedure::Parse(Yaml(imported.drafts[0]), "p.yaml");
    ASSERT_TRUE(procedure) << text;
    EXPECT_EQ(procedure->phases[0].steps[0].confirm->checklist[0],
              imported.drafts[0].phases[0].steps[0].checklist[0]);
  }
}

TEST(Import, WhatOnlyTheRunnerOfAWorkflowKnowsStaysOnThePage) {
  const Imported imported = Imports(
      "# A\n```sh\nmake build\ndocker push 'registry/shop:${{ github.sha }}'\nmake test\n"
      "cd ${{ github.workspace }}\nmake deploy\n```\n");
  ASSERT_EQ(imported.drafts[0].phases[0].steps.size(), 2U);  // nothing runs where the page did not say
  EXPECT_EQ(imported.accounts[0].kept, 2);
  EXPECT_EQ(
      imported.accounts[0].why,
      "`${{ github.workspace }}` is filled in by the runner of a workflow, and means nothing on a machine");
}

TEST(Import, ATemplateInQuotesIsTextAndRunsUnchanged) {
  const std::string argv = Yaml(Imports("# A\n```sh\nrender '${{ name }}' <host>\n```\n").drafts[0]);
  EXPECT_TRUE(argv.contains(R"(["render", "$${{ name }}", "${{ parameters.host }}"])")) << argv;
  const std::string script = Yaml(Imports("# A\n```sh\nrender '${{ name }}' | sort\n```\n").drafts[0]);
  EXPECT_TRUE(script.contains("render '$${{ name }}' | sort")) << script;
}

TEST(Import, WaysInOneBlockAreAChoice) {
  const Imported imported = Imports(
      "# A\n```sh\n# Using make\nmake deploy\nmake look\n# Using the CLI\naws deploy\n# Look\ncurl a\n```\n");
  const Draft& draft = imported.drafts[0];
  ASSERT_EQ(draft.phases[0].steps.size(), 4U);
  EXPECT_EQ(draft.phases[0].steps[1].when, "parameters.option == \"using-make\"");
  EXPECT_EQ(draft.phases[0].steps[2].when, "parameters.option == \"using-the-cli\"");
  EXPECT_EQ(draft.phases[0].steps[3].when, "");
  EXPECT_EQ(imported.accounts[0].became, "4 steps, one of 2 ways");
}

TEST(Import, WhatIsCalledNullKeepsItsName) {
  const Imported imported =
      Imports("# null\n\n## null\n\n```sh\n# null\nmake <null>\n```\n- [ ] null\n- [ ] null\n");
  ASSERT_EQ(imported.drafts.size(), 1U);
  const auto procedure = procedure::Parse(Yaml(imported.drafts[0]), "p.yaml");
  ASSERT_TRUE(procedure);
  EXPECT_EQ(procedure->phases[0].steps[0].id, imported.drafts[0].phases[0].steps[0].id);
}

std::vector<std::string> Differences(std::string_view was, std::string_view is) {
  const auto a = procedure::Parse(Yaml(Imports(was).drafts[0]), "a.yaml");
  const auto b = procedure::Parse(Yaml(Imports(is).drafts[0]), "b.yaml");
  std::vector<std::string> out;
  const auto differences = Diff(*a, *b);
  EXPECT_TRUE(differences);
  for (const Difference& difference : *differences) {
    const std::string kind = difference.kind == Difference::Kind::kMissing ? "missing"
                             : difference.kind == Difference::Kind::kAdded ? "added"
                                                                           : "changed";
    out.push_back(kind + " " + difference.step + " " + difference.field + " " +
                  std::to_string(difference.page_line));
  }
  return out;
}

TEST(Diff, APageThatStayedTheSameDiffersInNothing) {
  const std::string page = "# P\n\n```sh\n# A\nmake a\n```\n- [ ] x\n- [ ] y\n";
  EXPECT_THAT(Differences(page, page), IsEmpty());
  EXPECT_THAT(Differences(page, "# P\n\nmoved down\n\n```sh\n# A\nmake a\n```\n- [ ] x\n- [ ] y\n"),
              ElementsAre("changed a description 7"));
}

TEST(Diff, WhatChangedIsNamedTextByText) {
  EXPECT_THAT(Differences("# P\n```sh\n# A\nmake a\n# B\nmake b\n```\n- [ ] x\n",
                          "# P\n```sh\n# A\nmake a2\n# C\nmake c\n```\n- [ ] z\n"),
              ElementsAre("changed a with.argv 4", "missing c  6", "added b  0",
                          "changed p confirm.checklist 8", "changed p confirm.checklist 8"));
}

TEST(Diff, ARenamedStepIsTheSameStep) {
  EXPECT_THAT(Differences("# P\n```sh\n# A\nmake a\n```\n", "# P\n```sh\n# B\nmake a\n```\n"),
              ElementsAre("changed a title 4"));
}

constexpr std::string_view kReviewed = R"(apiVersion: slipway/v1
kind: Procedure
metadata: { id: p, title: P, version: 1.0.0, owner: shop }
parameters:
  place: { default: here, description: where }
targets: { kind: service, where: { labels.tier: web } }
gates: [ { window: {} } ]
on_failure: rollback
notify: [ { on: failed, url: "https://chat.example.com/" } ]
phases:
  - id: one
    title: One
    for_each: target
    waves: [ 1, 100% ]
    bake: 1m
    steps:
      - id: a
        title: A
        uses: exec.run
        with: { argv: [make, a] }
        timeout: 60s
        retry: { attempts: 2 }
        verify: [ { uses: exec.check, with: { argv: [make, look] } } ]
        undo: { uses: exec.run, with: { argv: [make, back] } }
      - id: b
        title: B
        when: parameters.place == "here"
        confirm: { role: lead, fields: [ { id: why } ], checklist: [ x, y ] }
)";

std::vector<std::string> Edited(std::string_view from, std::string_view to, PageSays says) {
  std::string text(kReviewed);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  const auto ours = procedure::Parse(text, "a.yaml");
  EXPECT_TRUE(ours) << to;
  const auto theirs = procedure::Parse(std::string(kReviewed), "b.yaml");
  const auto differences = Diff(*ours, *theirs, says);
  EXPECT_TRUE(differences) << (differences ? "" : base::ToString(differences.error()));
  std::vector<std::string> out;
  if (differences)
    for (const Difference& d : *differences)
      out.push_back(d.step + " " + d.field + ": " + d.page + " → " + d.procedure);
  return out;
}

TEST(Diff, WhateverAProcedureCanSayIsCompared) {
  const auto edit = [](std::string_view from, std::string_view to) {
    return Edited(from, to, PageSays::kEverything);
  };
  EXPECT_THAT(edit("timeout: 60s", "timeout: 2m"), ElementsAre("a timeout: 1m → 2m"));
  EXPECT_THAT(edit("        timeout: 60s\n", ""), ElementsAre("a timeout: 1m → "));
  EXPECT_THAT(edit("attempts: 2", "attempts: 3"), ElementsAre("a retry.attempts: 2 → 3"));
  EXPECT_THAT(edit("make, look", "make, see"), ElementsAre(HasSubstr("a verify: ")));
  EXPECT_THAT(edit("make, back", "make, away"),
              ElementsAre(R"(a undo.with.argv: ["make","back"] → ["make","away"])"));
  EXPECT_THAT(edit("[ 1, 100% ]", "[ 25%, 100% ]"),
              ElementsAre(R"(one waves: ["1","100%"] → ["25%","100%"])"));
  EXPECT_THAT(edit("bake: 1m", "bake: 2m"), ElementsAre("one bake: 1m → 2m"));
  EXPECT_THAT(edit("role: lead", "role: boss"), ElementsAre("b confirm.role: lead → boss"));
  EXPECT_THAT(edit("id: why", "id: how"), ElementsAre(HasSubstr("b confirm.fields: ")));
  EXPECT_THAT(edit("[ x, y ]", "[ y, x ]"), ElementsAre("b confirm.checklist: x\ny → y\nx"));
  EXPECT_THAT(edit("== \"here\"", "== \"there\""), ElementsAre(HasSubstr("b when: ")));
  EXPECT_THAT(edit("default: here", "default: away"), ElementsAre("p parameters.place.default: here → away"));
  EXPECT_THAT(edit("labels.tier: web", "labels.tier: app"), ElementsAre(HasSubstr("p targets.where")));
  EXPECT_THAT(edit("[ { window: {} } ]", "[ { freeze: {} } ]"), ElementsAre(HasSubstr("p gates: ")));
  EXPECT_THAT(edit("on_failure: rollback", "on_failure: stop"), ElementsAre("p on_failure: rollback → stop"));
  EXPECT_THAT(edit("on: failed", "on: succeeded"), ElementsAre(HasSubstr("p notify: ")));
  EXPECT_THAT(edit("owner: shop", "owner: web"), ElementsAre("p metadata.owner: shop → web"));
}

TEST(Diff, WhatMeansTheSameIsTheSame) {
  EXPECT_THAT(Edited("timeout: 60s", "timeout: 1m", PageSays::kEverything), IsEmpty());
  EXPECT_THAT(Edited("attempts: 2", "attempts: 2, every: 1s", PageSays::kEverything), IsEmpty());
  EXPECT_THAT(Edited("title: P, ", "title: P, status: published, ", PageSays::kEverything), IsEmpty());
}

TEST(Diff, WhatAPageOfPeopleCannotSayIsToldAndNoDifference) {
  const auto page = procedure::Parse(Yaml(Imports("# P\n```sh\n# A\nmake a\n```\n").drafts[0]), "a.yaml");
  std::string text = Yaml(Imports("# P\n```sh\n# A\nmake a\n```\n").drafts[0]);
  text.replace(text.find("on_failure: pause"), 17, "on_failure: rollback");
  const auto reviewed =
      procedure::Parse(text + "        timeout: 1m\n        undo: { none: it may stay }\n", "b");
  ASSERT_TRUE(reviewed);
  std::vector<std::string> beyond;
  for (const Difference& difference : *Diff(*reviewed, *page)) {
    EXPECT_EQ(difference.kind, Difference::Kind::kBeyond) << difference.field;
    beyond.push_back(difference.field);
  }
  EXPECT_THAT(beyond, ElementsAre("timeout", "undo.none", "on_failure"));
}

// What the argument that echo gets is at run time, where the price is 5.
std::string Echoed(std::string_view command) {
  const DraftStep step = Step(command);
  const base::JsonObject scope{{"parameters", {{"price", "5"}}}};
  for (const DraftArgument& argument : step.with) {
    const auto* list = std::get_if<std::vector<std::string>>(&argument.value);
    if (list == nullptr) continue;
    const auto read = expr::Template::Parse(list->back());
    const auto value = read ? read->Evaluate(scope) : std::unexpected(read.error());
    return value && value->is_string() ? std::string(base::View(value->get_string())) : "no text";
  }
  return Act(command);
}

TEST(Commands, ADollarBeforeAPlaceholderIsADollar) {
  for (const std::string_view command :
       {R"(echo \$<price>)", R"(echo '$<price>')", R"(echo "\$"$PRICE)", R"(echo '$'<price>)"})
    EXPECT_EQ(Echoed(command), "$5") << command;
  EXPECT_EQ(Echoed(R"(echo '$$'<price>)"), "$$5");
  EXPECT_EQ(Echoed(R"(echo 'a $ '<price>)"), "a $ 5");
}

TEST(Commands, WhatQuotesMakeTogetherIsNoExpression) {
  EXPECT_EQ(Echoed(R"(echo '$'"{{ parameters.price }}")"), "${{ parameters.price }}");
  EXPECT_EQ(Echoed(R"(echo '${{ parameters.price }}'<price>)"), "${{ parameters.price }}5");
}

TEST(Commands, ADollarBeforeAPlaceholderInAScriptIsADollar) {
  EXPECT_THAT(Act(R"(echo $<price> | cat)"), HasSubstr(R"(echo \$${PRICE} | cat)"));
  EXPECT_THAT(Act(R"(echo "\$<price>" | cat)"), HasSubstr(R"(echo "\$${PRICE}" | cat)"));
  EXPECT_THAT(Act(R"(echo '$<price>' | cat)"), HasSubstr(R"(echo '$'"${PRICE}"'' | cat)"));
}

TEST(Commands, WhatIsKeptIsNeverMoreThanStandsThere) {
  const Imported imported =
      Imports("# P\n\n```bash\n0 2 * * * /opt/nightly.sh\npsql -h db\nCREATE DATABASE a;\n```\n");
  ASSERT_EQ(imported.accounts.size(), 1U);
  EXPECT_EQ(imported.accounts[0].commands, 2);
  EXPECT_EQ(imported.accounts[0].kept, 2);
}

// Why each sentence that goes on elsewhere stayed prose, with its line.
std::vector<std::string> References(std::string_view text) {
  std::vector<std::string> out;
  for (const Account& account : Imports(text).accounts)
    if (account.kind == "reference") out.push_back(std::to_string(account.line) + " " + account.why);
  return out;
}

constexpr std::string_view kTwoSops =
    "# Handbook\n\n## SOP 1: Release\n\n1. Deploy it\n\n{}\n\n## SOP 2: Take it back\n\n1. Roll back\n";

std::vector<std::string> Sent(std::string_view sentence) {
  std::string text(kTwoSops);
  text.replace(text.find("{}"), 2, sentence);
  return References(text);
}

TEST(References, WhatGoesOnWithAnotherProcedureOfThePageIsToldWithItsDraft) {
  for (const std::string_view sentence :
       {"If it fails go to SOP 2.", "On failure, execute SOP 2", "If it fails:\nproceed to **SOP 2**",
        "Proceed with [SOP 2](#sop-2).", "If that does not help, follow the procedure: run SOP 2."})
    EXPECT_THAT(Sent(sentence),
                ElementsAre(HasSubstr("`SOP 2` is procedure `sop-2-take-it-back`, and no key goes on")))
        << sentence;
}

TEST(References, ItStaysInTheDescriptionAndChangesNothingThatRuns) {
  std::string text(kTwoSops);
  text.replace(text.find("{}"), 2, "If it fails, go to SOP 2.");
  const Imported imported = Imports(text);
  ASSERT_EQ(imported.drafts.size(), 2U);
  const std::string yaml = Yaml(imported.drafts[0]);
  EXPECT_THAT(yaml, HasSubstr("If it fails, go to SOP 2."));
  EXPECT_THAT(yaml, HasSubstr("on_failure: pause"));
}

TEST(References, WhichOneIsMeantIsNeverGuessed) {
  EXPECT_THAT(Sent("If it fails go to SOP 3."), ElementsAre("7 `SOP 3` is no heading of this page"));
  EXPECT_THAT(Sent("If it fails go to SOP 2.1."), ElementsAre("7 `SOP 2.1` is no heading of this page"));
  EXPECT_THAT(Sent("If it fails go to SOP 1."), ElementsAre(HasSubstr("stands in this procedure")));
  EXPECT_THAT(Sent("Go to SOP 2.\n\n## SOP 2: Another\n\n1. Do it"),
              ElementsAre("7 `SOP 2` is more than one heading of this page"));
  EXPECT_THAT(Sent("SOP 2 says why. See SOP 2, and the SOP 2 team."), IsEmpty());
}

TEST(References, OfOneSectionAloneTheOthersAreNoDrafts) {
  std::string text(kTwoSops);
  text.replace(text.find("{}"), 2, "If it fails, go to SOP 2.");
  const auto imported = Import(*markdown::Read(text, "page.md"), "SOP 1");
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->accounts[0].why,
            "`SOP 2` is another part of the page, and only this one was asked for");
}

TEST(Import, OfMoreProceduresThanAPageHasAPartIsStillRead) {
  std::string text = "# Handbook\n";
  for (int i = 0; i < 301; ++i) text += "\n## Part " + std::to_string(i) + "\n\n- [ ] Look\n";
  const markdown::Document page = *markdown::Read(text, "page.md");
  const auto all = Import(page);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().what, "301 procedures stand on the page, and at most 300 are read");
  EXPECT_TRUE(Import(page, "Part 300"));
}

TEST(Import, OfTooManyTablesEachThatIsNotLookedAtIsToldWithTheReason) {
  std::string text = "# Handbook\n\n- [ ] Look\n";
  for (int i = 0; i < 501; ++i) text += "\n| Color |\n|---|\n| red |\n";
  const auto imported = Import(*markdown::Read(text, "page.md"));
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->accounts.size(), 502u);
  EXPECT_EQ(imported->accounts[500].why, "no field of a procedure holds it");
  EXPECT_EQ(imported->accounts[501].why, "only the first 500 tables of a page are looked at");
}

TEST(References, ASectionIsFoundByItsNumber) {
  EXPECT_THAT(
      References(
          "# 4. Work\n\n## 4.1 Deploy\n\n```sh\n# On failure, proceed to section 4.2\nmake deploy\n```\n\n"
          "## 4.2 Undo\n\n1. Undo it\n"),
      ElementsAre(HasSubstr("6 `section 4.2` stands in this procedure")));
}

}  // namespace
}  // namespace slipway::sop
