// What a document says, whatever it stands in: pieces of shell, SQL, YAML and the like, and lines of prose,
// each with its place. Made of a procedure (steps.cc), a page (page.cc) or a workflow file. Private to lint/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "lint/findings.h"
#include "procedure/procedure.h"
#include "shell/script.h"

namespace slipway::lint {

enum class Language : std::uint8_t { kShell, kSql, kYaml, kWorkflow, kJson, kJavaScript, kOther };

struct Fragment {
  Language language = Language::kOther;
  std::string text;
  std::vector<base::Position> origins;  // of each line: where its first character stands in the document
  int section = 0;
  bool stops_at_errors = false;  // run as `bash -eu -o pipefail`
  shell::Script script;          // kShell

  // Where a place of the text stands in the document.
  base::Position At(base::Position in) const;
  void Read();  // fills `script`
};

struct Line {
  int number = 0;  // in the document, from 1
  std::string text;
  int section = 0;
  bool box = false;  // a tick box stands before it
};

struct Material {
  std::string file;
  std::vector<Fragment> fragments;  // in order of place
  std::vector<Line> prose;          // in order of place; comments of shell too
};

void Sort(Material& material);  // by place

Material OfProcedure(const procedure::Procedure& procedure);
base::Result<Material> OfPage(const Text& page);
Material OfWorkflow(const Text& file);

// ---- rules over material, each in the file named as its group

void ShellRules(const Material& material, Findings& findings);
void FlowRules(const Material& material, Findings& findings);      // files written and read
void DatabaseRules(const Material& material, Findings& findings);  // SQL, dumps and restores
void ReleaseRules(const Material& material, Findings& findings);   // rollouts, supply chain, versions
void WorkflowRules(const Material& material, Findings& findings);
void ManifestRules(const Material& material, Findings& findings);  // YAML of Kubernetes, load tests
void ProseRules(const Material& material, Findings& findings);     // numbers, objectives, order of keys
void ApprovalRules(const Material& material, Findings& findings);  // who may give one

// What two documents say differently: told in both.
struct Claim {
  std::string about;  // `RTO`
  std::string says;   // `4h`
  std::string shown;  // `4 hours`
  base::Position at;
};
std::vector<Claim> Claims(const Material& material);

// ---- commands

// A command without `sudo`, `env`, `exec` and their kin before it.
struct Call {
  const shell::Command* command = nullptr;
  std::string name;                       // of the program, without its folders; "" when it is no literal
  std::vector<const shell::Word*> words;  // behind it
  bool Has(std::string_view word) const;  // one of the words is exactly this
  bool Starts(std::string_view first, std::string_view second = "") const;  // its first words
  // The value of `--name=value`, `--name value`, or `-n value`; nullptr: there is none. `value` is what of
  // the word it is.
  const shell::Word* Option(std::string_view name) const;
};
Call CallOf(const shell::Command& command);

// The word as text, with `$NAME`, `$(…)`, `<name>` and the like for what is not known.
std::string Shown(const shell::Word& word);

template <typename F>
void ForEachCall(const Material& material, F&& f) {
  for (const Fragment& fragment : material.fragments) {
    if (fragment.language != Language::kShell) continue;
    for (const shell::Command& command : fragment.script.commands) f(fragment, CallOf(command));
  }
}

// The SQL that psql gets as an argument, in this call.
struct Query {
  std::string sql;
  base::Position at;  // in the fragment
};
std::vector<Query> QueriesOf(const Call& call);

}  // namespace slipway::lint
