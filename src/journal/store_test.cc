// What every store promises, run against each of them.
#include "journal/store.h"

#include <gtest/gtest.h>

#include <thread>

#include "journal/memory_store.h"
#include "journal/merkle.h"
#include "journal/sqlite_store.h"
#include "journal/testing.h"
#include "journal/view.h"

namespace slipway::journal {
namespace {

using testing::Happened;
using testing::One;

// A store that can be opened several times, as several processes do.
class Maker {
 public:
  virtual ~Maker() = default;
  virtual std::unique_ptr<Store> Open(std::string_view process) = 0;
};

class SqliteMaker final : public Maker {
 public:
  std::unique_ptr<Store> Open(std::string_view) override {
    auto store = OpenSqliteStore(dir_.path() / "store");
    EXPECT_TRUE(store.has_value()) << (store ? "" : ToString(store.error()));
    return std::move(*store);
  }

 private:
  testing::TempDir dir_;
};

class MemoryMaker final : public Maker {
 public:
  std::unique_ptr<Store> Open(std::string_view process) override { return OpenMemoryStore(disk_, process); }

 private:
  base::SeededRandom random_{7};
  MemoryDisk disk_{random_};
};

class EveryStore : public ::testing::TestWithParam<const char*> {
 protected:
  EveryStore() {
    if (std::string_view(GetParam()) == "sqlite") {
      maker_ = std::make_unique<SqliteMaker>();
    } else {
      maker_ = std::make_unique<MemoryMaker>();
    }
    store_ = maker_->Open("p1");
  }
  ~EveryStore() override { store_.reset(); }

  std::unique_ptr<Maker> maker_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Stores, EveryStore, ::testing::Values("sqlite", "memory"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_P(EveryStore, GivesSequenceNumbersWithoutGapsFromOne) {
  EXPECT_EQ(store_->Size().value(), 0);
  EXPECT_EQ(store_->Append(One("R1", "a"))->first_seq, 1);
  Batch two = One("R1", "b");
  two.events.push_back(Happened("R2", "c"));
  const auto appended = store_->Append(two);
  ASSERT_TRUE(appended);
  EXPECT_EQ(appended->first_seq, 2);
  EXPECT_EQ(appended->last_seq, 3);
  EXPECT_EQ(store_->Size().value(), 3);
}

TEST_P(EveryStore, GivesBackWhatWasAppended) {
  ASSERT_TRUE(store_->Append(One("R1", "started", {{"why", "né \"x\"\n"}, {"n", 42}})));
  ASSERT_TRUE(store_->Append(One("", "opened")));
  const auto all = store_->Read(1, 10).value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].run, "R1");
  EXPECT_EQ(all[0].type, "started");
  EXPECT_EQ(all[0].actor, "ann@desk");
  EXPECT_EQ(base::GetString(all[0].data, "why"), "né \"x\"\n");
  EXPECT_EQ(base::GetInt(all[0].data, "n"), 42);
  EXPECT_EQ(all[1].run, "");
  EXPECT_EQ(store_->Read(2, 10)->size(), 1u);
  EXPECT_EQ(store_->Read(1, 1)->size(), 1u);
  EXPECT_EQ(store_->Read(3, 10)->size(), 0u);
}

TEST_P(EveryStore, ReadsOneRunAfterAPoint) {
  for (const char* run : {"R1", "R2", "R1", "R2", "R1"}) ASSERT_TRUE(store_->Append(One(run, "x")));
  EXPECT_EQ(store_->LastSeq("R1").value(), 5);
  EXPECT_EQ(store_->LastSeq("R2").value(), 4);
  EXPECT_EQ(store_->LastSeq("R3").value(), 0);
  const auto rest = store_->ReadRun("R1", 1).value();
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].seq, 3);
  EXPECT_EQ(rest[1].seq, 5);
}

TEST_P(EveryStore, WritesRowsWithTheirEvents) {
  Batch batch = One("R1", "x");
  batch.puts = {{Put::Mode::kSet, Table::kRun, "R1", "{\"a\":1}"},
                {Put::Mode::kSet, Table::kRun, "R0", "{}"}};
  ASSERT_TRUE(store_->Append(batch));
  EXPECT_EQ(store_->Get(Table::kRun, "R1").value(), "{\"a\":1}");
  EXPECT_EQ(store_->Get(Table::kOpen, "R1").value(), std::nullopt);
  ASSERT_EQ(store_->Scan(Table::kRun)->size(), 2u);
  EXPECT_EQ(store_->Scan(Table::kRun)->front().key, "R0");
  Batch erase = One("R1", "y");
  erase.puts = {{Put::Mode::kErase, Table::kRun, "R1", ""}};
  ASSERT_TRUE(store_->Append(erase));
  EXPECT_EQ(store_->Get(Table::kRun, "R1").value(), std::nullopt);
}

TEST_P(EveryStore, RefusesRowsThatNoEventAccountsFor) {
  Batch batch;
  batch.puts = {{Put::Mode::kSet, Table::kRun, "R1", "{}"}};
  EXPECT_EQ(store_->Append(batch).error().kind, base::ErrorKind::kInternal);
}

