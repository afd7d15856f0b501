// postgres.restore, its undo, postgres.loss and postgres.forget against a real server.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <iostream>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "drivers/postgres/backups/backups.h"
#include "drivers/postgres/backups/swap.h"
#include "drivers/postgres/backups/tools.h"
#include "drivers/postgres/database/beside.h"
#include "postgres/backup_lab.h"
#include "process/ledger.h"

namespace slipway::drivers::postgres {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using base::GetInt;
using base::GetObject;
using base::GetString;
using testing::ContainsRegex;
using testing::HasSubstr;

tests::Server& TheServer() {
  static tests::Server server({.tls = true, .settings = {{"max_prepared_transactions", "2"}}});
  return server;
}

constexpr char kStep[] = "R2/restore@acme";

// Does something of a test's own at every note.
struct Notes final : Sink {
  explicit Notes(std::function<void(const std::string& stage)> at = {}) : then(std::move(at)) {}
  base::Status Note(base::JsonObject data) override {
    stages.push_back(GetString(data, "stage"));
    if (then) then(stages.back());
    return status;
  }
  std::function<void(const std::string& stage)> then;
  std::vector<std::string> stages;
  base::Status status;
};

class PostgresRestore : public tests::BackupLab {
 protected:
  PostgresRestore() : BackupLab(TheServer()) {
    MakeCustomer("acme");
    backup_ = MustBackUp("acme");
    Ask("acme",
        "INSERT INTO app.staff (name) SELECT 'late' FROM generate_series(1, 7); "
        "INSERT INTO app.empty VALUES (1), (2), (3); DELETE FROM app.done WHERE course = 1");
    AwaitCounted();
  }

  // What a client sees under the name: how many of the staff.
  std::string Seen(const std::string& database = "acme") const {
    return Ask(database, "SELECT count(*) FROM app.staff");
  }
  static constexpr char kOld[] = "127";  // what it was before the restore
  static constexpr char kNew[] = "120";  // what the backup holds

  std::string Oid(const std::string& database) const {
    return Ask("postgres", "SELECT oid FROM pg_database WHERE datname = '" + database + "'");
  }
  // Its digest, as a look finds it.
  std::string Schema() {
    const auto driver = tests::MakePostgres();
    return GetString(CallOf("R3/verify@acme")->Do(*driver, "postgres.verify", {{"database", "acme"}}).outputs,
                     "schema_seen");
  }
  std::string Tag() { return InstanceTag(CallOf(kStep)->context(), "acme"); }

  Prepared MustPrepare(base::JsonObject more = {}) {
    base::JsonObject with = RestoreArguments("acme", backup_);
    for (const auto& [key, value] : more) with[key] = value;
    auto prepared = CallOf(kStep)->Prepare(*driver_, "postgres.restore", with);
    if (!prepared) throw std::runtime_error(base::ToString(prepared.error()));
    return *prepared;
  }
  Outcome Run(const Prepared& prepared, Sink& sink) {
    auto call = CallOf(kStep);
    return driver_->Run(prepared, {}, sink, call->context());
  }
  Outcome Probe(const Prepared& prepared) {
    auto call = CallOf(kStep);
    return driver_->Probe(prepared, {}, call->context());
  }
  Outcome Undo(const Prepared& prepared) {
    auto call = CallOf("R2/undo:restore@acme");
    return call->Do(*driver_, prepared.undo->uses, prepared.undo->with);
  }
  Outcome Restored(const Prepared& prepared) {
    auto call = CallOf(kStep);
    return driver_->Restored(prepared, call->context());
  }

