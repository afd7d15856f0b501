// The store under kill -9, several processes and a full disk.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <thread>

#include "base/file.h"
#include "journal/memory_store.h"
#include "journal/merkle.h"
#include "journal/sqlite_store.h"
#include "journal/testing.h"
#include "journal/view.h"

namespace slipway::journal {
namespace {

using testing::One;

std::unique_ptr<Store> Open(const std::filesystem::path& dir) {
  auto store = OpenSqliteStore(dir);
  EXPECT_TRUE(store) << ToString(store.error());
  return std::move(*store);
}

// What a writer was told is on disk.
struct Acknowledged {
  std::int64_t seq;
  std::int64_t tag;
};

// A process that appends until it is killed, four threads at once, and notes what was acknowledged. Every few
// events it asks for a signed head, takes a lease and stores a blob, so that a kill may hit any of them.
[[noreturn]] void AppendForEver(const std::filesystem::path& dir, const std::filesystem::path& notes,
                                std::int64_t process) {
  auto store = OpenSqliteStore(dir, {.recycle_frames = 200});
  if (!store) ::_exit(3);
  const int out = ::open(notes.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  std::vector<std::thread> threads;
  for (std::int64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::int64_t i = 0;; ++i) {
        const std::int64_t tag = process * 1'000'000 + t * 100'000 + i;
        Batch batch = One("W" + std::to_string(t), "x", {{"tag", tag}});
        if (i % 7 == 0) batch.blobs.push_back("output " + std::to_string(tag));
        const auto appended = (*store)->Append(batch);
        if (!appended) ::_exit(4);
        const Acknowledged told{appended->first_seq, tag};
        if (::write(out, &told, sizeof told) != sizeof told) ::_exit(5);
        if (i % 11 == 0 && !(*store)->MakeCheckpoint()) ::_exit(6);
        if (i % 13 == 0 && !(*store)->TakeLease("L" + std::to_string(tag), "p", base::FromMillis(0)))
          ::_exit(7);
      }
    });
  }
  threads[0].join();
  ::_exit(0);
}

pid_t Start(const std::filesystem::path& dir, const std::filesystem::path& notes, std::int64_t process) {
  const pid_t pid = ::fork();
  if (pid == 0) AppendForEver(dir, notes, process);
  return pid;
}

// Ends the child and says how it ended: its signal, or its exit code.
int Kill(pid_t pid) {
  if (pid <= 0) return -1;  // kill(-1) would be everybody
  ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 1000 + WEXITSTATUS(status);
}

void ExpectSound(Store& store) {
  const auto view = store.OpenView().value();
  const RawHead head = view->Head().value();
  Frontier frontier;
  std::int64_t count = 0;
  ASSERT_TRUE(view->Events(0, head.size + 1000, [&](const RawEvent& event) -> base::Status {
    EXPECT_EQ(event.seq, ++count);
    EXPECT_EQ(base::AsBytes(LeafHash(event.bytes)), event.leaf);
    frontier.Append(LeafHash(event.bytes));
    return {};
  }));
  EXPECT_EQ(count, head.size);
  EXPECT_EQ(frontier.Peaks(), head.peaks);
  EXPECT_EQ(view->FileFaults().value(), std::vector<std::string>{});
}

TEST(Crash, KilledWritersLoseNothingThatWasAcknowledgedAndLeaveTheLogSound) {
  const testing::TempDir dir;
  const auto notes = dir.path() / "acknowledged";
  const auto store_dir = dir.path() / "store";
  std::vector<pid_t> alive;
  std::int64_t started = 0;
  for (; started < 3; ++started) alive.push_back(Start(store_dir, notes, started));
  for (int kills = 0; kills < 25; ++kills) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + 13 * (kills % 7)));
    const std::size_t victim = static_cast<std::size_t>(kills) % alive.size();
    EXPECT_EQ(Kill(alive[victim]), SIGKILL);
    alive[victim] = Start(store_dir, notes, started++);
  }
  for (const pid_t pid : alive) EXPECT_EQ(Kill(pid), SIGKILL);

  auto store = Open(store_dir);
  ExpectSound(*store);
  EXPECT_GT(store->Size().value(), 0);
  const auto events = store->Read(1, store->Size().value()).value();
  const std::string told = base::ReadFile(notes, 64u << 20).value();
  ASSERT_EQ(told.size() % sizeof(Acknowledged), 0u);
  for (std::size_t i = 0; i < told.size(); i += sizeof(Acknowledged)) {
    Acknowledged one;
    std::memcpy(&one, told.data() + i, sizeof one);
    ASSERT_LE(one.seq, static_cast<std::int64_t>(events.size()));
    EXPECT_EQ(base::GetInt(events[static_cast<std::size_t>(one.seq - 1)].data, "tag"), one.tag);
  }
  EXPECT_TRUE(store->Append(One("R1", "after")));
}

