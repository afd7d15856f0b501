// The text of a workflow of GitHub Actions, as far as lint asks: triggers, jobs, what they wait for and run.
//
// Read line by line and tolerantly, since pages carry such text with its indentation lost: then a key after
// `jobs:` that holds nothing on its line and is no key of a job begins a job. Linear; pure. Private to lint/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace slipway::lint {

struct Workflow {
  struct Use {
    std::string action;
    base::Position at;  // in the text
  };
  struct RunLine {
    std::string text;
    base::Position at;
  };
  struct Job {
    std::string id;
    base::Position at;
    std::vector<std::string> needs;
    std::string condition;  // of the job, not of its steps
    base::Position condition_at;
    std::string environment;
    bool has_timeout = false;
    std::vector<Use> uses;
    std::vector<RunLine> run;  // of all its steps, in order
  };
  std::vector<std::string> branches;  // of `push`; empty: any
  std::vector<std::string> triggers;  // push, pull_request, schedule, …
  std::vector<Job> jobs;
};

// Whether the text is one: a line `on:` and a line `jobs:`.
bool IsWorkflow(std::string_view text);
Workflow ReadWorkflow(std::string_view text);

}  // namespace slipway::lint
