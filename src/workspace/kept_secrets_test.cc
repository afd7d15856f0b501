#include "workspace/kept_secrets.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/file.h"
#include "workspace/secrets.h"

namespace slipway::workspace {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Secret;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kValue[] = "correct-horse \"battery\"";

class KeptSecretsTest : public testing::Test {
 protected:
  ~KeptSecretsTest() override { fs::remove_all(dir_); }
  std::string Say(std::string_view name) {
    auto found = kept_.Find(name);
    if (!found) return base::ToString(found.error());
    return *found ? (*found)->value.Reveal() + " by " + (*found)->by : "none";
  }
  static unsigned Mode(const fs::path& path) {
    struct stat info = {};
    stat(path.c_str(), &info);
    return info.st_mode & 0777;
  }

  static fs::path MakeFolder() {
    std::string name = "/tmp/slipway-secrets-XXXXXX";
    return mkdtemp(name.data());
  }

  const fs::path dir_ = MakeFolder();
  KeptSecrets kept_{dir_, ""};
};

TEST_F(KeptSecretsTest, WhatIsKeptIsFoundAgain) {
  EXPECT_EQ(Say("db"), "none");
  ASSERT_TRUE(kept_.Create("db", {Secret(kValue), "user ada"}));
  EXPECT_EQ(Say("db"), std::string(kValue) + " by user ada");
  EXPECT_THAT(kept_.Names(), ElementsAre("db"));
  ASSERT_TRUE(kept_.Erase("db"));
  EXPECT_EQ(Say("db"), "none");
  EXPECT_TRUE(kept_.Erase("db")) << "gone already";
}

TEST_F(KeptSecretsTest, OnDiskNothingIsInClearAndOnlyTheOwnerMayRead) {
  ASSERT_TRUE(kept_.Create("db", {Secret(kValue), "user ada"}));
  const std::string bytes = base::ReadFile(dir_ / "secrets/db.secret").value();
  EXPECT_THAT(bytes, testing::StartsWith("slipway secret v1\n"));
  EXPECT_THAT(bytes, Not(HasSubstr("horse")));
  EXPECT_EQ(Mode(dir_ / "secrets"), 0700u);
  EXPECT_EQ(Mode(dir_ / "secrets/db.secret"), 0600u);
  EXPECT_EQ(Mode(dir_ / "secrets/key"), 0600u);
}

TEST_F(KeptSecretsTest, TheFolderAboveIsMadeForItsOwnerAloneAsWell) {
  ASSERT_TRUE(KeptSecrets(dir_ / ".slipway", "").Create("db", {Secret(kValue), "user ada"}));
  EXPECT_EQ(Mode(dir_ / ".slipway"), 0700u);
}

TEST_F(KeptSecretsTest, CreatingIsRefusedWhereThereIsOne) {
  ASSERT_TRUE(kept_.Create("db", {Secret(kValue), "one"}));
  EXPECT_EQ(kept_.Create("db", {Secret("another"), "two"}).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(Say("db"), std::string(kValue) + " by one");
  ASSERT_TRUE(kept_.Replace("db", {Secret("another"), "two"}));
  EXPECT_EQ(Say("db"), "another by two");
}

TEST_F(KeptSecretsTest, OfManyThatCreateAtOnceExactlyOneDoes) {
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, i] {
        done += KeptSecrets(dir_, "").Create("db", {Secret("value" + std::to_string(i)), "x"}) ? 1 : 0;
      });
  }
  EXPECT_EQ(done, 1);
  EXPECT_THAT(Say("db"), HasSubstr("value"));
}

TEST_F(KeptSecretsTest, AFileUnderAnotherNameIsNotThatSecret) {
  ASSERT_TRUE(kept_.Create("db", {Secret(kValue), "one"}));
  fs::copy(dir_ / "secrets/db.secret", dir_ / "secrets/other.secret");
  EXPECT_THAT(Say("other"), HasSubstr("damaged"));
}

TEST_F(KeptSecretsTest, ADamagedFileIsToldWithoutItsContent) {
  ASSERT_TRUE(kept_.Create("db", {Secret(kValue), "one"}));
  std::string bytes = base::ReadFile(dir_ / "secrets/db.secret").value();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  for (const std::string& broken : {bytes, bytes.substr(0, 30), std::string("hello")}) {
    ASSERT_TRUE(base::WriteFileAtomic(dir_ / "secrets/db.secret", broken, 0600));
    EXPECT_THAT(Say("db"), HasSubstr("it is damaged, or sealed with another key (secret db)"));
  }
}

