// postgres.backup and postgres.prove against a real server.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <map>
#include <thread>

#include "base/bytes.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "drivers/postgres/backups/crypt.h"
#include "drivers/postgres/backups/tools.h"
#include "postgres/backup_lab.h"

namespace slipway::drivers::postgres {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;
using base::GetString;
using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

tests::Server& TheServer() {
  static tests::Server server;
  return server;
}

class PostgresBackup : public tests::BackupLab {
 protected:
  PostgresBackup() : BackupLab(TheServer()) { MakeCustomer("acme"); }
};

TEST_F(PostgresBackup, IsOneEncryptedFileWithItsManifest) {
  const Outcome made = Backup("acme", {{"name", "Acme Corp"}});
  ASSERT_EQ(made.verdict, Verdict::kDone) << made.reason;
  const std::string file = GetString(made.outputs, "backup");
  EXPECT_THAT(file, testing::ContainsRegex("^backups/acme-corp_20[0-9]{6}_[0-9]{6}_[0-9a-f]{8}.backup$"));
  EXPECT_EQ(base::GetInt(made.outputs, "rows"), 120 + 10 + 100 + 1);
  const std::string name = file.substr(8);
  EXPECT_THAT(Files(), ElementsAre(name, name + ".manifest.json"));
  for (const std::string& one : Files()) {
    struct stat about{};
    ASSERT_EQ(stat((workspace_ / "backups" / one).c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u) << one;
  }
  const std::string bytes = base::ReadFile(Path(file)).value();
  EXPECT_TRUE(bytes.starts_with("slipway-backup-v1\n"));
  EXPECT_THAT(bytes, Not(HasSubstr("person")));
  const Manifest manifest = ReadManifest(Path(file)).value();
  EXPECT_EQ(manifest.customer, "acme-corp");
  EXPECT_EQ(manifest.database, "acme");
  EXPECT_EQ(manifest.bytes, static_cast<std::int64_t>(bytes.size()));
  EXPECT_EQ(manifest.sha256, base::Sha256Text(bytes));
  EXPECT_EQ(manifest.key_id, BackupKey::Of(base::Secret(std::string(tests::kBackupKey)))->id());
  EXPECT_THAT(manifest.contents.rows,
              ElementsAre(std::pair("app.course", 10), std::pair("app.done", 100), std::pair("app.empty", 0),
                          std::pair("app.staff", 120), std::pair("large objects", 1)));
  EXPECT_EQ(manifest.counters.written.at("app.staff"), 120);
  EXPECT_EQ(manifest.instance, "R1/backup@acme");
  EXPECT_EQ(manifest.server_number / 10'000, 15);
}

TEST_F(PostgresBackup, IsProvenByARestoreThatIsWhatTheManifestSays) {
  const std::string file = MustBackUp("acme");
  EXPECT_FALSE(ProvenAt(Path(file), ReadManifest(Path(file)).value()));
  const Outcome proven = Prove("acme", file);
  ASSERT_EQ(proven.verdict, Verdict::kDone) << proven.reason;
  EXPECT_EQ(GetString(proven.outputs, "proven"), file);
  EXPECT_TRUE(ProvenAt(Path(file), ReadManifest(Path(file)).value()));
  EXPECT_EQ(Databases("acme%"), "acme") << "the scratch database is gone";
}

TEST_F(PostgresBackup, NoTwoStepsOfTheSameSecondShareAName) {
  auto one = CallOf("R1/backup@acme"), two = CallOf("R1/backup@other");
  const base::JsonObject with{{"database", "acme"}, {"key", "${{ secrets.backup }}"}};
  const auto first = one->Prepare(*driver_, "postgres.backup", with),
             second = two->Prepare(*driver_, "postgres.backup", with);
  ASSERT_TRUE(first && second);
  EXPECT_NE(GetString(first->action.with, "file"), GetString(second->action.with, "file"));
  EXPECT_THAT(Files(), IsEmpty()) << "nothing is made before the step runs";
}

TEST_F(PostgresBackup, RepeatedItIsTheSameBackup) {
  auto call = CallOf("R1/backup@acme");
  const auto prepared =
      call->Prepare(*driver_, "postgres.backup", {{"database", "acme"}, {"key", "${{ secrets.backup }}"}});
  ASSERT_TRUE(prepared) << base::ToString(prepared.error());
  const Outcome once = call->Run(*driver_, *prepared);
  Ask("acme", "INSERT INTO app.empty VALUES (1)");
  const Outcome twice = call->Run(*driver_, *prepared);
  EXPECT_EQ(twice.verdict, Verdict::kDone);
  EXPECT_EQ(once.outputs, twice.outputs);
}

TEST_F(PostgresBackup, WhatAnAttemptThatDiedLeftIsThrownAway) {
  auto call = CallOf("R1/backup@acme");
  const auto prepared =
      call->Prepare(*driver_, "postgres.backup", {{"database", "acme"}, {"key", "${{ secrets.backup }}"}});
  ASSERT_TRUE(prepared) << base::ToString(prepared.error());
  const fs::path file = Path(GetString(prepared->action.with, "file"));
  fs::create_directory(file.parent_path());
  for (const fs::path& path : {file, PartialPath(file)}) ASSERT_TRUE(base::WriteFileAtomic(path, "half"));
  const Outcome made = call->Run(*driver_, *prepared);
  EXPECT_EQ(made.verdict, Verdict::kDone) << made.reason;
  EXPECT_FALSE(fs::exists(PartialPath(file)));
  EXPECT_EQ(Prove("acme", GetString(made.outputs, "backup")).verdict, Verdict::kDone);
}

TEST_F(PostgresBackup, IsOfOneInstantWhileOthersWrite) {
  std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested())
      Ask("acme", "INSERT INTO app.staff (name) VALUES ('late'); INSERT INTO app.empty VALUES (1)");
  });
  const std::string file = MustBackUp("acme");
  writer = {};
  const Outcome proven = Prove("acme", file);
  EXPECT_EQ(proven.verdict, Verdict::kDone) << proven.reason;
}

