// `slipway fleet add` on a real server: the program, the procedure and the customer's database.
#include <gmock/gmock.h>

#include <regex>
#include <thread>

#include "base/password.h"
#include "drivers/postgres/content/bcrypt.h"
#include "postgres/customer_lab.h"

namespace slipway::tests {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

Server& TheServer() {
  static Server server;
  return server;
}

constexpr char kAdd[] = "fleet add --config customers/acme.json";

class NewCustomer : public testing::Test {
 protected:
  void Edit(const std::string& what, const std::string& with) {
    std::string text = lab_.Read("customers/acme.json");
    const std::size_t at = text.find(what);
    ASSERT_NE(at, text.npos) << what;
    lab_.Write("customers/acme.json", text.replace(at, what.size(), with));
  }
  std::string Acme(const std::string& sql) { return lab_.Ask("acme", sql); }
  std::string Secret(const std::string& name) {
    fs::remove(lab_.folder() / "value");
    EXPECT_EQ(lab_.Slipway("secrets write " + name + " value").exit, 0);
    return lab_.Read("value");
  }

  CustomerLab lab_{TheServer()};
};

TEST_F(NewCustomer, IsJudgedAndPlannedAndNothingIsDone) {
  const Said said = lab_.Slipway(std::string(kAdd) + " --dry-run");
  ASSERT_EQ(said.exit, 0) << said.out;
  EXPECT_THAT(said.out, HasSubstr("targets/customer-acme.yaml: would be written"));
  EXPECT_THAT(said.out, HasSubstr("customer-acme-db, customer-acme-admin to be made by the run"));
  EXPECT_THAT(said.out, HasSubstr("postgres.admin_user"));
  EXPECT_THAT(said.out, HasSubstr("Plan sha256:"));
  EXPECT_THAT(said.out, HasSubstr("server: pass fit: "));
  EXPECT_THAT(said.out, HasSubstr("server: pass provision: database absent, role absent"));
  EXPECT_FALSE(fs::exists(lab_.folder() / "targets/customer-acme.yaml"));
  EXPECT_THAT(lab_.Slipway("secrets").out, Not(HasSubstr("customer-acme")));
  EXPECT_EQ(lab_.Stands("acme"), "0 0");
}

TEST_F(NewCustomer, WhatTheServerWouldRefuseIsToldBeforehandAndWhatNobodyCanTellIsUnknown) {
  const std::string dry = std::string(kAdd) + " --dry-run";
  lab_.Ask("postgres", "CREATE ROLE acme");
  Said said = lab_.Slipway(dry);
  EXPECT_EQ(said.exit, 1) << said.out;
  EXPECT_THAT(said.out, HasSubstr("server: pass fit: "));
  EXPECT_THAT(said.out, HasSubstr("server: fail provision: there is a role `acme` already"));
  EXPECT_THAT(said.out, HasSubstr("next: mend what the server says, then slipway fleet add"));
  lab_.Ask("postgres", "CREATE DATABASE acme");
  EXPECT_THAT(lab_.Slipway(dry).out, HasSubstr("server: fail provision: there is a database `acme` already"));
  lab_.Ask("postgres", "DROP DATABASE acme");
  lab_.Ask("postgres", "DROP ROLE acme");
  const std::string port = std::to_string(lab_.server().port());
  for (const char* file : {"slipway.yaml", "customers/acme.json"}) {
    std::string text = lab_.Read(file);
    for (std::size_t at; (at = text.find(port)) != text.npos;) text.replace(at, port.size(), "1");
    lab_.Write(file, text);
  }
  said = lab_.Slipway(dry + " --json");
  EXPECT_EQ(said.exit, 1) << said.out;
  EXPECT_THAT(said.out, HasSubstr("fail reachable: "));
  EXPECT_THAT(said.out, ContainsRegex("\"check\": \"provision\",[^}]*\"verdict\": \"unknown\""));
}

TEST_F(NewCustomer, HasDatabaseSchemaContentAdministratorAndSamples) {
  const Said said = lab_.Slipway(kAdd);
  ASSERT_EQ(said.exit, 0) << said.out;
  EXPECT_THAT(said.out, HasSubstr("R1 succeeded"));
  EXPECT_EQ(lab_.Stands("acme"), "1 1");
  EXPECT_EQ(Acme("SELECT max(version) FROM schema_migrations"), "v2.1.0");
  EXPECT_EQ(Acme("SELECT count(*) FROM training_programs"), "14");
  EXPECT_EQ(Acme("SELECT count(*) FROM compliance_records WHERE NOT met"), "6");
  EXPECT_EQ(Acme("SELECT count(*) FROM employees"), "100");
  EXPECT_EQ(Acme("SELECT string_agg(n || status, ' ' ORDER BY status) FROM (SELECT status, count(*) n FROM "
                 "violations GROUP BY 1) s"),
            "6Active 8Resolved 1Under Review");
  EXPECT_EQ(Acme("SELECT email || ' ' || role FROM users"), "ops@acme.example admin");
  const std::string password = Secret("customer-acme-admin");
  EXPECT_TRUE(base::CheckPassword(base::Secret(password), {12, 3}, {}));
  EXPECT_TRUE(drivers::postgres::IsBcryptOf(Acme("SELECT password_hash FROM users"), base::Secret(password)));
  EXPECT_THAT(lab_.Store() + said.out + lab_.server().Log(), Not(HasSubstr(password)));
  EXPECT_THAT(lab_.Slipway("fleet status").out, HasSubstr("v2.1.0"));
  EXPECT_EQ(lab_.Slipway("audit verify").exit, 0);
}

TEST_F(NewCustomer, OfOneSlugThereIsOne) {
  ASSERT_EQ(lab_.Slipway(kAdd).exit, 0);
  const Said again = lab_.Slipway(kAdd);
  EXPECT_EQ(again.exit, 3) << again.out;
  EXPECT_THAT(again.out, HasSubstr("the customer `acme` is there already; R1 worked on it last"));
  Edit("\"slug\": \"acme\"", "\"slug\": \"other\"");
  const Said same = lab_.Slipway(kAdd);
  EXPECT_EQ(same.exit, 3) << same.out;
  EXPECT_THAT(same.out, HasSubstr("acme has the database `acme` on that server"));
  EXPECT_EQ(lab_.Slipway("runs --json").out.find("R2"), std::string::npos);
}

TEST_F(NewCustomer, PasswordsInClearMoveIntoTheSecretStore) {
  Edit("\"auto_generated_or_provided\" },\n  \"admin\"", "\"Db-Canary-99x\" },\n  \"admin\"");
  Edit("\"auto_generated_or_provided\"", "\"Adm-Canary-99x\"");
  const Said said = lab_.Slipway(kAdd);
  ASSERT_EQ(said.exit, 0) << said.out;
  EXPECT_THAT(said.out, HasSubstr("customer-acme-db, customer-acme-admin kept"));
  EXPECT_THAT(said.out, HasSubstr("customers/acme.json still holds secrets: take them out"));
  EXPECT_EQ(Secret("customer-acme-db"), "Db-Canary-99x");
  EXPECT_TRUE(
      drivers::postgres::IsBcryptOf(Acme("SELECT password_hash FROM users"), base::Secret("Adm-Canary-99x")));
  EXPECT_THAT(lab_.Store() + said.out + lab_.server().Log() + lab_.Read("targets/customer-acme.yaml"),
              Not(HasSubstr("Canary")));
}

TEST_F(NewCustomer, APasswordAgainstItsOwnPolicyIsAnErrorWithItsPlace) {
  const std::string text = lab_.Read("customers/acme.json");
  std::string weak = text;
  weak.replace(weak.rfind("auto_generated_or_provided"), 26, "weak-canary");
  lab_.Write("customers/acme.json", weak);
  const Said said = lab_.Slipway(kAdd);
  EXPECT_EQ(said.exit, 2) << said.out;
  EXPECT_THAT(said.out, HasSubstr("customers/acme.json:5:"));
  EXPECT_THAT(said.out, HasSubstr("under 12 characters"));
  EXPECT_THAT(said.out, Not(HasSubstr("weak-canary")));
  EXPECT_EQ(lab_.Stands("acme"), "0 0");
}

TEST_F(NewCustomer, ThatFailsIsTakenBackWholeAndCanBeAddedAgain) {
  lab_.Write("samples/sample.sql",
             "INSERT INTO employees (email, name) VALUES ('a', 'A');\nINSERT INTO nowhere VALUES (1);\n");
  const Said said = lab_.Slipway(kAdd);
  EXPECT_EQ(said.exit, 1) << said.out;
  EXPECT_THAT(said.out, HasSubstr("samples/sample.sql:2"));
  EXPECT_THAT(said.out, HasSubstr("R1 rolled_back"));
  EXPECT_EQ(lab_.Stands("acme"), "0 0");
  EXPECT_THAT(lab_.Slipway("secrets").out, Not(HasSubstr("customer-acme")));
  lab_.Write("samples/sample.sql", "SELECT 1;\n");
  EXPECT_THAT(lab_.Slipway("fleet update --to v2.1.0 --customer acme").out,
              HasSubstr("database \"acme\" does not exist"));
  const Said again = lab_.Slipway(kAdd);
  EXPECT_EQ(again.exit, 0) << again.out << "although a run looked at it meanwhile";
  EXPECT_EQ(lab_.Stands("acme"), "1 1");
}

TEST_F(NewCustomer, WhoWorksThereAlreadyIsNotTakenBack) {
  ASSERT_EQ(lab_.Slipway(kAdd).exit, 0);
  Acme("INSERT INTO employees (email, name) VALUES ('real@acme.example', 'Real')");
  const Said back = lab_.Slipway("rollback R1 --reason test");
  EXPECT_EQ(back.exit, 1) << back.out;
  EXPECT_THAT(back.out, HasSubstr("public.employees (1 rows)"));
  EXPECT_EQ(lab_.Stands("acme"), "1 1");
  EXPECT_EQ(Acme("SELECT count(*) FROM employees WHERE email = 'real@acme.example'"), "1");
}

TEST_F(NewCustomer, IsUpdatedWithALossOnlyOnAProofAsYoungAsItsPolicySays) {
  const auto policy = [&](const std::string& window) {
    lab_.Write("customers/deployment-policies.json",
               R"({ "deployment_policies": { "startup": { "deployment_source": "stable_tags_only",
                    "rollback_window": ")" +
                   window + R"(" } } })");
  };
  policy("6_hours");
  ASSERT_EQ(lab_.Slipway(kAdd).exit, 0);
  std::string target = lab_.Read("targets/customer-acme.yaml");
  const std::string within = "proven_within: 6h";
  ASSERT_THAT(target, HasSubstr(within));
  lab_.Write("migrations/v3.0.0/001_fewer.sql",
             "-- slipway:allow drop-without-deprecation nobody reads it any more\nDROP TABLE violations;\n");
  lab_.Write("procedures/update-customers.yaml",
             std::regex_replace(lab_.Read("procedures/update-customers.yaml"),
                                std::regex(", violations: [^}]*}"), ""));
  lab_.Write("targets/customer-acme.yaml",
             std::string(target).replace(target.find(within), within.size(), "proven_within: 0s"));
  const Said refused = lab_.Slipway("fleet update --to v3.0.0 --customer acme");
  EXPECT_EQ(refused.exit, 1) << refused.out;
  EXPECT_THAT(refused.out, HasSubstr("proven"));
  EXPECT_EQ(Acme("SELECT to_regclass('violations') IS NULL"), "f");
  lab_.Write("targets/customer-acme.yaml", target);
  const Said updated = lab_.Slipway("fleet update --to v3.0.0 --customer acme");
  EXPECT_EQ(updated.exit, 0) << updated.out;
  EXPECT_EQ(Acme("SELECT to_regclass('violations') IS NULL"), "t");
}

