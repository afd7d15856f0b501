// The engine's behaviour forward, told by whole runs on scripted drivers. What is special about people,
// gates, fleets, locks, retries and rollbacks stands in the files of those names.
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "rig.h"

namespace slipway::sim {
namespace {

using drivers::FakeAnswer;
using drivers::FakeCallKind;

std::string Only(const std::string& steps, const std::string& on_failure = "rollback") {
  return Document(Phase("change", "", steps), on_failure);
}

std::string Put(const std::string& id, const std::string& more = "") {
  return "id: " + id + ", uses: fake.set, with: { cell: " + id + ", value: new }" + more + "\n";
}

// When `a` began after `b` was over.
bool After(Rig& rig, const std::string& a, const std::string& b) {
  const auto begun = rig.Times("intent", a), over = rig.Times("outcome", b);
  return !begun.empty() && !over.empty() && begun[0] >= over[0];
}

TEST(Engine, StepsRunInTheOrderWritten) {
  Rig rig;
  EXPECT_EQ(rig.Run(Only(Put("a") + Put("b") + Put("c"))), "succeeded");
  EXPECT_EQ(rig.Story({"intent", "outcome"}),
            "intent a\noutcome a done\nintent b\noutcome b done\nintent c\noutcome c done\n");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Engine, ASequentialStepMakesAtMostTwoCommits) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Only(Put("a") + Put("b") + Put("c")))), "R1");
  int appends = 0;
  rig.at_point = [&](const std::string& name) { appends += name.starts_with("before append") ? 1 : 0; };
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(appends, 6);  // the end shares the last one
}

const char kEnsure[] = "id: a, uses: fake.ensure, with: { cell: a, value: new }\n";

TEST(Engine, WhatStandsAlreadyIsOnRecordAndNothingIsRun) {
  Rig rig;
  rig.Set("a", "new");
  EXPECT_EQ(rig.Run(Only(kEnsure + Put("b"))), "succeeded");
  EXPECT_EQ(rig.Story({"intent", "outcome"}), "intent a\noutcome a done\nintent b\noutcome b done\n");
  EXPECT_EQ(rig.Step("a"), "succeeded");
  for (const drivers::FakeCall& call : rig.world->Calls())
    EXPECT_FALSE(call.kind == FakeCallKind::kRun && call.instance == "R1/a");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Engine, WhatDoesNotStandYetIsRun) {
  Rig rig;
  rig.Set("a", "old");
  EXPECT_EQ(rig.Run(Only(kEnsure)), "succeeded");
  EXPECT_EQ(rig.Cell("a"), "new");
}

TEST(Engine, WhatStoodAlreadyIsVerifiedLikeWhatWasDone) {
  Rig rig;
  rig.Set("a", "new");
  EXPECT_EQ(rig.Run(Only(std::string("id: a, uses: fake.ensure, with: { cell: a, value: new }, verify: [ "
                                     "{ uses: fake.check, with: { cell: a, equals: other } } ]"))),
            "rolled_back");
  EXPECT_EQ(rig.Step("a"), "undone");
}

TEST(Engine, ASignalThatComesBeforeWhatStandsIsOnRecordIsHeardFirst) {
  Rig rig;
  rig.Set("a", "new");
  ASSERT_EQ(rig.Start(rig.Plan(Only(kEnsure + Put("b")))), "R1");
  rig.at_point = [&, sent = false](const std::string& name) mutable {
    if (sent || !name.starts_with("before append intent+outcome")) return;
    sent = true;
    rig.Signal("cancel_asked", {{"reason", "enough"}});
  };
  EXPECT_EQ(rig.Drive(), "cancelled");
  EXPECT_EQ(rig.Story({"intent", "outcome"}), "");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Engine, AFleetInWhichAllStandsMakesFewerCommitsThanItHasTargets) {
  Rig rig;
  rig.Set("a", "new");
  ASSERT_EQ(rig.Start(rig.Plan(Document(Phase("stands", "for_each: target; max_parallel: 4", kEnsure)), 20)),
            "R1");
  int appends = 0;
  rig.at_point = [&](const std::string& name) { appends += name.starts_with("before append") ? 1 : 0; };
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_LT(appends, 20);
  for (int n = 1; n <= 20; ++n) EXPECT_EQ(rig.Step(fmt::format("a@web-{}", n)), "succeeded");
}