  std::string backup_;
};

TEST_F(PostgresRestore, PutsTheBackupInPlaceAndKeepsWhatItReplaced) {
  const std::string before = Oid("acme");
  Notes notes;
  const Outcome done = Run(MustPrepare(), notes);
  ASSERT_EQ(done.verdict, Verdict::kDone) << done.reason;
  EXPECT_THAT(notes.stages, testing::ElementsAre("created", "restored", "verified", "swapped"));
  EXPECT_EQ(Seen(), kNew);
  const std::string kept = "acme__before_" + Tag();
  EXPECT_EQ(GetString(done.outputs, "kept"), kept);
  EXPECT_EQ(Databases("acme%"), "acme " + kept);
  EXPECT_EQ(Oid(kept), before);
  EXPECT_EQ(Seen(kept), kOld);
  EXPECT_EQ(Ask("acme", "SELECT app.twice(21)"), "42");
  EXPECT_EQ(Ask("acme", "SELECT nextval('app.staff_id_seq')"), "121");
}

TEST_F(PostgresRestore, LeavesTheSchemaThatWasBackedUpAndTakenBackTheOneThatWasThere) {
  const std::string backed_up = Schema();
  ASSERT_TRUE(backed_up.starts_with("sha256:"));
  Ask("acme", "CREATE INDEX by_hand ON app.staff (name)");
  const std::string changed = Schema();
  EXPECT_NE(changed, backed_up);
  const Prepared prepared = MustPrepare();
  Notes notes;
  EXPECT_EQ(GetString(Run(prepared, notes).outputs, "schema"), backed_up);
  EXPECT_EQ(Schema(), backed_up);
  EXPECT_EQ(GetString(Undo(prepared).outputs, "schema"), changed);
  EXPECT_EQ(Schema(), changed);
}

TEST_F(PostgresRestore, TheNewDatabaseHasOwnerRightsSettingsAndLimitsOfTheOld) {
  constexpr char kAbout[] =
      "SELECT concat_ws(' ', pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, "
      "datconnlimit, "
      "datallowconn, array(SELECT a::text FROM unnest(datacl) a ORDER BY 1), (SELECT string_agg(concat_ws(' "
      "', "
      "setrole::regrole, setconfig), ', ' ORDER BY setrole) FROM pg_db_role_setting WHERE setdatabase = "
      "d.oid)) "
      "FROM pg_database d WHERE datname = 'acme'";
  const std::string before = Ask("postgres", kAbout);
  EXPECT_THAT(before, HasSubstr("search_path=app, \\\"$user\\\", public"));
  EXPECT_THAT(before, HasSubstr("app_reader=c/app_owner"));
  ASSERT_EQ(Restore("acme", backup_).verdict, Verdict::kDone);
  EXPECT_EQ(Ask("postgres", kAbout), before);
  EXPECT_EQ(Ask("acme", "SELECT has_table_privilege('app_reader', 'app.staff', 'SELECT')"), "t");
  EXPECT_EQ(Ask("acme", "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'app.staff'::regclass"),
            "app_owner");
}

TEST_F(PostgresRestore, CommentsSayWhichRunItWasAndUntilWhenTheOldOneIsKept) {
  ASSERT_EQ(Restore("acme", backup_).verdict, Verdict::kDone);
  auto comment = [&](const std::string& database) {
    return Ask("postgres", "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '" +
                               database + "'");
  };
  EXPECT_THAT(
      comment("acme"),
      ContainsRegex("^of a customer\nslipway R2/restore@acme #[0-9a-f]{12}: restored from " + backup_ + "$"));
  EXPECT_THAT(
      comment("acme__before_" + Tag()),
      ContainsRegex("^of a customer\nslipway R2/restore@acme #[0-9a-f]{12}: kept until 20.*Z, was acme$"));
}

TEST_F(PostgresRestore, WhatWouldBeLostIsRecordedBeforeAnythingIsDone) {
  const Prepared prepared = MustPrepare();
  const base::JsonObject& lost = GetObject(prepared.prior, "lost");
  EXPECT_EQ(GetInt(lost, "app.staff"), 7);
  EXPECT_EQ(GetInt(lost, "app.empty"), 3);
  EXPECT_EQ(GetInt(lost, "app.done"), 10);
  EXPECT_FALSE(lost.contains("app.course"));
  EXPECT_THAT(GetString(prepared.prior, "would_lose"), HasSubstr("at least 20 rows were written since: "));
  EXPECT_EQ(std::to_string(GetInt(prepared.prior, "oid")), Oid("acme"));
  EXPECT_EQ(GetString(prepared.prior, "owner"), "app_owner");
  EXPECT_EQ(GetInt(prepared.prior, "connection_limit"), 31);
  EXPECT_EQ(Databases("acme%"), "acme");
}

TEST_F(PostgresRestore, WhatWouldBeLostCanBeSeenBeforeAnybodyAgrees) {
  const Outcome seen =
      CallOf("R9/loss@acme")->Do(*driver_, "postgres.loss", {{"database", "acme"}, {"backup", backup_}});
  ASSERT_EQ(seen.verdict, Verdict::kDone) << seen.reason;
  EXPECT_EQ(GetInt(GetObject(seen.outputs, "written"), "app.staff"), 7);
  EXPECT_THAT(seen.reason, HasSubstr("at least 20 rows"));
  EXPECT_EQ(GetString(seen.outputs, "proven_at"), "");
}

TEST_F(PostgresRestore, NobodyKnowsWhatWouldBeLostWhereStatisticsWereReset) {
  Ask("acme", "SELECT pg_stat_reset()");
  Ask("acme", "INSERT INTO app.staff (name) VALUES ('later')");
  AwaitCounted();
  const Prepared prepared = MustPrepare();
  EXPECT_EQ(GetString(GetObject(prepared.prior, "lost"), "app.staff"), "unknown");
  EXPECT_THAT(GetString(prepared.prior, "would_lose"), HasSubstr("nobody knows how many"));
}

TEST_F(PostgresRestore, NobodyKnowsWhatWouldBeLostWhereTheServerDoesNotCount) {
  Ask("postgres", "ALTER DATABASE acme SET track_counts = off");
  const std::string backup = MustBackUp("acme", "R8/backup@acme");
  Ask("acme", "INSERT INTO app.staff (name) VALUES ('later')");
  const Outcome seen =
      CallOf("R9/loss@acme")->Do(*driver_, "postgres.loss", {{"database", "acme"}, {"backup", backup}});
  EXPECT_EQ(GetString(GetObject(seen.outputs, "written"), "app.staff"), "unknown") << seen.reason;
}

TEST_F(PostgresRestore, NobodyKnowsWhatWouldBeLostOnceTheServerDiedAndCountsAnew) {
  server_.Kill9();  // what it had counted by then is gone, and so is every sign of it in the table's counter
  server_.Start();
  const std::string backup = MustBackUp("acme", "R8/backup@acme");
  Ask("acme", "INSERT INTO app.staff (name) VALUES ('later')");
  server_.Kill9();
  server_.Start();
  const Outcome seen =
      CallOf("R9/loss@acme")->Do(*driver_, "postgres.loss", {{"database", "acme"}, {"backup", backup}});
  EXPECT_EQ(GetString(GetObject(seen.outputs, "written"), "app.staff"), "unknown") << seen.reason;
}

TEST_F(PostgresRestore, NobodyKnowsWhatWouldBeLostOfADatabaseThatWasRestoredSince) {
  ASSERT_EQ(Restore("acme", backup_).verdict, Verdict::kDone);
  Ask("acme", "INSERT INTO app.staff (name) VALUES ('later')");
  AwaitCounted();
  const Outcome seen =
      CallOf("R9/loss@acme")->Do(*driver_, "postgres.loss", {{"database", "acme"}, {"backup", backup_}});
  EXPECT_EQ(GetString(GetObject(seen.outputs, "written"), "app.staff"), "unknown");
}

TEST_F(PostgresRestore, IsTakenBackToTheVeryDatabaseThatItReplaced) {
  const std::string before = Oid("acme");
  const Prepared prepared = MustPrepare();
  Notes notes;
  ASSERT_EQ(Run(prepared, notes).verdict, Verdict::kDone);
  EXPECT_EQ(Restored(prepared).verdict, Verdict::kNotDone);
  Ask("acme", "INSERT INTO app.staff (name) VALUES ('on the restored one')");
  const Outcome undone = Undo(prepared);
  ASSERT_EQ(undone.verdict, Verdict::kDone) << undone.reason;
  EXPECT_EQ(Restored(prepared).verdict, Verdict::kDone);
  EXPECT_EQ(Oid("acme"), before);
  EXPECT_EQ(Seen(), kOld);
  EXPECT_EQ(Databases("acme%"), "acme acme__undone_" + Tag()) << "what was written meanwhile is not lost";
  EXPECT_EQ(Seen("acme__undone_" + Tag()), "121");
  EXPECT_EQ(
      Ask("postgres", "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'acme'"),
      "of a customer");
  EXPECT_EQ(Undo(prepared).verdict, Verdict::kDone) << "and again, it is so already";
}

TEST_F(PostgresRestore, CannotBeTakenBackOnceTheReplacedOneIsGone) {
  const Prepared prepared = MustPrepare();
  Notes notes;
  ASSERT_EQ(Run(prepared, notes).verdict, Verdict::kDone);
  Ask("postgres", "DROP DATABASE acme__before_" + Tag());
  const Outcome undone = Undo(prepared);
  EXPECT_EQ(undone.verdict, Verdict::kNotDone);
  EXPECT_THAT(undone.reason, HasSubstr("is gone"));
  EXPECT_EQ(Seen(), kNew);
  EXPECT_EQ(Restored(prepared).verdict, Verdict::kNotDone);
}

TEST_F(PostgresRestore, ClientsThatStayOrComeBackAreEndedForTheSwapAndNeverSeeAnythingElse) {
  tests::Holder stays(server_, "acme", "BEGIN; SELECT count(*) FROM app.staff");
  std::set<std::string> seen;
  std::jthread comes_back([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      try {
        seen.insert(Seen());
      } catch (const std::runtime_error&) {  // ended, or told that the name is just moving
      }
    }
  });
  const Outcome done = Restore("acme", backup_);
  comes_back = {};
  EXPECT_EQ(done.verdict, Verdict::kDone) << done.reason;
  EXPECT_FALSE(stays.Alive());
  EXPECT_EQ(Seen(), kNew);
  for (const std::string& one : seen) EXPECT_TRUE(one == kOld || one == kNew) << one;
}

