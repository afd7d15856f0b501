#include "app/fleet_status_kept.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/file.h"
#include "base/random.h"
#include "journal/memory_store.h"

namespace slipway::app {
namespace {

namespace fs = std::filesystem;

constexpr char kKey[] = "sha256:0";
const base::Time kNow = base::FromMillis(1'800'000'000'000);

class KeptStatus : public testing::Test {
 protected:
  KeptStatus() {
    std::string name = (fs::temp_directory_path() / "slipway-kept-XXXXXX").string();
    root_ = mkdtemp(name.data());
    fs::create_directories(root_ / ".slipway");
    Write("slipway.yaml", "a");
    Write("targets/a.yaml", "b");
  }
  ~KeptStatus() override { fs::remove_all(root_); }

  void Write(const std::string& file, const std::string& text) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file, std::ios::binary) << text;
  }
  fs::path State() const { return root_ / ".slipway"; }
  std::string KeyNow(const std::string& environment = "") {
    return KeyOfStatus(root_, *store_, environment).value();
  }
  static std::vector<api::FleetCustomer> Two() {
    return {{.id = "acme",
             .ring = "early",
             .version = "v1.0.0",
             .target_version = "v2.0.0",
             .backup = "backups/a",
             .backup_at = kNow - base::Duration{5},
             .proven_at = kNow,
             .drift = "differs",
             .looked_at = kNow - base::Duration{9},
             .open = false,
             .until = kNow + base::Duration{60'000},
             .held_by = "R7"},
            {.id = "zeta \"quoted\" é"}};
  }

  fs::path root_;
  base::SeededRandom random_{1};
  journal::MemoryDisk disk_{random_};
  std::unique_ptr<journal::Store> store_ = journal::OpenMemoryStore(disk_, "test");
};

TEST_F(KeptStatus, IsReadAsItWasKept) {
  KeepStatus(State(), kKey, kNow, Two());
  const auto kept = ReadKeptStatus(State(), kKey, kNow);
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->size(), 2U);
  const api::FleetCustomer& one = (*kept)[0];
  EXPECT_EQ(one.id + one.ring + one.version + one.target_version + one.backup + one.held_by,
            "acmeearlyv1.0.0v2.0.0backups/aR7");
  EXPECT_EQ(one.backup_at, kNow - base::Duration{5});
  EXPECT_EQ(one.proven_at, kNow);
  EXPECT_EQ(one.drift, "differs");
  EXPECT_EQ(one.looked_at, kNow - base::Duration{9});
  EXPECT_EQ((*kept)[1].drift, "unknown");
  EXPECT_FALSE(one.open);
  EXPECT_EQ(one.until, kNow + base::Duration{60'000});
  EXPECT_EQ((*kept)[1].id, "zeta \"quoted\" é");
  EXPECT_TRUE((*kept)[1].open);
  EXPECT_FALSE((*kept)[1].until || (*kept)[1].backup_at);
}

TEST_F(KeptStatus, HoldsUntilAWindowOpensOrShutsAndAnHourAtMost) {
  KeepStatus(State(), kKey, kNow, Two());
  EXPECT_TRUE(ReadKeptStatus(State(), kKey, kNow + base::Duration{59'999}));
  EXPECT_FALSE(ReadKeptStatus(State(), kKey, kNow + base::Duration{60'000}));
  EXPECT_FALSE(ReadKeptStatus(State(), kKey, kNow - base::Duration{1})) << "the clock was set back";
  KeepStatus(State(), kKey, kNow, {{.id = "acme"}});
  EXPECT_TRUE(ReadKeptStatus(State(), kKey, kNow + base::Duration{3'599'999}));
  EXPECT_FALSE(ReadKeptStatus(State(), kKey, kNow + base::Duration{3'600'000}));
}

TEST_F(KeptStatus, EverythingItIsMadeOfChangesTheKey) {
  const std::string key = KeyNow();
  EXPECT_EQ(KeyNow(), key);
  EXPECT_NE(KeyNow("prod"), key);
  Write("slipway.yaml", "a2");
  EXPECT_NE(KeyNow(), key);
  Write("slipway.yaml", "a");
  EXPECT_EQ(KeyNow(), key);
  Write("targets/a.yaml", "c");
  EXPECT_NE(KeyNow(), key);
  Write("targets/a.yaml", "b");
  Write("targets/b.yml", "");
  EXPECT_NE(KeyNow(), key);
  fs::remove(root_ / "targets/b.yml");
  journal::Batch batch;
  batch.events.push_back({.run = "R1", .type = "note", .actor = "test", .at = kNow, .data = {}});
  ASSERT_TRUE(store_->Append(batch));
  EXPECT_NE(KeyNow(), key);
  fs::rename(root_ / "targets/a.yaml", root_ / "targets/z.yaml");
  EXPECT_NE(KeyNow(), key);
}

TEST_F(KeptStatus, WhatIsUnlikeItIsNotThere) {
  EXPECT_FALSE(ReadKeptStatus(State(), kKey, kNow));
  KeepStatus(State(), kKey, kNow, Two());
  EXPECT_FALSE(ReadKeptStatus(State(), "sha256:1", kNow));
  const fs::path file = State() / "cache/fleet-status.json";
  const std::string text = base::ReadFile(file).value();
  for (std::size_t cut = 0; cut < text.size(); cut += 7) {
    Write(".slipway/cache/fleet-status.json", text.substr(0, cut));
    EXPECT_FALSE(ReadKeptStatus(State(), kKey, kNow)) << cut;
  }
  for (
      const char* wrong :
      {"[]", "{}", R"({"key":"sha256:0","from":0,"until":9000000000000,"customers":[[1]]})",
       R"({"key":"sha256:0","from":0,"until":9000000000000,"customers":[]})",
       R"({"key":"sha256:0","from":0,"until":9000000000000,"customers":[[1,"","","","",null,null,true,null,""]]})"}) {
    Write(".slipway/cache/fleet-status.json", wrong);
    EXPECT_FALSE(ReadKeptStatus(State(), kKey, kNow)) << wrong;
  }
}

TEST_F(KeptStatus, WithoutAStoreNothingIsMade) {
  fs::remove_all(State());
  KeepStatus(State(), kKey, kNow, Two());
  EXPECT_FALSE(fs::exists(State()));
}

}  // namespace
}  // namespace slipway::app
