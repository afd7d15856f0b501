#include "audit/verify.h"
#include "audit/bundle.h"

#include <gtest/gtest.h>

#include <map>

#include "base/file.h"
#include "journal/lease.h"
#include "journal/memory_store.h"
#include "journal/sqlite.h"
#include "journal/sqlite_store.h"
#include "journal/testing.h"

namespace slipway::audit {
namespace {

using journal::Table;
using journal::testing::Happened;

// The engine in small: each run has a row with its number of events, each lease its own.
class Counting final : public journal::Projection {
 public:
  base::Status Apply(const journal::Event& event) override {
    if (event.run.empty()) return {};
    rows_[{Table::kRun, event.run}] = "{\"n\":" + std::to_string(++counts_[event.run]) + "}";
    if (event.type == journal::kLeaseTaken) {
      SLIPWAY_TRY(rows_[std::make_pair(Table::kLease, event.run)], journal::LeaseRow(event));
    }
    return {};
  }
  base::Status Rows(const std::function<void(Table, std::string_view, std::string_view)>& visit) override {
    for (const auto& [at, value] : rows_) visit(at.first, at.second, value);
    return {};
  }

 private:
  std::map<std::string, int> counts_;
  std::map<std::pair<Table, std::string>, std::string> rows_;
};

// A store of 600 events of three runs, with a checkpoint after each 100.
class Tampering : public ::testing::Test {
 protected:
  Tampering() {
    base::SeededRandom random(5);
    auto store = std::move(*journal::OpenSqliteStore(dir_.path(), {.random = &random}));
    std::map<std::string, int> counts;
    for (int hundred = 0; hundred < 6; ++hundred) {
      journal::Batch batch;
      for (int i = hundred * 100 + 1; i <= hundred * 100 + 100; ++i) {
        const std::string run = "R" + std::to_string(i % 3);
        batch.events.push_back(Happened(run, "stepped", {{"i", i}}));
        batch.puts.push_back(
            {journal::Put::Mode::kSet, Table::kRun, run, "{\"n\":" + std::to_string(++counts[run]) + "}"});
      }
      if (hundred == 0) {
        batch.blobs = {"what it said"};
        batch.events[49].data["out"] =
            base::JsonObject{{"name", "stdout"}, {"digest", base::Sha256Text("what it said")}, {"size", 12}};
      }
      EXPECT_TRUE(store->Append(batch));
      notes_.push_back(store->MakeCheckpoint()->note);
    }
    id_ = store->Id();
  }

  std::unique_ptr<journal::Store> Open() { return std::move(*journal::OpenSqliteStore(dir_.path())); }

  // Writes to the file behind the store's back.
  void Edit(const std::string& sql) {
    auto database = journal::Database::Open(dir_.path() / "journal.db");
    const auto done = database->Exec(sql.c_str());
    ASSERT_TRUE(done) << ToString(done.error());
  }

  Report Look(VerifyOptions options = {}) {
    Counting projection;
    if (options.projection == nullptr) options.projection = &projection;
    const auto store = journal::OpenSqliteStore(dir_.path());
    const auto report =
        store ? Verify(**store, options) : Verify(**journal::OpenStoreAsItIs(dir_.path()), options);
    EXPECT_TRUE(report) << ToString(report.error());
    return *report;
  }

  std::string First(const VerifyOptions& options = {}) {
    const Report report = Look(options);
    return report.ok() ? std::string(ToString(report.standing()))
                       : report.problems[0].where + ": " + report.problems[0].what;
  }

  std::string BytesOf(std::int64_t seq) {
    auto event = Open()->Read(seq, 1)->front();
    return journal::Encode(event).value();
  }

