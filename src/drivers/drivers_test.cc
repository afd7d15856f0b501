// The interface's own parts: argument sheets, JSON forms, the registry, secrets, cancellation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "drivers/driver.h"

namespace slipway::drivers {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using testing::HasSubstr;

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "demo.act";
  sheet.arguments = {{.name = "slot", .description = "where", .required = true},
                     {.name = "for", .type = ArgumentType::kDuration, .fallback = 5000},
                     {.name = "steps", .type = ArgumentType::kPercentages},
                     {.name = "env", .type = ArgumentType::kMap, .sensitive_ok = true},
                     {.name = "mode", .type = ArgumentType::kEnum, .values = {"fast", "careful"}}};
  return sheet;
}

std::string Why(const base::Result<JsonObject>& result) {
  return result ? "no error" : base::ToString(result.error());
}

class OneSecret : public SecretSource {
 public:
  base::Result<base::Secret> Get(std::string_view name) override {
    if (name == "parameters.password") return base::Secret("pass");
    if (name != "TOKEN") return base::Invalid("no secret of that name");
    return base::Secret("${{ secrets.OTHER }}");
  }
};

base::Result<Json> Reveal(const Json& json) {
  OneSecret secrets;
  CancelToken cancel;
  Context context{base::SystemClock(), base::SystemRandom(), cancel, {}, secrets, {}, {}};
  return context.Reveal(json);
}

TEST(Arguments, AreTypedByTheirSheetAndFallbacksFilledIn) {
  auto with = NormalizeAll(Sheet(), {{"slot", "blue"}, {"steps", JsonArray{"10%", "2.5%"}}}, false);
  ASSERT_TRUE(with) << Why(with);
  EXPECT_EQ(base::CanonicalJson(*with).value(), R"({"for":5000,"slot":"blue","steps":[1000,250]})");
}

TEST(Arguments, NormalisedTwiceAreTheSame) {
  auto once = NormalizeAll(Sheet(), {{"slot", 7}, {"for", "1h30m"}, {"steps", JsonArray{"100%"}}}, false);
  ASSERT_TRUE(once) << Why(once);
  EXPECT_EQ(NormalizeAll(Sheet(), *once, false), *once);
}

TEST(Arguments, AnUnknownOneGetsASuggestion) {
  EXPECT_EQ(Why(NormalizeAll(Sheet(), {{"slto", "blue"}}, false)),
            "demo.act has no argument `slto` (slto); next: did you mean `slot`?");
}

TEST(Arguments, AMissingOneIsAnErrorThatSaysWhatItIsFor) {
  EXPECT_THAT(Why(NormalizeAll(Sheet(), {}, false)), HasSubstr("needs the argument `slot`: where"));
}

TEST(Arguments, AValueOfTheWrongTypeSaysWhatWasExpected) {
  EXPECT_THAT(Why(NormalizeAll(Sheet(), {{"slot", "b"}, {"for", "5"}}, false)),
              HasSubstr("a duration such as `30s`"));
  EXPECT_THAT(Why(NormalizeAll(Sheet(), {{"slot", "b"}, {"mode", "fsat"}}, false)),
              HasSubstr("did you mean `fast`?"));
  EXPECT_THAT(Why(NormalizeAll(Sheet(), {{"slot", JsonArray{}}}, false)),
              HasSubstr("expected text, got a list"));
}

TEST(Arguments, ExpressionsAreLeftUntouchedWhileAPlanIsMade) {
  JsonObject with{{"slot", "${{ steps.a.outputs.idle }}"}, {"for", 1}, {"steps", JsonArray{"${{ x }}", 5}}};
  EXPECT_EQ(NormalizeAll(Sheet(), with, true), with);
}

TEST(Arguments, ASecretIsRefusedWhereTheSheetDoesNotTakeOne) {
  EXPECT_THAT(Why(NormalizeAll(Sheet(), {{"slot", "x${{ secrets.TOKEN }}"}}, true)),
              HasSubstr("may not hold a secret"));
  EXPECT_TRUE(NormalizeAll(Sheet(), {{"slot", "x"}, {"env", {{"T", "${{secrets.TOKEN}}"}}}}, true));
}

TEST(Arguments, TextsFullOfExpressionsThatNeverEndAreLookedThroughOnce) {
  std::string flood;
  for (int i = 0; i < 1'000'000; ++i) flood += "${{";
  EXPECT_TRUE(NormalizeAll(Sheet(), {{"slot", flood}}, true));
  EXPECT_THAT(Why(NormalizeAll(Sheet(), {{"slot", flood + "secrets.TOKEN }}"}}, true)),
              HasSubstr("may not hold a secret"));
}

