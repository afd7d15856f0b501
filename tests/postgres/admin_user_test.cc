// postgres.admin_user on a real server.
#include "drivers/postgres/content/bcrypt.h"

#include <gmock/gmock.h>

#include "base/password.h"
#include "drivers/postgres/session/connection.h"
#include "postgres/call.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;
using testing::HasSubstr;
using testing::Not;

tests::Server& TheServer() {
  // Every statement and parameter, as the most talkative log would have them.
  static tests::Server server(
      {.settings = {{"log_statement", "all"}, {"log_parameter_max_length_on_error", "-1"}}});
  return server;
}

class PostgresAdminUser : public testing::Test {
 protected:
  PostgresAdminUser() {
    server_.Ask(
        database_,
        "CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE, name text NOT NULL, role text, "
        "password_hash text NOT NULL, seen_at timestamptz)");
  }
  JsonObject With(JsonObject more = {}) {
    JsonObject with{{"database", database_},
                    {"email", "ops@acme.example"},
                    {"name", "Ada Byron"},
                    {"secret", "customer-acme-admin"},
                    {"cost", 10}};
    for (auto& [key, value] : more) with[key] = value;
    return with;
  }
  Outcome Make(JsonObject more = {}) {
    return call_.Do(*driver_, "postgres.admin_user", With(std::move(more)));
  }
  std::string Ask(const std::string& sql) { return server_.Ask(database_, sql); }

  tests::Server& server_ = TheServer();
  std::string database_ = server_.MakeDatabase("users_of_acme");
  tests::Call call_{server_, "R7/admin@acme"};
  std::unique_ptr<Driver> driver_ = tests::MakePostgres();
};

TEST_F(PostgresAdminUser, APasswordIsMadeAndKeptAndOnlyItsHashIsInTheDatabase) {
  const Outcome outcome = Make();
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  const std::string password = call_.secrets().at("customer-acme-admin");
  EXPECT_TRUE(base::CheckPassword(base::Secret(password), {12, 3}, {"ops"}));
  EXPECT_EQ(Ask("SELECT email || ' ' || name || ' ' || role FROM users"), "ops@acme.example Ada Byron admin");
  EXPECT_TRUE(IsBcryptOf(Ask("SELECT password_hash FROM users"), base::Secret(password)));
  EXPECT_THAT(server_.Log(), Not(HasSubstr(password)));
  EXPECT_THAT(outcome.reason + base::CanonicalJson(outcome.outputs).value(), Not(HasSubstr(password)));
}

TEST_F(PostgresAdminUser, APasswordThatIsKeptAlreadyIsTheOne) {
  const std::string canary = "C4nary \"one\" \\ two's";
  call_.secrets()["customer-acme-admin"] = canary;
  const auto prepared = call_.Prepare(*driver_, "postgres.admin_user", With());
  ASSERT_TRUE(prepared);
  EXPECT_THAT(base::CanonicalJson(ToJson(*prepared)).value(), Not(HasSubstr("C4nary")));
  const Outcome outcome = call_.Run(*driver_, *prepared);
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_TRUE(IsBcryptOf(Ask("SELECT password_hash FROM users"), base::Secret(canary)));
  EXPECT_THAT(server_.Log(), Not(HasSubstr("C4nary")));
  const Outcome undone = call_.Do(*driver_, prepared->undo->uses, prepared->undo->with);
  EXPECT_EQ(undone.verdict, Verdict::kDone) << undone.reason;
  EXPECT_EQ(Ask("SELECT count(*) FROM users"), "0");
  EXPECT_TRUE(call_.secrets().contains("customer-acme-admin")) << "what somebody gave is theirs";
}

TEST_F(PostgresAdminUser, APasswordAgainstThePolicyIsRefusedBeforeAnythingIsDone) {
  call_.secrets()["customer-acme-admin"] = "lower-only";
  const auto refused = call_.Prepare(*driver_, "postgres.admin_user", With());
  ASSERT_FALSE(refused);
  EXPECT_THAT(base::ToString(refused.error()), HasSubstr("under 12 characters"));
  EXPECT_THAT(base::ToString(refused.error()),
              HasSubstr("slipway secrets set customer-acme-admin --replace"));
  EXPECT_THAT(base::ToString(refused.error()), Not(HasSubstr("lower-only")));
  call_.secrets()["customer-acme-admin"] = "Ops-and-more-99";
  EXPECT_EQ(Make({{"min_length", 10}, {"min_classes", 2}}).verdict, Verdict::kDone);
}