TEST(Engine, NeedsMakeBranchesThatRunSideBySide) {
  Rig rig;
  EXPECT_EQ(rig.Run(Only(Put("a") + Put("b", ", needs: []") + Put("c", ", needs: [a, b]") +
                         Put("d", ", needs: [a]"))),
            "succeeded");
  EXPECT_FALSE(After(rig, "b", "a"));
  EXPECT_TRUE(After(rig, "c", "a"));
  EXPECT_TRUE(After(rig, "c", "b"));
  EXPECT_TRUE(After(rig, "d", "a"));
  EXPECT_FALSE(After(rig, "a", "b"));
}

TEST(Engine, ReadingAnOutputAddsANeed) {
  Rig rig;
  rig.Set("source", "text");
  EXPECT_EQ(
      rig.Run(Only(
          "id: look, needs: [], uses: fake.read, with: { cell: source }\n"
          "id: a, needs: [], uses: fake.set, with: { cell: a, value: \"${{ steps.look.outputs.value }}\" }")),
      "succeeded");
  EXPECT_EQ(rig.Cell("a"), "text");
}

TEST(Engine, NoStepBeginsBeforeWhatThePageSaysItNeeds) {
  const std::string steps =
      "id: look, needs: [], uses: fake.read, with: { cell: x }\n" + Put("a") +
      Put("skips", ", needs: [look], when: \"steps.look.outputs.value == 'never'\"") + Put("b") +
      Put("c", ", needs: [a, skips]") +
      "id: d, needs: [b], uses: fake.set, with: { cell: d, value: \"${{ steps.look.outputs.value }}\" }\n"
      "id: e, uses: fake.set, with: { cell: e, value: \"${{ steps.c.outputs.value }}\" }\n" +
      Put("f", ", needs: []");
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Rig rig;
    rig.worker_seed = seed;
    rig.Set("x", "text");
    const plan::Plan plan = rig.Plan(Only(steps));
    ASSERT_EQ(rig.Start(plan), "R1");
    EXPECT_EQ(rig.Drive(), "succeeded");
    const procedure::Phase& phase = plan.procedure.phases[0];
    std::set<std::string> over;
    for (const journal::Event& event : rig.Events()) {
      const std::string id = base::GetString(event.data, "step");
      if (event.type == "outcome" || event.type == "skipped") over.insert(id);
      if (event.type != "intent" && event.type != "skipped") continue;
      for (const std::string& need : NeedsOf(phase, *FindStep(plan.procedure, id)))
        EXPECT_TRUE(over.contains(need)) << id << " began before " << need << ", seed " << seed;
    }
    EXPECT_EQ(over.size(), phase.steps.size());
  }
}

TEST(Engine, NoMoreStepsAtOnceThanThePhaseAllows) {
  Rig rig;
  const std::string steps = Put("a", ", needs: []") + Put("b", ", needs: []") + Put("c", ", needs: []");
  EXPECT_EQ(rig.Run(Document(Phase("change", "max_parallel: 1", steps))), "succeeded");
  EXPECT_TRUE(After(rig, "b", "a"));
  EXPECT_TRUE(After(rig, "c", "b"));
}

TEST(Engine, AFalseConditionSkipsAndSatisfiesNeeds) {
  Rig rig;
  rig.Set("mode", "quick");
  EXPECT_EQ(rig.Run(Only("id: look, uses: fake.read, with: { cell: mode }\n" +
                         Put("slow", ", when: \"steps.look.outputs.value == 'slow'\"") + Put("after") +
                         "id: c, uses: fake.set, with: { cell: c, value: \"${{ "
                         "default(steps.slow.outputs.value, 'none') }}\" }")),
            "succeeded");
  EXPECT_EQ(rig.Step("slow"), "skipped");
  EXPECT_EQ(rig.Cell("slow"), "-");
  EXPECT_EQ(rig.Cell("after"), "new");
  EXPECT_EQ(rig.Cell("c"), "none");
  EXPECT_EQ(rig.Times("skipped", "slow").size(), 1u);
}

TEST(Engine, ReadingASkippedStepsOutputIsAnError) {
  Rig rig;
  EXPECT_EQ(
      rig.Run(Only(Put("a", ", when: \"run.id == 'R7'\"") +
                   "id: b, uses: fake.set, with: { cell: b, value: \"${{ steps.a.outputs.value }}\" }")),
      "rolled_back");
  EXPECT_EQ(rig.Step("b"), "failed");
  EXPECT_TRUE(rig.Reason("b").contains("steps.a.outputs")) << rig.Reason("b");
}