  // Rewrites history as somebody who holds the store's key can: every hash and signature is made anew.
  void Rewrite(std::int64_t from_seq, std::int64_t to_seq) {
    const auto seed = base::FromBase64(base::ReadFile(dir_.path() / "key.secret")->substr(0, 44)).value();
    const auto key = journal::SigningKeyFromSeed(id_, seed).value();
    const auto events = Open()->Read(1, to_seq).value();
    auto database = std::move(*journal::Database::Open(dir_.path() / "journal.db"));
    ASSERT_TRUE(database.Exec("DELETE FROM event; DELETE FROM tile; DELETE FROM checkpoint"));
    journal::Frontier frontier;
    for (journal::Event event : events) {
      if (event.seq >= from_seq) event.data["i"] = -1;
      const std::string bytes = journal::Encode(event).value();
      std::vector<journal::Tile> tiles;
      const journal::Hash leaf = journal::LeafHash(bytes);
      frontier.Append(leaf, &tiles);
      auto insert = database.Prepare("INSERT INTO event(seq, run, leaf, bytes) VALUES(?, ?, ?, ?)");
      ASSERT_TRUE(insert->Bind(1, event.seq)
                      .Bind(2, event.run)
                      .BindBlob(3, base::AsBytes(leaf))
                      .Bind(4, bytes)
                      .Run());
      for (const auto& tile : tiles) {
        auto put = database.Prepare("INSERT INTO tile(level, idx, hash) VALUES(?, ?, ?)");
        ASSERT_TRUE(put->Bind(1, std::int64_t{tile.level})
                        .Bind(2, tile.index)
                        .BindBlob(3, base::AsBytes(tile.hash))
                        .Run());
      }
      if (event.seq % 100 == 0) {
        const auto made = journal::SignCheckpoint(key, event.seq, frontier.Root()).value();
        auto put = database.Prepare("INSERT INTO checkpoint(size, note) VALUES(?, ?)");
        ASSERT_TRUE(put->Bind(1, event.seq).Bind(2, made.note).Run());
      }
    }
    const std::string peaks = frontier.Peaks();
    auto head = database.Prepare("UPDATE head SET size = ?, peaks = ?");
    ASSERT_TRUE(head->Bind(1, frontier.size()).BindBlob(2, peaks).Run());
  }