TEST_F(KeptSecretsTest, AKeyThatIsGoneIsNotReplacedByAnother) {
  ASSERT_TRUE(kept_.Create("db", {Secret(kValue), "one"}));
  fs::rename(dir_ / "secrets/key", dir_ / "key");
  EXPECT_THAT(base::ToString(kept_.Create("other", {Secret(kValue), "one"}).error()),
              HasSubstr("the key of the kept secrets is gone"));
  EXPECT_THAT(Say("db"), HasSubstr("where it is lost for good, remove the .secret files beside it"));
  fs::rename(dir_ / "key", dir_ / "secrets/key");
  EXPECT_EQ(Say("db"), std::string(kValue) + " by one");
  fs::permissions(dir_ / "secrets/key", fs::perms(0644));
  EXPECT_THAT(Say("db"), HasSubstr("others may read the file"));
}

TEST_F(KeptSecretsTest, TheKeyMayComeFromTheEnvironment) {
  const KeptSecrets kept(dir_, "SLIPWAY_TEST_KEY");
  unsetenv("SLIPWAY_TEST_KEY");
  EXPECT_THAT(base::ToString(kept.Create("db", {Secret(kValue), "x"}).error()),
              HasSubstr("SLIPWAY_TEST_KEY"));
  setenv("SLIPWAY_TEST_KEY", "dG9vIHNob3J0", 1);
  EXPECT_THAT(base::ToString(kept.Create("db", {Secret(kValue), "x"}).error()),
              HasSubstr("not 32 bytes in base64"));
  setenv("SLIPWAY_TEST_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", 1);
  ASSERT_TRUE(kept.Create("db", {Secret(kValue), "x"}));
  EXPECT_EQ(kept.Find("db").value()->value.Reveal(), kValue);
  EXPECT_FALSE(fs::exists(dir_ / "secrets/key"));
}

TEST_F(KeptSecretsTest, ARemovedSecretLeavesNothingOfAWriteThatWasCutShort) {
  ASSERT_TRUE(kept_.Create("db", {Secret(kValue), "x"}));
  fs::copy_file(dir_ / "secrets/db.secret", dir_ / "secrets/.db.secret.a1B2c3");
  fs::copy_file(dir_ / "secrets/db.secret", dir_ / "secrets/.db2.secret.a1B2c3");
  EXPECT_TRUE(kept_.Erase("db"));
  EXPECT_FALSE(fs::exists(dir_ / "secrets/db.secret") || fs::exists(dir_ / "secrets/.db.secret.a1B2c3"));
  EXPECT_TRUE(fs::exists(dir_ / "secrets/.db2.secret.a1B2c3"));
}

TEST_F(KeptSecretsTest, NamesAreIdsAndValuesCanBeMasked) {
  for (const char* name : {"../db", "Db", "", "a/b", "."}) {
    EXPECT_EQ(kept_.Create(name, {Secret(kValue), "x"}).error().kind, ErrorKind::kInvalid) << name;
    EXPECT_EQ(Say(name), "none");
    EXPECT_TRUE(kept_.Erase(name));
  }
  EXPECT_THAT(base::ToString(kept_.Create("db", {Secret("abc"), "x"}).error()),
              HasSubstr("too short to be masked"));
}

TEST_F(KeptSecretsTest, AStepReplacesAndRemovesOnlyWhatItKeepsItself) {
  Workspace workspace{.root = dir_};
  EXPECT_EQ(KeepSecret(workspace, "db", Secret("first"), "R1/a")->Reveal(), "first");
  EXPECT_EQ(KeepSecret(workspace, "db", Secret("second"), "R1/a")->Reveal(), "first")
      << "of its earlier attempt";
  EXPECT_EQ(KeepSecret(workspace, "db", Secret("third"), "R2/a").error().kind, ErrorKind::kRefused);
  EXPECT_EQ(ForgetSecret(workspace, "db", "R2/a").error().kind, ErrorKind::kRefused);
  EXPECT_TRUE(ForgetSecret(workspace, "db", "R1/a"));
  EXPECT_TRUE(ForgetSecret(workspace, "db", "R1/a"));
  workspace.secrets["db"] = {.env = "ANY"};
  EXPECT_THAT(base::ToString(KeepSecret(workspace, "db", Secret("value"), "R1/a").error()),
              HasSubstr("slipway.yaml"));
}

TEST_F(KeptSecretsTest, ASecretThatNoDocumentNamesIsReadFromHere) {
  Workspace workspace{.root = dir_};
  const KeptSecrets kept = KeptSecretsOf(workspace);
  ASSERT_TRUE(kept.Create("acme_db_password", {Secret(kValue), "x"}));
  EXPECT_EQ(ReadSecret(workspace, "acme_db_password")->Reveal(), kValue);
  EXPECT_THAT(base::ToString(ReadSecret(workspace, "acme_db_pasword").error()),
              HasSubstr("did you mean `acme_db_password`?"));
  workspace.secrets["acme_db_password"] = {.env = "SLIPWAY_TEST_OTHER"};
  setenv("SLIPWAY_TEST_OTHER", "from the environment", 1);
  EXPECT_EQ(ReadSecret(workspace, "acme_db_password")->Reveal(), "from the environment")
      << "the document comes first";
}

}  // namespace
}  // namespace slipway::workspace