TEST(Engine, AConditionIsJudgedOnceAndNotAgainAfterACrash) {
  Rig rig;
  rig.Set("mode", "on");
  ASSERT_EQ(rig.Start(rig.Plan(Only("id: look, uses: fake.read, with: { cell: mode }\n" +
                                    Put("a", ", when: \"steps.look.outputs.value == 'on'\"")))),
            "R1");
  rig.CrashAt("before run R1/a");
  EXPECT_EQ(rig.Drive(), "died before run R1/a");
  rig.Set("mode", "off");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Cell("a"), "new");
}

TEST(Engine, WhatHappensAfterAFailureIsTheProceduresChoice) {
  for (const auto& [choice, state, cell] :
       {std::tuple{"rollback", "rolled_back", "-"}, {"pause", "paused", "new"}, {"stop", "failed", "new"}}) {
    Rig rig;
    rig.Script(Fails("R1/b"));
    EXPECT_EQ(rig.Run(Only(Put("a") + Put("b") + Put("c"), choice), 1), state);
    EXPECT_EQ(rig.Cell("a"), cell);
    EXPECT_EQ(rig.Cell("c"), "-");
    EXPECT_EQ(rig.State().reason, "b: refused");
    EXPECT_EQ(rig.Keys(journal::Table::kLock).size(), choice == std::string("pause") ? 1u : 0u);
    EXPECT_EQ(rig.Broken(), "");
  }
}

TEST(Engine, WhenABranchFailsChangingSiblingsRunToTheirEndAndReadingOnesAreCancelled) {
  int cancelled = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Rig rig;
    rig.worker_seed = seed;
    rig.Set("ever", "so");
    rig.Script(Fails("R1/bad"));
    EXPECT_EQ(rig.Run(Only(Put("bad", ", needs: []") +
                               "id: climb, needs: [], uses: fake.climb, with: { cell: climb, to: 4 }\n" +
                               "id: look, needs: [], uses: fake.check, with: { cell: ever, equals: so }\n" +
                               Put("later", ", needs: [climb]"),
                           "stop")),
              "failed");
    if (!rig.Times("intent", "climb").empty()) {
      EXPECT_EQ(rig.Cell("climb"), "4");
      EXPECT_EQ(rig.Step("climb"), "succeeded");
    }
    // Nothing new starts once the failure is on record.
    if (!rig.Times("intent", "later").empty()) {
      EXPECT_LE(rig.Times("intent", "later")[0], rig.Times("step_failed", "bad")[0]);
    }
    cancelled += rig.Step("look") == "succeeded" ? 0 : 1;
  }
  EXPECT_GT(cancelled, 0);
}

TEST(Engine, AChangingSiblingIsVerifiedAndSettledBeforeTheRollback) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Rig rig;
    rig.worker_seed = seed;
    rig.Script(Fails("R1/bad"));
    rig.Script(Lost("R1/count"));
    EXPECT_EQ(rig.Run(Only(
                  Put("bad", ", needs: []") + "id: count, needs: [], uses: fake.bump, with: { cell: n }\n" +
                  Put("c", ", needs: [], verify: [ { uses: fake.check, with: { cell: c, equals: new } } ]"))),
              "rolled_back");
    EXPECT_NE(rig.Cell("n"), "1");
    EXPECT_EQ(rig.Cell("c"), "-");
    EXPECT_EQ(rig.Broken(), "");
  }
}

TEST(Engine, AnUnansweredQuestionDoesNotHoldUpWhatFollowsAFailure) {
  for (const auto& [choice, state] :
       {std::pair{"rollback", "rolled_back"}, {"pause", "paused"}, {"stop", "failed"}}) {
    Rig rig;
    rig.Script(Fails("R1/bad"));
    EXPECT_EQ(rig.Run(Only("id: ok, confirm: {}\n" + Put("bad", ", needs: []"), choice)), state);
  }
}

TEST(Engine, AChangedActionSheetStopsTheRunWithTheReason) {
  Rig rig;
  plan::Plan plan = rig.Plan(Only(Put("a")));
  plan.sheets["fake.set"].as_object()["summary"] = "It used to be another.";
  ASSERT_TRUE(plan::Seal(plan));
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(
      rig.Drive(),
      "the action fake.set is no longer what it was when R1 was planned (R1); next: finish the run with the "
      "version of slipway that started it");
  EXPECT_EQ(rig.Cell("a"), "-");
}

