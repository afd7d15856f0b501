#include "lint/workflow.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace slipway::lint {
namespace {

// Keys that may stand in a job or deeper and hold nothing on their line, so that they are no job's name.
constexpr std::array<std::string_view, 29> kNoJob = {"steps",       "env",         "with",
                                                     "strategy",    "matrix",      "outputs",
                                                     "defaults",    "permissions", "services",
                                                     "include",     "exclude",     "concurrency",
                                                     "container",   "needs",       "if",
                                                     "runs-on",     "secrets",     "ports",
                                                     "volumes",     "options",     "name",
                                                     "run",         "environment", "timeout-minutes",
                                                     "uses",        "image",       "continue-on-error",
                                                     "credentials", "shell"};

std::string Unquoted(std::string_view text) {
  text = base::Trim(text);
  if (text.size() > 1 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0])
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

// `[a, b]`, `a`, or nothing.
std::vector<std::string> List(std::string_view text) {
  text = base::Trim(text);
  std::vector<std::string> items;
  if (text.starts_with('[')) {
    text.remove_prefix(1);
    if (text.ends_with(']')) text.remove_suffix(1);
    for (const std::string& item : base::Split(text, ','))
      if (std::string name = Unquoted(item); !name.empty()) items.push_back(std::move(name));
  } else if (!text.empty()) {
    items.push_back(Unquoted(text));
  }
  return items;
}

struct Row {
  int number = 0;
  int indentation = 0;
  int column = 1;     // of the key or item
  bool item = false;  // `- ` before it
  std::string key;    // "" when it is no `key:`
  std::string value;  // behind the colon, or the whole
  std::string whole;  // trimmed
};

Row RowOf(std::string_view line, int number) {
  Row row{.number = number, .key = {}, .value = {}, .whole = std::string(base::Trim(line))};
  std::size_t at = std::min(line.find_first_not_of(" \t"), line.size());
  row.indentation = static_cast<int>(at);
  std::string_view rest = line.substr(at);
  while (rest.starts_with("- ")) {
    row.item = true;
    const std::size_t size = std::min(rest.find_first_not_of(' ', 1), rest.size());
    at += size;
    rest.remove_prefix(size);
  }
  row.column = static_cast<int>(at) + 1;
  if (const std::size_t comment = rest.find(" #"); comment != std::string_view::npos)
    rest = rest.substr(0, comment);
  const std::size_t colon = rest.find(':');
  const bool keyed = colon != std::string_view::npos && colon > 0 &&
                     (colon + 1 == rest.size() || rest[colon + 1] == ' ') &&
                     rest.substr(0, colon).find_first_of(" {[") == std::string_view::npos;
  if (keyed) row.key = Unquoted(rest.substr(0, colon));
  row.value = std::string(base::Trim(keyed ? rest.substr(colon + 1) : rest));
  return row;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : lines_(base::Split(text, '\n')) {}

  Workflow Run() {
    bool in_jobs = false;
    bool indented = false;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const Row row = RowOf(lines_[i], static_cast<int>(i) + 1);
      if (row.whole.empty() || row.whole.starts_with('#') || row.whole == "---") continue;
      if (row.key == "jobs" && row.indentation == 0) {
        in_jobs = true;
      } else if (in_jobs) {
        indented = indented || row.indentation > 0;
        if (indented && row.indentation == 0) break;
        Job(row, indented, i);
      } else {
        Trigger(row);
      }
    }
    return std::move(out_);
  }

 private:
  void Trigger(const Row& row) {
    if (row.key == "on" || row.key == "true") {
      on_ = true;
      for (std::string& name : List(row.value)) out_.triggers.push_back(std::move(name));
      return;
    }
    if (!on_) return;
    if (row.key == "branches") {
      branches_ = event_ == "push" ? &out_.branches : &ignored_;
      for (std::string& name : List(row.value)) branches_->push_back(std::move(name));
    } else if (row.item && row.key.empty()) {
      if (branches_ != nullptr) branches_->push_back(Unquoted(row.value));
      if (branches_ == nullptr && event_.empty()) out_.triggers.push_back(Unquoted(row.value));
    } else {
      branches_ = nullptr;
      constexpr std::array<std::string_view, 10> kEvents = {
          "push",          "pull_request", "workflow_dispatch",   "schedule",    "release",
          "workflow_call", "workflow_run", "pull_request_target", "merge_group", "repository_dispatch"};
      if (std::ranges::find(kEvents, row.key) != kEvents.end()) {
        event_ = row.key;
        out_.triggers.push_back(row.key);
      }
    }
  }