TEST_F(PostgresRestore, ATransactionThatIsPreparedStopsTheSwapAndNothingChanges) {
  Ask("acme", "BEGIN; INSERT INTO app.empty VALUES (9); PREPARE TRANSACTION 'two-phase'");
  const std::string before = Oid("acme");
  const Outcome done = Restore("acme", backup_);
  EXPECT_EQ(done.verdict, Verdict::kNotDone);
  EXPECT_THAT(done.reason, HasSubstr("prepared transaction"));
  EXPECT_EQ(Databases("acme%"), "acme");
  EXPECT_EQ(Oid("acme"), before);
  Ask("acme", "ROLLBACK PREPARED 'two-phase'");
}

TEST_F(PostgresRestore, IsRefusedBeforehandWhereTheBackupCannotBeTrusted) {
  auto why = [&](const std::string& key = std::string(tests::kBackupKey)) {
    auto call = CallOf(kStep);
    call->secrets()["backup"] = key;
    const auto prepared = call->Prepare(*driver_, "postgres.restore", RestoreArguments("acme", backup_));
    return prepared ? "" : base::ToString(prepared.error());
  };
  EXPECT_EQ(why(), "");
  EXPECT_THAT(why("another key, also of 32 bytes or more"), HasSubstr("encrypted with the key"));
  const std::string bytes = base::ReadFile(Path(backup_)).value();
  std::string changed = bytes;
  changed[bytes.size() / 2] = static_cast<char>(changed[bytes.size() / 2] ^ 1);
  ASSERT_TRUE(base::WriteFileAtomic(Path(backup_), changed));
  EXPECT_THAT(why(), HasSubstr("its digest is not that of its manifest"));
  ASSERT_TRUE(base::WriteFileAtomic(Path(backup_), bytes.substr(0, 1000)));
  EXPECT_THAT(why(), HasSubstr("it has 1000 bytes"));
  fs::remove(ManifestPath(Path(backup_)));
  EXPECT_THAT(why(), HasSubstr("no such file"));
  fs::remove(Path(backup_));
  EXPECT_THAT(why(), HasSubstr("no such backup"));
  EXPECT_EQ(Databases("acme%"), "acme");
}