TEST(Engine, AFullDiskIsAClearErrorAndNothingIsLost) {
  const std::string text = Only(Put("a") + "id: n, uses: fake.bump, with: { cell: n }\n" + Put("c"));
  for (int full_from = 1; full_from <= 5; ++full_from) {
    Rig rig;
    ASSERT_EQ(rig.Start(rig.Plan(text, 1)), "R1");
    int writes = 0;
    rig.disk.SetFault([&]() -> base::Status {
      return ++writes >= full_from ? base::Fail(base::ErrorKind::kIo, "no space left on device", "journal.db")
                                   : base::Status{};
    });
    const std::string said = rig.Drive();
    EXPECT_TRUE(said.starts_with("no space left on device (journal.db)")) << said;
    if (full_from > 1) EXPECT_TRUE(said.ends_with("next: make room, then slipway resume R1")) << said;
    rig.disk.SetFault(nullptr);
    EXPECT_EQ(rig.Drive(), "succeeded");
    EXPECT_EQ(rig.Cell("n"), "1");
    EXPECT_EQ(rig.Broken(), "");
  }
}

TEST(Engine, ADiskThatIsFullForASecondIsWaitedFor) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Only(Put("a") + Put("b")))), "R1");
  int writes = 0;
  rig.disk.SetFault([&]() -> base::Status {
    ++writes;
    return writes == 3 || writes == 4 ? base::Fail(base::ErrorKind::kIo, "no space left on device")
                                      : base::Status{};
  });
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.world->EffectsOf("R1/a", "fake.set"), 1u);
}

TEST(Engine, AFullDiskStartsNoRun) {
  Rig rig;
  const plan::Plan plan = rig.Plan(Only(Put("a")), 1);
  rig.disk.SetFault(
      []() -> base::Status { return base::Fail(base::ErrorKind::kIo, "no space left on device"); });
  EXPECT_EQ(rig.Start(plan), "refused: no space left on device");
  EXPECT_EQ(rig.desk->Size().value(), 0);
}

// A driver that says everything it was told, everywhere it can say something. Told `new`, it makes a secret.
class Gossip final : public drivers::Driver {
 public:
  explicit Gossip(bool in_prepared) : in_prepared_(in_prepared) {
    drivers::ActionSheet sheet;
    sheet.name = "gossip.tell";
    sheet.summary = "Repeats what it hears.";
    sheet.interruption = drivers::Interruption::kRepeat;
    sheet.undo = drivers::UndoKind::kAutomatic;
    sheet.undo_text = "nothing is unsaid";
    sheet.arguments = {{.name = "word", .required = true, .sensitive_ok = true}};
    sheet.outputs = {{"said", "the word"}};
    sheets_.push_back(std::move(sheet));
  }
  std::string_view Name() const override { return "gossip"; }
  std::span<const drivers::ActionSheet> Sheets() const override { return sheets_; }
  base::Result<drivers::Prepared> Prepare(const drivers::Action& action, drivers::Context& context) override {
    drivers::Prepared prepared{.action = action};
    if (in_prepared_) prepared.prior["word"] = Hear(action, context);
    prepared.undo = drivers::Action{"gossip.tell", action.with};
    return prepared;
  }
  drivers::Outcome Run(const drivers::Prepared& prepared, std::span<const base::JsonObject>,
                       drivers::Sink& sink, drivers::Context& context) override {
    const std::string word = Hear(prepared.action, context);
    (void)sink.Note({{"heard", word}, {word, 1}});
    drivers::Outcome outcome = drivers::Done({{"said", word}}, "somebody said " + word);
    outcome.evidence = {{"base64", base::Base64(word)}, {"list", base::JsonArray{word}}};
    outcome.attachments.push_back({"stdout", "the word is " + word + "\n"});
    return outcome;
  }
  drivers::Outcome Probe(const drivers::Prepared&, std::span<const base::JsonObject>,
                         drivers::Context&) override {
    return drivers::Unknown("");
  }
  drivers::Outcome Restored(const drivers::Prepared& undone, drivers::Context& context) override {
    return drivers::Unknown("it was " + Hear(undone.action, context));
  }

 private:
  static std::string Hear(const drivers::Action& action, drivers::Context& context) {
    const std::string word = base::GetString(context.Reveal(action.with)->as_object(), "word");
    if (word != "new") return word;
    return context.secrets.Put("made", base::Secret("battery staple"), context.instance)->Reveal();
  }
  std::vector<drivers::ActionSheet> sheets_;
  const bool in_prepared_;
};