TEST_F(PostgresBackup, ThePasswordIsInNoArgumentAndNoVariableOfThePrograms) {
  tests::Holder held(server_, "acme", tests::kHoldDump);
  Outcome made;
  std::jthread backup([&] { made = Backup("acme"); });
  AwaitLocked("acme");
  const pid_t pid = AwaitTool("pg_dump", "acme");
  for (const char* file : {"cmdline", "environ"}) {
    std::ifstream in(fmt::format("/proc/{}/{}", pid, file));
    EXPECT_THAT(
        std::string(std::istreambuf_iterator<char>(in), {}),
        AllOf(Not(HasSubstr(server_.password())), HasSubstr(file == "cmdline"sv ? "--snapshot" : "PGHOST")));
  }
  held.LetGo();
  backup.join();
  EXPECT_EQ(made.verdict, Verdict::kDone) << made.reason;
}

TEST_F(PostgresBackup, ATableThatIsLockedForTooLongFailsItAndLeavesNothing) {
  for (const char* table : {"app.done", "app.parts"}) {
    const tests::Holder held(server_, "acme",
                             fmt::format("BEGIN; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", table));
    const Outcome made = Backup("acme", {{"lock_timeout", "50ms"}});
    EXPECT_EQ(made.verdict, Verdict::kNotDone);
    EXPECT_THAT(made.reason,
                AllOf(HasSubstr("lock timeout"),
                      ContainsRegex(fmt::format(
                          "; (app[.])?{} is locked by holder [(]user postgres, backend ", table + 4))));
    EXPECT_THAT(Files(), IsEmpty());
  }
}