  journal::testing::TempDir dir_;
  std::vector<std::string> notes_;
  std::string id_;
};

TEST_F(Tampering, AnUntouchedLogIsConsistentButNotAnchored) {
  const Report report = Look();
  EXPECT_EQ(ToString(report.standing()), "consistent, not anchored") << Render(report);
  EXPECT_EQ(report.events, 600);
  EXPECT_EQ(report.checkpoints, 6);
  EXPECT_EQ(report.signed_to, 600);
  EXPECT_EQ(report.rows, 3);
  EXPECT_EQ(report.blobs, 1);
}

TEST_F(Tampering, WithACheckpointKeptElsewhereItIsAnchored) {
  EXPECT_EQ(First({.anchors = {notes_[2]}}), "anchored");
  EXPECT_EQ(Look({.anchors = {notes_[2], notes_[0]}}).anchored_to, 300);
}

TEST_F(Tampering, EventsAfterTheNewestCheckpointAreSaidToBeUnsigned) {
  auto store = Open();
  ASSERT_TRUE(store->Append(journal::testing::One("", "note")));
  const Report report = Look();
  EXPECT_EQ(report.signed_to, 600);
  EXPECT_NE(Render(report).find("1 event not signed yet"), std::string::npos) << Render(report);
}

struct Case {
  const char* name;
  const char* sql;
  const char* found;
};

class EveryEdit : public Tampering, public ::testing::WithParamInterface<Case> {};

TEST_P(EveryEdit, IsFoundAndNamed) {
  Edit(GetParam().sql);
  EXPECT_EQ(First(), GetParam().found);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, EveryEdit,
    ::testing::Values(
        Case{"bytes", "UPDATE event SET bytes = replace(bytes, '\"i\":17}', '\"i\":18}') WHERE seq = 17",
             "event 17: its bytes disagree with its leaf hash"},
        Case{"leaf", "UPDATE event SET leaf = zeroblob(32) WHERE seq = 17",
             "event 17: its bytes disagree with its leaf hash"},
        Case{"shortLeaf", "UPDATE event SET leaf = x'00' WHERE seq = 17",
             "event 17: its bytes disagree with its leaf hash"},
        Case{"runColumn", "UPDATE event SET run = 'R9' WHERE seq = 17",
             "event 17: the column beside it says run `R9`, its bytes say `R2`"},
        Case{"deletion", "DELETE FROM event WHERE seq = 17", "event 17: missing"},
        Case{"deletionOfMany", "DELETE FROM event WHERE seq BETWEEN 17 AND 20", "events 17 to 20: missing"},
        Case{"firstDeleted", "DELETE FROM event WHERE seq = 1", "event 1: missing"},
        Case{"lastDeleted", "DELETE FROM event WHERE seq > 598",
             "events 599 to 600: missing: the log ends early"},
        Case{"allDeleted", "DELETE FROM event", "events 1 to 600: missing: the log ends early"},
        Case{"insertionBefore", "INSERT INTO event SELECT 0, run, leaf, bytes FROM event WHERE seq = 1",
             "event 0: no event has this number: it was inserted"},
        Case{"insertionBehind", "INSERT INTO event SELECT 601, run, leaf, bytes FROM event WHERE seq = 1",
             "event 601: stands beyond the 600 events of the log: it was inserted"},
        Case{"reordering",
             "UPDATE event SET seq = -1 WHERE seq = 17; UPDATE event SET seq = 17 WHERE seq = 20; "
             "UPDATE event SET seq = 20 WHERE seq = -1",
             "event 17: its bytes say it is event 20: it was moved"},
        Case{"headSize", "UPDATE head SET size = 599",
             "event 600: stands beyond the 599 events of the log: it was inserted"},
        Case{"headEdge", "UPDATE head SET peaks = zeroblob(length(peaks))",
             "event 600: the stored edge of the tree differs: one was changed together with its leaf hash, "
             "or the edge itself was"},
        Case{"headGone", "DELETE FROM head", "head: the head row is missing"},
        Case{"tile", "UPDATE tile SET hash = zeroblob(32) WHERE idx = 1",
             "events 257 to 512: the stored tree hash over them differs: one was changed together with its "
             "leaf hash, or the "
             "hash itself was"},
        Case{"tileGone", "DELETE FROM tile WHERE idx = 1",
             "events 257 to 512: the stored tree hash over them is missing"},
        Case{"tileTooMany", "INSERT INTO tile VALUES(1, 9, zeroblob(32))",
             "tree hash 9 of level 1: covers events that the log does not have"},
        Case{"note",
             "UPDATE checkpoint SET note = replace(note, char(10) || '300' || char(10), char(10) || '299' || "
             "char(10)) WHERE size = 300",
             "checkpoint 300: no signature of the key slipway-69cf54ca7851d549dc24264d+4e0ccea4 verifies"},
        Case{"checkpointColumn", "UPDATE checkpoint SET size = 250 WHERE size = 300",
             "checkpoint 250: its note says 300 events"},
        Case{"checkpointGone", "DELETE FROM checkpoint WHERE size = 300",
             "checkpoint 300: is gone from the store: the one of 400 events was made after it"},
        Case{"checkpointFirstGone", "DELETE FROM checkpoint WHERE size = 100",
             "checkpoint 100: is gone from the store: the one of 200 events was made after it"},
        Case{"checkpointsGone", "DELETE FROM checkpoint WHERE size BETWEEN 200 AND 400",
             "checkpoint 400: is gone from the store: the one of 500 events was made after it"},
        Case{"rowEdited", "UPDATE state SET value = '{\"n\":1}' WHERE key = 'R1'",
             "run R1: the row differs from what its events say"},
        Case{"rowGone", "DELETE FROM state WHERE key = 'R1'", "run R1: the row is missing"},
        Case{"rowTooMany", "INSERT INTO state VALUES('lock', 'web-1', '{}')",
             "lock web-1: no event accounts for this row"},
        Case{"rowOfNoTable", "INSERT INTO state VALUES('luck', 'web-1', '{}')",
             "file: a row of no known table: luck web-1"},
        Case{"blobBytes", "UPDATE blob SET bytes = x'00'",
             "blob sha256:0e2ade157a7120638e58b0fec555d818839d59053077fa2bc352f4df6a2d6659: its bytes are "
             "not those of its digest"},
        Case{"blobSize", "UPDATE blob SET size = 13",
             "blob sha256:0e2ade157a7120638e58b0fec555d818839d59053077fa2bc352f4df6a2d6659: the size beside "
             "it is wrong"},
        Case{"blobGone", "DELETE FROM blob",
             "blob sha256:0e2ade157a7120638e58b0fec555d818839d59053077fa2bc352f4df6a2d6659: missing, though "
             "an event refers to it and it was not deleted by slipway"},
        Case{"blobTooMany",
             "INSERT INTO blob "
             "VALUES('sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', 5, "
             "CAST('hello' AS BLOB))",
             "blob sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824: no event refers "
             "to it: "
             "it was inserted"},
        Case{"metaKey", "UPDATE meta SET value = 'slipway-x' WHERE key = 'id'",
             "key: the store's public key is of store slipway-69cf54ca7851d549dc24264d"},
        Case{"metaMore", "INSERT INTO meta VALUES('x', 'y')", "file: an unknown meta row: x"},
        Case{"trigger", "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM state; END",
             "file: trigger t does not belong here"},
        Case{"format", "PRAGMA user_version = 0", "file: the number of its format is not 1"},
        Case{"application", "PRAGMA application_id = 7",
             "file: it is marked as the file of another application"},
        Case{"metaEmpty", "DELETE FROM meta", "file: the meta row id is missing"},
        Case{"metaNoTable", "DROP TABLE meta", "file: table meta is missing"},
        Case{"headNoTable", "DROP TABLE head", "head: no such table: head"},
        Case{"tileNoTable", "DROP TABLE tile", "tiles: cannot be read: no such table: tile"},
        Case{"checkpointNoTable", "DROP TABLE checkpoint",
             "checkpoints: cannot be read: no such table: checkpoint"},
        Case{"stateNoTable", "DROP TABLE state", "rows: cannot be read: no such table: state"},
        Case{"blobNoTable", "DROP TABLE blob", "blobs: cannot be read: no such table: blob"},
        Case{"eventNoTable", "DROP TABLE event", "file: cannot be read to the end: no such table: event"},
        Case{"rowsEmpty", "DELETE FROM state", "run R0: the row is missing"},
        Case{"tilesEmpty", "DELETE FROM tile", "events 1 to 256: the stored tree hash over them is missing"},
        Case{"table", "CREATE TABLE more(x)", "file: table more does not belong here"},
        Case{"index", "DROP INDEX event_run", "file: index event_run is missing"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Problems, WhatIsMissingComesBeforeWhatDoesNotFollowWithoutIt) {
  Report report;
  report.AddEvent(19, "does not follow from the events before it");
  report.Add("event 18", "missing", 18);
  report.Add("rows", "not compared");
  report.Sort();
  EXPECT_EQ(report.problems[0].where, "event 18");
  EXPECT_EQ(report.problems[2].where, "rows");
}

TEST_F(Tampering, BytesChangedTogetherWithTheirLeafAreFoundInTheirInterval) {
  std::string bytes = BytesOf(417);
  bytes.replace(bytes.find("417}"), 3, "418");
  {
    auto database = journal::Database::Open(dir_.path() / "journal.db");
    const journal::Hash leaf = journal::LeafHash(bytes);
    auto update = database->Prepare("UPDATE event SET bytes = ?, leaf = ? WHERE seq = 417");
    ASSERT_TRUE(update->Bind(1, bytes).BindBlob(2, base::AsBytes(leaf)).Run());
  }
  EXPECT_EQ(First(), "events 401 to 500: disagree with the signed checkpoint of 500 events");
}

TEST_F(Tampering, ARewrittenLogIsFoundOnlyAgainstACheckpointKeptElsewhere) {
  Rewrite(350, 600);
  EXPECT_EQ(First(), "consistent, not anchored");
  EXPECT_EQ(First({.anchors = {notes_[2]}}), "anchored");  // what that checkpoint covers is untouched
  EXPECT_EQ(First({.anchors = {notes_[2], notes_[3]}}),
            "events 301 to 400: are not those of the checkpoint kept elsewhere: the log was rewritten");
}

TEST_F(Tampering, ATruncatedLogIsFoundOnlyAgainstACheckpointKeptElsewhere) {
  Rewrite(1000, 400);
  Edit("UPDATE state SET value = '{\"n\":133}'; UPDATE state SET value = '{\"n\":134}' WHERE key = 'R1'");
  EXPECT_EQ(First(), "consistent, not anchored");
  EXPECT_EQ(First({.anchors = {notes_[5]}}),
            "checkpoint kept elsewhere of 600: covers more events than the log's 400: the log was cut off");
}

TEST_F(Tampering, AReplacedKeyIsFoundAgainstTheKeyKeptElsewhere) {
  const auto mine = journal::ParseVerifierKey(*base::ReadFile(dir_.path() / "key.pub")).value();
  EXPECT_EQ(First({.key = mine}), "consistent, not anchored");
  const auto other = journal::SigningKeyFromSeed(id_, std::string(32, 'x'))->verifier;
  Edit("UPDATE meta SET value = '" + other.Text() + "' WHERE key = 'key'");
  EXPECT_EQ(First({.key = mine}), "key: the store's public key is not the one that was given");
}

TEST_F(Tampering, ABlobDeletedOnPurposeIsNoFault) {
  ASSERT_TRUE(
      Open()->DeleteBlob(base::Sha256Text("what it said"), {"ann@desk", base::FromMillis(9), "leak"}));
  const Report report = Look();
  EXPECT_TRUE(report.ok()) << Render(report);
  EXPECT_EQ(report.deleted_blobs, 1);
  EXPECT_NE(Render(report).find("0 blobs hashed again, 1 deleted on purpose by ann@desk\n"),
            std::string::npos)
      << Render(report);
}

TEST_F(Tampering, ABlobThatIsGoneWithoutAnEventThatSaysSoIsNamedWithTheEventThatNeedsIt) {
  Edit("UPDATE blob SET bytes = NULL");
  EXPECT_EQ(First(), "event 50: refers to blob " + base::Sha256Text("what it said") +
                         ": its bytes are gone, and no event says that anybody deleted them");
  EXPECT_EQ(ExportBundle(*Open(), "").error().next, "slipway audit verify");
}

TEST_F(Tampering, CheckpointsOfAStoreThatIsNotHereAreNamed) {
  const auto other = journal::SigningKeyFromSeed("slipway-other", std::string(32, 'x')).value();
  const std::string note = journal::SignCheckpoint(other, 7, journal::Hash{})->note;
  EXPECT_EQ(First({.anchors = {note}}),
            "checkpoints kept elsewhere: are of store slipway-other, which is not here; its newest covers 7 "
            "events");
  EXPECT_EQ(First({.anchors = {note, notes_.back()}}), "anchored");
  const std::string text = Render(Look({.anchors = {note, notes_.back()}}));
  EXPECT_NE(
      text.find("not compared: checkpoints of store slipway-other, which is another; the newest is of 7 "
                "events\n"),
      std::string::npos)
      << text;
}

// Whatever is done to the file, looking at it ends with a report or an error, and only the true events pass.
TEST_F(Tampering, RandomDamageToTheFileIsFoundOrTouchesNothing) {
  {
    auto store = Open();
  }
  std::string wal = (dir_.path() / "journal.db-wal").string();
  const std::string file = base::ReadFile(wal, 64u << 20).value();
  const std::string truth = journal::Encode(Open()->Read(600, 1)->front()).value();
  base::SeededRandom random(11);
  for (int round = 0; round < 60; ++round) {
    std::string damaged = file;
    for (std::uint64_t i = 0; i <= random.Below(4); ++i)
      damaged[random.Below(damaged.size())] ^= static_cast<char>(1 + random.Below(255));
    ASSERT_TRUE(base::WriteFileAtomic(wal, damaged));
    const auto store = journal::OpenSqliteStore(dir_.path());
    if (!store) continue;
    Counting projection;
    const auto report = Verify(**store, {.projection = &projection, .anchors = {notes_.back()}});
    if (!report || report->standing() != Standing::kAnchored) continue;
    EXPECT_EQ(report->events, 600);
    EXPECT_EQ(journal::Encode((*store)->Read(600, 1)->front()).value(), truth);
  }
}

TEST_F(Tampering, AForeignCheckpointIsNoAnchor) {
  EXPECT_EQ(First({.anchors = {"nonsense"}}),
            "checkpoint kept elsewhere: not a checkpoint: origin, size and root are expected, a line each");
}

TEST(Verify, AnEmptyMemoryStoreIsConsistent) {
  base::SeededRandom random(1);
  journal::MemoryDisk disk(random);
  auto store = OpenMemoryStore(disk, "p");
  EXPECT_TRUE(Verify(*store)->ok());
  ASSERT_TRUE(store->TakeLease("R1", "ann@desk", base::FromMillis(1)));
  Counting projection;
  const auto report = Verify(*store, {.projection = &projection});
  EXPECT_EQ(report->problems.size(), 1u);  // no engine wrote the row of run R1
  EXPECT_EQ(report->problems[0].where, "run R1");
}

}  // namespace
}  // namespace slipway::audit