const char* kTell = "id: tell, uses: gossip.tell, with: { word: \"${{ secrets.word }}\" }";
const char* kTellPin = "id: tell, uses: gossip.tell, with: { word: \"${{ parameters.pin }}\" }";
const char* kUndoIt = "\nid: bad, uses: fake.check, with: { cell: always, equals: no }";

TEST(Engine, ASecretReachesTheDriverAndNothingElse) {
  Rig rig;
  rig.registry.Add(std::make_unique<Gossip>(false));
  rig.secrets.values["word"] = "correct horse";
  EXPECT_EQ(rig.Run(Only(std::string(kTell) + kUndoIt)), "rolled_back");
  EXPECT_TRUE(rig.LogHolds("somebody said ***"));
  EXPECT_FALSE(rig.LogHolds("correct horse"));
  EXPECT_FALSE(rig.LogHolds(base::Base64("correct horse").substr(0, 12)));
}

TEST(Engine, ASecretThatAStepMakesIsMaskedFromThatMoment) {
  Rig rig;
  rig.registry.Add(std::make_unique<Gossip>(false));
  EXPECT_EQ(rig.Run(Only("id: tell, uses: gossip.tell, with: { word: new }")), "succeeded");
  EXPECT_EQ(rig.secrets.values["made"], "battery staple");
  EXPECT_TRUE(rig.LogHolds("somebody said ***"));
  EXPECT_FALSE(rig.LogHolds("battery staple"));
}

TEST(Engine, ProseThatLooksLikeABrokenExpressionDoesNotUnmaskSecrets) {
  Rig rig;
  rig.registry.Add(std::make_unique<Gossip>(false));
  rig.secrets.values["word"] = "correct horse";
  std::string text = Only(kTell);
  text.insert(text.find("targets:"), "description: \"Write ${{ and then what you mean\"\n# ${{ secrets.\n");
  EXPECT_EQ(rig.Run(text), "succeeded");
  EXPECT_FALSE(rig.LogHolds("correct horse"));
}

TEST(Engine, ASecretParameterIsMaskedLikeASecret) {
  Rig rig;
  rig.registry.Add(std::make_unique<Gossip>(false));
  rig.secrets.values["parameters.pin"] = "correct horse";
  const std::string text = Document(Phase("change", "", kTellPin), "stop",
                                    "parameters: { pin: { type: secret, required: true } }\n");
  ASSERT_EQ(rig.Start(rig.Plan(text, 0, {{"pin", "@file"}})), "R1");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_TRUE(rig.LogHolds("somebody said ***"));
  EXPECT_FALSE(rig.LogHolds("correct horse"));
}

TEST(Engine, WhatWasPreparedMayNotHoldASecret) {
  Rig rig;
  rig.registry.Add(std::make_unique<Gossip>(true));
  rig.secrets.values["word"] = "correct horse";
  EXPECT_EQ(rig.Run(Only(kTell)), "rolled_back");
  EXPECT_EQ(rig.Reason("tell"), "what it prepared holds a secret in clear (gossip.tell)");
  EXPECT_FALSE(rig.LogHolds("correct horse"));
}

// Says what is no text: bytes of a world that knows no UTF-8.
class Mumble final : public drivers::Driver {
 public:
  enum class When { kPrepare, kNote, kOutcome, kReason };
  explicit Mumble(When when) : when_(when) {
    drivers::ActionSheet sheet;
    sheet.name = "mumble.do";
    sheet.summary = "Says what is no text.";
    sheet.undo_text = "nothing is unsaid";
    sheets_.push_back(std::move(sheet));
  }
  std::string_view Name() const override { return "mumble"; }
  std::span<const drivers::ActionSheet> Sheets() const override { return sheets_; }
  base::Result<drivers::Prepared> Prepare(const drivers::Action& action, drivers::Context&) override {
    if (when_ == When::kPrepare) return base::Refused("no \xff");
    return drivers::Prepared{.action = action};
  }
  drivers::Outcome Run(const drivers::Prepared&, std::span<const base::JsonObject>, drivers::Sink& sink,
                       drivers::Context&) override {
    if (when_ == When::kNote) {
      const auto noted = sink.Note({{"at", "\xff"}});
      return drivers::Failed(noted ? "it was taken" : base::ToString(noted.error()));
    }
    if (when_ == When::kReason) return drivers::Failed("\xff");
    return drivers::Done({{"said", "\xff"}});
  }
  drivers::Outcome Probe(const drivers::Prepared&, std::span<const base::JsonObject>,
                         drivers::Context&) override {
    return drivers::Unknown("");
  }

