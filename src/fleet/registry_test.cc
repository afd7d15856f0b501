#include "fleet/registry.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/test_registry.h"

namespace slipway::fleet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Registry, ARightOneIsReadAndWhatIsDeprecatedIsNamed) {
  EXPECT_EQ(Said(kCustomers),
            R"(customers.json:7:23: warning: 4 passwords stand in clear, the first of them here
      = slipway fleet import keeps them as customer-SLUG-db; then take them out of this file
customers.json:23:26: warning: v0.9.0 is deprecated and still installed
   23 |       "current_version": "v0.9.0", "target_version": "v1.0.0",
      |                          ^
      = it is to become v1.0.0
)");
  EXPECT_EQ(
      Said(kCustomers, kPolicies),
      Said(kCustomers) + R"(policies.json:36:66: warning: no customer of customers.json has the policy `demo`
   36 |       { "phase": "demo", "duration": "1_day", "customer_types": ["demo"] },
      |                                                                  ^
      = a wave for this ring alone would select nobody, which is an error
)");
}

TEST(Registry, CountsThatSumToFourAreRefusedWithTheirPlace) {
  const std::string wrong = With(kCustomers, R"("v1.0.0": 4, "v0.9.0": 1)", R"("v1.0.0": 3, "v0.9.0": 1)");
  EXPECT_THAT(
      Said(wrong),
      HasSubstr(
          R"(customers.json:51:41: error: version_distribution says 3 customers have v1.0.0, and 4 have it
   51 |     "version_distribution": { "v1.0.0": 3, "v0.9.0": 1 }
      |                                         ^
      = northwind, quickstart, ledger, alder
)"));
  EXPECT_THAT(Said(With(kCustomers, R"("total_customers": 5)", R"("total_customers": 4)")),
              HasSubstr("45:24: error: total_customers is 4, and 5 customers stand here"));
  EXPECT_THAT(Said(With(kCustomers, R"(4, "v0.9.0": 1 })", R"(4 })")),
              HasSubstr("version_distribution leaves out v0.9.0, which clinic has"));
}

// What one change of a right registry makes of it.
std::string After(std::string_view from, std::string_view to, std::string_view policies = "") {
  return Said(With(kCustomers, from, to), policies);
}

TEST(Registry, ACustomerIsCheckedFieldByField) {
  EXPECT_THAT(
      After(R"("name": "Quickstart")", R"("nmae": "Quickstart")"),
      AllOf(HasSubstr("13:5: error: a customer needs `name`"),
            HasSubstr("14:7: error: unknown key `nmae` in a customer"), HasSubstr("did you mean `name`?")));
  EXPECT_THAT(After(R"("slug": "quickstart")", R"("slug": "Quick Start")"),
              HasSubstr("error: `Quick Start` is no slug"));
  EXPECT_THAT(After(R"("slug": "quickstart")", R"("slug": "northwind")"),
              AllOf(HasSubstr("14:37: error: the slug `northwind` stands twice"),
                    HasSubstr("the other is in line 4")));
  EXPECT_THAT(After(R"("auto_update": true,
      "maint)",
                    R"("auto_update": "true",
      "maint)"),
              HasSubstr("auto_update must be true or false, without quotes"));
  EXPECT_THAT(After(R"("current_version": "v1.0.0")", R"("current_version": 1.0)"),
              HasSubstr("current_version must be a text in quotes"));
  EXPECT_THAT(After(R"("current_version": "v1.0.0")", R"("current_version": "1.0.0")"),
              AllOf(HasSubstr("`1.0.0` is no version"), HasSubstr("write v1.0.0")));
  EXPECT_THAT(After(R"("current_version": "v0.9.0")", R"("current_version": "v1.1")"),
              HasSubstr("`v1.1` is no version"));
  EXPECT_THAT(After(R"("current_version": "v0.9.0")", R"("current_version": "v1.10.0")"),
              HasSubstr("23:55: error: target_version v1.0.0 is below current_version v1.10.0"));
  EXPECT_THAT(After(R"("size": "midsize")", R"("size": "middling")"), HasSubstr("unknown size `middling`"));
  EXPECT_THAT(After(R"("industry": "finance")", R"("industry": "finances")"),
              HasSubstr("did you mean `finance`?"));
  EXPECT_THAT(After(R"("deployment_policy": "startup")", R"("deployment_policy": "starter")"),
              HasSubstr("unknown policy `starter`"));
  EXPECT_THAT(After("latest_stable_tag\",\n", "latest_tag\",\n"),
              HasSubstr("unknown deployment_source `latest_tag`"));
  EXPECT_THAT(After("2024-01-15", "2024-02-30"), HasSubstr("`2024-02-30` is no date"));
  EXPECT_THAT(After("2024-01-15", "2024-05-01"), HasSubstr("last_updated is before setup_date"));
}

TEST(Registry, AMaintenanceWindowIsReadOrRefusedWithTheReason) {
  EXPECT_THAT(After("Saturday", "Saterday"),
              AllOf(HasSubstr("unknown weekday `Saterday`"), HasSubstr("did you mean `Saturday`?")));
  for (const char* time :
       {"1:00-5:00", "01:00", "25:00-26:00", "01:00 - 05:00", "01:60-02:00", "-1:00-02:00"})
    EXPECT_THAT(After("01:00-05:00", time), HasSubstr("is no stretch of time")) << time;
  EXPECT_THAT(After("01:00-05:00", "05:00-05:00"), HasSubstr("the window begins and ends at once"));
  EXPECT_THAT(After("America/Toronto", "Toronto"),
              AllOf(HasSubstr("unknown time zone `Toronto`"), HasSubstr("America/Toronto")));
  EXPECT_THAT(After("America/Toronto", "customer_preference"),
              HasSubstr("nobody can tell when this window is: the customer's time zone is not written down"));
}

TEST(Registry, ADatabaseBelongsToOneCustomerAndItsUrlIsNeverRepeated) {
  for (const auto& [url, what] : std::vector<std::pair<std::string, std::string>>{
           {"mysql://alder_user:ald3r-pw@h/d", "does not begin with postgresql://"},
           {"postgresql://alder_user:ald3r-pw@/d", "no name and no address"},
           {"postgresql://h:5432/d", "names no user"},
           {"postgresql://alder_user:ald3r@pw@h/d", "has two `@`"},
           {"postgresql://alder_user:ald3r/pw@h/d", "names no user"},
           {"postgresql://alder_user:ald3r-pw@h:99999/d", "no number from 1 to 65535"},
           {"postgresql://alder_user:ald3r-pw@h", "the database in the URL is missing"},
           {"postgresql://alder_user:ald3r%zz@h/d", "a `%` without two hexadecimal digits"},
           {"postgresql://alder_user:ald@h/d", "under 4 bytes"},
           {"postgresql://alder_user:ald3r-pw@h/d?host=x", "a parameter other than sslmode"},
           {"postgresql://alder_user:ald3r-pw@db-a.example.com/securewatch_northwind",
            "the database `securewatch_northwind` on db-a.example.com:5432 is that of `northwind` already"},
           {"postgresql://northwind_user:ald3r-pw@db-a.example.com/d",
            "the user `northwind_user` on db-a.example.com:5432 is that of `northwind` already"}}) {
    const std::string said =
        After("postgresql://alder_user:ald3r-pw@db-a.example.com:5432/securewatch_alder", url);
    EXPECT_THAT(said,
                AllOf(HasSubstr("customers.json:39:23: error: "), HasSubstr(what), Not(HasSubstr("ald3r"))))
        << url;
  }
}

TEST(Registry, NoLineWithAPasswordIsShownWhateverIsSaidOfIt) {
  std::string one_line(kCustomers);
  std::erase(one_line, '\n');
  for (const std::string& text : {With(one_line, R"("size": "midsize")", R"("size": "x")"),
                                  With(one_line, R"("size": "midsize",)", R"("size": "midsize")")}) {
    EXPECT_THAT(Said(text),
                AllOf(HasSubstr("customers.json:1:"), HasSubstr("error: "), Not(HasSubstr("-pw"))));
  }
  EXPECT_THAT(After(R"("render_services": { "backend": "srv-n1")",
                    R"("render_services": { "backend": "rnd_0123456789abcdefXYZ")"),
              AllOf(HasSubstr("a Render API key stands in clear"), Not(HasSubstr("rnd_"))));
}

TEST(Registry, VersionsContradictNeitherOneAnotherNorTheirLists) {
  EXPECT_THAT(After(R"("latest_version": "v1.0.0")", R"("latest_version": "v1.0.1")"),
              HasSubstr("latest_version v1.0.1 is not among supported_versions"));
  EXPECT_THAT(After(R"("deprecated_versions": ["v0.9.0"])", R"("deprecated_versions": ["v0.9.0", "v1.0.0"])"),
              HasSubstr("v1.0.0 is supported and deprecated at once"));
  EXPECT_THAT(After(R"("supported_versions": ["v1.0.0"])", R"("supported_versions": ["v1.0.0", "latest"])"),
              AllOf(HasSubstr("`latest` in supported_versions would allow any version"),
                    HasSubstr("name the versions, such as v2.1.0")));
  EXPECT_THAT(After(R"("next_planned_version": "v1.1.0")", R"("next_planned_version": "v1.0.0")"),
              HasSubstr("next_planned_version v1.0.0 is not above latest_version v1.0.0"));
  EXPECT_THAT(After(R"("target_version": "v1.0.0")", R"("target_version": "v2.0.0")"),
              HasSubstr("target_version v2.0.0 is not among supported_versions"));
  EXPECT_EQ(After(R"("target_version": "v1.0.0")", R"("target_version": "v1.1.0")").find("error"),
            std::string::npos);
  EXPECT_THAT(After("latest_stable_tag", "stable_tags_only"),
              HasSubstr("`latest_stable` goes with deployment_source latest_stable_tag only"));
}

TEST(Registry, WhatTheEnvironmentsAndThePoliciesForbidIsNamed) {
  EXPECT_THAT(After(R"("standard", "startup"])", R"("standard"])"),
              AllOf(HasSubstr("the policy `startup` is not allowed in production"),
                    HasSubstr("there it can be enterprise, standard")));
  EXPECT_THAT(After(R"(["enterprise", "standard", "startup"])", R"([])"),
              AllOf(HasSubstr("allowed_policies is empty"), Not(HasSubstr("there it can be"))));
  EXPECT_THAT(After(R"(["all"])", R"(["everyone"])"), HasSubstr("unknown policy `everyone`"));
  EXPECT_THAT(After(R"("requires_approval": true)", R"("requires_approval": false)", kPolicies),
              HasSubstr("requires_approval is false here and true in policies.json"));
  EXPECT_THAT(
      After(R"("default_source": "stable_tags_only")", R"("default_source": "main_branch")", kPolicies),
      HasSubstr("policies.json does not allow the source main_branch in production"));
  EXPECT_THAT(After(R"("staging": {)", R"("stage": {)", kPolicies),
              HasSubstr("policies.json has no rules for environment `stage`"));
  EXPECT_THAT(After(R"("standard", "deployment_source": "stable_tags_only")",
                    R"("standard", "deployment_source": "main_branch")", kPolicies),
              AllOf(HasSubstr("policy standard allows stable_tags_only, and main_branch is looser"),
                    HasSubstr("production is never given a branch")));
  EXPECT_THAT(After(R"("startup", "deployment_source": "latest_stable_tag")",
                    R"("startup", "deployment_source": "stable_tags_only")",
                    With(kPolicies, R"("allowed_sources": ["stable_tags_only", "latest_stable_tag"])",
                         R"("allowed_sources": ["latest_stable_tag"])")),
              HasSubstr("the source stable_tags_only is not allowed in production"));
  EXPECT_THAT(After(R"("auto_update": false)", R"("auto_update": true)", kPolicies),
              HasSubstr("auto_update is true, and policy enterprise does not allow it"));
  EXPECT_THAT(After(R"("target_version": "v1.0.0",
      "deployment_policy": "enterprise",)",
                    R"("target_version": "v1.1.0",
      "deployment_policy": "enterprise",)",
                    kPolicies),
              AllOf(HasSubstr("policy enterprise does not support v1.1.0"), HasSubstr("it supports v1.0.0")));
}