TEST_F(PostgresAdminUser, TheUndoDeletesUserAndPassword) {
  const auto prepared = call_.Prepare(*driver_, "postgres.admin_user", With());
  call_.Run(*driver_, *prepared);
  EXPECT_EQ(call_.Run(*driver_, *prepared).verdict, Verdict::kDone) << "once more";
  EXPECT_EQ(Ask("SELECT count(*) FROM users"), "1");
  const Outcome undone = call_.Do(*driver_, prepared->undo->uses, prepared->undo->with);
  ASSERT_EQ(undone.verdict, Verdict::kDone) << undone.reason;
  EXPECT_EQ(Ask("SELECT count(*) FROM users"), "0");
  EXPECT_FALSE(call_.secrets().contains("customer-acme-admin"));
  EXPECT_EQ(driver_->Restored(*prepared, call_.context()).verdict, Verdict::kDone);
}

TEST_F(PostgresAdminUser, WhoSignedInIsNotTakenBack) {
  const auto prepared = call_.Prepare(*driver_, "postgres.admin_user", With());
  call_.Run(*driver_, *prepared);
  Ask("UPDATE users SET seen_at = now()");
  const Outcome undone = call_.Do(*driver_, prepared->undo->uses, prepared->undo->with);
  EXPECT_EQ(undone.verdict, Verdict::kNotDone);
  EXPECT_THAT(undone.reason, HasSubstr("1 row of public.users"));
  EXPECT_TRUE(call_.secrets().contains("customer-acme-admin"));
}

TEST_F(PostgresAdminUser, AUserThatIsThereAlreadyIsRefusedAndLeftAlone) {
  Ask("INSERT INTO users (email, name, role, password_hash) VALUES ('OPS@acme.example', 'Bob', 'viewer', "
      "'x')");
  EXPECT_THAT(Make().reason, HasSubstr("there is a user ops@acme.example already"));
  EXPECT_EQ(Ask("SELECT name || role FROM users"), "Bobviewer");
  EXPECT_FALSE(call_.secrets().contains("customer-acme-admin"));
}

TEST_F(PostgresAdminUser, WhatTheTableRefusesLeavesNoPassword) {
  Ask("ALTER TABLE users ADD CHECK (role <> 'root')");
  const Outcome outcome = Make({{"role", "root"}});
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("23514"));
  EXPECT_FALSE(call_.secrets().contains("customer-acme-admin"));
}

TEST_F(PostgresAdminUser, TableAndColumnsMayBeCalledOtherwise) {
  Ask("CREATE SCHEMA app; CREATE TABLE app.\"Admins\" (mail text PRIMARY KEY, name text, role text, hash "
      "text)");
  const Outcome outcome =
      Make({{"table", "app.Admins"}, {"columns", JsonObject{{"email", "mail"}, {"password_hash", "hash"}}}});
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_THAT(Ask("SELECT hash FROM app.\"Admins\" WHERE mail = 'ops@acme.example'"), HasSubstr("$2b$10$"));
}

TEST_F(PostgresAdminUser, WrongArgumentsAreNamed) {
  EXPECT_THAT(Make({{"email", "nobody"}}).reason, HasSubstr("is no address"));
  EXPECT_THAT(Make({{"secret", "No Name"}}).reason, HasSubstr("is no name of a secret"));
  EXPECT_THAT(Make({{"cost", 4}}).reason, HasSubstr("`cost` is a number from 10 to 14"));
  EXPECT_THAT(Make({{"columns", JsonObject{{"mail", "x"}}}}).reason, HasSubstr("is none of email"));
  EXPECT_THAT(Make({{"table", "nothing"}}).reason, HasSubstr("42P01"));
}

}  // namespace
}  // namespace slipway::drivers::postgres