TEST_F(PostgresRestore, OfAnotherCustomersBackupIsRefused) {
  MakeCustomer("other");
  const Outcome done = Restore("other", backup_);
  EXPECT_EQ(done.verdict, Verdict::kNotDone);
  EXPECT_THAT(done.reason, HasSubstr("is of the database acme and not of other"));
}

TEST_F(PostgresRestore, ABackupThatWasChangedAfterItWasPreparedChangesNothing) {
  const Prepared prepared = MustPrepare();
  std::string changed = base::ReadFile(Path(backup_)).value();
  changed[changed.size() - 3] = static_cast<char>(changed[changed.size() - 3] ^ 1);
  ASSERT_TRUE(base::WriteFileAtomic(Path(backup_), changed));
  Notes notes;
  const Outcome done = Run(prepared, notes);
  EXPECT_EQ(done.verdict, Verdict::kNotDone);
  EXPECT_THAT(done.reason, HasSubstr("damaged or cut short"));
  EXPECT_EQ(Databases("acme%"), "acme");
  EXPECT_EQ(Seen(), kOld);
}

TEST_F(PostgresRestore, WhatIsNotWhatTheManifestSaysIsNeverSwappedIn) {
  Manifest manifest = ReadManifest(Path(backup_)).value();
  manifest.contents.rows["app.staff"] = 119;
  ASSERT_TRUE(WriteManifest(Path(backup_), manifest));
  const Outcome done = Restore("acme", backup_);
  EXPECT_EQ(done.verdict, Verdict::kNotDone);
  EXPECT_THAT(done.reason, HasSubstr("app.staff has 120 rows instead of 119"));
  EXPECT_EQ(Databases("acme%"), "acme");
  EXPECT_EQ(Seen(), kOld);
}

