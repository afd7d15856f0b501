#include <gmock/gmock.h>

#include <algorithm>

#include "base/bytes.h"
#include "plan/test_bench.h"

namespace slipway::plan {
namespace {

using testing::HasSubstr;

constexpr std::string_view kFleet = R"(targets: { kind: service }
phases:
  - id: main
    title: Main
    for_each: target
)";
constexpr std::string_view kOneStep = R"(    steps:
      - { id: look, title: Look, uses: web.check, with: { url: "${{ target.attributes.url }}" } }
)";

std::string Fleet(std::string_view waves) {
  return std::string(kHead) + std::string(kFleet) + std::string(waves) + std::string(kOneStep);
}

TEST_F(PlanTest, AWholeProcedureIsPlanned) {
  parameters_ = {{"release", "v1.1.0"}, {"pin", "@secrets/pin"}};
  environment_ = "prod";
  const Plan plan = Make(kWhole);
  EXPECT_EQ(plan.targets.size(), 3u);
  EXPECT_TRUE(plan.strict);
  EXPECT_EQ(plan.releases.at("release").path, "releases/v1.1.0");
  EXPECT_EQ(plan.parameters.at("grace"), 10'000);
  EXPECT_TRUE(plan.parameters.at("pin").is_null());
  EXPECT_EQ(plan.connections.at("edge").at("socket"), "run/edge.sock");
  EXPECT_EQ(plan.files.at("sql/001.sql"), base::Sha256Text("select 1;\n"));
  EXPECT_EQ(plan.sheets.size(), 4u);
  using Waves = std::vector<std::vector<std::size_t>>;
  EXPECT_EQ(plan.waves.at("deploy"), (Waves{{0}, {1, 2}}));
  EXPECT_THAT(plan.bytes, testing::Not(HasSubstr("secrets/pin")));
}

TEST_F(PlanTest, AFileThatOnlyTheSheetNamesIsPartOfThePlanAsWell) {
  for (drivers::ActionSheet& sheet : sheets_)
    for (drivers::ArgumentSheet& argument : sheet.arguments)
      if (argument.name == "script") argument.fallback = "sql/001.sql";
  const std::string text =
      std::string(kHead) +
      "phases:\n  - id: main\n    title: Main\n    steps:\n      - { id: a, title: A, uses: "
      "sh.run, with: { shell: x }, undo: { none: k } }\n";
  EXPECT_EQ(Make(text).files.at("sql/001.sql"), base::Sha256Text("select 1;\n"));
  std::filesystem::remove(root_ / "sql/001.sql");
  EXPECT_THAT(Errors(text), HasSubstr("there is no file `sql/001.sql` in the workspace"));
}

TEST_F(PlanTest, TheLowestEnvironmentIsTheDefaultAndAnUnknownOneIsAnError) {
  const std::string text = Fleet("");
  EXPECT_EQ(Make(text).environment, "dev");
  environment_ = "prd";
  EXPECT_EQ(Errors(text), "error: unknown environment `prd`\n      = did you mean `prod`?\n");
}

TEST_F(PlanTest, TheEnvironmentsGatesAreAddedToTheProcedures) {
  workspace_.environments[1].gates = {{"approvals", {{"count", "2"}}}};
  environment_ = "prod";
  const Plan plan =
      Make(std::string(kHead) + "gates: [ { freeze: {} } ]\n" + std::string(kFleet) + std::string(kOneStep));
  ASSERT_EQ(plan.gates.size(), 2u);
  EXPECT_EQ(plan.gates[1].kind, "approvals");
}

TEST_F(PlanTest, AReleaseWhereTextStandsNamesItsVersion) {
  parameters_ = {{"release", "v1.1.0"}};
  const auto with = [&](const std::string& value) {
    return Errors(std::string(kHead) + "parameters: { release: { type: release, required: true } }\n" +
                  "phases:\n  - id: main\n    title: Main\n    steps:\n" +
                  "      - { id: a, title: A, uses: sh.run, with: { shell: ls, env: { R: \"" + value +
                  "\" } } }\n");
  };
  EXPECT_THAT(with("${{ parameters.release }}"),
              HasSubstr("did you mean ${{ parameters.release.version }}?"));
  EXPECT_EQ(with("${{ parameters.release.version }}"), "");
  EXPECT_EQ(with("$${{ parameters.release }}"), "");
}

TEST_F(PlanTest, AMissingParameterSaysHowToGiveIt) {
  EXPECT_EQ(Errors(kWhole), R"(deploy.yaml:12:3: error: parameter `release` has no value
   12 |   release: { type: release, required: true }
      |   ^
      = -p release=… (releases/ has v1.1.0, v1.2.0)
)");
}

TEST_F(PlanTest, ParametersAreTyped) {
  const std::string text = std::string(kHead) + R"(parameters:
  count: { type: integer }
  ratio: { type: percentage, default: 2.5% }
  day: { type: date }
  size: { type: enum, values: [small, large] }
  name: { pattern: "v\\d+" }
  sure: { type: boolean }
phases: [ { id: main, title: Main, steps: [ { id: a, title: A, confirm: {} } ] } ]
)";
  parameters_ = {{"count", "3"}, {"day", "2027-03-31"}, {"size", "large"}, {"name", "v10"}, {"sure", "true"}};
  EXPECT_EQ(base::CanonicalJson(Make(text).parameters).value(),
            R"({"count":3,"day":"2027-03-31","name":"v10","ratio":250,"size":"large","sure":true})");
  parameters_ = {{"count", "three"}, {"day", "2027-02-30"}, {"size", "larg"},
                 {"name", "v10x"},   {"sure", "yes"},       {"nme", "x"}};
  const std::string errors = Errors(text);
  EXPECT_THAT(errors, HasSubstr("parameter `count`: "));
  EXPECT_THAT(errors, HasSubstr("parameter `day`: `2027-02-30` is no date"));
  EXPECT_THAT(errors, HasSubstr("parameter `size` cannot be `larg`"));
  EXPECT_THAT(errors, HasSubstr("did you mean `large`?"));
  EXPECT_THAT(errors, HasSubstr("parameter `name`: `v10x` does not match v\\d+"));
  EXPECT_THAT(errors, HasSubstr("parameter `sure`: "));
  EXPECT_THAT(errors, HasSubstr("error: unknown parameter `nme`\n      = did you mean `name`?"));
}

