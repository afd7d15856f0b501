#include "workspace/workspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "workspace/secrets.h"

namespace slipway::workspace {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::string_view kPlain =
    "apiVersion: slipway/v1\nkind: Workspace\nname: shop\nenvironments: [{ name: dev }, { name: prod }]\n";

class WorkspaceTest : public testing::Test {
 protected:
  WorkspaceTest() {
    std::string name = testing::TempDir() + "/workspace.XXXXXX";
    root_ = ::mkdtemp(name.data());
    Write("slipway.yaml", kPlain);
  }
  ~WorkspaceTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  void Write(const std::string& path, std::string_view text, fs::perms mode = fs::perms(0600)) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
    fs::permissions(root_ / path, mode);
  }
  // Everything that is wrong, as a person sees it.
  std::string Errors() {
    auto workspace = Load(root_);
    if (workspace) return "";
    std::string all;
    for (const auto& [text, problems] : workspace.error()) all += base::Render(problems, text);
    return all;
  }
  Workspace Get() {
    EXPECT_EQ(Errors(), "");
    return Load(root_).value_or(Workspace{});
  }
  std::string Digest(const std::string& version) {
    auto release = LoadRelease(Get(), version);
    return release ? release->digest : base::ToString(release.error());
  }
  fs::path root_;
};

TEST_F(WorkspaceTest, AFileOfTargetsWithAnErrorIsToldAndLeftOutWhole) {
  Write("targets/a.yaml", "- { id: acme, kind: customer, window: { from: \"00:00\", to: \"24:00\" } }\n");
  Write("targets/b.yaml",
        "- { id: bolt, kind: customer, window: { from: \"00:00\", to: \"24:00\" } }\n"
        "- { id: cole, knid: customer }\n");
  const auto loaded = LoadWhatCanBeRead(root_);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->left_out.size(), 1U);
  EXPECT_NE(loaded->workspace.FindTarget("acme"), nullptr);
  EXPECT_NE(loaded->workspace.FindCalendar("acme's window"), nullptr);
  EXPECT_EQ(loaded->workspace.FindTarget("bolt"), nullptr);
  EXPECT_EQ(loaded->workspace.FindCalendar("bolt's window"), nullptr);
  EXPECT_FALSE(Load(root_));
  Write("slipway.yaml", "kind: Workspace\n");
  EXPECT_FALSE(LoadWhatCanBeRead(root_));
}

