#include "drivers/postgres/backups/stored.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"

namespace slipway::drivers::postgres {
namespace {

using base::Time;

// Newest first, `age` days old each.
StoredBackup Backup(int age, bool proven = false, std::string system = "7") {
  StoredBackup backup;
  backup.path = "backups/acme_" + std::to_string(age) + ".backup";
  backup.manifest.system = std::move(system);
  backup.manifest.taken_at = Time{} + std::chrono::days(100 - age);
  if (proven) backup.proven_at = backup.manifest.taken_at;
  return backup;
}

std::string Gone(const std::vector<StoredBackup>& all, std::int64_t keep, int older_than_days) {
  std::string gone;
  for (const StoredBackup* one : Expendable(all, keep, Time{} + std::chrono::days(100 - older_than_days)))
    gone += (gone.empty() ? "" : " ") + one->path.stem().string().substr(5);
  return gone;
}

TEST(Expendable, OnlyWhatIsOldAndNotAmongTheNewestGoes) {
  const std::vector<StoredBackup> all{Backup(1), Backup(2), Backup(40), Backup(50)};
  EXPECT_EQ(Gone(all, 1, 30), "40 50");
  EXPECT_EQ(Gone(all, 3, 30), "50");
  EXPECT_EQ(Gone(all, 1, 45), "50");
  EXPECT_EQ(Gone(all, 4, 0), "");
}

TEST(Expendable, TheNewestThatIsProvenStaysHoweverOldItIs) {
  EXPECT_EQ(Gone({Backup(1), Backup(2), Backup(40, true), Backup(50, true)}, 1, 0), "2 50");
  EXPECT_EQ(Gone({Backup(80), Backup(90, true)}, 1, 30), "");
}

TEST(Expendable, EachServerIsCountedOnItsOwn) {
  EXPECT_EQ(Gone({Backup(1), Backup(40, true, "8"), Backup(50, true), Backup(60, false, "8")}, 1, 0), "60");
}

TEST(Expendable, AnExactAgeStays) {
  EXPECT_EQ(Gone({Backup(1), Backup(30)}, 1, 30), "");
  EXPECT_EQ(Gone({Backup(1), Backup(31)}, 1, 30), "31");
}

TEST(StoredBackups, AFolderThatIsNotThereHoldsNone) {
  const auto all = StoredBackups("/nonexistent/backups", "acme", "acme");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->empty());
}

TEST(StoredBackups, AManifestThatCannotBeReadIsNotPassedOver) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("slipway-stored-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const std::string name = "acme_20261121_065604_9946bca0.backup";
  ASSERT_TRUE(
      base::WriteFileNew(ManifestPath(folder / "acme_2026_20261122_065604_9946bca0.backup"), "another's"));
  ASSERT_TRUE(base::WriteFileNew(ManifestPath(folder / name), "{ half of it"));
  ASSERT_TRUE(StoredBackups(folder, "acme", "acme")->empty());
  EXPECT_EQ(*UnreadableBackup(folder, "acme", ""), folder / name);
  EXPECT_EQ(*UnreadableBackup(folder, "acme", "acme_20261120_000000_0.backup"), folder / name);
  EXPECT_EQ(*UnreadableBackup(folder, "acme", "acme_20261122_000000_0.backup"), std::nullopt);
  EXPECT_EQ(*UnreadableBackup(folder, "bolt", ""), std::nullopt);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace slipway::drivers::postgres