TEST_F(NewCustomer, OfWhoLocksItsTablesIsToldWhatTheRoleMaySee) {
  ASSERT_EQ(lab_.Slipway(kAdd).exit, 0);
  const std::string procedure = lab_.Read("procedures/update-customers.yaml");
  lab_.Write("procedures/update-customers.yaml",
             std::regex_replace(procedure, std::regex("( *)proven_within:"),
                                "$1lock_timeout: 300ms\n$1lock_attempts: 1\n$1proven_within:"));
  const std::jthread holder([&] { Acme("LOCK TABLE employees IN ACCESS SHARE MODE; SELECT pg_sleep(3)"); });
  const std::string held =
      "SELECT count(*) FROM pg_locks WHERE relation = 'employees'::regclass AND pid <> pg_backend_pid()";
  while (Acme(held) == "0") std::this_thread::yield();
  const Said said = lab_.Slipway("fleet update --to v2.2.0 --customer acme");
  EXPECT_THAT(said.out, ContainsRegex("the lock is held by test \\(user postgres, backend [0-9]+\\)"));
}

TEST_F(NewCustomer, GoesBackByItsDownFilesOnlyOnAProofAsYoungAsItsPolicySays) {
  ASSERT_EQ(lab_.Slipway(kAdd).exit, 0);
  std::string target = lab_.Read("targets/customer-acme.yaml");
  const std::string before = "      database: acme\n";
  ASSERT_THAT(target, HasSubstr(before));
  const auto within = [&](const std::string& time) {
    lab_.Write("targets/customer-acme.yaml",
               std::string(target).replace(target.find(before), before.size(),
                                           before + "      proven_within: " + time + "\n"));
  };
  const auto go = [&](const std::string& run) {
    EXPECT_EQ(lab_.Slipway("fleet rollback --customer acme --to v2.0.0 --by down --no-wait").exit, 4);
    EXPECT_EQ(lab_.Slipway("confirm " + run + " agree@acme --check all").exit, 0);
    return lab_.Slipway("resume --no-wait " + run);
  };
  within("0s");
  const Said refused = go("R2");
  EXPECT_EQ(refused.exit, 1) << refused.out;
  EXPECT_THAT(refused.out, HasSubstr("that is more than 0s ago"));
  EXPECT_THAT(lab_.Slipway("fleet status").out, HasSubstr(" v2.1.0 "));
  within("6h");
  const Said back = go("R3");
  EXPECT_EQ(back.exit, 4) << back.out;
  EXPECT_THAT(lab_.Slipway("fleet status").out, HasSubstr(" v2.0.0 "));
}