TEST(Registry, ATextOfBlanksIsNone) {
  EXPECT_THAT(After(R"("name": "Northwind Traders")", R"("name": "  ")"), HasSubstr("name is blank"));
}

TEST(Registry, ProductionIsNeverGivenABranchWithPoliciesOrWithout) {
  const std::string branch = R"("standard", "deployment_source": "main_branch")";
  EXPECT_THAT(After(R"("standard", "deployment_source": "stable_tags_only")", branch),
              AllOf(HasSubstr("customers.json:6:61: error: production is never given a branch"),
                    HasSubstr("= a deployment_source of tags")));
  EXPECT_THAT(After(R"("default_source": "stable_tags_only")", R"("default_source": "main_branch")"),
              HasSubstr("error: production is never given a branch"));
  EXPECT_THAT(
      Said(kCustomers, With(kPolicies, R"("allowed_sources": ["stable_tags_only", "latest_stable_tag"])",
                            R"("allowed_sources": ["main_branch", "stable_tags_only"])")),
      HasSubstr("policies.json:28:41: error: production is never given a branch"));
  EXPECT_THAT(
      Said(kCustomers, With(kPolicies, R"("As stable as can be", "deployment_source": "stable_tags_only")",
                            R"("As stable as can be", "deployment_source": "main_branch")")),
      HasSubstr("customers.json:24:28: error: production is never given a branch"))
      << "clinic has no source of its own";
}