TEST(Crash, AKilledHoldersLeaseIsFreeAtOnceWithAHigherEpoch) {
  const testing::TempDir dir;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = OpenSqliteStore(dir.path());
    auto lease = (*store)->TakeLease("R1", "ann", base::FromMillis(0));
    (void)!::write(ready[1], lease ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char told = 0;
  ASSERT_EQ(::read(ready[0], &told, 1), 1);
  EXPECT_EQ(told, 'y');
  auto store = Open(dir.path());
  const auto refused = store->TakeLease("R1", "bob", base::FromMillis(1));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("pid " + std::to_string(child)), std::string::npos)
      << refused.error().what;
  EXPECT_EQ(store->HolderOf("R1").value(), Holder::kAlive);
  EXPECT_EQ(Kill(child), SIGKILL);
  EXPECT_EQ(store->HolderOf("R1").value(), Holder::kDead);
  EXPECT_EQ(store->Orphans().value(), std::vector<std::string>{"R1"});
  const auto lease = store->TakeLease("R1", "bob", base::FromMillis(2));
  ASSERT_TRUE(lease) << ToString(lease.error());
  EXPECT_EQ((*lease)->Epoch(), 2u);
  EXPECT_EQ(store->HolderOf("R1").value(), Holder::kAlive);
  EXPECT_EQ(store->Orphans().value(), std::vector<std::string>{});
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(Files, AreTheirOwnersAloneWhateverTheUmask) {
  const testing::TempDir dir;
  const mode_t mask = ::umask(0);
  {
    auto store = Open(dir.path() / "store");
    ASSERT_TRUE(store->Append(One("R1", "first")));
    const auto lease = store->TakeLease("R1", "ann", base::FromMillis(0));
    ASSERT_TRUE(store->MakeCheckpoint());
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.path())) {
      const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
      EXPECT_EQ(entry.status().permissions() & others, std::filesystem::perms::none) << entry.path();
    }
  }
  ::umask(mask);
}

TEST(Crash, ALeaseFileLeftBehindIsNoLease) {
  const testing::TempDir dir;
  std::filesystem::create_directories(dir.path() / "leases");
  ASSERT_TRUE(base::WriteFileAtomic(dir.path() / "leases" / "R1", ""));
  EXPECT_TRUE(Open(dir.path())->TakeLease("R1", "ann", base::FromMillis(0)));
}

TEST(FullDisk, IsAClearErrorAndLosesNothing) {
  const testing::TempDir dir;
  {
    ASSERT_TRUE(Open(dir.path())->Append(One("R1", "first")));
  }
  {
    auto store = std::move(*OpenSqliteStore(dir.path(), {.max_pages = 40}));
    const std::string filler(3000, 'x');
    base::Result<Appended> appended = Appended{};
    for (int i = 0; i < 100 && appended; ++i) appended = store->Append(One("R1", "x", {{"filler", filler}}));
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().kind, base::ErrorKind::kIo);
    EXPECT_EQ(appended.error().what, "the disk is full");
    ExpectSound(*store);
  }
  auto store = Open(dir.path());
  EXPECT_TRUE(store->Append(One("R1", "later")));
  ExpectSound(*store);
}

