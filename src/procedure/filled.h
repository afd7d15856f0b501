// What a run puts on the page of its procedure: every line to write on, filled in. Texts only: whoever reads
// the record makes it (app/report.cc), the page only sets it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "page/page.h"

namespace slipway::procedure {

struct Filled {
  // A step on one target, or without one.
  struct Instance {
    std::string target;  // may be empty
    page::Verdict verdict = page::Verdict::kNone;
    std::string state;                                      // in a word: `succeeded`
    bool done = false;                                      // the box is ticked
    std::vector<std::pair<std::string, page::Line>> facts;  // label and what stands beside it, in order
    std::map<std::string, std::string> answers;             // of a confirm, by field id
  };
  struct Judged {
    page::Verdict verdict = page::Verdict::kNone;
    std::string word;
    std::string what;
  };

  std::string run;                                        // `R7`
  page::Verdict verdict = page::Verdict::kNone;           // of the run as a whole
  std::string state;                                      // `rolled_back`
  std::vector<std::pair<std::string, page::Line>> facts;  // of the run
  std::map<std::string, std::string> parameters;          // by name; a secret is not among them
  std::vector<Judged> gates;                              // as judged, newest verdict of each
  std::vector<Judged> targets;                            // how each ended
  std::map<std::string, std::vector<Instance>> steps;     // by step id, in the order of the targets
  page::Blocks after;                                     // what stands behind the steps
};

}  // namespace slipway::procedure
