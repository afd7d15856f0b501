#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/bytes.h"
#include "base/random.h"

namespace slipway::base {
namespace {

namespace fs = std::filesystem;

class File : public testing::Test {
 protected:
  File() : folder_(fs::temp_directory_path() / ("slipway-file-" + Hex(SystemRandom().Bytes(8)))) {
    fs::create_directories(folder_ / "root/sub");
  }
  ~File() override { fs::remove_all(folder_); }

  std::size_t FilesIn(const fs::path& folder) const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(File, WhatIsWrittenReadsBack) {
  const std::string content("a\0b\n", 4);
  ASSERT_TRUE(WriteFileAtomic(folder_ / "x", content, 0600));
  EXPECT_EQ(ReadFile(folder_ / "x"), content);
  struct stat about{};
  ASSERT_EQ(::stat((folder_ / "x").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0600u);
  ASSERT_TRUE(WriteFileAtomic(folder_ / "x", "new"));
  EXPECT_EQ(ReadFile(folder_ / "x"), "new");
  EXPECT_EQ(FilesIn(folder_), 2u);  // x and root: nothing is left beside
}

TEST_F(File, ANewFileNeverReplacesOne) {
  ASSERT_TRUE(WriteFileNew(folder_ / "x", "first", 0600));
  EXPECT_EQ(WriteFileNew(folder_ / "x", "second").error().kind, ErrorKind::kConflict);
  EXPECT_EQ(ReadFile(folder_ / "x"), "first");
  EXPECT_EQ(FilesIn(folder_), 2u);
}

TEST_F(File, AFileInTheCurrentFolderCanBeWritten) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  EXPECT_TRUE(WriteFileAtomic("y", "1"));
  fs::current_path(before);
  EXPECT_EQ(ReadFile(folder_ / "y"), "1");
}

// The limit on file size stands in for a full disk: write() fails in the same place.
TEST_F(File, AFullDiskLeavesTheOldContent) {
  ASSERT_TRUE(WriteFileAtomic(folder_ / "x", "old"));
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Status written = WriteFileAtomic(folder_ / "x", std::string(5000, 'n'));
    ::_exit(!written && written.error().kind == ErrorKind::kIo ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(ReadFile(folder_ / "x"), "old");
  EXPECT_EQ(FilesIn(folder_), 2u);
}

TEST_F(File, ReadingSaysWhatIsWrong) {
  std::ofstream(folder_ / "big") << std::string(11, 'x');
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(folder_ / "big", 10).error().what, "larger than 10B");
  EXPECT_EQ(ReadFile(folder_ / "missing").error().what, "no such file");
  EXPECT_EQ(ReadFile(folder_ / "pipe").error().what, "not a regular file");
  EXPECT_EQ(ReadFile(folder_).error().what, "not a regular file");
}

TEST_F(File, ReadsFilesThatClaimToBeEmpty) { EXPECT_FALSE(ReadFile("/proc/self/status").value().empty()); }

TEST_F(File, InsideTakesWhatStaysInside) {
  EXPECT_EQ(Inside(folder_ / "root", "sub/new.txt"), folder_ / "root/sub/new.txt");
  EXPECT_EQ(Inside(folder_ / "root", "./sub//x"), folder_ / "root/sub/x");
  EXPECT_EQ(Inside(folder_ / "root", "..x/y"), folder_ / "root/..x/y");
  ASSERT_TRUE(WriteFileNew(folder_ / "root/sub/there", "1", 0600));
  EXPECT_EQ(Inside(folder_ / "root", "sub/there"), folder_ / "root/sub/there");
  EXPECT_EQ(Inside(folder_ / "root", "sub/there/x"), folder_ / "root/sub/there/x");
  fs::create_symlink("sub", folder_ / "root/link");
  EXPECT_TRUE(Inside(folder_ / "root", "link/x"));
  fs::create_symlink("root", folder_ / "door");
  EXPECT_EQ(Inside(folder_ / "door", "sub/there"), folder_ / "door/sub/there");
}

TEST_F(File, WhatIsReadIsNeitherCutNorFilledUp) {
  for (const std::size_t size : {0u, 1u, 65535u, 65536u, 65537u, 200000u}) {
    const std::string content(size, 'x');
    ASSERT_TRUE(WriteFileAtomic(folder_ / "x", content));
    EXPECT_EQ(ReadFile(folder_ / "x", size), content) << size;
  }
}

TEST_F(File, InsideRefusesWhatLeadsOut) {
  const fs::path root = folder_ / "root";
  fs::create_symlink("..", root / "up");
  fs::create_symlink("/etc/passwd", root / "sub/passwd");
  fs::create_symlink(folder_ / "not-there-yet", root / "dangling");
  fs::create_symlink("loop", root / "loop");
  fs::create_directories(folder_ / "root-too");
  fs::create_symlink("../root-too", root / "sibling");
  ASSERT_TRUE(WriteFileNew(folder_ / "root-too/there", "1", 0600));
  for (const std::string& path :
       {std::string(), std::string("/etc/passwd"), std::string("../root/x"), std::string("sub/../../x"),
        std::string("sub/.."), std::string("up/x"), std::string("sub/passwd"), std::string("dangling"),
        std::string("dangling/x"), std::string("loop/x"), std::string("sibling"),
        std::string("sibling/there"), std::string("a\0b", 3)}) {
    const auto inside = Inside(root, path);
    ASSERT_FALSE(inside) << path;
    EXPECT_EQ(inside.error().kind, ErrorKind::kInvalid) << path;
  }
}

TEST_F(File, AnFdClosesItself) {
  int number = -1;
  {
    Fd one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = one.get();
    Fd two = std::move(one);
    EXPECT_FALSE(one.valid());
    EXPECT_EQ(two.get(), number);
    two = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(::fcntl(number, F_GETFD), -1);
    number = two.get();
  }
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

TEST_F(File, ErrnoHasAText) { EXPECT_EQ(ErrnoText(ENOENT), "No such file or directory"); }

}  // namespace
}  // namespace slipway::base
