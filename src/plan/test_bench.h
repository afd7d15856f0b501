// What the plan tests stand on: a small workspace on disk and the sheets of two made-up drivers. Private to
// the tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "plan/plan.h"

namespace slipway::plan {

// `web.*` reaches a connection; `sh.run` says no undo of its own.
inline std::vector<drivers::ActionSheet> TestSheets() {
  using drivers::ArgumentType;
  const drivers::ArgumentSheet connection{
      .name = "connection", .type = ArgumentType::kConnection, .pinned = true};
  drivers::ActionSheet status{
      .name = "web.status",
      .summary = "Says which slot serves.",
      .effect = drivers::Effect::kReads,
      .interruption = drivers::Interruption::kRepeat,
      .undo = drivers::UndoKind::kNone,
      .observed = true,
      .facts = {"serving"},
      .arguments = {connection, {.name = "backend", .required = true, .pinned = true}},
      .outputs = {{"serving", "the slot"}, {"idle", "the other"}}};
  drivers::ActionSheet start{
      .name = "web.start",
      .summary = "Starts a release in a slot.",
      .interruption = drivers::Interruption::kProbe,
      .undo = drivers::UndoKind::kAutomatic,
      .undo_text = "the slot is stopped",
      .arguments = {connection,
                    {.name = "slot", .description = "the slot", .required = true},
                    {.name = "release", .type = ArgumentType::kRelease},
                    {.name = "grace", .type = ArgumentType::kDuration, .fallback = 5000},
                    {.name = "steps", .type = ArgumentType::kPercentages}},
      .outputs = {{"url", "where it listens"}}};
  drivers::ActionSheet check{
      .name = "web.check",
      .summary = "Asks a page.",
      .effect = drivers::Effect::kReads,
      .interruption = drivers::Interruption::kRepeat,
      .undo = drivers::UndoKind::kNone,
      .arguments = {{.name = "url", .description = "where to look", .required = true}}};
  drivers::ActionSheet run{.name = "sh.run",
                           .summary = "Runs a command.",
                           .arguments = {{.name = "shell", .pinned = true},
                                         {.name = "script", .type = ArgumentType::kFile},
                                         {.name = "env", .type = ArgumentType::kMap, .sensitive_ok = true}}};
  return {status, start, check, run};
}

inline constexpr std::string_view kHead =
    "apiVersion: slipway/v1\nkind: Procedure\n"
    "metadata: { id: deploy, title: Deploy the web, version: 1.0.0, status: published, owner: platform }\n";

class PlanTest : public testing::Test {
 protected:
  PlanTest() {
    std::string name = testing::TempDir() + "/plan.XXXXXX";
    root_ = ::mkdtemp(name.data());
    Write("releases/v1.1.0/app", "one");
    Write("releases/v1.2.0/app", "two");
    Write("sql/001.sql", "select 1;\n");
    workspace_.root = root_;
    workspace_.environments = {{.name = "dev"},
                               {.name = "prod", .time_zone = "America/Toronto", .strict = true}};
    workspace_.connections = {{"edge", "web", {{"driver", "web"}, {"socket", "run/edge.sock"}}}};
    workspace_.secrets = {{"token", {.env = "TOKEN", .file = ""}}};
    AddTarget("web-1", {{"ring", "canary"}, {"tier", "web"}});
    AddTarget("web-2", {{"ring", "rest"}, {"tier", "web"}});
    AddTarget("web-3", {{"ring", "rest"}, {"tier", "web"}});
    sheets_ = TestSheets();
  }
  ~PlanTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  void Write(const std::string& path, std::string_view text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  void AddTarget(const std::string& id, std::map<std::string, std::string> labels) {
    workspace::Target target{.id = id, .kind = "service", .labels = std::move(labels)};
    target.attributes = {{"backend", "be-" + id}, {"url", "http://127.0.0.1/" + id}, {"rack", "r7"}};
    workspace_.targets.push_back(std::move(target));
  }

  Request MakeRequest(std::string_view text) {
    text_ = text;
    auto parsed = procedure::Parse(text_, "deploy.yaml");
    if (!parsed) ADD_FAILURE() << base::Render(parsed.error(), text_);
    procedure_ = parsed.value_or(procedure::Procedure{});
    Request request{.procedure = &procedure_,
                    .workspace = &workspace_,
                    .environment = environment_,
                    .parameters = parameters_,
                    .only = only_};
    for (const drivers::ActionSheet& sheet : sheets_) request.sheets.push_back(&sheet);
    request.observe = [this](const std::vector<Observation>&) { return facts_; };
    return request;
  }
  Plan Make(std::string_view text) {
    auto plan = Compile(MakeRequest(text));
    if (!plan) ADD_FAILURE() << base::Render(plan.error(), text_);
    return plan.value_or(Plan{});
  }
  // Everything that is wrong, as a person sees it.
  std::string Errors(std::string_view text) {
    auto plan = Compile(MakeRequest(text));
    return plan ? "" : base::Render(plan.error(), text_);
  }
  // The errors of a procedure with these steps in one plain phase.
  std::string StepErrors(std::string_view steps) {
    return Errors(std::string(kHead) + "phases:\n  - id: main\n    title: Main\n    steps:\n" +
                  std::string(steps));
  }

  std::filesystem::path root_;
  workspace::Workspace workspace_;
  std::vector<drivers::ActionSheet> sheets_;
  std::string environment_;
  std::map<std::string, std::string> parameters_;
  Conditions only_;
  std::map<std::string, base::JsonObject> facts_;
  procedure::Procedure procedure_;
  std::string text_;
};

// A procedure that uses everything a plan covers.
inline constexpr std::string_view kWhole = R"(apiVersion: slipway/v1
kind: Procedure
metadata:
  id: deploy
  title: Deploy the web
  version: 1.0.0
  status: published
  owner: platform
  approver: lead@example.com
  review_by: 2027-03-31
parameters:
  release: { type: release, required: true }
  grace: { type: duration, default: 10s }
  pin: { type: secret }
targets: { kind: service, where: { labels.tier: web } }
gates:
  - window: {}
on_failure: rollback
phases:
  - id: deploy
    title: Deploy to each service
    for_each: target
    waves: [ { where: { labels.ring: canary } }, 100% ]
    bake: 5m
    steps:
      - id: slots
        title: See which slot serves
        uses: web.status
        with: { backend: "${{ target.attributes.backend }}" }
      - id: start
        title: Start the new version in the idle slot
        uses: web.start
        with: { slot: "${{ steps.slots.outputs.idle }}", release: "${{ parameters.release }}", grace: "${{ parameters.grace }}", steps: [10%, 100%] }
        verify:
          - { uses: web.check, with: { url: "${{ outputs.url }}/health" }, retry: { attempts: 20, every: 500ms } }
  - id: finish
    title: Tidy up
    steps:
      - id: migrate
        title: Run the script
        uses: sh.run
        with: { script: sql/001.sql, env: { TOKEN: "${{ secrets.token }}", PIN: "${{ parameters.pin }}" } }
        undo: { none: the table may stay }
      - id: announce
        title: Announce the release
        confirm: { role: deployer, checklist: [ mail is sent ], fields: [ { id: channel, type: string, required: true } ] }
)";

}  // namespace slipway::plan
