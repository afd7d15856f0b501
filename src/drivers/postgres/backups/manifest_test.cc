#include "drivers/postgres/backups/manifest.h"

#include <gmock/gmock.h>

#include "base/bytes.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;
using testing::ElementsAre;
using testing::HasSubstr;

Manifest Example() {
  Manifest m;
  m.customer = m.database = "acme";
  m.system = "7300000000000000000";
  m.server_version = "15.4";
  m.server_number = 150'004;
  m.file = "acme.backup";
  m.bytes = 1234;
  m.sha256 = base::Sha256Text("file");
  m.key_id = "5abdc74416536ff94eada082f0221f8b";
  m.mark = "slipway R7/backup@acme #5d41402abc4b";
  m.contents = {.rows = {{"app.staff", 120}, {"app.done", 7}},
                .objects = {{"table app.staff", "0123456789abcdef"}, {"index app.i", "0123456789abcdef"}},
                .fingerprint = base::Sha256Text("schema")};
  m.counters = {.database = 16'384, .reset = "2026-11-21T00:00:00.000000", .written = {{"app.staff", 120}}};
  m.taken_at = base::FromMillis(1'795'000'000'123);
  return m;
}

TEST(BackupManifest, IsReadBackAsItWasWritten) {
  const JsonObject json = ToJson(Example());
  const auto read = ManifestFromJson(json);
  ASSERT_TRUE(read) << base::ToString(read.error());
  EXPECT_EQ(ToJson(*read), json);
  EXPECT_TRUE(base::CanonicalJson(json));
}

TEST(BackupManifest, WhatLacksSomethingIsNoManifest) {
  for (const char* key : {"v", "customer", "database", "system", "file", "sha256", "key_id", "mark", "rows",
                          "fingerprint", "taken_at"}) {
    JsonObject json = ToJson(Example());
    json.erase(key);
    EXPECT_FALSE(ManifestFromJson(json)) << key;
    json[key] = base::JsonArray{};
    EXPECT_FALSE(ManifestFromJson(json)) << key;
  }
  EXPECT_FALSE(ManifestFromJson("text"));
}

TEST(BackupManifest, FilesAreNamedAfterCustomerTimeAndStep) {
  EXPECT_EQ(Slug("Acme Corp."), "acme-corp");
  EXPECT_EQ(Slug("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(Slug("Ärger & Söhne"), "rger-s-hne");
  EXPECT_EQ(Slug("…"), "");
  EXPECT_EQ(Slug(std::string(300, 'x')).size(), 80u);
  EXPECT_EQ(BackupName("acme", base::ParseTime("2026-11-21T01:24:22.987Z").value(), "1a2b3c4d"),
            "acme_20261121_012422_1a2b3c4d.backup");
}

TEST(BackupContents, EveryDifferenceIsNamedRowsFirst) {
  const Contents wanted = Example().contents;
  EXPECT_THAT(Differences(wanted, wanted), testing::IsEmpty());
  Contents found = wanted;
  found.rows = {{"app.staff", 119}, {"app.more", 1}};
  found.fingerprint = base::Sha256Text("another");
  found.objects = {{"table app.staff", "ffffffffffffffff"}, {"view app.v", "0"}};
  EXPECT_THAT(Differences(wanted, found),
              ElementsAre("app.done is missing, with its 7 rows", "app.staff has 119 rows instead of 120",
                          "app.more with 1 rows is not in the manifest", "index app.i is missing",
                          "table app.staff is defined otherwise", "view app.v is not in the manifest"));
  EXPECT_THAT(Told(Differences(wanted, found)), HasSubstr("; and 1 more"));
  found = wanted;
  found.fingerprint = base::Sha256Text("another");
  EXPECT_THAT(Differences(wanted, found), ElementsAre(HasSubstr("not the one of the manifest")));
}

TEST(BackupCounters, SayHowManyRowsWereWrittenAtLeast) {
  const Counters then{.database = 1, .reset = "", .written = {{"a", 10}, {"b", 5}, {"c", 3}}};
  const Counters now{.database = 1, .reset = "", .written = {{"a", 12}, {"b", 5}, {"c", 1}, {"new", 4}}};
  const JsonObject since = WrittenSince(then, now);
  EXPECT_EQ(since, (JsonObject{{"a", 2}, {"c", "unknown"}, {"new", 4}}));
  EXPECT_EQ(DescribeWritten(since), "at least 6 rows were written since: a 2, c unknown, new 4");
  EXPECT_EQ(DescribeWritten({}), "the server counted no row written since");
}

TEST(BackupCounters, SayNothingOnceTheyWereResetOrTheDatabaseIsAnother) {
  const Counters then{.database = 1, .reset = "", .written = {{"a", 10}}};
  for (const Counters& now : {Counters{.database = 2, .reset = "", .written = {{"a", 12}}},
                              Counters{.database = 1, .reset = "2026", .written = {{"a", 12}}}}) {
    EXPECT_EQ(WrittenSince(then, now), (JsonObject{{"a", "unknown"}}));
    EXPECT_THAT(DescribeWritten(WrittenSince(then, now)), HasSubstr("nobody knows"));
  }
}

}  // namespace
}  // namespace slipway::drivers::postgres
