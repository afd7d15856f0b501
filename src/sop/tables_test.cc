#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "procedure/procedure.h"
#include "sop/import.h"

namespace slipway::sop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Imported Imports(const std::string& text) {
  const auto page = markdown::Read(text, "page.md");
  EXPECT_TRUE(page);
  const auto imported = Import(*page);
  EXPECT_TRUE(imported) << base::ToString(imported.error());
  for (const Draft& draft : imported->drafts) EXPECT_TRUE(procedure::Parse(Yaml(draft), "a.yaml"));
  return imported ? *imported : Imported{};
}

// `became / why` of the page's only table.
std::string Told(const Imported& imported) {
  for (const Account& account : imported.accounts)
    if (account.kind == "table") return account.became + " / " + account.why;
  return "no table";
}

constexpr std::string_view kWork =
    "\n## Release it\n\n1. Tell the customers\n2. Deploy the release\n\n```sh\n# Tables\npsql -d shop -c "
    "'\\dt'\n# Response time of the shop\ncurl https://shop.example.com/\n# Watch it\nwatcher --at "
    "[error-rate-critical]\n```\n";

// A page that has the table below a heading of its own.
Imported WithTable(const std::string& heading, const std::string& table) {
  return Imports("# Handbook\n\nAll of it.\n\n## About\n\nIt is ours.\n" + std::string(kWork) + "\n## " +
                 heading + "\n\n" + table + "\n\n## The end\n\nNothing more.\n");
}
// … within the procedure.
Imported WithTableInside(const std::string& heading, const std::string& table) {
  return Imports("# Handbook\n" + std::string(kWork) + "\n### " + heading + "\n\n" + table + "\n");
}

TEST(TablesOfMetadata, WhatAPageSaysOfItselfIsInItsFields) {
  const Imported imported =
      WithTable("Document Control",
                "| Field | Value |\n|---|---|\n| Document Owner | Shop team |\n| Version "
                "| 1.4.0 |\n| Next Review Date | 2027-03-31 |\n| Class | internal |");
  EXPECT_EQ(imported.drafts[0].owner, "Shop team");
  EXPECT_EQ(imported.drafts[0].version, "1.4.0");
  EXPECT_EQ(imported.drafts[0].review_by, "2027-03-31");
  EXPECT_EQ(Told(imported), "`Document Owner`, `Version`, `Next Review Date` / `Class`: no field holds it");
}

TEST(TablesOfMetadata, WhatHasNotTheFormOfItsFieldIsTold) {
  const Imported imported = WithTable(
      "Document Control", "| Owner | Version | Approved By |\n|---|---|---|\n| Shop team | 1.4 | [Name] |");
  EXPECT_EQ(imported.drafts[0].version, "");
  EXPECT_EQ(imported.drafts[0].approver, "");
  EXPECT_EQ(
      Told(imported),
      "`Owner` / `Version` `1.4`: a version is MAJOR.MINOR.PATCH; `Approved By` `[Name]`: nothing is filled "
      "in");
}

TEST(TablesOfMetadata, TwoColumnsAreReadDownOrAcross) {
  EXPECT_EQ(WithTable("About", "| Owner | Version |\n|---|---|\n| Shop team | 1.4.0 |").drafts[0].owner,
            "Shop team");
  EXPECT_EQ(WithTable("About", "| Owner | Shop team |\n|---|---|\n| Version | 1.4.0 |").drafts[0].owner,
            "Shop team");
}

TEST(TablesOfMetadata, TheNewestOfAHistoryIsTheVersion) {
  const std::string head = "| Version | Date | Author | Changes |\n|---|---|---|---|\n";
  EXPECT_EQ(WithTable("History", head + "| v1.10.0 | May | Ada | x |\n| v1.9.0 | April | Ada | y |")
                .drafts[0]
                .version,
            "1.10.0");
  const Imported imported = WithTable("History", head + "| 1.0 | May | Ada | x |");
  EXPECT_EQ(imported.drafts[0].version, "");
  EXPECT_EQ(Told(imported), "prose / `Version` `1.0`: a version is MAJOR.MINOR.PATCH");
}