TEST(FullDisk, TheSameHandleGoesOnWhenThereIsSpaceAgain) {
  const testing::TempDir dir;
  auto store = Open(dir.path());
  ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit tight = before;
  tight.rlim_cur = 200'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  std::int64_t acknowledged = 0;
  base::Result<Appended> appended = Appended{};
  while (appended && acknowledged < 1000) {
    appended = store->Append(One("R1", "x"));
    if (appended) ++acknowledged;
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().kind, base::ErrorKind::kIo);
  EXPECT_EQ(store->Size().value(), acknowledged);
  const auto again = store->Append(One("R1", "later"));
  ASSERT_TRUE(again) << ToString(again.error());
  EXPECT_EQ(again->last_seq, acknowledged + 1);
  ExpectSound(*store);
}

TEST(FullDisk, ABatchTooLargeForItHarmsNoOther) {
  const testing::TempDir dir;
  auto store = std::move(*OpenSqliteStore(dir.path(), {.max_pages = 60}));
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  std::atomic<int> bad = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        Batch batch = One("R" + std::to_string(t), "x");
        if (t == 0) batch.blobs.push_back(std::string(1u << 20, static_cast<char>('a' + i)));
        ++(store->Append(batch) ? good : bad);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 70);
  EXPECT_EQ(bad, 10);
  ExpectSound(*store);
}

TEST(Keys, TheSecretHalfIsReadableByItsOwnerOnly) {
  const testing::TempDir dir;
  auto store = Open(dir.path());
  const auto mode = std::filesystem::status(dir.path() / "key.secret").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(base::ReadFile(dir.path() / "key.pub").value(), store->PublicKey() + "\n");
}

TEST(Keys, WithoutTheSecretHalfTheStoreStillWritesButCannotSign) {
  const testing::TempDir dir;
  auto store = Open(dir.path());
  std::filesystem::remove(dir.path() / "key.secret");
  EXPECT_TRUE(store->Append(One("R1", "x")));
  EXPECT_EQ(store->MakeCheckpoint().error().kind, base::ErrorKind::kIo);
  EXPECT_TRUE(store->Append(One("R1", "y")));
}

TEST(Keys, ASecretHalfThatOthersMayReadSignsNothing) {
  const testing::TempDir dir;
  auto store = Open(dir.path());
  ASSERT_TRUE(store->Append(One("R1", "x")));
  std::filesystem::permissions(dir.path() / "key.secret", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(store->MakeCheckpoint().error().kind, base::ErrorKind::kIo);
}

TEST(Keys, AJournalThatIsGoneIsNotBegunAnew) {
  const testing::TempDir dir;
  ASSERT_TRUE(Open(dir.path())->Append(One("R1", "x")));
  for (const char* file : {"journal.db", "journal.db-wal", "journal.db-shm"}) {
    std::filesystem::remove(dir.path() / file);
  }
  EXPECT_EQ(OpenSqliteStore(dir.path()).error().kind, base::ErrorKind::kIo);
}

TEST(MemoryStore, ADeadProcessLosesItsLeasesAndCannotWrite) {
  base::SeededRandom random(1);
  MemoryDisk disk(random);
  auto first = OpenMemoryStore(disk, "a");
  auto second = OpenMemoryStore(disk, "b");
  auto lease = first->TakeLease("R1", "ann", base::FromMillis(0));
  EXPECT_EQ(second->TakeLease("R1", "ann", base::FromMillis(0)).error().kind, base::ErrorKind::kRefused);
  disk.Die("a");
  EXPECT_EQ(second->HolderOf("R1").value(), Holder::kDead);
  EXPECT_EQ(second->Orphans().value(), std::vector<std::string>{"R1"});
  EXPECT_FALSE(first->Append(One("R1", "from the grave")));
  auto taken = second->TakeLease("R1", "ann", base::FromMillis(0));
  ASSERT_TRUE(taken);
  EXPECT_EQ((*taken)->Epoch(), 2u);
  lease->reset();  // the dead one's handle gives back nothing that is another's
  EXPECT_FALSE(OpenMemoryStore(disk, "a")->TakeLease("R1", "ann", base::FromMillis(0)));
}

}  // namespace
}  // namespace slipway::journal