TEST_F(PlanTest, OnlyTheCauseIsToldAndNotWhatFollowsFromIt) {
  const std::string text = std::string(kHead) + R"(parameters:
  size: { type: integer, required: true }
  tier: { pattern: "[a-z]+" }
  name: { required: true }
targets: { kind: service, where: { labels.tier: "${{ parameters.tier }}" } }
phases:
  - id: main
    title: Main
    for_each: target
    steps:
      - id: look
        title: Look
        when: parameters.size > 3 && environment.name == 'prod'
        uses: web.check
        with: { url: "${{ target.attributes.url }}/${{ parameters.name }}/${{ environment.name }}" }
)";
  environment_ = "prd";
  parameters_ = {{"size", "many"}, {"tier", "WEB"}, {"nmae", "x"}};
  EXPECT_EQ(Errors(text), R"(error: unknown environment `prd`
      = did you mean `prod`?
error: unknown parameter `nmae`
      = did you mean `name`?
deploy.yaml:5:3: error: parameter `size`: `many` is not a whole number
    5 |   size: { type: integer, required: true }
      |   ^
      = write decimal digits, within ±9007199254740992
deploy.yaml:6:3: error: parameter `tier`: `WEB` does not match [a-z]+
    6 |   tier: { pattern: "[a-z]+" }
      |   ^
)");
}

TEST_F(PlanTest, ASecretOnTheCommandLineIsRefusedAndNotRepeated) {
  parameters_ = {{"release", "v1.1.0"}, {"pin", "hunter22"}};
  const std::string errors = Errors(kWhole);
  EXPECT_THAT(errors, HasSubstr("-p pin=@FILE"));
  EXPECT_THAT(errors, testing::Not(HasSubstr("hunter22")));
}