TEST_P(EveryStore, AnInsertOfATakenKeyIsAConflictAndWritesNothing) {
  Batch first = One("R1", "x");
  first.puts = {{Put::Mode::kInsert, Table::kLock, "web-1", "{}"}};
  ASSERT_TRUE(store_->Append(first));
  Batch second = One("R2", "x");
  second.puts = {{Put::Mode::kSet, Table::kRun, "R2", "{}"},
                 {Put::Mode::kInsert, Table::kLock, "web-1", "{}"}};
  const auto refused = store_->Append(second);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::kConflict);
  EXPECT_EQ(refused.error().what, "lock web-1 is taken");
  EXPECT_EQ(store_->Size().value(), 1);
  EXPECT_EQ(store_->Get(Table::kRun, "R2").value(), std::nullopt);
}

TEST_P(EveryStore, AnInsertSeesThePutsBeforeItInItsBatch) {
  Batch freed = One("R1", "x");
  freed.puts = {{Put::Mode::kSet, Table::kLock, "t", "{}"},
                {Put::Mode::kErase, Table::kLock, "t", ""},
                {Put::Mode::kInsert, Table::kLock, "t", "{\"run\":\"R1\"}"}};
  ASSERT_TRUE(store_->Append(freed));
  Batch twice = One("R1", "y");
  twice.puts = {{Put::Mode::kInsert, Table::kLock, "u", "{}"}, {Put::Mode::kInsert, Table::kLock, "u", "{}"}};
  EXPECT_EQ(store_->Append(twice).error().kind, base::ErrorKind::kConflict);
}

TEST_P(EveryStore, AConditionOnTheRunsNewestEventIsChecked) {
  Batch first = One("R1", "x");
  first.condition = Condition{"R1", 0, 0};
  ASSERT_TRUE(store_->Append(first));
  EXPECT_EQ(store_->Append(first).error().kind, base::ErrorKind::kConflict);
  ASSERT_TRUE(store_->Append(One("R2", "other run")));
  Batch next = One("R1", "y");
  next.condition = Condition{"R1", 1, 0};
  EXPECT_TRUE(store_->Append(next));
}

TEST_P(EveryStore, ALeaseRaisesTheEpochAndAnOldEpochCannotWrite) {
  auto lease = store_->TakeLease("R1", "ann@desk", base::FromMillis(1000));
  ASSERT_TRUE(lease);
  EXPECT_EQ((*lease)->Epoch(), 1u);
  Batch mine = One("R1", "decided");
  mine.condition = Condition{"R1", store_->LastSeq("R1").value(), 1};
  ASSERT_TRUE(store_->Append(mine));
  lease->reset();
  auto second = store_->TakeLease("R1", "ann@desk", base::FromMillis(2000));
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->Epoch(), 2u);
  mine.condition->last_seq = store_->LastSeq("R1").value();
  const auto stale = store_->Append(mine);
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().what, "the lease of run R1 is at epoch 2, the writer's is 1");
}

TEST_P(EveryStore, TellsWhetherSomebodyHasALease) {
  auto other = maker_->Open("p2");
  EXPECT_EQ(other->HolderOf("R1").value(), Holder::kNobody);
  auto lease = store_->TakeLease("R1", "ann@desk", base::FromMillis(0));
  EXPECT_EQ(other->HolderOf("R1").value(), Holder::kAlive);
  EXPECT_EQ(store_->HolderOf("R1").value(), Holder::kAlive);
  EXPECT_EQ(other->HolderOf("R2").value(), Holder::kNobody);
  lease->reset();
  EXPECT_EQ(other->HolderOf("R1").value(), Holder::kNobody);
  EXPECT_TRUE(other->TakeLease("R1", "bob@desk", base::FromMillis(1)));
}

TEST_P(EveryStore, AHeldLeaseIsRefusedWithItsHolder) {
  auto other = maker_->Open("p2");
  auto lease = store_->TakeLease("R1", "ann@desk", base::FromMillis(0));
  ASSERT_TRUE(lease);
  const auto refused = other->TakeLease("R1", "bob@desk", base::FromMillis(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::kRefused);
  EXPECT_NE(refused.error().what.find("pid "), std::string::npos) << refused.error().what;
  EXPECT_NE(refused.error().what.find("since 1970-01-01T00:00:00.000Z"), std::string::npos)
      << refused.error().what;
  EXPECT_TRUE(other->TakeLease("R2", "bob@desk", base::FromMillis(1)));
  lease->reset();
  EXPECT_TRUE(other->TakeLease("R1", "bob@desk", base::FromMillis(1)));
}

TEST_P(EveryStore, KeepsBlobsByDigestAndOutlivesTheirDeletion) {
  Batch batch = One("R1", "x");
  batch.blobs = {"hello", std::string("\0\xFF", 2), "hello"};
  ASSERT_TRUE(store_->Append(batch));
  const std::string digest = base::Sha256Text("hello");
  EXPECT_EQ(store_->Blob(digest).value(), "hello");
  EXPECT_EQ(store_->Blob(base::Sha256Text("nothing")).error().kind, base::ErrorKind::kInvalid);
  const Deletion deletion{"ann@desk", base::FromMillis(7), "it held a password"};
  EXPECT_EQ(store_->DeleteBlob(base::Sha256Text("nothing"), deletion).error().kind,
            base::ErrorKind::kInvalid);
  EXPECT_EQ(store_->Size().value(), 1);
  ASSERT_TRUE(store_->DeleteBlob(digest, deletion));
  EXPECT_EQ(store_->Blob(digest).error().what, "blob " + digest + " was deleted");
  const auto events = store_->ReadRun("", 0).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].type, "blob_deleted");
  EXPECT_EQ(events[0].actor, "ann@desk");
  EXPECT_EQ(events[0].data, (base::JsonObject{{"digest", digest}, {"reason", "it held a password"}}));
}