TEST_F(PostgresRestore, ADatabaseThatSomebodyElseReplacedMeanwhileIsLeftAlone) {
  const Prepared prepared = MustPrepare();
  Ask("postgres", "ALTER DATABASE acme RENAME TO acme_elsewhere");
  Ask("postgres", "CREATE DATABASE acme TEMPLATE template0");
  Notes notes;
  const Outcome done = Run(prepared, notes);
  EXPECT_EQ(done.verdict, Verdict::kNotDone);
  EXPECT_THAT(done.reason, HasSubstr("is not the database any more"));
  EXPECT_EQ(Databases("acme%"), "acme acme_elsewhere");
}

TEST_F(PostgresRestore, ADatabaseThatSomebodyElseReplacesWhileItIsRestoredIsLeftAlone) {
  const Prepared prepared = MustPrepare();
  Notes notes([&](const std::string& stage) {
    if (stage != "verified") return;
    Ask("postgres", "ALTER DATABASE acme RENAME TO acme_elsewhere");
    Ask("postgres", "CREATE DATABASE acme TEMPLATE template0");
  });
  const Outcome done = Run(prepared, notes);
  EXPECT_EQ(done.verdict, Verdict::kNotDone);
  EXPECT_THAT(done.reason, HasSubstr("is not the database any more"));
  EXPECT_EQ(Databases("acme%"), "acme acme_elsewhere") << "and its own work is taken away";
}

TEST_F(PostgresRestore, NamesAreNotSwappedWithAThirdDatabase) {
  const std::int64_t old = std::stoll(Oid("acme"));
  Ask("postgres", "CREATE DATABASE acme_ready TEMPLATE template0");
  Swap swap{.name = "acme",
            .old_oid = old,
            .aside = "acme_aside",
            .old_comment = "",
            .ready = "acme_ready",
            .new_oid = std::stoll(Oid("acme_ready")),
            .new_comment = ""};
  Ask("postgres", "ALTER DATABASE acme RENAME TO acme_elsewhere");
  Ask("postgres", "CREATE DATABASE acme TEMPLATE template0");
  const auto call = CallOf("R9/restore@acme");
  auto session = Session::Open(call->context(), "postgres");
  ASSERT_TRUE(session);
  const auto swapped = SwapNames(*session, swap);
  ASSERT_FALSE(swapped);
  EXPECT_THAT(swapped.error().message, HasSubstr("acme was replaced by somebody else"));
  EXPECT_EQ(Databases("acme%"), "acme acme_elsewhere acme_ready");
}

// Keeps pg_restore waiting: the schema that it wants to make is being made by somebody else.
class HeldRestore {
 public:
  explicit HeldRestore(tests::Server& server, std::string database)
      : notes([this, &server, database = std::move(database)](const std::string& stage) {
          if (stage == "created")
            held = std::make_unique<tests::Holder>(server, database, "BEGIN; CREATE SCHEMA app");
        }) {}
  Notes notes;
  std::unique_ptr<tests::Holder> held;
};

TEST_F(PostgresRestore, WithItsProgramKilledNothingChanges) {
  const Prepared prepared = MustPrepare();
  HeldRestore held(server_, "acme__" + Tag());
  Outcome done;
  std::jthread restore([&] { done = Run(prepared, held.notes); });
  AwaitLocked("acme__" + Tag());
  const pid_t pid = AwaitTool("pg_restore", "acme__");
  ASSERT_GT(pid, 0);
  kill(pid, SIGKILL);
  restore.join();
  EXPECT_EQ(done.verdict, Verdict::kNotDone);
  EXPECT_THAT(done.reason, HasSubstr("ended by signal 9"));
  EXPECT_EQ(Databases("acme%"), "acme");
  EXPECT_EQ(Seen(), kOld);
}

TEST_F(PostgresRestore, CancelledInTheMiddleNothingChanges) {
  const Prepared prepared = MustPrepare();
  HeldRestore held(server_, "acme__" + Tag());
  auto call = CallOf(kStep);
  Outcome done;
  std::jthread restore([&] { done = driver_->Run(prepared, {}, held.notes, call->context()); });
  AwaitLocked("acme__" + Tag());
  call->Cancel();
  restore.join();
  // It may not have had the time to tidy up; then a look does.
  if (done.verdict == Verdict::kUnknown) done = Probe(prepared);
  EXPECT_EQ(done.verdict, Verdict::kNotDone) << done.reason;
  EXPECT_EQ(Databases("acme%"), "acme");
  EXPECT_EQ(Seen(), kOld);
}