TEST_F(PlanTest, ASecretParameterCountsAsASecret) {
  const std::string errors = Errors(std::string(kHead) +
                                    "parameters: { pin: { type: secret } }\n"
                                    "phases: [ { id: m, title: M, steps: [ { id: a, title: A, uses: sh.run, "
                                    "with: { shell: \"x ${{ parameters.pin }}\" } } ] } ]\n");
  EXPECT_THAT(errors, HasSubstr("`shell` of sh.run may not hold a secret (parameters.pin)"));
}

TEST_F(PlanTest, AnAbsentReleaseNamesThoseThereAre) {
  parameters_ = {{"release", "v1.3.0"}};
  EXPECT_THAT(Errors(kWhole), HasSubstr("did you mean `v1.1.0`? (releases/ has v1.1.0, v1.2.0)"));
}

TEST_F(PlanTest, AnEmptySelectionSaysWhatThereIs) {
  auto errors = [&](std::string_view selector) {
    return Errors(std::string(kHead) + "targets: " + std::string(selector) +
                  "\nphases: [ { id: main, title: Main, for_each: target, steps: [ { id: a, title: A, "
                  "confirm: {} } ] } ]\n");
  };
  EXPECT_THAT(errors("{ kind: servise }"),
              testing::AllOf(HasSubstr("no target is selected: kind servise, in environment dev"),
                             HasSubstr("did you mean kind `service`?")));
  EXPECT_THAT(errors("{ kind: database }"), HasSubstr("there are targets of kind service (3)"));
  EXPECT_THAT(errors("{ kind: service, where: { labels.ring: first } }"),
              HasSubstr("there labels.ring is canary, rest"));
  EXPECT_THAT(errors("{ kind: service, where: { labels.rng: first } }"),
              HasSubstr("none of these 3 has labels.rng; they have labels.ring, labels.tier"));
  for (auto& target : workspace_.targets) target.environment = "prod";
  EXPECT_THAT(errors("{ kind: service }"), HasSubstr("those there are belong to environment prod"));
  workspace_.targets.clear();
  EXPECT_THAT(errors("{ kind: service }"), HasSubstr("name targets in targets/*.yaml"));
}

TEST_F(PlanTest, TheSelectionMayReadParameters) {
  parameters_ = {{"ring", "rest"}};
  const Plan plan = Make(std::string(kHead) +
                         "parameters: { ring: {} }\ntargets: { kind: service, where: { labels.ring: \"${{ "
                         "parameters.ring }}\" } }\n"
                         "phases: [ { id: main, title: Main, for_each: target, steps: [ { id: a, title: A, "
                         "confirm: {} } ] } ]\n");
  ASSERT_EQ(plan.targets.size(), 2u);
  EXPECT_EQ(plan.targets[0].id, "web-2");
}

TEST_F(PlanTest, WavesAreCumulativeRoundedUpAndInOrderOfId) {
  for (int i = 4; i <= 10; ++i)
    AddTarget("web-" + std::to_string(i), {{"ring", i == 10 ? "canary" : "rest"}});
  using Waves = std::vector<std::vector<std::size_t>>;
  // By id, bytewise: web-1, web-10, web-2 …
  EXPECT_EQ(Make(Fleet("    waves: [ { where: { labels.ring: canary } }, 25%, 5, 100% ]\n")).waves.at("main"),
            (Waves{{0, 1}, {2}, {3, 4}, {5, 6, 7, 8, 9}}));
  EXPECT_EQ(Make(Fleet("    waves: [ 1, 11%, 100% ]\n")).waves.at("main"),
            (Waves{{0}, {1}, {2, 3, 4, 5, 6, 7, 8, 9}}));
  EXPECT_EQ(Make(Fleet("")).waves.at("main").front().size(), 10u);
}

TEST_F(PlanTest, AWaveThatSelectsNobodyOrLeavesSomebodyOutIsAnErrorInItsPlace) {
  EXPECT_EQ(Errors(Fleet("    waves: [ 1, 25%, 100% ]\n")),
            R"(deploy.yaml:9:17: error: wave 2 (25%) selects no target
    9 |     waves: [ 1, 25%, 100% ]
      |                 ^
      = 1 of 3 are in earlier waves
)");
  EXPECT_THAT(Errors(Fleet("    waves: [ 1, 2 ]\n")), HasSubstr("the waves cover 2 of 3 targets"));
  EXPECT_THAT(Errors(Fleet("    waves: [ { where: { labels.ring: nobody } }, 100% ]\n")),
              HasSubstr("wave 1 (labels.ring nobody) selects no target"));
  EXPECT_THAT(Errors(Fleet("    waves: [ { where: { labels.ring: nobody } }, 100% ]\n")),
              HasSubstr("`optional: true`"));
}

