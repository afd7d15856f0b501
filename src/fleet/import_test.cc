#include "fleet/import.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "fleet/test_registry.h"
#include "workspace/workspace.h"

namespace slipway::fleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A workspace with these targets, as it is loaded.
workspace::Workspace Loaded(const std::string& targets) {
  std::string name = testing::TempDir() + "/fleet.XXXXXX";
  const std::filesystem::path root = ::mkdtemp(name.data());
  std::filesystem::create_directories(root / "targets");
  std::ofstream(root / "slipway.yaml")
      << "apiVersion: slipway/v1\nkind: Workspace\nname: shop\nenvironments: [{ name: prod }]\n";
  std::ofstream(root / kTargetsFile) << targets;
  auto workspace = workspace::Load(root);
  if (!workspace) {
    for (const auto& [text, problems] : workspace.error()) ADD_FAILURE() << base::Render(problems, text);
  }
  std::filesystem::remove_all(root);
  return workspace.value_or(workspace::Workspace{});
}

TEST(Import, MakesTargetsInOrderOfSlug) {
  const Imported imported = ImportOf(kCustomers, kPolicies);
  EXPECT_EQ(imported.targets, R"(# The customers of customers.json, written by `slipway fleet import`.
# Change them there and import them again with --replace.
apiVersion: slipway/v1
kind: Targets
targets:
  - id: alder
    kind: customer
    labels: { ring: standard, industry: technology, size: standard, policy: standard }
    attributes:
      name: "Alder & Birch"
      connection: db-a-example-com
      database: securewatch_alder
      role: alder_user
      version: v1.0.0
      target_version: v1.0.0
      source: stable_tags_only
      auto_update: true
    window: { days: [sat], from: "00:00", to: "24:00" }
    time_zone: UTC
  - id: clinic
    kind: customer
    labels: { ring: enterprise, industry: healthcare, size: midsize, policy: enterprise }
    attributes:
      name: Clinic Group
      connection: db-b-example-com-6432
      database: securewatch_clinic
      role: clinic_user
      version: v0.9.0
      target_version: v1.0.0
      source: stable_tags_only
      auto_update: false
      proven_within: 1d
    window: { days: [sun], from: "22:00", to: "02:00" }
    time_zone: Europe/Berlin
  - id: ledger
    kind: customer
    labels: { ring: enterprise, industry: finance, size: enterprise, policy: enterprise }
    attributes:
      name: First Ledger Bank
      connection: db-b-example-com-6432
      database: securewatch_ledger
      role: ledger_user
      version: v1.0.0
      target_version: v1.0.0
      source: stable_tags_only
      auto_update: false
      proven_within: 1d
    window: { days: [sun], from: "02:00", to: "06:00" }
    time_zone: UTC
  - id: northwind
    kind: customer
    labels: { ring: standard, industry: technology, size: midsize, policy: standard }
    attributes:
      name: Northwind Traders
      connection: db-a-example-com
      database: securewatch_northwind
      role: northwind_user
      version: v1.0.0
      target_version: v1.0.0
      source: stable_tags_only
      auto_update: true
      contact:
        name: "Nora Øst"
        email: it@northwind.example
    window: { days: [sat], from: "01:00", to: "05:00" }
    time_zone: America/Toronto
  - id: quickstart
    kind: customer
    labels: { ring: startup, industry: technology, size: startup, policy: startup }
    attributes:
      name: Quickstart
      connection: db-a-example-com
      database: securewatch_quickstart
      role: quickstart_user
      version: v1.0.0
      target_version: v1.0.0
      source: latest_stable_tag
      auto_update: true
)");
  EXPECT_EQ(ImportOf(kCustomers, kPolicies).targets, imported.targets);
}

TEST(Import, NamesTheServersTheRingsAndTheSecrets) {
  const Imported imported = ImportOf(kCustomers, kPolicies);
  std::string connections;
  for (const Server& server : imported.servers) connections += ConnectionLine(server) + "\n";
  EXPECT_EQ(
      connections,
      R"(db-a-example-com: { driver: postgres, host: db-a.example.com, user: slipway, password: "${{ secrets.db-a-example-com }}" }
db-b-example-com-6432: { driver: postgres, host: db-b.example.com, port: 6432, user: slipway, password: "${{ secrets.db-b-example-com-6432 }}", sslmode: require }
)");
  std::vector<std::string> rings, secrets;
  for (const Ring& ring : imported.rings)
    rings.push_back(fmt::format("{} {} {}%", ring.name, ring.customers, ring.batch_percent.value_or(100)));
  EXPECT_THAT(rings, ElementsAre("demo 0 100%", "startup 1 50%", "standard 2 25%", "enterprise 2 100%"));
  for (const ClearSecret& secret : imported.secrets)
    secrets.push_back(secret.name + "=" + secret.value.Reveal());
  EXPECT_THAT(secrets, ElementsAre("customer-alder-db=ald3r-pw", "customer-clinic-db=cl1nic@pw",
                                   "customer-northwind-db=n0rth-pw", "customer-quickstart-db=qu1ck-pw"));
  EXPECT_THAT(imported.targets + connections, Not(HasSubstr("-pw")));
}