TEST_F(PostgresRestore, WithTheServerKilledInTheMiddleALookSettlesItAndItCanBeRepeated) {
  const Prepared prepared = MustPrepare();
  HeldRestore held(server_, "acme__" + Tag());
  Outcome done;
  std::jthread restore([&] { done = Run(prepared, held.notes); });
  AwaitLocked("acme__" + Tag());
  server_.Kill9();
  restore.join();
  EXPECT_EQ(done.verdict, Verdict::kUnknown);
  server_.Start();
  EXPECT_EQ(Seen(), kOld);
  EXPECT_EQ(Probe(prepared).verdict, Verdict::kNotDone);
  EXPECT_EQ(Databases("acme%"), "acme");
  Notes notes;
  EXPECT_EQ(Run(prepared, notes).verdict, Verdict::kDone);
  EXPECT_EQ(Seen(), kNew);
}

TEST_F(PostgresRestore, WhereNothingCanBePutOnRecordItStopsAndSaysThatNobodyKnows) {
  const Prepared prepared = MustPrepare();
  Notes notes;
  notes.status = base::Fail(base::ErrorKind::kIo, "the run is no longer driven by this process");
  EXPECT_EQ(Run(prepared, notes).verdict, Verdict::kUnknown);
  EXPECT_EQ(Databases("acme%"), "acme acme__" + Tag());
  EXPECT_EQ(Probe(prepared).verdict, Verdict::kNotDone);
  EXPECT_EQ(Databases("acme%"), "acme");
}

// The acting process, killed hard: by itself at a note, or by us at some instant.
class PostgresRestoreKilled : public PostgresRestore {
 protected:
  pid_t Act(const Prepared& prepared, const std::string& die_at) {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    // Another process with the same store, as the one that is restarted will be.
    auto spawner = std::make_unique<process::Spawner>(workspace_ / ".slipway");
    std::vector<PgAction> actions;
    actions.push_back(RestoreAction(*spawner));
    const auto driver = MakeDriver(std::move(actions));
    Notes notes([&](const std::string& stage) {
      if (stage == die_at) kill(getpid(), SIGKILL);
    });
    auto call = CallOf(kStep);
    driver->Run(prepared, {}, notes, call->context());
    kill(getpid(), SIGKILL);
    _exit(1);
  }
  void AwaitDead(pid_t pid) {
    ASSERT_GT(pid, 0);
    waitpid(pid, nullptr, 0);
    ASSERT_TRUE(process::AwaitLeftovers(workspace_ / ".slipway", 60s));
  }
  void ExpectOldOrNew() {
    const std::string seen = Seen();
    EXPECT_TRUE(seen == kOld || seen == kNew) << seen;
  }
};

TEST_F(PostgresRestoreKilled, BetweenAnyTwoStagesALookSettlesItAndARepetitionFinishesIt) {
  for (const std::string stage : {"created", "restored", "verified", "swapped"}) {
    const Prepared prepared = MustPrepare();
    AwaitDead(Act(prepared, stage));
    ExpectOldOrNew();
    const Outcome probed = Probe(prepared);
    EXPECT_EQ(probed.verdict, stage == "swapped" ? Verdict::kDone : Verdict::kNotDone)
        << stage << ": " << probed.reason;
    if (stage != "swapped") {
      EXPECT_EQ(Databases("acme%"), "acme") << stage;
      Notes notes;
      EXPECT_EQ(Run(prepared, notes).verdict, Verdict::kDone) << stage;
    }
    EXPECT_EQ(Seen(), kNew) << stage;
    EXPECT_EQ(Undo(prepared).verdict, Verdict::kDone) << stage;
    EXPECT_EQ(Restored(prepared).verdict, Verdict::kDone) << stage;
    EXPECT_EQ(Seen(), kOld) << stage;
    Ask("postgres", "DROP DATABASE acme__undone_" + Tag());
  }
}

TEST_F(PostgresRestoreKilled, BetweenAnyTwoStagesItCanBeRepeatedWithoutALook) {
  for (const std::string stage : {"created", "restored", "verified", "swapped"}) {
    const Prepared prepared = MustPrepare();
    AwaitDead(Act(prepared, stage));
    const std::string verified = stage == "verified" ? Oid("acme__" + Tag()) : "";
    Notes notes;
    EXPECT_EQ(Run(prepared, notes).verdict, Verdict::kDone) << stage;
    EXPECT_EQ(Seen(), kNew) << stage;
    if (stage == "verified") EXPECT_EQ(Oid("acme"), verified) << "what was verified is not restored again";
    EXPECT_EQ(Undo(prepared).verdict, Verdict::kDone) << stage;
    Ask("postgres", "DROP DATABASE acme__undone_" + Tag());
  }
}