TEST(Registry, WhereNothingGivesProductionASourceThatIsSaid) {
  const std::string unsaid = R"("default_source": "stable_tags_only", "requires_approval": true)";
  EXPECT_THAT(After(unsaid, R"("requires_approval": true)"),
              AllOf(HasSubstr("warning: nobody says from which source production gets clinic: a policy does, "
                              "and there are no policies here"),
                    HasSubstr("give deployment-policies.json as well")));
  EXPECT_THAT(After(unsaid, R"("requires_approval": true)", kPolicies), Not(HasSubstr("nobody says")));
  EXPECT_THAT(Said(kCustomers), Not(HasSubstr("nobody says")));
}

TEST(Policies, AreCheckedByThemselvesAndAgainstTheRegistry) {
  const auto said = [](std::string_view from, std::string_view to) {
    return Said(kCustomers, With(kPolicies, from, to));
  };
  EXPECT_THAT(said(R"("supported_versions": ["v1.0.0"])", R"("supported_versions": ["main", "v1.0.0"])"),
              HasSubstr("policies.json:5:30: error: `main` in supported_versions would allow any version"));
  EXPECT_THAT(said(R"("supported_versions": ["v1.0.0"])", R"("supported_versions": ["v0.9.0", "v1.0.0"])"),
              HasSubstr("policy enterprise supports v0.9.0, which customers.json calls deprecated"));
  EXPECT_THAT(
      said(R"("supported_versions": ["v1.0.0"])", R"("supported_versions": [])"),
      HasSubstr("policies.json:5:29: error: supported_versions is empty, and would allow any version"));
  for (const char* window : {"0_hours", "24_hours_after_release"})
    EXPECT_THAT(said("24_hours", window), HasSubstr("a rollback window is how old a backup may be"));
  EXPECT_THAT(said("14_days", "14 days"), HasSubstr("`14 days` is no duration"));
  EXPECT_THAT(said("14_days", "fortnight"), HasSubstr("`fortnight` is no duration"));
  EXPECT_THAT(said("25_percent", "25%"), HasSubstr("`25%` is no size of a batch"));
  EXPECT_THAT(said(R"(, "batch_size": "25_percent")", ""),
              HasSubstr("a policy with batches needs `batch_size`"));
  EXPECT_THAT(said(R"("customer_types": ["startup"])", R"("customer_types": [])"),
              AllOf(HasSubstr("customer_types is empty"),
                    HasSubstr("no phase of the roll-out has customers of `startup`")));
  EXPECT_THAT(said(R"("customer_types": ["startup"])", R"("customer_types": ["startup", "demo", "trial"])"),
              AllOf(HasSubstr("customers of `demo` are in two phases"), HasSubstr("unknown policy `trial`")));
  EXPECT_THAT(said(R"("demo": { "deployment_source")", R"("demo": { "source")"),
              HasSubstr("a policy needs `deployment_source`"));
}

