#include "base/private_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace slipway::base {
namespace {

namespace fs = std::filesystem;

fs::perms ModeOf(const fs::path& path) { return fs::status(path).permissions() & fs::perms::mask; }

TEST(PrivateFolder, WhatIsMadeIsItsOwnersAlone) {
  std::string name = testing::TempDir() + "/private-XXXXXX";
  const fs::path root = ::mkdtemp(name.data());
  const mode_t mask = ::umask(0);
  fs::create_directory(root / "open");
  EXPECT_TRUE(MakePrivateFolder(root / "open" / "a" / "b"));
  EXPECT_TRUE(MakePrivateFolder(root / "open" / "a" / "b"));
  ::umask(mask);
  EXPECT_EQ(ModeOf(root / "open"), fs::perms(0777));
  EXPECT_EQ(ModeOf(root / "open" / "a"), fs::perms(0700));
  EXPECT_EQ(ModeOf(root / "open" / "a" / "b"), fs::perms(0700));
  std::ofstream(root / "file") << "x";
  EXPECT_FALSE(MakePrivateFolder(root / "file"));
  EXPECT_FALSE(MakePrivateFolder(root / "file" / "below"));
  fs::remove_all(root);
}

}  // namespace
}  // namespace slipway::base
