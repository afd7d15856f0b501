// Jobs that never run, stages that are passed by, actions that can change.
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "lint/material.h"
#include "lint/workflow.h"

namespace slipway::lint {
namespace {

bool Is(const std::string& text, const RE2& form) { return RE2::PartialMatch(text, form); }

bool IsProduction(const Workflow::Job& job) {
  static const RE2 kProduction(R"((?i)(^|[_-])(prod|prd|production|live)([_-]|$))");
  return Is(job.id, kProduction) || Is(job.environment, kProduction);
}

// A stage that is deployed to before production.
bool IsStage(const Workflow::Job& job) {
  static const RE2 kDeploys(R"((?i)deploy|release|rollout|promote)");
  static const RE2 kStage(R"((?i)(^|[_-])(test|qa|stage|staging|stg|uat|preprod|canary|dev)([_-]|$))");
  return !IsProduction(job) && ((Is(job.id, kDeploys) && Is(job.id, kStage)) || Is(job.environment, kStage));
}

bool Deploys(const Workflow::Job& job) {
  static const RE2 kDeploys(R"((?i)deploy|release|rollout)");
  return Is(job.id, kDeploys) || !job.environment.empty();
}

class Jobs {
 public:
  // `asked`: the line that asks for migrations; 0: none does.
  Jobs(const Fragment& fragment, int asked, Findings& findings)
      : fragment_(fragment), asked_(asked), findings_(findings), workflow_(ReadWorkflow(fragment.text)) {}

  void Run() {
    if (workflow_.jobs.size() > kMostJobs) workflow_.jobs.resize(kMostJobs);
    Connect();
    for (const Workflow::Job& job : workflow_.jobs) {
      NeverRuns(job);
      if (IsProduction(job)) Skipped(static_cast<std::size_t>(&job - workflow_.jobs.data()));
      if (Deploys(job) && !job.has_timeout) Tell("job-without-timeout", job.at, base::Quote(job.id));
    }
    Tags();
    Migrations();
  }

 private:
  void Tell(std::string_view rule, base::Position at, std::string_view subject) {
    findings_.Tell(rule, fragment_.At(at), subject);
  }

  void NeverRuns(const Workflow::Job& job) {
    static const RE2 kBranch(R"(github\.ref(?:_name)?\s*==\s*'(?:refs/heads/)?([^']+)')");
    std::string branch;
    const bool pushed = workflow_.triggers.size() == 1 ||
                        (workflow_.triggers.size() == 2 &&
                         std::ranges::find(workflow_.triggers, "pull_request") != workflow_.triggers.end());
    if (!pushed || workflow_.branches.empty() || job.condition.find("||") != std::string::npos ||
        !RE2::PartialMatch(job.condition, kBranch, &branch))
      return;
    for (const std::string& name : workflow_.branches)
      if (name == branch || name.find_first_of("*?!+[") != std::string::npos) return;
    Tell("job-never-runs", job.condition_at,
         base::Quote(job.id) + " wants " + base::Quote(branch) + ", the trigger is " +
             base::Quote(base::Join(workflow_.branches, ", ")));
  }

  // Which jobs each one waits for, by their place in the workflow.
  void Connect() {
    std::map<std::string_view, std::size_t> places;
    for (const Workflow::Job& job : workflow_.jobs) places.emplace(job.id, places.size());
    for (const Workflow::Job& job : workflow_.jobs) {
      std::set<std::size_t>& needs = needs_.emplace_back();
      for (const std::string& id : job.needs)
        if (const auto found = places.find(id); found != places.end()) needs.insert(found->second);
    }
  }

  void Skipped(std::size_t production) {
    std::vector<bool> before(needs_.size());
    std::vector<std::size_t> open{production};
    while (!open.empty()) {
      const std::size_t job = open.back();
      open.pop_back();
      for (const std::size_t needed : needs_[job]) {
        if (before[needed]) continue;
        before[needed] = true;
        open.push_back(needed);
      }
    }
    const Workflow::Job& job = workflow_.jobs[production];
    for (std::size_t i = 0; i < before.size(); ++i)
      if (const Workflow::Job& stage = workflow_.jobs[i]; !before[i] && IsStage(stage))
        return Tell("stage-skipped", job.at, base::Quote(job.id) + " does not need " + base::Quote(stage.id));
  }

  void Tags() {
    static const RE2 kOfOthers(R"(^[\w.-]+/[\w./-]+@(.+)$)");
    static const RE2 kCommit(R"(^[0-9a-f]{4,40}(\.\.\.)?$)");
    std::set<std::string> tagged;
    base::Position first;
    for (const Workflow::Job& job : workflow_.jobs)
      for (const Workflow::Use& use : job.uses) {
        std::string version;
        if (!RE2::FullMatch(use.action, kOfOthers, &version) || RE2::FullMatch(version, kCommit)) continue;
        if (tagged.empty()) first = use.at;
        tagged.insert(use.action);
      }
    if (tagged.empty()) return;
    const std::vector<std::string> names(tagged.begin(), tagged.end());
    Tell("action-by-tag", first, base::Join(names, ", "));
  }

  // The page's own checklist asks for migrations, and a pipeline that deploys knows none.
  void Migrations() {
    static const RE2 kDone(R"((?i)migrat|alembic|flyway|liquibase|sqitch|psql|schema)");
    if (asked_ == 0 || Is(fragment_.text, kDone)) return;
    static const RE2 kRollsOut(
        R"(kubectl (set image|apply|rollout)|helm (upgrade|install)|docker compose|ecs update-service)");
    for (const Workflow::Job& job : workflow_.jobs)
      for (const Workflow::RunLine& line : job.run)
        if (Is(line.text, kRollsOut))
          return Tell("deploy-without-migration", job.at,
                      base::Quote(job.id) + ", against line " + std::to_string(asked_));
  }

  static constexpr std::size_t kMostJobs = 256;  // that one run of GitHub Actions has

  const Fragment& fragment_;
  const int asked_;
  Findings& findings_;
  Workflow workflow_;
  std::vector<std::set<std::size_t>> needs_;  // of each job
};

int AsksForMigrations(const Material& material) {
  static const RE2 kAsked(
      R"((?i)\bmigrations?\b.*\b(applied|run|executed)\b|\b(apply|run)\b.*\bmigrations?\b)");
  for (const Line& line : material.prose)
    if (line.box && Is(line.text, kAsked)) return line.number;
  return 0;
}

}  // namespace

void WorkflowRules(const Material& material, Findings& findings) {
  const int asked = AsksForMigrations(material);
  for (const Fragment& fragment : material.fragments)
    if (fragment.language == Language::kWorkflow) Jobs(fragment, asked, findings).Run();
}

}  // namespace slipway::lint