TEST_F(PlanTest, AnOptionalWaveAndARestWithoutAnybodyAreLeftOut) {
  using Waves = std::vector<std::vector<std::size_t>>;
  EXPECT_EQ(Make(Fleet("    waves: [ { where: { labels.ring: nobody }, optional: true }, 100% ]\n"))
                .waves.at("main"),
            (Waves{{0, 1, 2}}));
  EXPECT_EQ(Make(Fleet("    waves: [ 3, 100% ]\n")).waves.at("main"), (Waves{{0, 1, 2}}));
}

TEST_F(PlanTest, OnlySomeOfTheSelectedTargetsWhenAskedForSo) {
  AddTarget("web-4", {{"ring", "canary"}});
  const std::string fleet = Fleet("    waves: [ { where: { labels.ring: canary } }, 100% ]\n");
  const Plan all = Make(fleet);
  only_ = {{"id", {"web-1", "web-4"}}};
  const Plan two = Make(fleet);
  ASSERT_EQ(two.targets.size(), 2u);
  EXPECT_EQ(two.targets[1].id, "web-4");
  EXPECT_NE(two.digest, all.digest);
  EXPECT_EQ(FromBytes(two.bytes, two.digest)->only, only_);
  EXPECT_THAT(Print(two), HasSubstr("only         id web-1 or web-4"));
  EXPECT_THAT(Print(two), HasSubstr("--only id=web-1,web-4"));
  only_ = {{"labels.ring", {"canary"}}};
  EXPECT_EQ(Make(fleet).waves.at("main").size(), 1u) << "a wave of those left out is left out";
  only_ = {{"id", {"web-9"}}};
  EXPECT_THAT(Errors(fleet),
              HasSubstr("--only id: there is no target `web-9` among the 4 that are selected"));
  only_ = {{"id", {"web-1", "wbe-4"}}};
  EXPECT_THAT(Errors(fleet), HasSubstr("did you mean `web-4`?"))
      << "one of two is not half of what was asked";
  only_ = {{"id", {"web-1"}}, {"labels.ring", {"nobody"}}};
  EXPECT_THAT(Errors(fleet), HasSubstr("leaves none of 4 targets"));
  only_ = {{"ring", {"canary"}}};
  EXPECT_THAT(Errors(fleet), HasSubstr("--only knows no `ring`"));
}

TEST_F(PlanTest, ActionsAndArgumentsAreJudgedAllAtOnce) {
  EXPECT_EQ(StepErrors(R"(      - { id: a, title: A, uses: web.strat, with: { slot: blue } }
      - { id: b, title: B, uses: web.start, with: { slott: blue, grace: soon } }
      - { id: c, title: C, uses: web.check, verify: [ { uses: web.start, with: { slot: a } } ] }
)"),
            R"(deploy.yaml:8:34: error: unknown action `web.strat`
    8 |       - { id: a, title: A, uses: web.strat, with: { slot: blue } }
      |                                  ^
      = did you mean `web.start`?
deploy.yaml:9:34: error: web.start needs the argument `slot`: the slot
    9 |       - { id: b, title: B, uses: web.start, with: { slott: blue, grace: soon } }
      |                                  ^
deploy.yaml:9:53: error: web.start has no argument `slott`
    9 |       - { id: b, title: B, uses: web.start, with: { slott: blue, grace: soon } }
      |                                                     ^
      = did you mean `slot`?
deploy.yaml:9:66: error: `grace` of web.start: expected a duration such as `30s`: `soon` is not a duration
    9 |       - { id: b, title: B, uses: web.start, with: { slott: blue, grace: soon } }
      |                                                                  ^
deploy.yaml:10:34: error: web.check needs the argument `url`: where to look
   10 |       - { id: c, title: C, uses: web.check, verify: [ { uses: web.start, with: { slot: a } } ] }
      |                                  ^
deploy.yaml:10:63: error: web.start changes things, and a check may only look
   10 |       - { id: c, title: C, uses: web.check, verify: [ { uses: web.start, with: { slot: a } } ] }
      |                                                               ^
      = make it a step
)");
}

