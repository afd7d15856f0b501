#include "drivers/conformance.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "base/yaml.h"

namespace slipway::drivers {

using base::Json;
using base::JsonObject;
using testing::HasSubstr;
using testing::Not;

Stage::Stage() {
  std::string name = "/tmp/slipway-conformance-XXXXXX";
  dir_ = mkdtemp(name.data());
  Renew(std::chrono::minutes(2));
}

Stage::~Stage() {
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

void Stage::Renew(base::Duration left) {
  cancel_ = std::make_unique<CancelToken>();
  context_.emplace(Context{*clock_, base::SystemRandom(), *cancel_, clock_->Now() + left, *this, dir_,
                           dir_ / ".slipway", &connection_, "R1/step@target", 1});
}

void Stage::Await(base::Time time) {
  if (time > clock_->Now()) clock_->Sleep(time - clock_->Now());
}

namespace {

struct NoNotes final : Sink {
  base::Status Note(JsonObject) override { return {}; }
};

class Notes final : public Sink {
 public:
  explicit Notes(std::vector<JsonObject>& notes) : notes_(notes) {}
  base::Status Note(JsonObject data) override {
    notes_.push_back(std::move(data));
    return {};
  }

 private:
  std::vector<JsonObject>& notes_;
};

std::string Text(const Json& json) {
  auto text = base::CanonicalJson(json);
  EXPECT_TRUE(text) << "this cannot be journaled: " << base::ToString(text.error());
  return text.value_or("");
}

// Everything an outcome holds, as it would be written down after masking.
std::string WrittenDown(const Outcome& outcome) {
  base::Masker masker;
  masker.Add(base::Secret(std::string(kCanary)));
  std::string text = masker.Mask(outcome.reason) + "\n" + Text(masker.Mask(Json(outcome.outputs))) + "\n" +
                     Text(masker.Mask(Json(outcome.evidence)));
  for (const Attachment& attachment : outcome.attachments)
    text += "\n" + attachment.name + ":\n" + masker.Mask(attachment.bytes);
  return text;
}

bool IsOneLine(const std::string& reason) {
  return !reason.empty() && !reason.ends_with('.') && !reason.contains('\n') && reason.size() < 1000;
}

std::string NamesOf(const std::vector<OutputSheet>& outputs) {
  std::string names;
  for (const OutputSheet& output : outputs) names += " " + output.name + " ";
  return names;
}

bool TakesSecrets(const ActionSheet& sheet) {
  return std::ranges::any_of(sheet.arguments, &ArgumentSheet::sensitive_ok);
}

}  // namespace

Outcome Stage::Do(const Action& action) {
  Renew(std::chrono::minutes(2));
  NoNotes notes;
  auto prepared = driver().Prepare(action, context());
  if (!prepared) return NotDone(base::ToString(prepared.error()));
  return driver().Run(*prepared, {}, notes, context());
}

std::string CaseName(const testing::TestParamInfo<Case>& info) { return info.param.name; }

const ActionSheet& Conformance::Sheet() {
  for (const ActionSheet& sheet : driver().Sheets())
    if (sheet.name == GetParam().action.uses) return sheet;
  ADD_FAILURE() << "the driver does not declare " << GetParam().action.uses;
  return driver().Sheets().front();
}

base::Result<Prepared> Conformance::Prepare(const Action& action) {
  for (const ActionSheet& sheet : driver().Sheets()) {
    if (sheet.name != action.uses) continue;
    SLIPWAY_TRY(JsonObject with, NormalizeAll(sheet, action.with, true));
    return driver().Prepare({action.uses, with}, stage_->context());
  }
  return base::Invalid("the driver does not declare " + action.uses);
}

Prepared Conformance::MustPrepare(const Action& action) {
  auto prepared = Prepare(action);
  if (!prepared) {
    ADD_FAILURE() << base::ToString(prepared.error());
    return {action, {}, {}, {}};
  }
  if (prepared->not_before) stage_->Await(*prepared->not_before);
  return *prepared;
}

Outcome Conformance::Run(const Prepared& prepared) {
  Notes notes(notes_);
  const std::vector<JsonObject> before = notes_;
  return driver().Run(prepared, before, notes, stage_->context());
}

Outcome Conformance::Undo(const Prepared& prepared) {
  const std::optional<Action>& undo = prepared.undo ? prepared.undo : GetParam().undo;
  if (!undo) return Done();
  notes_.clear();  // of another step instance
  return Run(MustPrepare(*undo));
}

TEST_P(Conformance, DeclaresItsAction) {
  const ActionSheet& sheet = Sheet();
  const std::string name(driver().Name());
  EXPECT_TRUE(sheet.name == name || sheet.name.starts_with(name + ".")) << sheet.name;
  EXPECT_TRUE(sheet.summary.ends_with('.')) << sheet.summary;
  EXPECT_EQ(sheet.effect == Effect::kReads, sheet.undo == UndoKind::kNone);
  if (sheet.undo == UndoKind::kAutomatic) EXPECT_NE(sheet.undo_text, "");
  if (sheet.observed) EXPECT_EQ(sheet.effect, Effect::kReads);
  for (const std::string& fact : sheet.facts)
    EXPECT_THAT(NamesOf(sheet.outputs), HasSubstr(" " + fact + " "));
  for (const ArgumentSheet& argument : sheet.arguments) {
    EXPECT_NE(argument.description, "") << argument.name;
    EXPECT_FALSE(argument.required && !argument.fallback.is_null()) << argument.name;
    if (!argument.fallback.is_null())
      EXPECT_EQ(Normalize(argument, argument.fallback), argument.fallback) << argument.name;
    EXPECT_EQ(argument.type == ArgumentType::kEnum, !argument.values.empty()) << argument.name;
  }
  Text(ToJson(sheet));
  auto example = base::ParseYaml(sheet.example);
  ASSERT_TRUE(example) << sheet.example;
  const base::YamlNode* uses = example->Find("uses");
  ASSERT_NE(uses, nullptr);
  EXPECT_EQ(uses->scalar, sheet.name);
  // What is skipped below is skipped because of its sheet, or for a reason that stands in the case.
  EXPECT_NE(GetParam().fails.has_value(), !GetParam().never_fails.empty());
  if (TakesSecrets(sheet)) EXPECT_TRUE(GetParam().secret);
  if (sheet.undo == UndoKind::kDeclared) EXPECT_NE(GetParam().undo.has_value(), GetParam().for_good);
}

TEST_P(Conformance, ChecksItsArguments) {
  Action action = GetParam().action;
  action.with["no-such-argument"] = "x";
  auto unknown = driver().Prepare(action, stage_->context());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, base::ErrorKind::kInvalid);
  EXPECT_THAT(unknown.error().what, HasSubstr("no-such-argument"));
  for (const ArgumentSheet& argument : Sheet().arguments) {
    if (!argument.required) continue;
    Action without = GetParam().action;
    without.with.erase(argument.name);
    EXPECT_FALSE(driver().Prepare(without, stage_->context())) << argument.name;
  }
}

TEST_P(Conformance, PreparedTwiceIsTheSameAndChangesNothing) {
  const std::string before = stage_->World();
  auto first = Prepare(GetParam().action);
  auto second = Prepare(GetParam().action);
  ASSERT_TRUE(first && second);
  first->not_before = second->not_before = std::nullopt;
  EXPECT_EQ(Text(ToJson(*first)), Text(ToJson(*second)));
  EXPECT_EQ(stage_->World(), before);
}

TEST_P(Conformance, WhatWasPreparedSurvivesTheJournal) {
  const Prepared prepared = MustPrepare(GetParam().action);
  auto read = PreparedFromJson(base::ParseJson(Text(ToJson(prepared))).value());
  ASSERT_TRUE(read);
  EXPECT_EQ(Run(*read).verdict, Verdict::kDone);
}

TEST_P(Conformance, RunsAndGivesTheOutputsItsSheetNames) {
  const std::string before = stage_->World();
  const Outcome outcome = Run(MustPrepare(GetParam().action));
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_FALSE(outcome.finished);
  EXPECT_EQ(stage_->World() != before, changes());
  for (const auto& output : outcome.outputs)
    EXPECT_THAT(NamesOf(Sheet().outputs), HasSubstr(" " + std::string(output.key()) + " "));
  for (const OutputSheet& output : Sheet().outputs)
    EXPECT_NE(outcome.outputs.contains(output.name),
              std::ranges::find(GetParam().absent, output.name) != GetParam().absent.end())
        << output.name;
  Text(outcome.outputs);
  Text(outcome.evidence);
}

TEST_P(Conformance, MayBeRepeatedWhereItsSheetSaysSo) {
  if (Sheet().interruption != Interruption::kRepeat) GTEST_SKIP() << "its sheet does not say so";
  const Prepared prepared = MustPrepare(GetParam().action);
  const Outcome first = Run(prepared);
  const std::string once = stage_->World();
  const Outcome again = Run(prepared);
  EXPECT_EQ(again.verdict, Verdict::kDone);
  if (changes()) EXPECT_EQ(Text(again.outputs), Text(first.outputs));  // a measurement may differ
  EXPECT_EQ(stage_->World(), once);
}

TEST_P(Conformance, WhatIsSaidToStandAlreadyIsWhatARunWouldAnswer) {
  ASSERT_FALSE(MustPrepare(GetParam().action).already);
  Run(MustPrepare(GetParam().action));
  auto again = Prepare(GetParam().action);
  if (!again || !again->already) return;
  const std::string before = stage_->World();
  const Outcome outcome = Run(*again);
  EXPECT_EQ(again->already->verdict, Verdict::kDone);
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(again->already->reason, outcome.reason);
  EXPECT_EQ(Text(again->already->outputs), Text(outcome.outputs));
  EXPECT_TRUE(again->already->attachments.empty());
  EXPECT_EQ(stage_->World(), before);
}

TEST_P(Conformance, CancelledBeforehandItDoesNothing) {
  const std::string before = stage_->World();
  const Prepared prepared = MustPrepare(GetParam().action);
  stage_->Cancel();
  const Outcome outcome = Run(prepared);
  if (changes()) {
    EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
    EXPECT_TRUE(IsOneLine(outcome.reason)) << outcome.reason;
  } else if (!GetParam().makes) {
    EXPECT_NE(outcome.verdict, Verdict::kNotDone) << "nobody looked: " << outcome.reason;
  }
  EXPECT_EQ(stage_->World(), before);
}

TEST_P(Conformance, WithoutTimeItDoesNothing) {
  const std::string before = stage_->World();
  const Prepared prepared = MustPrepare(GetParam().action);
  stage_->Renew(base::Duration{0});
  const Outcome outcome = Run(prepared);
  if (changes())
    EXPECT_EQ(outcome.verdict, Verdict::kNotDone) << outcome.reason;
  else if (!GetParam().makes)
    EXPECT_NE(outcome.verdict, Verdict::kNotDone) << "nobody looked: " << outcome.reason;
  EXPECT_EQ(stage_->World(), before);
}

TEST_P(Conformance, ALostReplyIsSettled) {
  if (!changes()) GTEST_SKIP() << "it only reads";
  if (Sheet().interruption == Interruption::kAsk) GTEST_SKIP() << "a person settles it";
  const Prepared prepared = MustPrepare(GetParam().action);
  Run(prepared);
  const std::string after = stage_->World();
  const Outcome settled = Sheet().interruption == Interruption::kProbe
                              ? driver().Probe(prepared, notes_, stage_->context())
                              : Run(prepared);
  EXPECT_EQ(settled.verdict, Verdict::kDone) << settled.reason;
  EXPECT_EQ(stage_->World(), after);
}

TEST_P(Conformance, WhatNeverRanIsProbedAsNotDone) {
  if (!changes()) GTEST_SKIP() << "it only reads";
  if (Sheet().interruption != Interruption::kProbe) GTEST_SKIP() << "it is not probed";
  const std::string before = stage_->World();
  const Prepared prepared = MustPrepare(GetParam().action);
  const Outcome settled = driver().Probe(prepared, {}, stage_->context());
  EXPECT_EQ(settled.verdict, Verdict::kNotDone) << settled.reason;
  EXPECT_TRUE(IsOneLine(settled.reason)) << settled.reason;
  EXPECT_EQ(stage_->World(), before);
}

TEST_P(Conformance, WhatItDidIsUndone) {
  if (!changes()) GTEST_SKIP() << "it only reads";
  if (GetParam().for_good) GTEST_SKIP() << "nothing takes it back";
  const std::string before = stage_->World();
  const Prepared prepared = MustPrepare(GetParam().action);
  Run(prepared);
  const Outcome undone = Undo(prepared);
  EXPECT_EQ(undone.verdict, Verdict::kDone) << undone.reason;
  EXPECT_EQ(stage_->World(), before);
  if (Sheet().undo == UndoKind::kAutomatic)
    EXPECT_EQ(driver().Restored(prepared, stage_->context()).verdict, Verdict::kDone);
}

TEST_P(Conformance, WhileItIsNotUndoneNobodySaysItIs) {
  if (!changes()) GTEST_SKIP() << "it only reads";
  const Prepared prepared = MustPrepare(GetParam().action);
  Run(prepared);
  EXPECT_NE(driver().Restored(prepared, stage_->context()).verdict, Verdict::kDone);
}

TEST_P(Conformance, AnUndoOfNothingIsHarmless) {
  if (Sheet().undo != UndoKind::kAutomatic) GTEST_SKIP() << "it is not undone by itself";
  const std::string before = stage_->World();
  const Prepared prepared = MustPrepare(GetParam().action);
  if (!prepared.undo) GTEST_SKIP() << "there is nothing to undo";
  auto undo = Prepare(*prepared.undo);
  if (undo && Sheet().interruption == Interruption::kRepeat) Run(*undo);
  EXPECT_EQ(stage_->World(), before);
}

TEST_P(Conformance, HalfAnActIsNotTakenForAWholeAndIsUndone) {
  if (!changes()) GTEST_SKIP() << "it only reads";
  if (!GetParam().half) GTEST_SKIP() << "its stage makes no half of it";
  if (GetParam().for_good) GTEST_SKIP() << "nothing takes it back";
  const std::string before = stage_->World();
  const Prepared prepared = MustPrepare(GetParam().action);
  stage_->Half(prepared);
  notes_ = stage_->noted();
  if (Sheet().interruption == Interruption::kProbe)
    EXPECT_NE(driver().Probe(prepared, notes_, stage_->context()).verdict, Verdict::kDone);
  const Outcome undone = Undo(prepared);
  EXPECT_EQ(undone.verdict, Verdict::kDone) << undone.reason;
  EXPECT_EQ(stage_->World(), before);
  if (Sheet().undo == UndoKind::kAutomatic)
    EXPECT_EQ(driver().Restored(prepared, stage_->context()).verdict, Verdict::kDone);
}

TEST_P(Conformance, HalfAnActIsEndedByTheNextAttempt) {
  if (!changes()) GTEST_SKIP() << "it only reads";
  if (Sheet().interruption != Interruption::kRepeat) GTEST_SKIP() << "its sheet does not say so";
  if (!GetParam().half) GTEST_SKIP() << "its stage makes no half of it";
  const Outcome undisturbed = Run(MustPrepare(GetParam().action));
  const std::string whole = stage_->World();
  stage_.reset();
  stage_ = GetParam().stage();
  notes_.clear();
  const Prepared prepared = MustPrepare(GetParam().action);
  stage_->Half(prepared);
  notes_ = stage_->noted();
  EXPECT_NE(stage_->World(), whole);
  const Outcome ended = Run(prepared);
  EXPECT_EQ(ended.verdict, Verdict::kDone) << ended.reason;
  EXPECT_EQ(Text(ended.outputs), Text(undisturbed.outputs));
  EXPECT_EQ(stage_->World(), whole);
}

TEST_P(Conformance, WhatItRefusesIsRefusedBeforehandWithTheCause) {
  if (!GetParam().refused) GTEST_SKIP() << "it refuses nothing but what its sheet says";
  const std::string before = stage_->World();
  const auto refused = Prepare(*GetParam().refused);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().kind, testing::AnyOf(base::ErrorKind::kInvalid, base::ErrorKind::kRefused));
  EXPECT_TRUE(IsOneLine(base::ToString(refused.error()))) << base::ToString(refused.error());
  EXPECT_NE(refused.error().where + refused.error().next, "");
  EXPECT_EQ(stage_->World(), before);
}