TEST(TablesOfApproval, WhoSignsTheDocumentIsItsApprover) {
  const std::string table =
      "| Role | Name | Signature |\n|---|---|---|\n| **Lead** | Ada | |\n| Security | [Name] | |";
  EXPECT_EQ(WithTable("Document Approval", table).drafts[0].approver, "Lead (Ada), Security");
  // Who signs each deployment is another thing.
  const Imported inside = WithTableInside("Approval", table);
  EXPECT_EQ(inside.drafts[0].approver, "");
  EXPECT_THAT(Told(inside), HasSubstr("who signs each time it is done: `gates:"));
}

// The roles of the steps that persons do.
std::vector<std::string> Roles(const Imported& imported) {
  std::vector<std::string> roles;
  for (const Draft& draft : imported.drafts)
    for (const DraftPhase& phase : draft.phases)
      for (const DraftStep& step : phase.steps)
        if (step.uses.empty()) roles.push_back(base::GetString(step.confirm, "role", "-"));
  return roles;
}

TEST(TablesOfRoles, AStepIsAskedOfTheRoleThatDoesIt) {
  EXPECT_THAT(Roles(WithTable("Roles",
                              "| Role | Responsibilities |\n|---|---|\n| **Success** | Tell the "
                              "customers, listen |\n| Engineer | look |")),
              ElementsAre("Success", "-"));
  EXPECT_THAT(Roles(WithTable("RACI",
                              "| Activity | Lead | Engineer |\n|---|---|---|\n| Deploy the release | A "
                              "| R |\n| Tell the customers | R | C |")),
              ElementsAre("Lead", "Engineer"));
  EXPECT_THAT(Roles(WithTable("Tasks", "| Task | Owner |\n|---|---|\n| Release it | Engineer |")),
              ElementsAre("Engineer", "Engineer"));
}

TEST(TablesOfRoles, ARoleIsNeverGuessed) {
  const Imported imported =
      WithTable("Roles", "| Role | Responsibilities |\n|---|---|\n| Engineer | Deploys releases |");
  EXPECT_THAT(Roles(imported), ElementsAre("-", "-"));
  EXPECT_THAT(Told(imported), HasSubstr("prose / no step of a person is called as the table calls its work"));
  const Imported shared =
      WithTable("RACI", "| Activity | Lead | Engineer |\n|---|---|---|\n| Deploy the release | R | R |");
  EXPECT_THAT(Roles(shared), ElementsAre("-", "-"));
  EXPECT_THAT(Told(shared), HasSubstr("`Deploy the release`: several are responsible"));
}

TEST(TablesOfRoles, AStepThatNamesItsRoleIsAskedOfIt) {
  const Imported imported = Imports(
      "# Handbook\n\n| Role | Does |\n|---|---|\n| Lead | decides |\n| Engineer | works |\n\n## Work\n\n1. "
      "Engineer: stop it\n2. Look at it (Lead)\n3. Engineers meet\n");
  EXPECT_THAT(Roles(imported), ElementsAre("Engineer", "Lead", "-"));
}

TEST(TablesOfRoles, WhoOwnsAndApprovesTheTextIsInItsFields) {
  const Imported imported = WithTable(
      "People",
      "| Role | Name | Contact |\n|---|---|---|\n| Document Owner | Ada | ada@example.com |\n| Approver "
      "| Björn | b@example.com |\n| Engineer | Eve | e@example.com |");
  EXPECT_EQ(imported.drafts[0].owner, "Ada");
  EXPECT_EQ(imported.drafts[0].approver, "Björn");
  EXPECT_EQ(Told(imported), "`Document Owner`, `Approver` / ");
  EXPECT_THAT(Roles(WithTable("People",
                              "| Role | Contact | Responsibilities |\n|---|---|---|\n| Success | 555 | "
                              "Tell the customers |")),
              ElementsAre("Success", "-"));
}

TEST(TablesOfContacts, WhomToCallStaysProseWithTheReason) {
  EXPECT_THAT(
      Told(WithTable("Contacts", "| Level | Contact | Response Time |\n|---|---|---|\n| 1 | Ada | 15m |")),
      HasSubstr("prose / whom to call: `notify` tells a URL or runs a command"));
}