TEST_F(PlanTest, ActionsCanBeJudgedBeforeAnythingIsChosen) {
  const ActionErrors none = CheckActions(MakeRequest(kWhole));  // the release is not chosen yet
  EXPECT_TRUE(none.names.empty() && none.others.empty());
  Request request =
      MakeRequest(std::string(kHead) +
                  "phases: [ { id: m, title: M, steps: [ { id: a, title: A, uses: web.chek } ] } ]\n");
  request.workspace = nullptr;
  EXPECT_THAT(base::Render(CheckActions(request).names, text_), HasSubstr("did you mean `web.check`?"));
}

TEST_F(PlanTest, AfterAHundredErrorsTheOthersAreOnlySaidToBeThere) {
  std::string with = "slot: a";
  for (int i = 0; i < 5000; ++i) with += ", x" + std::to_string(i) + ": 1";
  const std::string text =
      std::string(kHead) +
      "phases: [ { id: m, title: M, steps: [ { id: a, title: A, uses: web.start, with: { " + with +
      " } } ] } ]\n";
  const Request request = MakeRequest(text);
  const ActionErrors errors = CheckActions(request);
  ASSERT_EQ(errors.names.size(), 101U);
  EXPECT_EQ(errors.names[99].what, "web.start has no argument `x99`");
  EXPECT_EQ(errors.names[100].what, "there are more errors");
}

TEST_F(PlanTest, APinnedArgumentMayNotReadAnOutput) {
  EXPECT_THAT(
      StepErrors(R"(      - { id: a, title: A, uses: web.status, with: { backend: x } }
      - { id: b, title: B, uses: sh.run, with: { shell: "stop ${{ steps.a.outputs.idle }}" } }
      - { id: c, title: C, uses: sh.run, with: { script: "${{ steps.a.outputs.idle }}" } }
)"),
      testing::AllOf(
          HasSubstr("`shell` of sh.run must be known when the plan is made, but steps.a.outputs.idle is "
                    "known only then"),
          HasSubstr("= pass it in `env`"), HasSubstr("`script` of sh.run must be known")));
}

TEST_F(PlanTest, AnOutputThatTheActionDoesNotGiveIsAnError) {
  const std::string text = std::string(kHead) + R"(targets: { kind: service }
phases:
  - id: main
    title: Main
    for_each: target
    steps:
      - { id: look, title: Look, uses: web.check, with: { url: x } }
      - id: start
        title: Start
        when: steps.look.outputs.code == 200
        uses: web.start
        with: { slot: "${{ default(steps.look.outputs.slot, 'blue') }}" }
        verify: [ { uses: web.check, with: { url: "${{ outputs.ulr }}" } } ]
      - { id: again, title: A, uses: web.check, with: { url: "${{ steps.start.outputs.port }}" } }
)";
  const std::string errors = R"(deploy.yaml:13:15: error: web.check gives no output `code`
   13 |         when: steps.look.outputs.code == 200
      |               ^
      = it gives none
deploy.yaml:15:17: error: web.check gives no output `slot`
   15 |         with: { slot: "${{ default(steps.look.outputs.slot, 'blue') }}" }
      |                 ^
      = it gives none
deploy.yaml:16:46: error: web.start gives no output `ulr`
   16 |         verify: [ { uses: web.check, with: { url: "${{ outputs.ulr }}" } } ]
      |                                              ^
      = did you mean `outputs.url`?
deploy.yaml:17:57: error: web.start gives no output `port`
   17 |       - { id: again, title: A, uses: web.check, with: { url: "${{ steps.start.outputs.port }}" } }
      |                                                         ^
      = it gives url
)";
  EXPECT_EQ(Errors(text), errors);
  const Request request = MakeRequest(text);
  EXPECT_EQ(base::Render(CheckActions(request).others, text_), errors);
}