TEST_P(EveryStore, RefusesWhatCannotBeWrittenDown) {
  EXPECT_EQ(store_->Append(One("R1", "x", {{"f", 0.5}})).error().kind, base::ErrorKind::kInvalid);
  EXPECT_EQ(store_->Append(One("R1", "")).error().kind, base::ErrorKind::kInvalid);
  EXPECT_EQ(store_->Append(One("R1", "x", {{"s", "\xFF"}})).error().kind, base::ErrorKind::kInvalid);
  EXPECT_EQ(store_->Size().value(), 0);
}

TEST_P(EveryStore, SignsTheTreeHeadOnceForEachSize) {
  ASSERT_TRUE(store_->Append(One("R1", "x")));
  const auto first = store_->MakeCheckpoint().value();
  EXPECT_EQ(first.size, 1);
  EXPECT_EQ(first.note, store_->MakeCheckpoint()->note);
  ASSERT_TRUE(store_->Append(One("R1", "y")));
  EXPECT_EQ(store_->MakeCheckpoint()->size, 2);
}

TEST_P(EveryStore, AViewProvesEveryEventAndEveryOlderHead) {
  constexpr std::int64_t kEvents = 700;  // crosses two tiles
  Frontier frontier;
  std::vector<Hash> roots{EmptyRoot()};
  Batch batch;
  for (int i = 0; i < kEvents; ++i) batch.events.push_back(Happened("R" + std::to_string(i % 7), "x"));
  ASSERT_TRUE(store_->Append(batch));
  const auto view = store_->OpenView().value();
  std::vector<Hash> leaves;
  ASSERT_TRUE(view->Events(1, kEvents, [&](const RawEvent& event) -> base::Status {
    EXPECT_EQ(base::AsBytes(LeafHash(event.bytes)), event.leaf);
    leaves.push_back(LeafHash(event.bytes));
    frontier.Append(leaves.back());
    roots.push_back(frontier.Root());
    return {};
  }));
  EXPECT_EQ(view->Head()->size, kEvents);
  EXPECT_EQ(view->Head()->peaks, frontier.Peaks());
  const SubtreeReader reader = [&](int level, std::int64_t index) { return view->Subtree(level, index); };
  for (std::int64_t i = 0; i < kEvents; i += 37) {
    const auto proof = InclusionProof(reader, i, kEvents).value();
    EXPECT_TRUE(VerifyInclusion(leaves[static_cast<std::size_t>(i)], i, kEvents, proof, roots.back())) << i;
    const auto steps = ConsistencyProof(reader, i, kEvents).value();
    EXPECT_TRUE(VerifyConsistency(i, roots[static_cast<std::size_t>(i)], kEvents, roots.back(), steps)) << i;
  }
}

TEST_P(EveryStore, ManyThreadsAppendWithoutLossAndAConflictHarmsNobodyElse) {
  constexpr int kThreads = 16;
  constexpr int kEach = 25;
  std::atomic<int> conflicts = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_TRUE(store_->Append(One("R" + std::to_string(t), "x", {{"i", i}})));
        Batch contested = One("lock", "took");
        contested.puts = {{Put::Mode::kInsert, Table::kLock, "turn " + std::to_string(i), "{}"}};
        if (!store_->Append(contested)) ++conflicts;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(conflicts, (kThreads - 1) * kEach);
  EXPECT_EQ(store_->Size().value(), kThreads * kEach + kEach);
  for (int t = 0; t < kThreads; ++t) {
    const auto events = store_->ReadRun("R" + std::to_string(t), 0).value();
    ASSERT_EQ(events.size(), static_cast<std::size_t>(kEach));
    for (int i = 0; i < kEach; ++i) EXPECT_EQ(base::GetInt(events[static_cast<std::size_t>(i)].data, "i"), i);
  }
}

TEST_P(EveryStore, TwoHandlesInterleaveOnOneLog) {
  auto other = maker_->Open("p2");
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE((i % 2 == 0 ? store_ : other)->Append(One("R1", "x")));
  }
  EXPECT_EQ(store_->Size().value(), 20);
  EXPECT_EQ(other->Read(1, 100)->size(), 20u);
  EXPECT_EQ(other->Id(), store_->Id());
}

}  // namespace
}  // namespace slipway::journal