TEST_F(PostgresRestoreKilled, BetweenAnyTwoStagesItCanBeTakenBackAsItIs) {
  const std::string before = Oid("acme");
  for (const std::string stage : {"created", "restored", "verified", "swapped"}) {
    const Prepared prepared = MustPrepare();
    AwaitDead(Act(prepared, stage));
    EXPECT_EQ(Undo(prepared).verdict, Verdict::kDone) << stage;
    EXPECT_EQ(Restored(prepared).verdict, Verdict::kDone) << stage;
    EXPECT_EQ(Oid("acme"), before) << stage;
    EXPECT_EQ(Databases("acme%"), stage == "swapped" ? "acme acme__undone_" + Tag() : "acme") << stage;
    if (stage == "swapped") Ask("postgres", "DROP DATABASE acme__undone_" + Tag());
  }
}

TEST_F(PostgresRestoreKilled, AtWhateverInstantTheNameLeadsToTheOldOrTheNew) {
  const auto seed = static_cast<std::uint64_t>(base::SystemClock().Now().time_since_epoch().count());
  std::cout << "seed " << seed << "\n";
  base::SeededRandom random(seed);
  for (int round = 0; round < 8; ++round) {
    const Prepared prepared = MustPrepare();
    const pid_t pid = Act(prepared, "");
    ASSERT_GT(pid, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(random.Below(900)));
    kill(pid, SIGKILL);
    AwaitDead(pid);
    ExpectOldOrNew();
    const Outcome probed = Probe(prepared);
    ASSERT_NE(probed.verdict, Verdict::kUnknown) << "seed " << seed << ": " << probed.reason;
    EXPECT_EQ(Seen(), probed.verdict == Verdict::kDone ? kNew : kOld) << "seed " << seed;
    EXPECT_EQ(Undo(prepared).verdict, Verdict::kDone);
    EXPECT_EQ(Seen(), kOld);
    if (probed.verdict == Verdict::kDone) Ask("postgres", "DROP DATABASE acme__undone_" + Tag());
    EXPECT_EQ(Databases("acme%"), "acme") << "seed " << seed;
  }
}