TEST_F(PlanTest, SecretsStandOnlyWhereTheSheetAllowsAndMustBeKnown) {
  const std::string errors =
      StepErrors(R"(      - { id: a, title: A, uses: sh.run, with: { shell: "x ${{ secrets.token }}" } }
      - { id: b, title: B, uses: sh.run, with: { env: { T: "${{ secrets.tokn }}" } } }
)");
  EXPECT_THAT(errors, HasSubstr("`shell` of sh.run may not hold a secret"));
  EXPECT_THAT(errors, HasSubstr("unknown secret `tokn`"));
  EXPECT_THAT(errors, HasSubstr("did you mean `token`?"));
}

TEST_F(PlanTest, AnAttributeThatSomeTargetsLackIsToldOnceWithTheirNumber) {
  workspace_.targets[1].attributes.erase("url");
  workspace_.targets[2].attributes.erase("url");
  EXPECT_THAT(Errors(Fleet("")),
              testing::AllOf(HasSubstr("`url` of web.check: unknown name `target.attributes.url`"),
                             HasSubstr("(on target web-2 and 1 more)")));
}

TEST_F(PlanTest, AValueThatIsPartlyKnownIsJudgedAsFarAsItIs) {
  workspace_.targets[1].attributes.erase("url");
  EXPECT_THAT(Errors(std::string(kHead) + std::string(kFleet) + R"(    steps:
      - { id: a, title: A, uses: web.status, with: { backend: x } }
      - { id: b, title: B, uses: web.check, with: { url: "${{ target.attributes.url }}/${{ steps.a.outputs.idle }}" } }
)"),
              HasSubstr("unknown name `target.attributes.url` (on target web-2)"));
}

TEST_F(PlanTest, WhereAStepIsSkippedItsArgumentsAreNotAskedFor) {
  workspace_.targets[1].attributes.erase("url");
  const std::string text = std::string(kHead) + std::string(kFleet) + R"(    steps:
      - { id: a, title: A, uses: web.check, when: "target.labels.ring == 'canary'", with: { url: "${{ target.attributes.url }}" } }
)";
  EXPECT_EQ(Errors(text), "");
  workspace_.targets[2].labels.erase("ring");
  EXPECT_THAT(Errors(text), HasSubstr("`when`: unknown name `target.labels.ring` (on target web-3)"));
}

TEST_F(PlanTest, TheOnlyConnectionOfADriverIsTheDefault) {
  const std::string steps = "      - { id: a, title: A, uses: web.status, with: { backend: x } }\n";
  EXPECT_EQ(StepErrors(steps), "");
  workspace_.connections.push_back({"other", "web", {{"driver", "web"}}});
  EXPECT_THAT(StepErrors(steps),
              testing::AllOf(HasSubstr("there are several of driver web"), HasSubstr("one of edge, other")));
  workspace_.connections.clear();
  EXPECT_THAT(StepErrors(steps), HasSubstr("web.status needs a connection of driver web"));
}

TEST_F(PlanTest, ANamedConnectionMustBeOneOfTheDriver) {
  workspace_.connections.push_back({"db", "postgres", {{"driver", "postgres"}}});
  EXPECT_THAT(
      StepErrors("      - { id: a, title: A, uses: web.status, with: { backend: x, connection: db } }\n"),
      HasSubstr("connection `db` is one of driver postgres"));
  EXPECT_THAT(
      StepErrors("      - { id: a, title: A, uses: web.status, with: { backend: x, connection: edg } }\n"),
      testing::AllOf(HasSubstr("unknown connection `edg`"), HasSubstr("did you mean `edge`?")));
}

TEST_F(PlanTest, ASecretOfAConnectionMustBeKnown) {
  workspace_.connections[0].document["password"] = "${{ secrets.tken }}";
  EXPECT_THAT(StepErrors("      - { id: a, title: A, uses: web.status, with: { backend: x } }\n"),
              HasSubstr("unknown secret `tken` in connection `edge`"));
}

TEST_F(PlanTest, AFileMustBeInTheWorkspace) {
  EXPECT_THAT(
      StepErrors("      - { id: a, title: A, uses: sh.run, with: { script: sql/002.sql } }\n"),
      testing::AllOf(HasSubstr("there is no file `sql/002.sql`"), HasSubstr("did you mean `sql/001.sql`?")));
  EXPECT_THAT(StepErrors("      - { id: a, title: A, uses: sh.run, with: { script: ../../etc/passwd } }\n"),
              HasSubstr("expected a path without `..`"));
}

