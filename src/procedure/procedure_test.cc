#include "procedure/procedure.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "procedure/readable.h"
#include "procedure/schema.h"

namespace slipway::procedure {
namespace {

constexpr std::string_view kDeploy = R"(apiVersion: slipway/v1
kind: Procedure
metadata:
  id: deploy-web
  title: Blue-green deployment of the web service
  version: 1.2.0
  status: published
  owner: platform
  review_by: 2027-03-31
parameters:
  release: { type: release, required: true, description: what to deploy }
targets: { kind: service, where: { labels.tier: web, labels.ring: [canary, main] } }
gates:
  - window: {}
  - approvals: { count: 2, role: release-approver }
on_failure: rollback
notify:
  - { on: [waiting, failed], url: "https://chat.example.com/${{ secrets.HOOK }}" }
phases:
  - id: deploy
    title: Deploy to each service
    for_each: target
    rollback: all
    waves: [ { where: { labels.ring: canary } }, 25%, 100% ]
    bake: 5m
    steps:
      - id: slots
        title: See which slot serves
        uses: haproxy.status
        with: { backend: "${{ target.attributes.backend }}" }
      - id: other
        title: At once
        needs: []
        uses: http.check
        with: { url: "http://x", status: 200 }
      - id: start
        title: Start the new version
        uses: service.start
        with: { slot: "${{ steps.slots.outputs.idle }}", env: { VERSION: "${{ parameters.release.version }}" } }
        retry: { attempts: 3, every: 2s, backoff: exponential }
        timeout: 1m30s
        verify:
          - { uses: http.check, with: { url: "${{ outputs.url }}/health" }, retry: { attempts: 20, every: 500ms } }
        undo: { uses: service.stop, with: { slot: "${{ outputs.slot }}" } }
        interrupted: { probe: { uses: service.status, with: { slot: "${{ steps.slots.outputs.idle }}" } } }
  - id: finish
    title: Tell the team
    steps:
      - id: announce
        title: Announce the release
        when: ${{ parameters.release.version != 'x' }}
        timeout: 1d
        confirm: { role: deployer, fields: [ { id: channel, required: true } ], checklist: [ "Dashboards are calm" ] }
)";

TEST(Readable, WhatFollowsFromAnErrorIsKnownByItsPlace) {
  const auto read = ParseReadable(
      "apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: two, owneer: you }\n"
      "phases:\n  - id: work\n    steps:\n"
      "      - { id: a, uses: exec.run, wiht: {} }\n"
      "      - id: b\n"
      "        uses: exec.run\n"
      "        with: { argv: [\"${{ nothing }}\"], shell: x }\n"
      "        retyr: 3\n"
      "      - { id: c, uses: Exec Run }\n",
      "two.yaml");
  EXPECT_EQ(read.errors.size(), 5U) << base::Render(read.errors, "");
  EXPECT_FALSE(read.phases_whole);
  ASSERT_EQ(read.procedure.phases.size(), 1U);
  const std::vector<Step>& steps = read.procedure.phases[0].steps;
  ASSERT_EQ(steps.size(), 2U);                       // c has no action that could be judged
  EXPECT_TRUE(read.MayFollow(steps[0].action->at));  // `wiht` may have been its `with`
  EXPECT_TRUE(read.MayFollow(steps[1].action->argument_at.at("argv")));
  EXPECT_FALSE(read.MayFollow(steps[1].action->argument_at.at("shell")));
  EXPECT_FALSE(read.MayFollow(steps[1].action->at));
}

TEST(Procedure, ManyNamesInOneLineAreEachFoundWhereTheyStand) {
  const std::string text =
      "apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: one }\n"
      "phases: [ { id: p, steps: [ { id: s, uses: a.b, with: { é: \"${{ steps.x }} ü ${{ steps.y }}\", "
      "b: \"${{ steps.z }}\" }, needs: [w] } ] } ]\n";
  const auto parsed = Parse(text, "one.yaml");
  ASSERT_FALSE(parsed);
  std::vector<std::pair<std::string, int>> found;
  for (const base::Diagnostic& error : parsed.error()) found.emplace_back(error.what, error.at.column);
  std::ranges::sort(found, {}, &std::pair<std::string, int>::second);
  EXPECT_EQ(found, (std::vector<std::pair<std::string, int>>{{"unknown step `x`", 65},
                                                             {"unknown step `y`", 82},
                                                             {"unknown step `z`", 103},
                                                             {"unknown step `w`", 126}}));
}

TEST(Procedure, ReadsEveryPartOfADocument) {
  const auto parsed = Parse(kDeploy, "deploy.yaml");
  ASSERT_TRUE(parsed) << base::Render(parsed.error(), kDeploy);
  const Procedure& p = *parsed;
  EXPECT_EQ(p.metadata.id, "deploy-web");
  EXPECT_EQ(p.metadata.status, Status::kPublished);
  EXPECT_EQ(p.metadata.review_by_at.line, 9);
  ASSERT_EQ(p.parameters.size(), 1u);
  EXPECT_TRUE(p.parameters[0].required);
  ASSERT_TRUE(p.targets);
  EXPECT_EQ(p.targets->where[1].second, (std::vector<std::string>{"canary", "main"}));
  EXPECT_EQ(base::GetString(p.gates[1].with, "count"), "2");
  EXPECT_EQ(p.on_failure, OnFailure::kRollback);
  EXPECT_EQ(p.notify[0].on.size(), 2u);

  const Phase& deploy = p.phases[0];
  EXPECT_TRUE(deploy.for_each);
  EXPECT_EQ(deploy.rollback, Scope::kAll);
  ASSERT_EQ(deploy.waves.size(), 3u);
  EXPECT_EQ(deploy.waves[0].where.kind, "service");
  EXPECT_EQ(deploy.waves[1].amount, 2500);
  EXPECT_EQ(deploy.bake.count(), 300000);

  const Step& start = *FindStep(p, "start");
  EXPECT_EQ(
      *base::CanonicalJson(start.action->with),
      R"({"env":{"VERSION":"${{ parameters.release.version }}"},"slot":"${{ steps.slots.outputs.idle }}"})");
  EXPECT_EQ(start.action->argument_at.at("env").column, 58);
  EXPECT_TRUE(start.retry.exponential);
  EXPECT_EQ(start.timeout->count(), 90000);
  EXPECT_EQ(start.verify[0].retry.attempts, 20);
  EXPECT_EQ(start.undo.kind, Undo::Kind::kAction);
  EXPECT_EQ(start.interrupted.kind, Interrupted::Kind::kProbe);
  const Step& announce = *FindStep(p, "announce");
  EXPECT_EQ(announce.when, "parameters.release.version != 'x'");
  EXPECT_EQ(announce.confirm->fields[0].title, "channel");
  EXPECT_EQ(PhaseOf(p, "announce")->id, "finish");
  EXPECT_EQ(FindStep(p, "nothing"), nullptr);
}

TEST(Procedure, EveryPlaceKnowsTheLineOfThePageItWasMadeFrom) {
  const auto procedure = Parse(
      "apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: a, source: 'page.md:3' }\n"
      "phases:\n  - id: one\n    steps:\n"
      "      - { id: x, source: 'page.md:8', confirm: {} }\n"
      "      - { id: y, confirm: {} }\n"
      "  - id: two\n    steps: [ { id: z, source: 'page.md:20', confirm: {} } ]\n",
      "a.yaml");
  ASSERT_TRUE(procedure);
  EXPECT_EQ(SourceAt(*procedure, {3, 1}), "page.md:3");
  EXPECT_EQ(SourceAt(*procedure, {7, 30}), "page.md:8");
  EXPECT_EQ(SourceAt(*procedure, {8, 30}), "");  // it came from nowhere
  EXPECT_EQ(SourceAt(*procedure, {9, 9}), "page.md:3");
  EXPECT_EQ(SourceAt(*procedure, {10, 40}), "page.md:20");
}

TEST(Procedure, AStepNeedsTheOneAboveAndWhatItReads) {
  const auto p = Parse(kDeploy, "deploy.yaml");
  ASSERT_TRUE(p);
  const auto needs = [&](std::string_view id) { return NeedsOf(*PhaseOf(*p, id), *FindStep(*p, id)); };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(needs("slots"), Ids{});
  EXPECT_EQ(needs("other"), Ids{});
  EXPECT_EQ(needs("start"), (Ids{"other", "slots"}));
  EXPECT_EQ(needs("announce"), Ids{});
}

TEST(Procedure, ThePauseDoublesUpToFiveMinutesWhereItIsSaid) {
  const auto pauses = [](const Retry& retry) {
    std::vector<std::int64_t> seconds;
    for (int attempts = 1; attempts <= 4; ++attempts)
      seconds.push_back(PauseAfter(retry, attempts).count() / 1000);
    return seconds;
  };
  using Seconds = std::vector<std::int64_t>;
  EXPECT_EQ(pauses({.every = base::Duration{2'000}}), (Seconds{2, 2, 2, 2}));
  EXPECT_EQ(pauses({.every = base::Duration{2'000}, .exponential = true}), (Seconds{2, 4, 8, 16}));
  EXPECT_EQ(pauses({.every = base::Duration{90'000}, .exponential = true}), (Seconds{90, 180, 300, 300}));
  EXPECT_EQ(pauses({.every = base::Duration{600'000}, .exponential = true}), (Seconds{600, 600, 600, 600}));
  EXPECT_EQ(PauseAfter({.every = base::Duration{1}, .exponential = true}, 1000).count(), 300'000);
}

// The page and the parser must not drift apart.
TEST(Procedure, EveryKeyStandsInItsTableOfTheFormatPage) {
  const auto page = base::ReadFile(SLIPWAY_SOURCE_DIR "/docs/formats/procedure.md");
  ASSERT_TRUE(page);
  for (const Schema* schema : kSchemas) {
    const std::string heading = "\n## " + std::string(schema->name) + "\n";
    const std::size_t at = page->find(heading);
    // Without a section of its own it is described where it is used.
    const std::string section =
        at == std::string::npos ? *page : page->substr(at, page->find("\n## ", at + 1) - at);
    for (const Key& key : schema->keys)
      EXPECT_NE(section.find(key.name), std::string::npos) << schema->name << "." << key.name;
  }
}

}  // namespace
}  // namespace slipway::procedure
