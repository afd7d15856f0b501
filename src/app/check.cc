// `slipway check`: everything that can be said of a procedure without running it.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "app/app.h"
#include "app/check_migrations.h"
#include "app/document.h"
#include "base/file.h"
#include "base/text.h"
#include "lint/lint.h"
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

std::optional<lint::ActionInfo> Describe(const drivers::Registry& drivers, std::string_view uses) {
  const drivers::ActionSheet* sheet = drivers.Sheet(uses);
  if (sheet == nullptr) return std::nullopt;
  lint::ActionInfo info;
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
  lint::Facts facts;
  facts.action = [&](std::string_view uses) { return Describe(session.drivers(), uses); };
  facts.strict = environment != nullptr && environment->strict;
  if (ladder.workspace != nullptr) {
    for (const workspace::Environment& e : ladder.workspace->environments)
      facts.environments.push_back(e.name);
  }
  const auto today =
      workspace::LocalDate(environment == nullptr ? "UTC" : environment->time_zone, session.clock().Now());
  if (today) facts.today = *today;
  if (read.phases_whole) std::ranges::move(lint::Lint(procedure, facts), std::back_inserter(found));
  UnreachableGates(procedure, found);
  for (base::Diagnostic& d : found) d.origin = procedure::SourceAt(procedure, d.at);
  std::ranges::sort(found, {}, [](const base::Diagnostic& d) {
    return std::tuple(d.at.line, d.at.column, d.what, d.rule);
  });
  return found;
}

// What stands in pages and workflows, and what contradicts between them; nothing for procedures.
std::vector<base::Diagnostics> JudgePages(Session& session, const std::vector<std::string>& files,
                                          const std::vector<base::Result<std::string>>& texts) {
  std::vector<base::Diagnostics> out(files.size());
  std::vector<lint::Text> pages;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!texts[i] || lint::KindOf(files[i], *texts[i]) == lint::TextKind::kProcedure) continue;
    pages.push_back({files[i], *texts[i]});
    places.push_back(i);
  }
  lint::Facts facts;
  if (const auto today = workspace::LocalDate("UTC", session.clock().Now())) facts.today = *today;
  std::vector<base::Diagnostics> found = lint::LintTexts(pages, facts);
  for (std::size_t i = 0; i < found.size(); ++i) out[places[i]] = std::move(found[i]);
  return out;
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
  std::vector<std::optional<std::vector<api::CheckedFile>>> migrations;
  std::vector<base::Result<std::string>> texts;
  for (const std::string& file : files) {
    if (migrations.emplace_back(CheckMigrations(file))) {
      texts.push_back(base::Invalid("it holds migrations", file));
      continue;
    }
    auto text = base::ReadFile(file);
    if (!text && files.size() == 1) return std::unexpected(Missing(text.error(), file));
    texts.push_back(std::move(text));
  }
  std::vector<base::Diagnostics> pages = JudgePages(session_, files, texts);
  api::CheckReport report;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (migrations[i]) {
      std::ranges::move(*migrations[i], std::back_inserter(report.files));
      continue;
    }
    api::CheckedFile& checked = report.files.emplace_back();
    checked.file = files[i];
    if (!texts[i]) {  // the others are judged all the same
      const base::Error error = Missing(texts[i].error(), files[i]);
      checked.diagnostics = {{.file = files[i], .what = error.what, .suggestion = error.next}};
    } else if (lint::KindOf(files[i], *texts[i]) == lint::TextKind::kProcedure) {
      const procedure::Readable read = procedure::ParseReadable(*texts[i], files[i]);
      checked.diagnostics = Judge(session_, ladder, read);
      const auto* rules = read.errors.empty() ? ladder.For(read.procedure) : nullptr;
      if (rules != nullptr) checked.environment = rules->name;
      if (checked.ok() && !read.procedure.metadata.source.empty())
        checked.next =
            (ladder.workspace == nullptr ? "slipway init, and then " : "") + ("slipway plan " + files[i]);
    } else {
      checked.diagnostics = std::move(pages[i]);
    }
    checked.rendered = base::Render(checked.diagnostics, texts[i] ? *texts[i] : "");
  }
  return report;
}

}  // namespace slipway::app