  bool BeginsJob(const Row& row, bool indented) {
    if (row.item || row.key.empty() || !row.value.empty()) return false;
    if (!indented) return std::ranges::find(kNoJob, row.key) == kNoJob.end();
    if (job_indentation_ < 0) job_indentation_ = row.indentation;
    return row.indentation == job_indentation_;
  }

  void Job(const Row& row, bool indented, std::size_t& i) {
    if (BeginsJob(row, indented)) {
      out_.jobs.push_back({.id = row.key,
                           .at = {row.number, row.column},
                           .needs = {},
                           .condition = {},
                           .condition_at = {},
                           .environment = {},
                           .uses = {},
                           .run = {}});
      in_steps_ = false;
      list_ = nullptr;
      return;
    }
    if (out_.jobs.empty()) return;
    Workflow::Job& job = out_.jobs.back();
    if (list_ != nullptr && row.item && row.key.empty()) {
      list_->push_back(Unquoted(row.value));
      return;
    }
    list_ = nullptr;
    const base::Position at{row.number, row.column};
    if (row.key == "steps") in_steps_ = true;
    if (row.key == "uses") job.uses.push_back({Unquoted(row.value), at});
    if (row.key == "run") return TakeRun(job, row, indented, i);
    if (in_steps_) return;
    if (row.key == "needs") {
      for (std::string& name : List(row.value)) job.needs.push_back(std::move(name));
      if (row.value.empty()) list_ = &job.needs;
    }
    if (row.key == "if") {
      job.condition = row.value;
      job.condition_at = at;
    }
    if (row.key == "environment") job.environment = Unquoted(row.value);
    if (row.key == "name" && environment_open_) job.environment = Unquoted(row.value);
    environment_open_ = row.key == "environment" && row.value.empty();
    if (row.key == "timeout-minutes") job.has_timeout = true;
  }

  // One line, or the block below.
  void TakeRun(Workflow::Job& job, const Row& row, bool indented, std::size_t& i) {
    if (!row.value.empty() && row.value[0] != '|' && row.value[0] != '>') {
      const std::size_t byte = lines_[i].find(row.value);
      job.run.push_back({row.value, {row.number, static_cast<int>(byte) + 1}});
      return;
    }
    if (!indented) return;
    for (++i; i < lines_.size(); ++i) {
      const std::size_t first = lines_[i].find_first_not_of(" \t\r");
      if (first != std::string::npos && static_cast<int>(first) <= row.column - 1) break;
      if (first == std::string::npos) continue;
      job.run.push_back({lines_[i].substr(first), {static_cast<int>(i) + 1, static_cast<int>(first) + 1}});
    }
    --i;
  }

  const std::vector<std::string> lines_;
  Workflow out_;
  bool on_ = false, in_steps_ = false, environment_open_ = false;
  int job_indentation_ = -1;
  std::string event_;
  std::vector<std::string> ignored_;
  std::vector<std::string>* branches_ = nullptr;
  std::vector<std::string>* list_ = nullptr;
};

}  // namespace

bool IsWorkflow(std::string_view text) {
  bool on = false, jobs = false;
  for (const std::string& line : base::Split(text, '\n')) {
    on = on || line.starts_with("on:") || line.starts_with("\"on\":") || line.starts_with("'on':");
    jobs = jobs || (line.starts_with("jobs:") && base::Trim(line) == "jobs:");
    if (line.starts_with("apiVersion:")) return false;
  }
  return on && jobs;
}

Workflow ReadWorkflow(std::string_view text) { return Reader(text).Run(); }

}  // namespace slipway::lint
