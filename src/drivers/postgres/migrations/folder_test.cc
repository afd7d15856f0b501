#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "drivers/postgres/migrations/migrate.h"

namespace slipway::drivers::postgres {
namespace {

class NoSecrets : public SecretSource {
 public:
  base::Result<base::Secret> Get(std::string_view) override { return base::Secret(""); }
};

class Folder : public testing::Test {
 protected:
  Folder() {
    std::string name = "/tmp/slipway-folder-XXXXXX";
    context_.workspace = mkdtemp(name.data());
  }
  ~Folder() override { std::filesystem::remove_all(context_.workspace); }

  void Write(const std::string& file, const std::string& sql) {
    const auto path = context_.workspace / "migrations" / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << sql;
  }
  std::string Read() {
    const auto files = ReadFolder(context_, "migrations");
    if (!files) return base::ToString(files.error());
    std::string told;
    for (const sql::Migration& file : *files) told += file.path + ": " + file.text + "; ";
    return told;
  }

  NoSecrets secrets_;
  CancelToken cancel_;
  Context context_{base::SystemClock(), base::SystemRandom(), cancel_, {}, secrets_, {}, {}};
};

// The wait is as long as a folder must have been left alone before what was read of it is kept.
TEST_F(Folder, WhateverIsDoneToItIsSeen) {
  Write("v1.0.0/001_a.sql", "SELECT 1");
  Write("v1.1.0/001_b.sql", "SELECT 2");
  const std::string first = "v1.0.0/001_a.sql: SELECT 1; v1.1.0/001_b.sql: SELECT 2; ";
  EXPECT_EQ(Read(), first);
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  EXPECT_EQ(Read(), first);
  EXPECT_EQ(Read(), first);
  Write("v1.1.0/001_b.sql", "SELECT 3");
  EXPECT_EQ(Read(), "v1.0.0/001_a.sql: SELECT 1; v1.1.0/001_b.sql: SELECT 3; ");
  Write("v1.1.0/001_b.sql", "SELECT 4");
  EXPECT_EQ(Read(), "v1.0.0/001_a.sql: SELECT 1; v1.1.0/001_b.sql: SELECT 4; ");
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  EXPECT_EQ(Read(), "v1.0.0/001_a.sql: SELECT 1; v1.1.0/001_b.sql: SELECT 4; ");
  Write("v1.0.0/002_c.sql", "SELECT 5");
  EXPECT_EQ(Read(), "v1.0.0/001_a.sql: SELECT 1; v1.0.0/002_c.sql: SELECT 5; v1.1.0/001_b.sql: SELECT 4; ");
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  Read();
  std::filesystem::remove_all(context_.workspace / "migrations/v1.1.0");
  EXPECT_EQ(Read(), "v1.0.0/001_a.sql: SELECT 1; v1.0.0/002_c.sql: SELECT 5; ");
}

}  // namespace
}  // namespace slipway::drivers::postgres