TEST_P(Conformance, AFailureSaysWhatItSaw) {
  if (!GetParam().fails) GTEST_SKIP() << GetParam().never_fails;
  const Prepared prepared = MustPrepare(*GetParam().fails);
  if (GetParam().meanwhile) GetParam().meanwhile(*stage_);
  const std::string before = stage_->World();
  const Outcome outcome = Run(prepared);
  EXPECT_NE(outcome.verdict, Verdict::kDone);
  if (outcome.verdict == Verdict::kNotDone) EXPECT_EQ(stage_->World(), before);
  EXPECT_TRUE(IsOneLine(outcome.reason)) << outcome.reason;
  EXPECT_FALSE(outcome.evidence.empty());
  Text(outcome.evidence);
}

TEST_P(Conformance, ASecretIsInNothingThatIsKept) {
  if (!GetParam().secret) GTEST_SKIP() << "no argument of it may hold one";
  const Prepared prepared = MustPrepare(*GetParam().secret);
  EXPECT_THAT(Text(ToJson(prepared)), Not(HasSubstr("c4nary")));
  const Outcome outcome = Run(prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_THAT(WrittenDown(outcome), Not(HasSubstr("c4nary")));
  EXPECT_THAT(WrittenDown(driver().Probe(prepared, notes_, stage_->context())), Not(HasSubstr("c4nary")));
  for (const JsonObject& note : notes_) EXPECT_THAT(Text(note), Not(HasSubstr("c4nary")));
  std::error_code error;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(stage_->context().state_dir, error)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path());
    EXPECT_THAT(std::string(std::istreambuf_iterator<char>(file), {}), Not(HasSubstr("c4nary")))
        << entry.path();
  }
}

}  // namespace slipway::drivers