TEST_F(PlanTest, WithRollbackAChangeMustSayHowItIsUndone) {
  const auto errors = [&](std::string_view undo) {
    return Errors(std::string(kHead) +
                  "on_failure: rollback\nphases: [ { id: m, title: M, steps: [ { id: a, title: A, uses: "
                  "sh.run, with: { shell: x }" +
                  std::string(undo) + " } ] } ]\n");
  };
  EXPECT_THAT(errors(""), testing::AllOf(HasSubstr("sh.run changes things and says no undo"),
                                         HasSubstr("add `undo:` or `undo: { none: \"reason\" }`")));
  EXPECT_EQ(errors(", undo: { none: harmless }"), "");
  EXPECT_EQ(errors(", undo: { uses: sh.run, with: { shell: y } }"), "");
  EXPECT_THAT(errors(", undo: { uses: web.check, with: { url: y } }"),
              HasSubstr("web.check only looks, so it undoes nothing"));
}

TEST_F(PlanTest, ReadingsThatAreKnownNowAreListedForEachTarget) {
  parameters_ = {{"release", "v1.1.0"}};
  std::vector<Observation> asked;
  Request request = MakeRequest(kWhole);
  request.observe = [&](const std::vector<Observation>& observations) {
    asked = observations;
    return Facts();
  };
  ASSERT_TRUE(Compile(request));
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(asked[1].target, "web-2");
  EXPECT_EQ(asked[1].step, "slots");
  EXPECT_EQ(base::CanonicalJson(asked[1].with).value(), R"({"backend":"be-web-2","connection":"edge"})");
}

TEST_F(PlanTest, OnlyTheFactsOfTheSheetEnterThePlan) {
  parameters_ = {{"release", "v1.1.0"}};
  facts_["web-1"]["slots"] = {{"serving", "blue"}, {"idle", "green"}};
  facts_["web-2"]["slots"] = {{"unreachable", "connection refused"}};
  facts_["web-3"]["slots"] = {{"idle", "green"}};
  const Plan plan = Make(kWhole);
  EXPECT_EQ(base::CanonicalJson(plan.targets[0].facts).value(), R"({"slots":{"serving":"blue"}})");
  EXPECT_EQ(base::CanonicalJson(plan.targets[1].facts).value(),
            R"({"slots":{"unreachable":"connection refused"}})");
  EXPECT_EQ(base::CanonicalJson(plan.targets[2].facts).value(),
            R"({"slots":{"unreachable":"web.status gave no `serving`"}})");
}

TEST_F(PlanTest, IsReadBackFromItsBytes) {
  parameters_ = {{"release", "v1.1.0"}};
  environment_ = "prod";
  workspace_.environments[1].gates = {{"approvals", {{"count", "2"}}}};
  facts_["web-1"]["slots"] = {{"serving", "blue"}};
  const Plan plan = Make(kWhole);
  auto read = FromBytes(plan.bytes, plan.digest);
  ASSERT_TRUE(read) << base::ToString(read.error());
  EXPECT_EQ(base::CanonicalJson(ToJson(*read).as_object()["phases"]).value_or(""),
            base::CanonicalJson(ToJson(plan).as_object()["phases"]).value_or(""));
  EXPECT_EQ(read->waves, plan.waves);
  EXPECT_EQ(read->gates.size(), 2u);
  EXPECT_EQ(read->releases.at("release").digest, plan.releases.at("release").digest);
  EXPECT_EQ(read->targets[0].labels, plan.targets[0].labels);
}

TEST_F(PlanTest, BytesThatDoNotMatchTheDigestAreRefused) {
  const Plan plan = Make(Fleet(""));
  std::string bytes = plan.bytes;
  bytes[bytes.size() / 2] ^= 1;
  EXPECT_FALSE(FromBytes(bytes, plan.digest));
  EXPECT_FALSE(FromBytes("{}", base::Sha256Text("{}")));
  EXPECT_FALSE(FromBytes("", base::Sha256Text("")));
}

}  // namespace
}  // namespace slipway::plan
