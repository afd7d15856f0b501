// What destroys data waits for a backup that is proven, on a real server.
#include <gmock/gmock.h>

#include <fstream>

#include "drivers/postgres/postgres.h"
#include "postgres/backup_lab.h"

namespace slipway::drivers::postgres {
namespace {

using testing::HasSubstr;

tests::Server& TheServer() {
  static tests::Server server;
  return server;
}

class PostgresProof : public tests::BackupLab {
 protected:
  PostgresProof() : BackupLab(TheServer()) {
    MakeCustomer("acme");
    File("v1.0.0/001_begin.sql", "CREATE TABLE app.fresh (id int);");
    EXPECT_EQ(Migrate("v1.0.0").verdict, Verdict::kDone);
  }

  void File(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((workspace_ / "migrations" / path).parent_path());
    std::ofstream(workspace_ / "migrations" / path) << text;
  }
  Outcome Migrate(const std::string& to, base::JsonObject with = {}) {
    with["database"] = "acme";
    with["to"] = to;
    return CallOf("R4/migrate@acme")->Do(*whole_, "postgres.migrate", std::move(with));
  }
  std::string Done() const { return Ask("acme", "SELECT to_regclass('app.done') IS NOT NULL"); }

  std::unique_ptr<Driver> whole_ = tests::MakePostgres();
};

TEST_F(PostgresProof, AMigrationThatOnlyAddsNeedsNone) {
  File("v1.1.0/001_add.sql", "ALTER TABLE app.done ADD COLUMN note text;");
  const Outcome done = Migrate("v1.1.0");
  EXPECT_EQ(done.verdict, Verdict::kDone) << done.reason;
}

TEST_F(PostgresProof, WithoutAVersionOnlyADatabaseWithoutTablesHasNothingToLose) {
  File("v1.0.0/001_begin.sql", "DROP TABLE IF EXISTS app.staff; CREATE TABLE app.fresh (id int);");
  Ask("acme", "DROP SCHEMA slipway CASCADE");
  Ask("acme", "DROP TABLE public.schema_migrations, app.fresh");
  EXPECT_THAT(Migrate("v1.0.0").reason, HasSubstr("no backup of acme is proven"));
  Ask("acme", "DROP SCHEMA app CASCADE");
  Ask("acme", "CREATE SCHEMA app AUTHORIZATION app_owner");
  const Outcome done = Migrate("v1.0.0");
  EXPECT_EQ(done.verdict, Verdict::kDone) << done.reason;
}

TEST_F(PostgresProof, ABackupOfATimeThatIsYetToComeIsNone) {
  File("v1.1.0/001_tidy.sql", "DROP TABLE app.done;");
  const std::string backup = MustBackUp("acme");
  ASSERT_EQ(Prove("acme", backup).verdict, Verdict::kDone);
  auto manifest = ReadManifest(Path(backup));
  ASSERT_TRUE(manifest);
  manifest->taken_at += std::chrono::hours(24 * 365);  // the clock was set back since
  std::filesystem::remove(ManifestPath(Path(backup)));
  ASSERT_TRUE(WriteManifest(Path(backup), *manifest));
  EXPECT_THAT(Migrate("v1.1.0").reason, HasSubstr("and 1 of a time that is yet to come by this clock"));
}

TEST_F(PostgresProof, AMigrationThatDestroysDataIsRefusedUntilABackupIsProven) {
  File("v1.1.0/001_add.sql", "ALTER TABLE app.staff ADD COLUMN note text;");
  File("v1.1.0/002_tidy.sql", "-- no longer used\nDROP TABLE app.done;\n");
  Outcome outcome = Migrate("v1.1.0");
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason,
              HasSubstr("v1.1.0/002_tidy.sql:2 drops table `app.done`, and no backup of acme is "
                        "proven; 0 are there that are not"));
  EXPECT_THAT(outcome.reason, HasSubstr("postgres.backup and then postgres.prove"));

  const std::string backup = MustBackUp("acme");
  EXPECT_THAT(Migrate("v1.1.0").reason, HasSubstr("1 are there that are not"))
      << "a backup alone proves nothing";
  ASSERT_EQ(Prove("acme", backup).verdict, Verdict::kDone);
  EXPECT_THAT(Migrate("v1.1.0", {{"proven_within", "0s"}}).reason, HasSubstr("that is more than 0s ago"));
  EXPECT_THAT(Migrate("v1.1.0", {{"name", "other"}}).reason, HasSubstr("no backup of acme is proven"))
      << "another customer's backup is none";
  EXPECT_EQ(Ask("acme", "SELECT count(*) FROM information_schema.columns WHERE column_name = 'note'"), "0")
      << "nothing of it ran";
  EXPECT_EQ(Done(), "t");

  outcome = Migrate("v1.1.0");
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(Done(), "f");
}

TEST_F(PostgresProof, WhatItReliesOnIsOnRecord) {
  File("v1.1.0/001_tidy.sql", "DROP TABLE app.done;\n");
  const std::string backup = MustBackUp("acme");
  ASSERT_EQ(Prove("acme", backup).verdict, Verdict::kDone);
  const auto prepared = CallOf("R4/migrate@acme")
                            ->Prepare(*whole_, "postgres.migrate", {{"database", "acme"}, {"to", "v1.1.0"}});
  ASSERT_TRUE(prepared) << base::ToString(prepared.error());
  const auto& proof = prepared->prior.at("proof").as_object();
  EXPECT_EQ(base::GetString(proof, "backup"), backup);
  EXPECT_THAT(base::GetString(proof, "sha256"), testing::StartsWith("sha256:"));
}

TEST_F(PostgresProof, ABackupThatWasCutShortSinceIsNone) {
  File("v1.1.0/001_tidy.sql", "DROP TABLE app.done;\n");
  const std::string backup = MustBackUp("acme");
  ASSERT_EQ(Prove("acme", backup).verdict, Verdict::kDone);
  std::filesystem::resize_file(Path(backup), 100);
  EXPECT_THAT(Migrate("v1.1.0").reason, HasSubstr("no backup of acme is proven"));
  EXPECT_EQ(Done(), "t");
}

}  // namespace
}  // namespace slipway::drivers::postgres