 private:
  std::vector<drivers::ActionSheet> sheets_;
  const When when_;
};

TEST(Engine, WhatADriverSaysThatIsNoTextDoesNotTakeTheRunWithIt) {
  for (const auto& [when, state, reason] :
       {std::tuple{Mumble::When::kPrepare, "failed", "no \\xFF"},
        {Mumble::When::kNote, "failed", "a note that cannot be recorded"},
        {Mumble::When::kReason, "failed", "\\xFF"},
        {Mumble::When::kOutcome, "waiting", "the driver answered what cannot be recorded: "}}) {
    Rig rig;
    rig.registry.Add(std::make_unique<Mumble>(when));
    EXPECT_EQ(rig.Run(Only("id: a, uses: mumble.do, undo: { none: \"it is said\" }", "stop")), state);
    EXPECT_EQ(rig.Reason("a"), reason);
    EXPECT_EQ(rig.Broken(), "");
  }
}

// Keeps what it is told.
class Heard final : public engine::Notifier {
 public:
  std::vector<std::string> occasions;
  drivers::Outcome Tell(const std::string& occasion, const base::JsonObject&, const plan::Plan&) override {
    occasions.push_back(occasion);
    return drivers::Done({}, "told");
  }
  bool Wanted(const std::string&, const plan::Plan&) override { return true; }
};

TEST(Engine, SomebodyIsToldOnceWhenARunWaitsAndHowItEnds) {
  Rig rig;
  Heard heard;
  rig.notifier = &heard;
  EXPECT_EQ(rig.Run(Only("id: ok, confirm: {}\n" + Put("a"))), "waiting");
  EXPECT_EQ(rig.Drive(), "waiting");
  rig.Confirm("ok");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(heard.occasions, (std::vector<std::string>{"waiting", "succeeded"}));
}

using Occasions = std::vector<std::string>;

TEST(Engine, WhatNobodyWasToldOfBeforeTheProcessDiedIsToldByTheNext) {
  Rig rig;
  Heard heard;
  rig.notifier = &heard;
  ASSERT_EQ(rig.Start(rig.Plan(Only("id: ok, confirm: {}"))), "R1");
  rig.CrashAt("after append*run_waiting");
  EXPECT_TRUE(rig.Drive().starts_with("died"));
  EXPECT_EQ(heard.occasions, Occasions{});
  EXPECT_EQ(rig.Drive(), "waiting");
  EXPECT_EQ(rig.Drive(), "waiting");
  EXPECT_EQ(heard.occasions, Occasions{"waiting"});
}

TEST(Engine, SomebodyMayBeToldTwiceButNeverNot) {
  Rig rig;
  Heard heard;
  rig.notifier = &heard;
  ASSERT_EQ(rig.Start(rig.Plan(Only("id: ok, confirm: {}"))), "R1");
  rig.CrashAt("before append notified");
  EXPECT_TRUE(rig.Drive().starts_with("died"));
  EXPECT_EQ(rig.Drive(), "waiting");
  EXPECT_EQ(heard.occasions, (Occasions{"waiting", "waiting"}));
}

TEST(Engine, WhatIsNoLongerSoIsNotTold) {
  Rig rig;
  Heard heard;
  rig.notifier = &heard;
  ASSERT_EQ(rig.Start(rig.Plan(Only("id: ok, confirm: {}"))), "R1");
  rig.CrashAt("after append*run_waiting");
  EXPECT_TRUE(rig.Drive().starts_with("died"));
  rig.Confirm("ok");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(heard.occasions, Occasions{"succeeded"});
}

TEST(Engine, TheEndOfARunIsToldEvenWhereItsProcessDiedWithIt) {
  Rig rig;
  Heard heard;
  rig.notifier = &heard;
  ASSERT_EQ(rig.Start(rig.Plan(Only(Put("a")))), "R1");
  rig.CrashAt("after append*run_finished");
  EXPECT_TRUE(rig.Drive().starts_with("died"));
  EXPECT_EQ(rig.Drive(), "succeeded");  // not by whoever happens to look
  EXPECT_EQ(heard.occasions, Occasions{});
  auto dying = journal::OpenMemoryStore(rig.disk, "dying");
  const auto lease = dying->TakeLease("R1", "ada@desk, unverified", rig.clock.Now());
  rig.disk.Die("dying");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(heard.occasions, Occasions{"succeeded"});
  EXPECT_EQ(rig.Broken(), "");
}

}  // namespace
}  // namespace slipway::sim