TEST_F(WorkspaceTest, TheExampleOfTheManualIsRead) {
  Write("slipway.yaml", R"(apiVersion: slipway/v1
kind: Workspace
name: shop
environments:
  - { name: dev }
  - name: prod
    time_zone: America/Toronto
    calendar: nights
    gates:
      - window: {}
      - approvals: { count: 2, role: release-approver }
connections:
  edge: { driver: haproxy, socket: run/haproxy.sock, password: "${{ secrets.db_password }}" }
calendars:
  - name: nights
    time_zone: America/Toronto
    windows:
      - { days: [mon-thu], from: "22:00", to: "02:00" }
    freezes:
      - { from: 2026-12-20, to: 2027-01-03, reason: year end }
notify:
  - { on: [waiting, failed], url: "https://chat.example.com/hook" }
audit:
  checkpoints: { file: /var/backups/shop.checkpoints }
secrets:
  db_password: { env: DB_PASSWORD }
)");
  const Workspace workspace = Get();
  EXPECT_EQ(workspace.name, "shop");
  EXPECT_FALSE(workspace.FindEnvironment("dev")->strict);
  EXPECT_TRUE(workspace.FindEnvironment("prod")->strict);
  EXPECT_EQ(workspace.FindEnvironment("prod")->gates[1].with.at("count"), "2");
  EXPECT_EQ(workspace.FindConnection("edge")->document.at("socket"), "run/haproxy.sock");
  EXPECT_THAT(workspace.FindCalendar("nights")->windows[0].days, testing::ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(base::FormatTime(workspace.calendars[0].freezes[0].to), "2027-01-04T05:00:00.000Z");
  EXPECT_EQ(workspace.checkpoints_file, "/var/backups/shop.checkpoints");
  EXPECT_EQ(workspace.secrets.at("db_password").env, "DB_PASSWORD");
}

TEST_F(WorkspaceTest, AllErrorsOfAllFilesComeAtOnceWithTheirPlaces) {
  Write("slipway.yaml",
        "apiVersion: slipway/v1\nkind: Workspace\nname: shop\nenviroments: []\n"
        "environments:\n  - { name: prod, time_zone: America/Tronto, calendar: night }\n");
  Write("targets/a.yaml", "- { id: web-1, kind: service, lables: { tier: web } }\n");
  Write("targets/b.yaml",
        "targets:\n  - { id: web-1, kind: service }\n  - { id: Web, kind: service, environment: prd }\n");
  EXPECT_EQ(Errors(), R"(slipway.yaml:4:1: error: unknown key `enviroments` in a workspace
    4 | enviroments: []
      | ^
      = did you mean `environments`?
slipway.yaml:6:30: error: unknown time zone `America/Tronto`
    6 |   - { name: prod, time_zone: America/Tronto, calendar: night }
      |                              ^
      = did you mean `America/Toronto`?
slipway.yaml:6:56: error: unknown calendar `night`
    6 |   - { name: prod, time_zone: America/Tronto, calendar: night }
      |                                                        ^
      = name it under `calendars:`
targets/a.yaml:1:31: error: unknown key `lables` in a target
    1 | - { id: web-1, kind: service, lables: { tier: web } }
      |                               ^
      = did you mean `labels`?
targets/b.yaml:2:11: error: target `web-1` stands twice
    2 |   - { id: web-1, kind: service }
      |           ^
      = the other is at targets/a.yaml:1:9
targets/b.yaml:3:11: error: `Web` is not the id of a target
    3 |   - { id: Web, kind: service, environment: prd }
      |           ^
      = lower-case letters, digits, `-`, `_` and `.`, a letter or digit first, at most 128
targets/b.yaml:3:44: error: unknown environment `prd`
    3 |   - { id: Web, kind: service, environment: prd }
      |                                            ^
      = did you mean `prod`?
)");
}

TEST_F(WorkspaceTest, AFloodOfEnvironmentsOrOfUnknownTimeZonesIsEndedEarly) {
  std::string environments = "apiVersion: slipway/v1\nkind: Workspace\nname: shop\nenvironments:\n";
  std::string targets = "targets:\n";
  for (int i = 0; i < 1001; ++i) environments += "  - { name: e" + std::to_string(i) + " }\n";
  for (int i = 0; i < 20000; ++i)
    targets +=
        "  - { id: t" + std::to_string(i) + ", kind: service, time_zone: No/" + std::to_string(i) + " }\n";
  Write("slipway.yaml", environments);
  Write("targets/a.yaml", targets);
  EXPECT_THAT(Errors(), AllOf(HasSubstr("more than 1000 environments"), HasSubstr("unknown time zone `No/0`"),
                              HasSubstr("there are more errors")));
}

TEST_F(WorkspaceTest, BadCalendarsAreNamed) {
  const std::string head(kPlain);
  const auto errors = [&](std::string_view calendars) {
    Write("slipway.yaml", head + "calendars:\n" + std::string(calendars));
    return Errors();
  };
  EXPECT_THAT(errors("  - { name: a }\n"), HasSubstr("neither windows nor freezes"));
  EXPECT_THAT(errors("  - { name: a, windows: [{ days: [mo], from: \"22:00\", to: \"02:00\" }] }\n"),
              HasSubstr("unknown day `mo`"));
  EXPECT_THAT(errors("  - { name: a, windows: [{ from: \"25:00\", to: \"02:00\" }] }\n"),
              HasSubstr("from must be a time such as \"22:00\""));
  EXPECT_THAT(errors("  - { name: a, freezes: [{ from: 2026-12-20, to: 2026-12-21, reason: x }] }\n"),
              HasSubstr("the calendar needs a `time_zone`"));
  EXPECT_THAT(
      errors("  - { name: a, time_zone: UTC, freezes: [{ from: 2026-12-20, to: 2026-12-19, reason: x }] }\n"),
      HasSubstr("ends before it begins"));
  EXPECT_THAT(
      errors("  - { name: a, time_zone: UTC, freezes: [{ from: 2026-02-30, to: 2026-12-19, reason: x }] }\n"),
      HasSubstr("`2026-02-30` is no date or time"));
}

TEST_F(WorkspaceTest, ATargetMaySayItsWindowItself) {
  Write("targets/a.yaml",
        "- { id: zeta, kind: db, window: { days: [sat], from: \"02:00\", to: \"06:00\" } }\n"
        "- { id: acme, kind: db, window: { from: \"22:30\", to: \"24:00\" } }\n");
  const Workspace workspace = Get();
  EXPECT_EQ(workspace.FindTarget("zeta")->window, "zeta's window");
  const Calendar* calendar = workspace.FindCalendar("zeta's window");
  ASSERT_NE(calendar, nullptr);
  EXPECT_EQ(calendar->time_zone, "");  // that of the target, or of the environment
  EXPECT_EQ(Judge(*calendar, "Asia/Tokyo", base::ParseTime("2027-01-15T17:00:00Z").value())->reason,
            "window Sat 02:00-06:00 Asia/Tokyo");
  EXPECT_EQ(workspace.FindCalendar("acme's window")->windows[0].days.size(), 7u);
  EXPECT_EQ(workspace.calendars.size(), 0u);
}

TEST_F(WorkspaceTest, AWindowOfATargetIsCheckedLikeThatOfACalendarAndHasNoNameToReferTo) {
  Write("targets/a.yaml",
        "- { id: a, kind: db, window: { days: [sat], from: \"02:00\", to: \"06:00\" } }\n"
        "- { id: b, kind: db, window: \"a's window\" }\n"
        "- { id: c, kind: db, window: { day: sat, from: \"2:00\" } }\n");
  EXPECT_EQ(Errors(), R"(targets/a.yaml:2:30: error: unknown calendar `a's window`
    2 | - { id: b, kind: db, window: "a's window" }
      |                              ^
targets/a.yaml:3:30: error: a window needs `to`
    3 | - { id: c, kind: db, window: { day: sat, from: "2:00" } }
      |                              ^
targets/a.yaml:3:32: error: unknown key `day` in a window
    3 | - { id: c, kind: db, window: { day: sat, from: "2:00" } }
      |                                ^
      = did you mean `days`?
targets/a.yaml:3:48: error: from must be a time such as "22:00"
    3 | - { id: c, kind: db, window: { day: sat, from: "2:00" } }
      |                                                ^
)");
}

TEST_F(WorkspaceTest, AttributesStayTheTextTheyAre) {
  Write("targets/a.yaml",
        "- { id: t, kind: db, attributes: { version: 1.10, on: no, ports: [ 1, 22:30 ] } }\n");
  const Workspace workspace = Get();
  EXPECT_EQ(base::CanonicalJson(workspace.FindTarget("t")->attributes).value(),
            R"({"on":"no","ports":["1","22:30"],"version":"1.10"})");
}

TEST_F(WorkspaceTest, ASecretInClearIsRefusedWithItsPlaceAndIsNotRepeated) {
  Write("slipway.yaml",
        std::string(kPlain) +
            "connections:\n"
            "  db: { driver: postgres, user: u, password: hunter2 }\n"
            "  api: { driver: http, headers: { X-Api-Key: hunter2 }, token: \"${{ secrets.t }}\" }\n");
  Write("targets/a.yaml",
        "- id: acme\n  kind: customer\n  labels: { rnig: x, Ring: y, \"a b\": z }\n"
        "  attributes:\n"
        "    url: \"postgresql://acme:hunter2@db/acme\"\n"
        "    admin: { password: [hunter2] }\n"
        "    password_policy: strong\n"
        "- { id: Bolt, kind: customer, attributes: { token: hunter2 } }\n");
  const std::string all = Errors();
  EXPECT_EQ(all, R"(slipway.yaml:6:46: error: `password` stands in clear
      = slipway secrets set NAME keeps it; write `${{ secrets.NAME }}` where it is needed
slipway.yaml:7:46: error: `X-Api-Key` stands in clear
      = slipway secrets set NAME keeps it; write `${{ secrets.NAME }}` where it is needed
targets/a.yaml:3:31: error: `a b` is not the name of a label
    3 |   labels: { rnig: x, Ring: y, "a b": z }
      |                               ^
      = letters, digits, `-` and `_`
targets/a.yaml:5:10: error: a password in a URL stands in clear
      = slipway secrets set NAME keeps it; write `${{ secrets.NAME }}` where it is needed
targets/a.yaml:6:25: error: `password` stands in clear
      = slipway secrets set NAME keeps it; write `${{ secrets.NAME }}` where it is needed
targets/a.yaml:8:9: error: `Bolt` is not the id of a target
      = lower-case letters, digits, `-`, `_` and `.`, a letter or digit first, at most 128
targets/a.yaml:8:52: error: `token` stands in clear
      = slipway secrets set NAME keeps it; write `${{ secrets.NAME }}` where it is needed
)");
}

TEST_F(WorkspaceTest, TargetsAreSortedAndFoundById) {
  Write("targets/a.yaml", "- { id: z, kind: db }\n- { id: b, kind: db }\n");
  Write("targets/b.yml", "targets: [ { id: 10.0.0.1, kind: node } ]\n");
  const Workspace workspace = Get();
  ASSERT_EQ(workspace.targets.size(), 3u);
  EXPECT_EQ(workspace.targets[0].id, "10.0.0.1");
  EXPECT_EQ(workspace.FindTarget("z")->file, "targets/a.yaml");
  EXPECT_EQ(workspace.FindTarget("y"), nullptr);
}

TEST_F(WorkspaceTest, AnEmptyTargetsFileAndAFolderAreErrors) {
  Write("targets/a.yaml", "targets: []\n");
  Write("targets/eu/b.yaml", "- { id: z, kind: db }\n");
  EXPECT_THAT(Errors(),
              testing::AllOf(HasSubstr("the file names no target"), HasSubstr("a folder within targets/")));
}

TEST_F(WorkspaceTest, TheRootIsFoundFromBelow) {
  fs::create_directories(root_ / "procedures/deep");
  EXPECT_EQ(FindRoot(root_ / "procedures/deep").value(), root_);
  EXPECT_EQ(FindRoot(root_ / "slipway.yaml").value(), root_);
  EXPECT_EQ(FindRoot("/").error().next, "slipway init makes a workspace");
}

TEST_F(WorkspaceTest, AReleaseIsKnownByNamesExecutableBitsAndContents) {
  Write("releases/v1/bin/run", "#!/bin/sh\n", fs::perms(0755));
  Write("releases/v1/a.txt", "a");
  const std::string digest = Digest("v1");
  EXPECT_EQ(digest.size(), 71u);
  fs::permissions(root_ / "releases/v1/bin/run", fs::perms(0700));  // another umask
  fs::create_directories(root_ / "releases/v1/empty");
  EXPECT_EQ(Digest("v1"), digest);
  fs::copy(root_ / "releases/v1", root_ / "releases/v2", fs::copy_options::recursive);
  EXPECT_EQ(Digest("v2"), digest);
  Write("releases/v2/a.txt", "b");
  EXPECT_NE(Digest("v2"), digest);
  fs::rename(root_ / "releases/v1/a.txt", root_ / "releases/v1/b.txt");
  EXPECT_NE(Digest("v1"), digest);
  fs::rename(root_ / "releases/v1/b.txt", root_ / "releases/v1/a.txt");
  fs::permissions(root_ / "releases/v1/bin/run", fs::perms(0600));
  EXPECT_NE(Digest("v1"), digest);
}

TEST_F(WorkspaceTest, AReleaseMayBeOneFile) {
  Write("releases/v1.tar", "bytes");
  EXPECT_THAT(Digest("v1.tar"), HasSubstr("sha256:"));
}

TEST_F(WorkspaceTest, LinksSpecialFilesAndEmptyReleasesAreRefused) {
  Write("releases/v1/a.txt", "a");
  fs::create_symlink("/etc/passwd", root_ / "releases/v1/link");
  EXPECT_THAT(Digest("v1"), HasSubstr("a release holds no links (releases/v1/link)"));
  fs::remove(root_ / "releases/v1/link");
  ::mkfifo((root_ / "releases/v1/pipe").c_str(), 0600);
  EXPECT_THAT(Digest("v1"), HasSubstr("only files and folders (releases/v1/pipe)"));
  fs::create_symlink("v1", root_ / "releases/latest");
  EXPECT_THAT(Digest("latest"), HasSubstr("a release holds no links"));
  fs::create_directories(root_ / "releases/v2");
  EXPECT_THAT(Digest("v2"), HasSubstr("the release holds no file"));
}

TEST_F(WorkspaceTest, AnAbsentReleaseSaysWhatThereIs) {
  EXPECT_THAT(Digest("v1.1.0"), HasSubstr("releases/ is empty"));
  Write("releases/v1.1.0/a", "a");
  Write("releases/v1.2.0/a", "a");
  EXPECT_EQ(Digest("v1.1.O"),
            "there is no release `v1.1.O` (releases/v1.1.O); next: did you mean `v1.1.0`? (releases/ has "
            "v1.1.0, v1.2.0)");
  for (const char* hostile : {"", ".", "..", "../x", "/etc", "a/b"})
    EXPECT_THAT(Digest(hostile), HasSubstr("is no name of a release")) << hostile;
}

class SecretsTest : public WorkspaceTest {
 protected:
  SecretsTest() {
    Write("slipway.yaml", std::string(kPlain) +
                              "secrets: { env: { env: SLIPWAY_TEST_SECRET }, api: { file: secrets/api } }\n");
  }
  std::string Say(std::string_view name) {
    auto secret = ReadSecret(Get(), name);
    return secret ? secret->Reveal() : base::ToString(secret.error());
  }
};

TEST_F(SecretsTest, AreReadFromTheEnvironmentAndFromFiles) {
  ::setenv("SLIPWAY_TEST_SECRET", "from the environment", 1);
  Write("secrets/api", "from a file\n");
  EXPECT_EQ(Say("env"), "from the environment");
  EXPECT_EQ(Say("api"), "from a file");
  ::unsetenv("SLIPWAY_TEST_SECRET");
  EXPECT_THAT(Say("env"), HasSubstr("the variable SLIPWAY_TEST_SECRET is not set"));
}

TEST_F(SecretsTest, AFileThatIsNotThereIsNamedWithItsSecret) {
  EXPECT_THAT(Say("api"),
              testing::AllOf(HasSubstr("the file of secret `api` cannot be read: No such file or directory"),
                             HasSubstr("secrets/api); next: write it")));
}

TEST_F(SecretsTest, AFileOthersMayReadIsRefusedWithTheCommandThatHelps) {
  Write("secrets/api", "from a file\n", fs::perms(0640));
  EXPECT_THAT(Say("api"), testing::AllOf(HasSubstr("others may read"), HasSubstr("next: chmod 600")));
}

TEST_F(SecretsTest, AValueThatCannotBeMaskedIsRefusedAndNotShown) {
  Write("secrets/api", "zq\n");
  EXPECT_THAT(Say("api"), testing::AllOf(HasSubstr("under 4 bytes"), testing::Not(HasSubstr("zq"))));
  Write("secrets/api", std::string("zqzqzq\xff", 7));
  EXPECT_THAT(Say("api"), testing::AllOf(HasSubstr("not UTF-8"), testing::Not(HasSubstr("zq"))));
  Write("secrets/api", std::string(70'000, 'x'));
  EXPECT_THAT(Say("api"), HasSubstr("at most 64 KiB"));
}

TEST_F(SecretsTest, AnUnknownOneIsAnErrorWithWhatWasMeant) {
  EXPECT_THAT(Say("ap"), HasSubstr("unknown secret `ap`"));
  EXPECT_THAT(Say("apy"), HasSubstr("did you mean `api`?"));
}

TEST_F(SecretsTest, AValueInTheDocumentIsAnErrorThatDoesNotRepeatIt) {
  Write("slipway.yaml", std::string(kPlain) + "secrets: { api: hunter2 }\n");
  EXPECT_THAT(Errors(), HasSubstr("must say where the value is, not what it is"));
}

}  // namespace
}  // namespace slipway::workspace
