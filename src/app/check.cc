// `slipway check`: everything that can be said of a procedure without running it.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "app/app.h"
#include "app/document.h"
#include "base/file.h"
#include "base/text.h"
#include "procedure/lint.h"
#include "workspace/calendar.h"

namespace slipway::app {

namespace {

// The environment whose rules apply: the one asked for, else the highest that may run the procedure.
struct Ladder {
  const workspace::Workspace* workspace = nullptr;  // null outside of one
  const workspace::Environment* asked = nullptr;

  const workspace::Environment* For(const procedure::Procedure& procedure) const {
    if (asked != nullptr || workspace == nullptr) return asked;
    const bool published = procedure.metadata.status == procedure::Status::kPublished;
    for (auto e = workspace->environments.rbegin(); e != workspace->environments.rend(); ++e) {
      if (published || !e->strict) return &*e;
    }
    return nullptr;
  }
};

std::optional<procedure::ActionInfo> Describe(const drivers::Registry& drivers, std::string_view uses) {
  const drivers::ActionSheet* sheet = drivers.Sheet(uses);
  if (sheet == nullptr) return std::nullopt;
  procedure::ActionInfo info;
  info.changes = sheet->effect == drivers::Effect::kChanges;
  info.looks = !info.changes && sheet->name != "wait";
  info.has_undo = sheet->undo != drivers::UndoKind::kDeclared;
  return info;
}

// A gate at which every run waits for ever. Calendars always open again; approvals want identities. Only a
// warning: the document is right, and what it needs is missing here.
void UnreachableGates(const procedure::Procedure& procedure, base::Diagnostics& found) {
  for (const procedure::Gate& gate : procedure.gates) {
    if (gate.kind != "approvals") continue;
    found.push_back(
        {.severity = base::Severity::kWarning,
         .file = procedure.file,
         .at = gate.at,
         .what = "no run gets past `approvals`: no identities are known here, so nobody can approve",
         .suggestion = "ask a person in a step: `confirm: { role: … }`",
         .rule = "unreachable"});
  }
}

// Everything at once, in order of place: also of a procedure with errors, what does not follow from them.
base::Diagnostics Judge(Session& session, const Ladder& ladder, const procedure::Readable& read) {
  base::Diagnostics found = ErrorsOf(session, ladder.workspace, read);
  const procedure::Procedure& procedure = read.procedure;
  const workspace::Environment* environment = ladder.For(procedure);
  procedure::Facts facts;
  facts.action = [&](std::string_view uses) { return Describe(session.drivers(), uses); };
  facts.strict = environment != nullptr && environment->strict;
  if (ladder.workspace != nullptr) {
    for (const workspace::Environment& e : ladder.workspace->environments)
      facts.environments.push_back(e.name);
  }
  const auto today =
      workspace::LocalDate(environment == nullptr ? "UTC" : environment->time_zone, session.clock().Now());
  if (today) facts.today = *today;
  if (read.phases_whole) std::ranges::move(procedure::Lint(procedure, facts), std::back_inserter(found));
  UnreachableGates(procedure, found);
  std::ranges::sort(found, {}, [](const base::Diagnostic& d) {
    return std::tuple(d.at.line, d.at.column, d.what, d.rule);
  });
  return found;
}

}  // namespace

api::Answer<api::CheckReport> App::Check(const std::vector<std::string>& files,
                                         const std::string& environment) {
  Ladder ladder;
  if (session_.Root()) {
    SLIPWAY_TRY(ladder.workspace, session_.Workspace());
  }
  if (!environment.empty()) {
    if (ladder.workspace == nullptr)
      return std::unexpected(
          base::Error{base::ErrorKind::kInvalid, "-e needs a workspace", "", "slipway init"});
    SLIPWAY_TRY(ladder.asked, session_.Environment(environment));
  }
  api::CheckReport report;
  for (const std::string& file : files) {
    const auto text = base::ReadFile(file);
    if (!text) return std::unexpected(Missing(text.error(), file));
    api::CheckedFile& checked = report.files.emplace_back();
    checked.file = file;
    const procedure::Readable read = procedure::ParseReadable(*text, file);
    checked.diagnostics = Judge(session_, ladder, read);
    checked.rendered = base::Render(checked.diagnostics, *text);
    if (read.errors.empty()) {
      if (const auto* rules = ladder.For(read.procedure)) checked.environment = rules->name;
    }
  }
  return report;
}

}  // namespace slipway::app
