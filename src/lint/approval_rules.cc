// Approvals that prove nothing: anybody can give them, or whoever asked gives them.
#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "lint/material.h"

namespace slipway::lint {
namespace {

bool Is(const std::string& text, const RE2& form) {
  return text.size() < 4096 && RE2::PartialMatch(text, form);
}

const RE2& Negation() {
  static const RE2 kNot(
      R"((?i)\b(?:not|no|never|none|nobody|cannot|can't|must not|forbidden|prohibited|without)\b)");
  return kNot;
}

// `read -p "Deploy to production? (yes/no)"`: a question at a keyboard that a release waits for.
void Keyboards(const Fragment& fragment, Findings& findings) {
  static const RE2 kAct(
      R"((?i)\b(?:deploy\w*|releas\w*|ship|prod|production|live|roll ?out|rollback|roll back|restore|migrat\w*|drop|promote|approv\w*|go ahead)\b)");
  static const RE2 kWhich(R"((?i)\b(?:which|what|who|where|when|how|enter)\b)");
  static const RE2 kAsks(R"((?i)\?|\by(?:es)?\s*/\s*n(?:o)?\b|\btype\b.*\byes\b|\bapprov|\bconfirm)");
  bool asked = false;    // a question stands in an echo above
  bool created = false;  // a pull request
  for (const shell::Command& command : fragment.script.commands) {
    const Call call = CallOf(command);
    std::string said;
    if (call.name == "read" || call.name == "echo" || call.name == "printf")
      for (const shell::Word* word : call.words) said += Shown(*word) + " ";
    const bool question = Is(said, kAct) && Is(said, kAsks) && !Is(said, kWhich);
    if (call.name == "read" && (question || asked))
      findings.Tell("approval-by-anybody", fragment.At(command.at), base::Quote("read"));
    asked = question && (call.name == "echo" || call.name == "printf");
    if (call.name != "gh") continue;
    created = created || call.Starts("pr", "create");
    if (created && call.Starts("pr", "review") && (call.Has("--approve") || call.Has("-a")))
      findings.Tell("approval-of-own", fragment.At(command.at), "`gh pr review --approve`");
  }
}

// `Requested by: Ada` and `Approved by: Ada` in one section.
class Names {
 public:
  explicit Names(Findings& findings) : findings_(findings) {}

  void Take(const Line& line) {
    static const RE2 kLine(
        R"((?i)^\W*(?:\w+\s+)?(author|requested by|requester|prepared by|submitted by|owner|deployed by|approved by|approver)[\s*:_|]{1,8}([^\s*:_|\[<][^|\[<]{1,80}?)[\s*_|]*$)");
    if (line.section != section_) asked_.reset();
    section_ = line.section;
    std::string what, who;
    if (line.text.size() >= 4096 || !RE2::PartialMatch(line.text, kLine, &what, &who)) return;
    const bool approves = (what[0] | 0x20) == 'a' && (what[1] | 0x20) == 'p';
    if (!approves) {
      asked_ = who;
    } else if (asked_ && *asked_ == who) {
      findings_.Tell("approval-of-own", {line.number, 1}, base::Quote(who) + " asked and approves");
    }
  }

 private:
  Findings& findings_;
  int section_ = -1;
  std::optional<std::string> asked_;  // who
};

void Prose(const Material& material, Findings& findings) {
  static const RE2 kAnybody(
      R"((?i)\bany(?: ?one| ?body|\s+(?:engineer|developer|operator|member|user|person))\b(?:\s+[\w-]+){0,6}?\s+(?:approves?|signs? off|authori[sz]es?)\b)");
  static const RE2 kOwn(
      R"((?i)\bself[- ]approv|\bapproves?\s+(?:his|her|their|your|its|my|our)\s+own\b|\b(?:author|requester|deployer|whoever asks|who asked)\b[^.;]{0,20}\b(?:may|can|also)\b[^.;]{0,20}\bapproves?\b)");
  Names names(findings);
  for (const Line& line : material.prose) {
    names.Take(line);
    if (Is(line.text, Negation())) continue;
    if (Is(line.text, kAnybody)) findings.Tell("approval-by-anybody", {line.number, 1}, "the approval");
    if (Is(line.text, kOwn)) findings.Tell("approval-of-own", {line.number, 1}, "the approval");
  }
}

}  // namespace

void ApprovalRules(const Material& material, Findings& findings) {
  for (const Fragment& fragment : material.fragments)
    if (fragment.language == Language::kShell) Keyboards(fragment, findings);
  Prose(material, findings);
}

void ApprovalsOf(const procedure::Procedure& procedure, Findings& findings) {
  static const RE2 kApproves(R"((?i)\b(?:approves?|approval|sign[- ]?offs?|authori[sz]e)\b)");
  const procedure::Metadata& metadata = procedure.metadata;
  if (!metadata.approver.empty() && metadata.approver == metadata.owner)
    findings.Tell("approval-of-own", {1, 1}, base::Quote(metadata.owner) + " owns the text and approves it");
  for (const procedure::Phase& phase : procedure.phases)
    for (const procedure::Step& step : phase.steps)
      if (step.confirm && step.confirm->role.empty() && Is(step.title, kApproves))
        findings.Tell("approval-by-anybody", step.at, base::Quote(step.id));
}

}  // namespace slipway::lint