TEST_F(PostgresRestore, NamesThatAreLongOrOddAreRestoredAsWell) {
  const std::string lengthy(60, 'x');
  for (const std::string& name : {std::string("we ird'db\\=x"), lengthy, std::string("Ärger-über-alles")}) {
    Ask("postgres", "CREATE DATABASE " + QuoteName(name) + " TEMPLATE template0");
    Ask(name, "CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
    const std::string backup = MustBackUp(name, "R1/backup@odd");
    Ask(name, "DELETE FROM t");
    EXPECT_EQ(Prove(name, backup).verdict, Verdict::kDone);
    const Outcome done = Restore(name, backup, "R2/restore@odd");
    EXPECT_EQ(done.verdict, Verdict::kDone) << done.reason;
    EXPECT_EQ(Ask(name, "SELECT count(*) FROM t"), "1");
    for (const std::string& gone : {name, GetString(done.outputs, "kept")})
      Ask("postgres", "DROP DATABASE " + QuoteName(gone));
  }
}

TEST_F(PostgresRestore, ARoleOfTheCustomerAloneCanRestoreIt) {
  Ask("postgres", fmt::format("ALTER ROLE app_owner CREATEDB PASSWORD '{}'", server_.password()));
  Ask("acme", "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");  // not its own
  Ask("postgres", "GRANT CONNECT ON DATABASE postgres TO app_owner");
  connection_ = server_.Connection("app_owner");
  backup_ = MustBackUp("acme", "R1/second@acme");
  Ask("acme", "INSERT INTO app.staff (name) VALUES ('later')");
  // A setting of a role is not its to give.
  Ask("postgres", "ALTER ROLE app_reader IN DATABASE acme RESET ALL");
  const Prepared prepared = MustPrepare();
  Notes notes;
  const Outcome done = Run(prepared, notes);
  EXPECT_EQ(done.verdict, Verdict::kDone) << done.reason;
  EXPECT_EQ(Seen(), kOld);
  EXPECT_EQ(Undo(prepared).verdict, Verdict::kDone);
  EXPECT_EQ(Seen(), "128");
}

TEST_F(PostgresRestore, TheProgramsTrustWhomASessionTrustsAndNobodyElse) {
  connection_["host"] = "localhost";
  connection_["sslmode"] = "verify-full";
  connection_["sslrootcert"] = server_.ca().string();
  const std::string backup = MustBackUp("acme", "R1/second@acme");
  EXPECT_EQ(Prove("acme", backup).verdict, Verdict::kDone);
  // A session is refused first, so the program is asked by itself.
  connection_["sslrootcert"] = "/etc/ssl/certs/ca-certificates.crt";
  auto call = CallOf("R1/third@acme");
  const auto tool = FindTool(*spawner_, call->context(), "pg_dump", 150'000);
  ASSERT_TRUE(tool);
  const auto ended = RunTool(*spawner_, call->context(),
                             {.tool = *tool, .arguments = {"--schema-only"}, .database = "acme"});
  ASSERT_TRUE(ended);
  EXPECT_THAT(WhyFailed(*ended, *tool, call->context()), HasSubstr("certificate verify failed"));
}

class PostgresForget : public PostgresRestore {
 protected:
  Outcome Forget(base::JsonObject more = {}) {
    more["database"] = "acme";
    return CallOf("R5/forget@acme")->Do(*driver_, "postgres.forget", std::move(more));
  }
  void RestoreKeptFor(const std::string& duration) {
    Notes notes;
    ASSERT_EQ(Run(MustPrepare({{"keep_for", duration}}), notes).verdict, Verdict::kDone);
    kept_ = "acme__before_" + Tag();
  }
  std::string kept_;
};

TEST_F(PostgresForget, DropsWhatIsKeptNoLongerAndNothingElse) {
  RestoreKeptFor("0s");
  Ask("postgres", "CREATE DATABASE acme__before_00000000 TEMPLATE template0");
  Ask("postgres", "CREATE DATABASE acme__before_11111111 TEMPLATE template0");
  Ask("postgres",
      "COMMENT ON DATABASE acme__before_11111111 IS 'kept until 2020-01-01T00:00:00.000Z, was acme'");
  const Outcome done = Forget();
  EXPECT_EQ(done.verdict, Verdict::kDone) << done.reason;
  EXPECT_EQ(Databases("acme%"), "acme acme__before_00000000 acme__before_11111111");
  EXPECT_EQ(Forget().verdict, Verdict::kDone) << "again there is nothing to drop";
}

TEST_F(PostgresForget, BeforeItsTimeItIsKeptUnlessItIsNamed) {
  RestoreKeptFor("1d");
  EXPECT_EQ(base::GetArray(Forget().outputs, "kept").size(), 1u);
  EXPECT_EQ(Databases("acme%"), "acme " + kept_);
  EXPECT_THAT(Forget({{"kept", kept_}}).reason, HasSubstr("is to be kept until"));
  EXPECT_THAT(Forget({{"early", true}}).reason, HasSubstr("needs `kept`"));
  EXPECT_EQ(Databases("acme%"), "acme " + kept_);
  EXPECT_THAT(Forget({{"kept", kept_}, {"early", true}}).reason,
              HasSubstr(kept_ + " would go before its time, and no backup of acme is proven"));
  EXPECT_EQ(Databases("acme%"), "acme " + kept_);
  ASSERT_EQ(Prove("acme", backup_).verdict, Verdict::kDone);
  EXPECT_EQ(Forget({{"kept", kept_}, {"early", true}}).verdict, Verdict::kDone);
  EXPECT_EQ(Databases("acme%"), "acme");
}

TEST_F(PostgresForget, WhatIsKeptAndUntilWhenIsPartOfTheStatus) {
  auto kept = [&] {
    const Outcome status = CallOf("R6/status@acme")->Do(*driver_, "postgres.status", {{"database", "acme"}});
    return base::GetArray(status.outputs, "kept");
  };
  EXPECT_TRUE(kept().empty());
  RestoreKeptFor("0s");
  const base::JsonArray now = kept();
  ASSERT_EQ(now.size(), 1u);
  EXPECT_EQ(GetString(now[0].get_object(), "name"), kept_);
  EXPECT_TRUE(base::GetBool(now[0].get_object(), "past"));
  EXPECT_TRUE(base::ParseTime(GetString(now[0].get_object(), "until")));
}

TEST_F(PostgresForget, WhatSlipwayDidNotMakeIsRefusedByName) {
  RestoreKeptFor("0s");
  MakeCustomer("other");
  ASSERT_EQ(Prove("acme", backup_).verdict, Verdict::kDone);
  for (const char* name : {"other", "acme", "postgres"}) {
    const Outcome done = Forget({{"kept", name}, {"early", true}});
    EXPECT_EQ(done.verdict, Verdict::kNotDone) << name;
    EXPECT_THAT(done.reason, HasSubstr("is no database that slipway keeps of acme"));
  }
  EXPECT_EQ(Seen("other"), kNew);
  EXPECT_EQ(Databases("acme%"), "acme " + kept_);
}

}  // namespace
}  // namespace slipway::drivers::postgres