TEST(Arguments, WhatStillStandsWhenAStepIsPreparedIsASecret) {
  EXPECT_FALSE(CheckSecrets(Sheet(), {{"slot", "${{ parameters.password }}"}}));
  EXPECT_TRUE(
      CheckSecrets(Sheet(), {{"slot", "$${{ text }}"}, {"env", {{"A", "${{ parameters.password }}"}}}}));
}

TEST(Secrets, ADollarMayStandJustBeforeOne) {
  EXPECT_EQ(Reveal("a${{ '$' }}${{ secrets.TOKEN }}").value(), Json("a$${{ secrets.OTHER }}"));
}

TEST(Arguments, AReleaseNeedsAllOfItsParts) {
  ArgumentSheet release{.name = "release", .type = ArgumentType::kRelease};
  EXPECT_TRUE(Normalize(release, {{"version", "v1"}, {"digest", "sha256:0"}, {"path", "releases/v1"}}));
  EXPECT_FALSE(Normalize(release, {{"version", "v1"}, {"digest", "sha256:0"}}));
  EXPECT_FALSE(Normalize(release, "v1"));
}

TEST(Arguments, AFileStaysInTheWorkspace) {
  ArgumentSheet file{.name = "file", .type = ArgumentType::kFile};
  EXPECT_TRUE(Normalize(file, "sql/a..b.sql"));
  for (const char* bad : {"", "/etc/passwd", "../x", "a/../../x"}) EXPECT_FALSE(Normalize(file, bad)) << bad;
}

TEST(Arguments, AFolderStaysInTheWorkspaceAndMayBeTheWorkspaceItself) {
  ArgumentSheet folder{.name = "directory", .type = ArgumentType::kFolder};
  for (const char* good : {".", "site", "./a/b"}) EXPECT_TRUE(Normalize(folder, good)) << good;
  for (const char* bad : {"", "/", "..", "../..", "a/../../x"}) EXPECT_FALSE(Normalize(folder, bad)) << bad;
}

TEST(Prepared, SurvivesTheJournal) {
  Prepared prepared{{"demo.act", {{"slot", "blue"}}},
                    {{"weight", 100}},
                    Action{"demo.undo", {{"slot", "green"}}},
                    base::FromMillis(1'700'000'000'123)};
  auto back = PreparedFromJson(ToJson(prepared));
  ASSERT_TRUE(back) << base::ToString(back.error());
  EXPECT_EQ(ToJson(*back), ToJson(prepared));
  EXPECT_EQ(back->not_before, prepared.not_before);
  EXPECT_EQ(base::CanonicalJson(ToJson(Prepared{{"wait", {}}, {}, {}, {}})).value(),
            R"({"action":{"uses":"wait","with":{}}})");
}

TEST(Secrets, AreReplacedAlsoWithinText) {
  auto revealed = Reveal({{"env", {{"A", "x ${{ secrets.TOKEN }} y"}}}, {"n", 5}});
  ASSERT_TRUE(revealed) << base::ToString(revealed.error());
  EXPECT_EQ(*revealed, (Json{{"env", {{"A", "x ${{ secrets.OTHER }} y"}}}, {"n", 5}}));
}

TEST(Secrets, ASecretParameterIsOneToo) { EXPECT_EQ(Reveal("x${{parameters.password}}").value(), "xpass"); }

TEST(Secrets, TheEscapedFormIsText) {
  EXPECT_EQ(Reveal("$${{ secrets.TOKEN }}").value(), "${{ secrets.TOKEN }}");
}

TEST(Secrets, AnythingElseLeftInAnArgumentIsAnError) {
  for (const char* text : {"${{ secrets.MISSING }}", "${{ steps.a }}", "${{ secrets.TOKEN", "${{ }}"})
    EXPECT_FALSE(Reveal(text)) << text;
}

TEST(Cancel, WakesWhoeverWaitsOnItsDescriptor) {
  CancelToken token;
  pollfd wait{token.fd(), POLLIN, 0};
  EXPECT_EQ(poll(&wait, 1, 0), 0);
  token.Cancel();
  EXPECT_TRUE(token.cancelled());
  EXPECT_EQ(poll(&wait, 1, 0), 1);
}

}  // namespace
}  // namespace slipway::drivers
