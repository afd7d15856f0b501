#include <gmock/gmock.h>
#include <re2/re2.h>

#include "plan/test_bench.h"

namespace slipway::plan {
namespace {

// Digests are long and not what these tests are about.
std::string Shown(const Plan& plan) {
  std::string text = Print(plan);
  RE2::GlobalReplace(&text, "sha256:[0-9a-f]{64}", "sha256:…");
  return text;
}

TEST_F(PlanTest, APlanIsPrintedForAReviewer) {
  parameters_ = {{"release", "v1.1.0"}, {"pin", "@secrets/pin"}};
  environment_ = "prod";
  workspace_.environments[1].gates = {{"approvals", {{"count", "2"}, {"role", "release-approver"}}}};
  for (const char* id : {"web-1", "web-2", "web-3"})
    facts_[id]["slots"] = {{"serving", "blue"}, {"idle", "green"}};
  facts_["web-2"]["slots"] = {{"unreachable", "connection refused"}};
  EXPECT_EQ(Shown(Make(kWhole)), R"(Deploy the web
  procedure    deploy 1.0.0, published, owner platform, approver lead@example.com, review by 2027-03-31
  environment  prod, America/Toronto, strict
  release      v1.1.0  sha256:…
  grace        10s
  pin          secret, read when it is used
  targets      3: web-1, web-2, web-3
  connections  edge (web)
  file         sql/001.sql  sha256:…
  on failure   rollback

Gates
  window
  approvals count: 2, role: release-approver  (asked by prod)

1 Deploy to each service
  for each target, one at a time; 1 failed target stops it; a rollback takes back the failed target
  wave 1  web-1, then watch 5m
  wave 2  web-2, web-3, then watch 5m
  1.1  See which slot serves  [reads]
       web.status  backend: ${{ target.attributes.backend }}
       now    serving: blue  (web-1, web-3)
  1.2  Start the new version in the idle slot  [changes]
       web.start  slot: ${{ steps.slots.outputs.idle }}, release: v1.1.0, grace: 10s, steps: [10%, 100%]
       verify web.check  url: ${{ outputs.url }}/health
         up to 20 times, every 500ms
       undo   the slot is stopped

2 Tidy up
  2.1  Run the script  [changes]
       sh.run  script: sql/001.sql, env: {TOKEN: ${{ secrets.token }}, PIN: ${{ parameters.pin }}}
       undo   left in place: the table may stay
       if cut short, a person says what happened (slipway settle)
  2.2  Announce the release  [person]
       confirm by deployer
         [ ] mail is sent
         channel (required): channel

Take note
  ! gate window: no calendar binds prod, so it is always open
  ! not seen on web-2 by step slots: connection refused

Plan sha256:…
next: slipway run deploy.yaml -e prod -p release=v1.1.0 -p pin=@FILE --plan sha256:…
)");
}

TEST_F(PlanTest, ForOneTargetItsValuesAreShownAndMoreThanTenAreAbbreviated) {
  workspace_.targets.resize(1);
  const std::string text = std::string(kHead) + R"(targets: { kind: service }
phases:
  - id: main
    title: Main
    for_each: target
    steps:
      - { id: a, title: Look at it, uses: web.check, with: { url: "${{ target.attributes.url }}" } }
      - { id: b, title: Change it, when: "target.labels.ring == 'rest'", uses: sh.run, with: { shell: "echo hi" } }
)";
  EXPECT_EQ(Shown(Make(text)), R"(Deploy the web
  procedure    deploy 1.0.0, published, owner platform
  environment  dev, UTC
  targets      1: web-1
  on failure   pause

1 Main
  for each target, one at a time; 1 failed target stops it; a rollback takes back the failed target
  1.1  Look at it  [reads]
       web.check  url: http://127.0.0.1/web-1
  1.2  Change it  [changes]
       only when target.labels.ring == 'rest' (skips 1 of 1 targets)
       sh.run  shell: "echo hi"
       undo   NOT undone: nothing says how
       if cut short, a person says what happened (slipway settle)

Take note
  ! step b changes things and would not be undone

Plan sha256:…
next: slipway run deploy.yaml -e dev --plan sha256:…
)");
  for (int i = 2; i <= 12; ++i) AddTarget("web-" + std::to_string(i), {{"ring", "rest"}});
  EXPECT_THAT(Shown(Make(text)),
              testing::HasSubstr(
                  "12: web-1, web-10, web-11, web-12, web-2, web-3, web-4, web-5, web-6, web-7 and 2 more"));
}

TEST_F(PlanTest, WhatIsPrintedCannotMoveATerminalsCursor) {
  workspace_.targets[0].attributes["url"] = "http://\x1b[2J/";
  workspace_.targets.resize(1);
  const Plan plan = Make(std::string(kHead) + R"(targets: { kind: service }
phases: [ { id: main, title: Main, for_each: target, steps: [ { id: a, title: A, uses: web.check, with: { url: "${{ target.attributes.url }}" } } ] } ]
)");
  EXPECT_THAT(Print(plan), testing::Not(testing::HasSubstr("\x1b")));
}

TEST_F(PlanTest, TheNextCommandCanBePastedIntoAShell) {
  parameters_ = {{"note", "it's; rm -rf /"}};
  const Plan plan =
      Make(std::string(kHead) +
           "parameters: { note: {}, ratio: { type: percentage, default: 2.5% } }\n"
           "phases: [ { id: main, title: Main, steps: [ { id: a, title: A, confirm: {} } ] } ]\n");
  EXPECT_THAT(Print(plan),
              testing::HasSubstr("next: slipway run deploy.yaml -e dev -p 'note=it'\\''s; rm -rf /' --plan " +
                                 plan.digest));
}

TEST_F(PlanTest, TheMachineFormSaysWhatPrintSays) {
  parameters_ = {{"release", "v1.1.0"}};
  const base::Json json = ToJson(Make(kWhole));
  const auto& step = json.at("phases").at(0).at("steps").at(1);
  EXPECT_EQ(step.at("action"), "web.start");
  EXPECT_EQ(step.at("effect"), "changes");
  EXPECT_EQ(step.at("undo"), "the slot is stopped");
  EXPECT_EQ(step.at("interrupted"), "probe");
  EXPECT_EQ(json.at("phases").at(0).at("waves").at(1).at(0), "web-2");
}

}  // namespace
}  // namespace slipway::plan