TEST_F(PostgresBackup, CancelledInTheMiddleItLeavesNothing) {
  const tests::Holder held(server_, "acme", tests::kHoldDump);
  auto call = CallOf("R1/backup@acme");
  Outcome made;
  std::jthread backup([&] {
    made = call->Do(*driver_, "postgres.backup", {{"database", "acme"}, {"key", "${{ secrets.backup }}"}});
  });
  AwaitLocked("acme");
  EXPECT_THAT(Files(), testing::ElementsAre(testing::EndsWith(".partial")));
  call->Cancel();
  backup.join();
  EXPECT_EQ(made.verdict, Verdict::kNotDone);
  EXPECT_THAT(made.reason, HasSubstr("cancelled"));
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(PostgresBackup, WhoseManifestCannotBeWrittenLeavesNothing) {
  const auto call = CallOf("R1/backup@acme");
  const auto prepared =
      call->Prepare(*driver_, "postgres.backup", {{"database", "acme"}, {"key", "${{ secrets.backup }}"}});
  ASSERT_TRUE(prepared);
  const fs::path file = Path(GetString(prepared->action.with, "file"));
  fs::create_directories(ManifestPath(file) / "in its place");
  EXPECT_EQ(call->Run(*driver_, *prepared).verdict, Verdict::kNotDone);
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(PostgresBackup, WithItsProgramKilledItFailsAndLeavesNothing) {
  tests::Holder held(server_, "acme", tests::kHoldDump);
  Outcome made;
  std::jthread backup([&] { made = Backup("acme"); });
  AwaitLocked("acme");
  const pid_t pid = AwaitTool("pg_dump", "acme");
  ASSERT_GT(pid, 0);
  kill(pid, SIGKILL);
  backup.join();
  EXPECT_EQ(made.verdict, Verdict::kNotDone);
  EXPECT_THAT(made.reason, HasSubstr("ended by signal 9"));
  EXPECT_THAT(Files(), IsEmpty());
  held.LetGo();
  EXPECT_EQ(Backup("acme").verdict, Verdict::kDone) << "and it may be tried again";
}

TEST_F(PostgresBackup, WithTheServerKilledInTheMiddleItFailsAndLeavesNothing) {
  tests::Holder held(server_, "acme", tests::kHoldDump);
  Outcome made;
  std::jthread backup([&] { made = Backup("acme"); });
  AwaitLocked("acme");
  server_.Kill9();
  backup.join();
  server_.Start();
  EXPECT_EQ(made.verdict, Verdict::kNotDone);
  EXPECT_THAT(Files(), IsEmpty());
  EXPECT_EQ(Backup("acme").verdict, Verdict::kDone) << "and it may be tried again";
}

// A disk of its own for the thread that runs `what`; why not, where that cannot be had.
std::string OnSmallDisk(const fs::path& folder, const char* size, const std::function<void()>& what) {
  std::string trouble;
  std::jthread([&] {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", folder.c_str(), "tmpfs", 0, fmt::format("size={}", size).c_str()) != 0)
      trouble = "nothing can be mounted here: " + base::ErrnoText(errno);
    else
      what();
  }).join();
  return trouble;
}

TEST_F(PostgresBackup, IsRefusedBeforehandWhereTheDiskIsTooSmall) {
  fs::create_directory(workspace_ / "backups");
  const std::string trouble = OnSmallDisk(workspace_ / "backups", "10m", [&] {
    const Outcome made = Backup("acme");
    EXPECT_EQ(made.verdict, Verdict::kNotDone);
    EXPECT_THAT(made.reason, HasSubstr("MiB free on the disk"));
    EXPECT_THAT(made.reason, HasSubstr("make room there"));
  });
  if (!trouble.empty()) GTEST_SKIP() << trouble;
}

TEST_F(PostgresBackup, ADiskThatIsFullInTheMiddleIsNamedAndNothingIsLeft) {
  fs::create_directory(workspace_ / "backups");
  const std::string trouble = OnSmallDisk(workspace_ / "backups", "64m", [&] {
    auto call = CallOf("R1/backup@acme");
    const auto prepared =
        call->Prepare(*driver_, "postgres.backup", {{"database", "acme"}, {"key", "${{ secrets.backup }}"}});
    ASSERT_TRUE(prepared) << base::ToString(prepared.error());
    const std::string filler = workspace_ / "backups" / "filler";
    base::Fd fd(open(filler.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_EQ(posix_fallocate(fd.get(), 0, (64 << 20) - 8192), 0);
    const Outcome made = call->Run(*driver_, *prepared);
    EXPECT_EQ(made.verdict, Verdict::kNotDone);
    EXPECT_THAT(made.reason, HasSubstr("the disk is full"));
    EXPECT_THAT(made.reason, HasSubstr("make room there"));
    EXPECT_THAT(Files(), ElementsAre("filler"));
    fd.Reset();
    fs::remove(filler);
    EXPECT_EQ(call->Run(*driver_, *prepared).verdict, Verdict::kDone)
        << "with room, the same step goes through";
  });
  if (!trouble.empty()) GTEST_SKIP() << trouble;
}

class PostgresRetention : public PostgresBackup {
 protected:
  // The backups in the folder, oldest first, as the letters under which Make made them.
  std::string Left() {
    std::string left;
    for (const auto& [letter, file] : made_)
      if (fs::exists(Path(file)) && fs::exists(ManifestPath(Path(file)))) left += letter;
    return left;
  }
  Outcome Make(char letter, base::JsonObject more = {}) {
    Outcome made = Backup("acme", std::move(more), fmt::format("R1/{}@acme", letter));
    made_[letter] = GetString(made.outputs, "backup");
    return made;
  }
  std::map<char, std::string> made_;
};

TEST_F(PostgresRetention, KeepsSoManyAndDeletesTheOldestWhole) {
  for (const char letter : {'a', 'b', 'c'}) Make(letter);
  const Outcome last = Make('d', {{"keep", 2}});
  EXPECT_EQ(Left(), "cd");
  EXPECT_EQ(base::GetArray(last.outputs, "deleted").size(), 2u);
  EXPECT_EQ(Files().size(), 4u);
}

TEST_F(PostgresRetention, NeverDeletesTheNewestThatIsProven) {
  for (const char letter : {'a', 'b', 'c'}) {
    Make(letter);
    if (letter != 'c') EXPECT_EQ(Prove("acme", made_[letter]).verdict, Verdict::kDone);
  }
  Make('d', {{"keep", 1}});
  EXPECT_EQ(Left(), "bd");
  EXPECT_EQ(Prove("acme", made_['d']).verdict, Verdict::kDone);
  Make('e', {{"keep", 1}});
  EXPECT_EQ(Left(), "de");
}

TEST_F(PostgresRetention, NeverDeletesTheOneThatWasJustMade) {
  Make('a');
  auto manifest = ReadManifest(Path(made_['a']));
  ASSERT_TRUE(manifest);
  manifest->taken_at += std::chrono::hours(24);  // the clock was set back since
  fs::remove(ManifestPath(Path(made_['a'])));
  ASSERT_TRUE(WriteManifest(Path(made_['a']), *manifest));
  Make('b', {{"keep", 1}});
  EXPECT_EQ(Left(), "ab");
}

TEST_F(PostgresRetention, DeletesNothingOfAnotherCustomerAndNothingUnknown) {
  Make('a', {{"name", "other"}});
  Make('b');
  ASSERT_TRUE(
      base::WriteFileAtomic(workspace_ / "backups" / "acme_20200101_000000_00000000.backup", "of somebody"));
  ASSERT_TRUE(base::WriteFileAtomic(workspace_ / "backups" / "notes.manifest.json", "{}"));
  Make('c', {{"keep", 1}});
  EXPECT_EQ(Left(), "ac");
  EXPECT_THAT(Files(),
              testing::IsSupersetOf({"acme_20200101_000000_00000000.backup", "notes.manifest.json"}));
}

// Notes that outlive the process, which dies at the last of `so_many`.
struct FatalNotes final : Sink {
  FatalNotes(fs::path where, int so_many) : path(std::move(where)), left(so_many) {}
  base::Status Note(base::JsonObject data) override {
    std::ofstream(path, std::ios::app) << base::CanonicalJson(data).value() << std::endl;
    if (--left == 0) kill(getpid(), SIGKILL);
    return {};
  }
  const fs::path path;
  int left;
};

class PostgresPruneKilled : public PostgresRetention {
 protected:
  PostgresPruneKilled() {
    for (const char letter : {'a', 'b', 'c'}) Make(letter);
    fs::copy(workspace_ / "backups", workspace_ / "saved");
  }
  // Of all but the newest, in a process that dies once it has noted `so_many` of them; their notes.
  std::vector<base::JsonObject> DieAt(int so_many) {
    const fs::path noted = workspace_ / "notes";
    fs::remove(noted);
    fs::remove_all(workspace_ / "backups");
    fs::copy(workspace_ / "saved", workspace_ / "backups");
    const auto prepared = CallOf(kStep)->Prepare(*driver_, "postgres.prune", kWith);
    if (const pid_t pid = fork(); pid == 0) {
      FatalNotes notes(noted, so_many);
      driver_->Run(*prepared, {}, notes, CallOf(kStep)->context());
      _exit(1);
    } else {
      waitpid(pid, nullptr, 0);
    }
    std::vector<base::JsonObject> notes;
    std::ifstream lines(noted);
    for (std::string line; std::getline(lines, line);)
      notes.push_back(base::ParseJson(line).value().as_object());
    EXPECT_EQ(notes.size(), static_cast<std::size_t>(so_many));
    return notes;
  }
  Outcome Again(const std::vector<base::JsonObject>& notes) {
    FatalNotes more(workspace_ / "notes", 0);
    auto call = CallOf(kStep);
    const auto prepared = call->Prepare(*driver_, "postgres.prune", kWith);
    return driver_->Run(*prepared, notes, more, call->context());
  }

  static constexpr char kStep[] = "R9/prune@acme";
  const base::JsonObject kWith{{"database", "acme"}, {"keep", 1}, {"older_than", "0s"}};
};

TEST_F(PostgresPruneKilled, BetweenAnyTwoFilesTheNextAttemptEndsItAndTellsOfEachOnce) {
  for (const int noted : {1, 2}) {
    for (std::size_t unlinked = 0; unlinked <= 3; ++unlinked) {
      const auto notes = DieAt(noted);
      const fs::path last = Path(GetString(notes.back(), "backup"));
      // In the order in which they go.
      const std::array files{ProvenPath(last), last, ManifestPath(last)};
      for (std::size_t i = 0; i < unlinked; ++i) fs::remove(files.at(i));
      const Outcome done = Again(notes);
      EXPECT_EQ(done.verdict, Verdict::kDone) << done.reason;
      EXPECT_EQ(base::GetArray(done.outputs, "deleted"), (base::JsonArray{made_['b'], made_['a']}))
          << noted << " noted, " << unlinked << " files of the last one gone";
      EXPECT_EQ(Left(), "c");
      EXPECT_EQ(Files().size(), 2u);
    }
  }
}

TEST_F(PostgresPruneKilled, WhatIsNotToGoAnyMoreStaysAndIsNotToldAsDeleted) {
  const auto notes = DieAt(1);
  for (const fs::path& path : {Path(made_['c']), ManifestPath(Path(made_['c']))}) fs::remove(path);
  const Outcome done = Again(notes);
  EXPECT_EQ(done.verdict, Verdict::kDone) << done.reason;
  EXPECT_EQ(base::GetArray(done.outputs, "deleted"), base::JsonArray{made_['a']});
  EXPECT_EQ(Left(), "b");
}

class PostgresProof : public PostgresBackup {
 protected:
  PostgresProof() : file_(MustBackUp("acme")), bytes_(base::ReadFile(Path(file_)).value_or("")) {}

  void Write(const std::string& bytes) { ASSERT_TRUE(base::WriteFileAtomic(Path(file_), bytes)); }
  // The manifest, after `change`, written back.
  void Rewrite(const std::function<void(Manifest&)>& change) {
    Manifest manifest = ReadManifest(Path(file_)).value();
    change(manifest);
    ASSERT_TRUE(WriteManifest(Path(file_), manifest));
  }
  // Of a database whose rows do this to whoever puts them into a scratch.
  std::string BackupThatOnRestoring(const std::string& does) {
    Ask("acme",
        "CREATE FUNCTION app.fits(id int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN "
        "IF current_database() LIKE '%proof%' THEN " +
            does + "; END IF; RETURN true; END $$");
    Ask("acme", "CREATE TABLE app.fitting (id int CHECK (app.fits(id)))");
    Ask("acme", "INSERT INTO app.fitting VALUES (1)");
    return MustBackUp("acme", "R7/backup@acme");
  }
  // It is not proven, and why; nothing of it is left.
  std::string Why() {
    const Outcome proven = Prove("acme", file_);
    EXPECT_EQ(proven.verdict, Verdict::kNotDone) << proven.reason;
    EXPECT_EQ(Databases("acme%"), "acme");
    EXPECT_FALSE(fs::exists(ProvenPath(Path(file_))));
    return proven.reason;
  }

  const std::string file_;
  const std::string bytes_;
};

TEST_F(PostgresProof, TheScratchOfOneThatWasGivenUpGoesWithTheNext) {
  const std::string backup = MustBackUp("acme");
  const auto leave = [&](const std::string& name, const std::string& mark, const std::string& what) {
    Ask("postgres", "CREATE DATABASE " + name);
    Ask("postgres", "COMMENT ON DATABASE " + name + " IS 'slipway " + mark + ": " + what + "'");
  };
  leave("acme__proof_00000001", "R1/prove@acme #000000000001", "scratch of a proof, test-store");
  leave("acme__proof_00000002", "R1/prove@acme #000000000002", "scratch of a proof, another-store");
  leave("acme__proof_00000003", "R1/prove@acme #000000000003", "scratch of a proof, test-store");
  leave("acme__proof_00000004", "R1/prove@acme #000000000004", "of somebody");
  leave("acme_two__proof_00000005", "R1/prove@two #000000000005", "scratch of a proof, test-store");
  const tests::Holder at_work(server_, "acme__proof_00000003", "SELECT 1");
  EXPECT_EQ(Prove("acme", backup).verdict, Verdict::kDone);
  EXPECT_EQ(Databases("acme%\\_\\_proof%"),
            "acme__proof_00000002 acme__proof_00000003 acme__proof_00000004 acme_two__proof_00000005");
}

TEST_F(PostgresProof, AFileThatWasCutShortIsNoProof) {
  Write(bytes_.substr(0, bytes_.size() - 1));
  EXPECT_THAT(Why(), HasSubstr("is damaged: it has"));
}

TEST_F(PostgresProof, OneChangedByteAnywhereIsFound) {
  const std::uint64_t seed = static_cast<std::uint64_t>(base::SystemClock().Now().time_since_epoch().count());
  std::cout << "seed " << seed << "\n";
  base::SeededRandom random(seed);
  for (int i = 0; i < 12; ++i) {
    const auto at = static_cast<std::size_t>(random.Below(bytes_.size()));
    std::string changed = bytes_;
    changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1 + random.Below(255)));
    Write(changed);
    EXPECT_NE(Why(), "") << "byte " << at << ", seed " << seed;
  }
}

TEST_F(PostgresProof, AChangedByteIsFoundEvenWhereTheManifestWasMadeToFit) {
  for (const std::size_t at :
       {std::size_t{5}, std::size_t{30}, std::size_t{50}, bytes_.size() / 2, bytes_.size() - 1}) {
    std::string changed = bytes_;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    Write(changed);
    Rewrite([&](Manifest& manifest) { manifest.sha256 = base::Sha256Text(changed); });
    EXPECT_NE(Why(), "") << at;
  }
  const std::string cut = bytes_.substr(0, bytes_.size() - 20);
  Write(cut);
  Rewrite([&](Manifest& manifest) {
    manifest.sha256 = base::Sha256Text(cut);
    manifest.bytes = static_cast<std::int64_t>(cut.size());
  });
  EXPECT_THAT(Why(), HasSubstr("damaged or cut short"));
}

TEST_F(PostgresProof, AnotherKeyIsNoProofAndIsNamed) {
  auto call = CallOf("R3/prove@acme");
  call->secrets()["backup"] = "another key, also of 32 bytes or more";
  const Outcome proven = call->Do(*driver_, "postgres.prove", RestoreArguments("acme", file_));
  EXPECT_EQ(proven.verdict, Verdict::kNotDone);
  EXPECT_THAT(proven.reason, HasSubstr("encrypted with the key"));
}

TEST_F(PostgresProof, RowsThatAreNotThoseOfTheManifestAreNamed) {
  Rewrite([](Manifest& manifest) {
    manifest.contents.rows["app.staff"] = 121;
    manifest.contents.rows["app.gone"] = 5;
  });
  const std::string why = Why();
  EXPECT_THAT(why, HasSubstr("app.staff has 120 rows instead of 121"));
  EXPECT_THAT(why, HasSubstr("app.gone is missing, with its 5 rows"));
}

TEST_F(PostgresProof, ASchemaThatIsNotThatOfTheManifestIsNamed) {
  Rewrite([](Manifest& manifest) {
    manifest.contents.fingerprint[10] = manifest.contents.fingerprint[10] == '0' ? '1' : '0';
    manifest.contents.objects["index app.missing"] = "0123456789abcdef";
    manifest.contents.objects["column app.staff.name"] = "0123456789abcdef";
    manifest.contents.objects.erase("table app.course");
  });
  const std::string why = Why();
  EXPECT_THAT(why, HasSubstr("index app.missing is missing"));
  EXPECT_THAT(why, HasSubstr("column app.staff.name is defined otherwise"));
  EXPECT_THAT(why, HasSubstr("table app.course is not in the manifest"));
}

TEST_F(PostgresProof, ABackupThatDoesNotRestoreSaysWhy) {
  Ask("postgres", "ALTER ROLE app_reader RENAME TO renamed_reader");
  const std::string why = Why();
  Ask("postgres", "ALTER ROLE renamed_reader RENAME TO app_reader");
  EXPECT_THAT(why, HasSubstr("it does not restore"));
  EXPECT_THAT(why, HasSubstr("role \"app_reader\" does not exist"));
}

TEST_F(PostgresProof, AServerWhoseDiskIsFullProvesNothingEitherWay) {
  const std::string backup =
      BackupThatOnRestoring("RAISE EXCEPTION 'could not extend file \"base/1/2\": No space left on device'");
  const Outcome proven = Prove("acme", backup);
  EXPECT_EQ(proven.verdict, Verdict::kUnknown) << proven.reason;
  EXPECT_EQ(Databases("acme%"), "acme");
}

TEST_F(PostgresProof, OneThatSomebodyEndedProvesNothingEitherWay) {
  const std::string backup = BackupThatOnRestoring("PERFORM pg_sleep(60)");
  Outcome proven;
  std::jthread prove([&] { proven = Prove("acme", backup); });
  const pid_t pid = AwaitTool("pg_restore", "acme__proof_");
  ASSERT_GT(pid, 0);
  kill(pid, SIGKILL);
  prove.join();
  EXPECT_EQ(proven.verdict, Verdict::kUnknown) << proven.reason;
  EXPECT_EQ(Databases("acme%"), "acme");
}

TEST_F(PostgresProof, AServerThatIsDownProvesNothingEitherWay) {
  server_.Stop();
  const Outcome proven = Prove("acme", file_);
  server_.Start();
  EXPECT_EQ(proven.verdict, Verdict::kUnknown);
}

TEST_F(PostgresProof, NeedsNoDatabaseOfThatNameAnyMore) {
  Ask("postgres", "DROP DATABASE acme");
  const Outcome proven = Prove("acme", file_);
  EXPECT_EQ(proven.verdict, Verdict::kDone) << proven.reason;
}

TEST_F(PostgresProof, OfAnotherDatabaseIsRefused) {
  const Outcome proven = Prove("other", file_);
  EXPECT_EQ(proven.verdict, Verdict::kNotDone);
  EXPECT_THAT(proven.reason, HasSubstr("is of the database acme and not of other"));
}

TEST_F(PostgresBackup, AProgramOlderThanTheServerIsRefused) {
  const fs::path folder = workspace_ / "old";
  fs::create_directory(folder);
  ASSERT_TRUE(
      base::WriteFileAtomic(folder / "pg_dump", "#!/bin/sh\necho 'pg_dump (PostgreSQL) 14.9'\n", 0755));
  auto call = CallOf("R1/backup@acme");
  const std::vector<fs::path> folders{folder};
  EXPECT_EQ(FindTool(*spawner_, call->context(), "pg_dump", 140'000, folders)->major, 14);
  const auto refused = FindTool(*spawner_, call->context(), "pg_dump", 150'004, folders);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::kRefused);
  EXPECT_THAT(refused.error().what, HasSubstr("of PostgreSQL 14 and the server of 15"));
  EXPECT_THAT(refused.error().next, HasSubstr("PostgreSQL 15"));
  ASSERT_TRUE(
      base::WriteFileAtomic(folder / "pg_dump", "#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.9'\n", 0755));
  EXPECT_EQ(FindTool(*spawner_, call->context(), "pg_dump", 150'004, folders)->major, 15) << "asked anew";
}

TEST_F(PostgresBackup, ARoleOfTheCustomerAloneCanMakeAndProveIt) {
  Ask("postgres", fmt::format("ALTER ROLE app_owner CREATEDB PASSWORD '{}'", server_.password()));
  Ask("acme", "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");  // not its own
  connection_ = server_.Connection("app_owner");
  const std::string file = MustBackUp("acme");
  const Outcome proven = Prove("acme", file);
  EXPECT_EQ(proven.verdict, Verdict::kDone) << proven.reason;
}

TEST_F(PostgresBackup, ItsArgumentsAreChecked) {
  auto why = [&](base::JsonObject more) { return Backup("acme", std::move(more)).reason; };
  EXPECT_THAT(why({{"keep", 0}}), HasSubstr("`keep` is at least 1"));
  EXPECT_THAT(why({{"name", "!!"}}), HasSubstr("`name`"));
  EXPECT_THAT(why({{"key", "short"}}), HasSubstr("needs at least 32"));
  EXPECT_THAT(why({{"folder", "../elsewhere"}}), HasSubstr("`..`"));
  EXPECT_THAT(Backup("nosuch").reason, HasSubstr("nosuch"));
  EXPECT_THAT(Files(), IsEmpty());
}

}  // namespace
}  // namespace slipway::drivers::postgres