TEST(Import, WhatItWritesIsAWorkspaceThatLoads) {
  const workspace::Workspace workspace = Loaded(ImportOf(kCustomers, kPolicies).targets);
  ASSERT_EQ(workspace.targets.size(), 5u);
  const workspace::Target& northwind = *workspace.FindTarget("northwind");
  EXPECT_EQ(northwind.time_zone, "America/Toronto");
  EXPECT_EQ(workspace.FindCalendar(northwind.window)->windows[0].start, 60);
  EXPECT_EQ(workspace.FindTarget("quickstart")->window, "");
  EXPECT_EQ(workspace.FindTarget("alder")->attributes.at("name"), "Alder & Birch");
}

TEST(Import, ANameThatYamlCouldMistakeIsReadBackAsItWas) {
  for (const char* name : {"null",
                           "~",
                           "a: b",
                           "- a",
                           "#x",
                           "a #b",
                           " a ",
                           "{a}",
                           "\\u00e9 \\u0000x",
                           "x\\ny\\t\\\"\\\\",
                           "\\u2028\\u0085\\ufeff",
                           "\\ud83d\\ude00",
                           "yes",
                           "1.10",
                           "a'b",
                           "*a",
                           "&a",
                           "!a",
                           "%a",
                           "@a"}) {
    if (std::string_view(name).contains("\\u0000")) continue;
    base::Diagnostics problems;
    const std::string text = With(kCustomers, "Northwind Traders", name);
    const Registry registry = ReadRegistry(text, "customers.json", nullptr, problems);
    const auto workspace = Loaded(Import(registry, nullptr).targets);
    ASSERT_NE(workspace.FindTarget("northwind"), nullptr) << name;
    EXPECT_EQ(base::GetString(workspace.FindTarget("northwind")->attributes, "name"),
              registry.customers[0].name);
  }
}

TEST(Import, ServersThatWouldHaveOneNameAreToldApart) {
  const std::string longest = std::string(60, 'a') + "." + std::string(60, 'b');
  const std::string text =
      With(With(With(kCustomers, "@db-b.example.com:6432/securewatch_clinic?sslmode=require",
                     "@db.a.example.com/clinic"),
                "@db-b.example.com:6432/securewatch_ledger", "@" + longest + "/ledger"),
           "@db-a.example.com/securewatch_quickstart", "@10.0.0.7:5433/quick");
  const Imported imported = ImportOf(text);
  std::vector<std::string> names;
  for (const Server& server : imported.servers) names.push_back(server.connection);
  EXPECT_THAT(names, ElementsAre(testing::MatchesRegex("a{55}-[0-9a-f]{8}"), "db-10-0-0-7-5433",
                                 testing::MatchesRegex("db-a-example-com-[0-9a-f]{8}"),
                                 testing::MatchesRegex("db-a-example-com-[0-9a-f]{8}")));
}

TEST(Import, ChangesAreNamedTargetByTarget) {
  const std::string before = ImportOf(kCustomers).targets;
  const std::string after =
      ImportOf(With(With(With(kCustomers, R"("total_customers": 5)", R"("total_customers": 5)"),
                         "\"slug\": \"alder\"", "\"slug\": \"birch\""),
                    "Saturday", "Friday"))
          .targets;
  EXPECT_THAT(Changes(before, before).value(), ElementsAre());
  EXPECT_THAT(Changes(before, "# a remark\n" + before).value(), ElementsAre());
  EXPECT_THAT(Changes(before, after).value(),
              ElementsAre("- alder", "+ birch", "~ northwind: window.days sat -> fri"));
  EXPECT_EQ(base::ToString(Changes("targets: [\n", after).error()).substr(0, 20), "did not find expecte");
}

TEST(Import, TenThousandCustomersAreImportedAndLoad) {
  std::string text = "{ \"customers\": [\n";
  for (int i = 0; i < 10'000; ++i) {
    text += fmt::format(
        R"({}{{ "name": "Customer {}", "slug": "c{:05}", "industry": "retail", "size": "midsize",
 "current_version": "v1.0.0", "target_version": "v1.1.0", "deployment_policy": "standard",
 "database_url": "postgresql://c{}:secret-{}@db-{}.example.com/customer_{}", "contact": {{ "email": "c{}@example.com", "name": "N" }},
 "maintenance_window": {{ "day": "Sunday", "time": "02:00-06:00", "timezone": "Europe/Berlin" }} }})",
        i == 0 ? "" : ",\n", i, i, i, i, i % 40, i, i);
  }
  text += R"(], "metadata": { "total_customers": 10000, "version_distribution": { "v1.0.0": 10000 } } })";
  const Imported imported = ImportOf(text);
  EXPECT_EQ(imported.slugs.size(), 10'000u);
  EXPECT_EQ(imported.secrets.size(), 10'000u);
  EXPECT_EQ(imported.servers.size(), 40u);
  const workspace::Workspace workspace = Loaded(imported.targets);
  EXPECT_EQ(workspace.targets.size(), 10'000u);
  EXPECT_EQ(workspace.target_windows.size(), 10'000u);
  EXPECT_NE(workspace.FindCalendar("c09999's window"), nullptr);
}

}  // namespace
}  // namespace slipway::fleet