TEST_F(NewCustomer, TakenBackHasNoVersionAnyMore) {
  ASSERT_EQ(lab_.Slipway(kAdd).exit, 0);
  ASSERT_EQ(lab_.Slipway("rollback R1 --reason test").exit, 0);
  EXPECT_THAT(lab_.Slipway("fleet status").out,
              testing::ContainsRegex("acme +startup +- +v2.1.0 +- +- +unknown"));
}

TEST_F(NewCustomer, WhoseServiceDoesNotAnswerFailsItsVerification) {
  ASSERT_EQ(lab_.Slipway(kAdd).exit, 0);
  const std::string verify = "fleet verify --customer acme --slow-statements 0s";
  EXPECT_EQ(lab_.Slipway(verify).exit, 0) << "its target has no url";
  std::string target = lab_.Read("targets/customer-acme.yaml");
  const std::string before = "attributes:\n";
  const std::size_t at = target.find(before);
  ASSERT_NE(at, target.npos) << target;
  lab_.Write("targets/customer-acme.yaml",
             target.insert(at + before.size(), "      url: http://127.0.0.1:1/health\n"));  // nobody's port
  const Said said = lab_.Slipway(verify);
  EXPECT_EQ(said.exit, 1);
  EXPECT_THAT(said.out, HasSubstr("fail error_rate: 50 of 50 requests failed (allowed 5%)"));
}

