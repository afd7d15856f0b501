#include "base/new_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <vector>

#include "base/file.h"

namespace slipway::base {
namespace {

namespace fs = std::filesystem;

class NewFiles : public testing::Test {
 protected:
  NewFiles() {
    std::string name = testing::TempDir() + "/new-files.XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~NewFiles() override { fs::remove_all(folder_); }
  std::size_t Count() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_;
};

TEST_F(NewFiles, StandWholeUnderTheirNamesAndNothingElseDoes) {
  std::vector<NewFile> files;
  for (int i = 0; i < 100; ++i) files.push_back({"f" + std::to_string(i), "content " + std::to_string(i)});
  ASSERT_TRUE(WriteNewFiles(folder_, files, 0600));
  EXPECT_EQ(Count(), 100u);
  EXPECT_EQ(ReadFile(folder_ / "f42").value(), "content 42");
  struct stat about{};
  ASSERT_EQ(stat((folder_ / "f42").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_EQ(about.st_nlink, 1u);
}

TEST_F(NewFiles, WhatIsThereIsNeverReplaced) {
  ASSERT_TRUE(WriteFileNew(folder_ / "b", "older", 0600));
  const std::vector<NewFile> files{{"a", "1"}, {"b", "2"}, {"c", "3"}};
  EXPECT_EQ(WriteNewFiles(folder_, files, 0600).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(ReadFile(folder_ / "b").value(), "older");
  EXPECT_TRUE(fs::exists(folder_ / "a"));
  EXPECT_EQ(Count(), 2u) << "c is not there, nor anything beside";
}

TEST_F(NewFiles, AFolderThatIsNotThereIsAnError) {
  EXPECT_EQ(WriteNewFiles(folder_ / "no", std::vector<NewFile>{{"a", "1"}}, 0600).error().kind,
            ErrorKind::kIo);
}

}  // namespace
}  // namespace slipway::base