std::string Calendars(const Imported& imported) {
  for (const Account& account : imported.accounts)
    if (account.kind == "table") return base::Join(account.calendars, "\n");
  return "";
}

TEST(TablesOfWindows, AWindowIsACalendarAndAGateOfItsProcedure) {
  const Imported imported = WithTableInside(
      "Maintenance Window", "| Days | Time (UTC) |\n|---|---|\n| Mon–Thu, Saturday | 22:00 – 02:00 |");
  EXPECT_EQ(Calendars(imported),
            "- name: maintenance-window\n  time_zone: UTC\n  windows:\n    - { days: [mon-thu, sat], from: "
            "\"22:00\", to: \"02:00\" }");
  EXPECT_THAT(Yaml(imported.drafts[0]),
              HasSubstr("gates:\n  - window:\n      calendar: maintenance-window\n"));
  EXPECT_EQ(Told(imported), "a calendar of slipway.yaml, a gate `window` / ");
}

TEST(TablesOfWindows, WhereTheEnvironmentsHaveTheirOwnTheGateAsksForThatOfTheEnvironment) {
  const Imported imported = WithTableInside(
      "Deployment Windows",
      "| Environment | Day | Start | End |\n|---|---|---|---|\n| Staging | daily | 9 am | 5 pm "
      "|\n| Production | Sundays | 02:00 | 04:00 |");
  EXPECT_EQ(Calendars(imported),
            "- name: production\n  windows:\n    - { days: [sun], from: \"02:00\", to: \"04:00\" }\n"
            "- name: staging\n  windows:\n    - { from: \"09:00\", to: \"17:00\" }");
  EXPECT_THAT(Yaml(imported.drafts[0]), HasSubstr("gates:\n  - window: {}\n"));
  EXPECT_THAT(Told(imported),
              HasSubstr("a gate `window` by the calendar of the target or the environment / "));
}

TEST(TablesOfWindows, OutsideOfAProcedureItIsACalendarAlone) {
  const Imported imported = WithTable("Windows", "| Window |\n|---|\n| Tue 22:00-23:00 Europe/Berlin |");
  EXPECT_THAT(Calendars(imported), HasSubstr("time_zone: Europe/Berlin"));
  EXPECT_THAT(Yaml(imported.drafts[0]), Not(HasSubstr("gates")));
  EXPECT_THAT(Told(imported), HasSubstr("it stands in no procedure, so none has a gate of it"));
}

TEST(TablesOfWindows, WhatSaysMoreThanDaysAndTimesIsNotUnderstood) {
  for (const std::string_view window :
       {"Mon-Thu at night", "second Sunday 02:00-04:00", "Sun 2-4", "Thu-Mon 22:00-23:00",
        "Sun 02:00-04:00 EST", "Sun 25:00-26:00", "Sun 10-2 am"}) {
    const Imported imported =
        WithTableInside("Maintenance Window", "| Window |\n|---|\n| " + std::string(window) + " |");
    EXPECT_EQ(Calendars(imported), "") << window;
    EXPECT_THAT(Told(imported), HasSubstr("prose / `" + std::string(window) + "` is no window")) << window;
    EXPECT_THAT(Yaml(imported.drafts[0]), Not(HasSubstr("gates"))) << window;
  }
}

TEST(TablesOfWindows, AFreezeIsAGateToo) {
  const Imported imported = WithTableInside(
      "Change Freeze", "| From (UTC) | To | Reason |\n|---|---|---|\n| 2026-12-20 | 2027-01-03 | year end |");
  EXPECT_THAT(Calendars(imported),
              HasSubstr("  freezes:\n    - { from: 2026-12-20, to: 2027-01-03, reason: \"year end\" }"));
  EXPECT_THAT(Yaml(imported.drafts[0]), HasSubstr("- freeze:\n      calendar: change-freeze\n"));
}