TEST(Registry, WhatIsMeantToHurtEndsInErrorsWithPlaces) {
  EXPECT_EQ(Said("{\"customers\": [\n{\"name\": \"a\",\n\"name\": \"b\"}]}"),
            R"(customers.json:3:1: error: the key `name` stands here a second time
    3 | "name": "b"}]}
      | ^
      = it stands first in line 2
)");
  EXPECT_THAT(Said("{\"customers\": [\"\xff\"]}"), HasSubstr("not valid UTF-8"));
  EXPECT_THAT(Said(std::string(1'000'000, '[')), HasSubstr("nested deeper than 64"));
  EXPECT_THAT(Said("[]"), HasSubstr("the registry must be a map of names to values"));
  EXPECT_THAT(Said("{\"customers\": []}"), HasSubstr("the registry names no customer"));
  EXPECT_THAT(Said("{\"customers\": {}}"), HasSubstr("customers must be a list"));
  EXPECT_THAT(Said("{\"customers\": [1, null, [], {}]}"), HasSubstr("a customer must be a map"));
  EXPECT_THAT(
      Said(
          R"({"customers": [], "metadata": {"version_distribution": {"v1.0.0": -1}, "total_customers": 1e9}})"),
      AllOf(HasSubstr("v1.0.0 must be a whole number from 0"),
            HasSubstr("total_customers must be a whole number from 0")));
  std::string many = "{\"customers\": [{}";
  for (int i = 0; i < 50'000; ++i) many += ",{}";
  const std::string said = Said(many + "]}");
  EXPECT_THAT(said, HasSubstr("there are more errors; these are the first of them"));
  EXPECT_LT(std::ranges::count(said, '\n'), 4000);
}

}  // namespace
}  // namespace slipway::fleet