TEST_F(NewCustomer, WhoseDiskIsNamedIsAskedHowFullItIs) {
  ASSERT_EQ(lab_.Slipway(kAdd).exit, 0);
  const std::string target = lab_.Read("targets/customer-acme.yaml");
  const std::string before = "attributes:\n";
  const auto verified = [&](const std::string& folder) {
    std::string named = target;
    lab_.Write("targets/customer-acme.yaml",
               named.insert(named.find(before) + before.size(), "      disk: " + folder + "\n"));
    return lab_.Slipway("fleet verify --customer acme --slow-statements 0s");
  };
  verified("/");
  EXPECT_THAT(lab_.Read("reports/R2-verify-customers.md"),
              testing::ContainsRegex("acme . disk . [a-z]+ . [0-9]+% of the disk of / is used"));
  for (const char* folder : {"/nowhere", "/proc"}) {
    const Said said = verified(folder);
    EXPECT_EQ(said.exit, 1) << said.out;
    EXPECT_THAT(said.out, testing::ContainsRegex("acme +startup +unknown")) << folder;
  }
}

TEST_F(NewCustomer, KilledInTheMiddleItIsResumed) {
  lab_.Write("samples/sample.sql",
             lab_.Read("samples/sample.sql") +
                 "SELECT pg_sleep(600) WHERE current_setting('application_name') NOT LIKE '%nobody%' AND NOT "
                 "EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'go_on');\n");
  lab_.KillWhen(kAdd,
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'slipway R1/sample@acme%' "
                "AND wait_event = 'PgSleep'",
                "1");
  const Said again = lab_.Slipway(kAdd);
  EXPECT_EQ(again.exit, 3) << again.out;
  EXPECT_THAT(again.out, HasSubstr("slipway resume R1"));
  lab_.Ask("postgres", "CREATE ROLE go_on");
  const Said resumed = lab_.Slipway("resume R1");
  lab_.Ask("postgres", "DROP ROLE go_on");
  EXPECT_EQ(resumed.exit, 0) << resumed.out;
  EXPECT_EQ(Acme("SELECT count(*) FROM employees"), "100");
  EXPECT_EQ(Acme("SELECT count(*) FROM users"), "1");
  EXPECT_EQ(lab_.Slipway("audit verify").exit, 0);
}

TEST_F(NewCustomer, OnAServerThatNoConnectionNamesIsRefusedWithTheLineThatIsMissing) {
  Edit("127.0.0.1", "db.elsewhere.example");
  const Said said = lab_.Slipway(kAdd);
  EXPECT_EQ(said.exit, 2) << said.out;
  EXPECT_THAT(said.out, HasSubstr("there is no connection to db.elsewhere.example"));
  EXPECT_THAT(said.out, HasSubstr("driver: postgres, host: db.elsewhere.example"));
}

TEST_F(NewCustomer, IsTakenBackInSimulationWhateverFails) {
  ASSERT_EQ(lab_.Slipway(std::string(kAdd)).exit, 0);
  const Said said =
      lab_.Slipway("simulate procedures/new-customer.yaml -p customer=acme -p to=v2.1.0 -p day=2026-11-21");
  EXPECT_EQ(said.exit, 0) << said.out;
  EXPECT_THAT(said.out, Not(HasSubstr("NOT restored")));
}

}  // namespace
}  // namespace slipway::tests