TEST(TablesOfSchedules, HowOftenIsNoField) {
  EXPECT_THAT(Told(WithTable("Schedule", "| Activity | Frequency |\n|---|---|\n| Audit | weekly |")),
              HasSubstr("prose / how often a thing is done is no field"));
}

std::string Argument(const Draft& draft, std::string_view uses, std::string_view name) {
  for (const DraftPhase& phase : draft.phases)
    for (const DraftStep& step : phase.steps)
      for (const DraftArgument& argument : step.with)
        if (step.uses == uses && argument.name == name) return std::get<std::string>(argument.value);
  return "";
}

TEST(TablesOfThresholds, ANumberIsTheArgumentOfTheCheckThatMeasuresIt) {
  const Imported imported = WithTable(
      "Alerts",
      "| Metric | Warning | Critical |\n|---|---|---|\n| Database Connections | > 70% | > 90 % |\n"
      "| Response Time | > 2 seconds | > 3 seconds |\n| Error Rate | > 1% | > 5% |\n| Disk | > 80% | "
      "> 90% |");
  const Draft& draft = imported.drafts[0];
  EXPECT_EQ(Argument(draft, "postgres.verify", "connections_warn"), "70%");
  EXPECT_EQ(Argument(draft, "postgres.verify", "connections_fail"), "90%");
  EXPECT_EQ(Argument(draft, "http.check", "timeout"), "3s");
  const auto rate = std::ranges::find(draft.parameters, "error_rate_critical", &DraftParameter::name);
  ASSERT_NE(rate, draft.parameters.end());
  EXPECT_EQ(rate->fallback, "5%");
  EXPECT_THAT(Told(imported), HasSubstr("3 arguments, 1 default / no step measures `Disk`"));
}

TEST(TablesOfThresholds, WhatIsNotTheSameNumberIsNoArgument) {
  const Imported imported = WithTable(
      "Alerts",
      "| Metric | Critical |\n|---|---|\n| Database Connections | > 200 |\n| Response Time | slow |");
  EXPECT_EQ(Argument(imported.drafts[0], "postgres.verify", "connections_fail"), "");
  EXPECT_THAT(Told(imported), HasSubstr("prose / no step measures `Database Connections`, `Response Time`"));
}

TEST(Tables, EveryTableIsToldAndStaysInTheDescription) {
  const Imported imported =
      WithTableInside("Places", "| Environment | Path |\n|---|---|\n| Production | /srv |");
  EXPECT_THAT(Told(imported), HasSubstr("`environments` of slipway.yaml"));
  EXPECT_THAT(Yaml(imported.drafts[0]), HasSubstr("| Production | /srv |"));
}

// A page of the largest size, whatever stands in it.
TEST(Tables, WhatIsTooMuchIsNotWorkedThrough) {
  std::string steps = "# P\n\n## Work\n\n";
  for (int i = 0; i < 4000; ++i) steps += "1. lead: a\n";
  for (const std::string_view head :
       {"| Role | Responsibilities |", "| Metric | Critical |", "| Owner | Name |", "| Task | Owner |",
        "| Version | Date |", "| Day | Time |", "| A | B |"}) {
    std::string many = steps + "\n## About this document\n\n";
    for (int i = 0; i < 5000; ++i) many += std::string(head) + "\n|---|---|\n| connections | lead |\n\n";
    if (many.size() > 500'000) many.resize(many.rfind("\n\n", 500'000));
    EXPECT_THAT(Told(Imports(many)), Not(IsEmpty()));
    std::string wide = steps + "\n## About this document\n\n" + std::string(head) + "\n|---|---|\n";
    for (int i = 0; i < 20'000; ++i) wide += "| lead | a" + std::to_string(i) + " |\n";
    EXPECT_THAT(Told(Imports(wide)), Not(IsEmpty()));
  }
  std::string dumps = "# P\n```sh\n";
  for (int i = 0; i < 2400; ++i) dumps += "pg_dump a > b" + std::to_string(i) + "\nmake it c/d*.sql <e>\n";
  EXPECT_EQ(Imports(dumps + "```\n").drafts.size(), 1U);
}

}  // namespace
}  // namespace slipway::sop
