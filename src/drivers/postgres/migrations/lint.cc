// postgres.lint: what is dangerous in the migrations that a database is to get. It reads files alone.
#include "sql/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/migrations/migrate.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonArray;
using base::JsonObject;

constexpr std::size_t kMostFindings = 100;  // in the evidence

base::Result<std::optional<base::Version>> Bound(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return base::ParseVersion(text);
}

// Every finding with its place, its danger and the safe form, for whoever mends them.
std::string Page(const base::Diagnostics& findings) {
  std::string page;
  for (std::size_t i = 0; i < std::min(findings.size(), kMostFindings); ++i) {
    const base::Diagnostic& one = findings[i];
    page += fmt::format("{}:{}:{}: {}: {}{}\n", one.file, one.at.line, one.at.column,
                        one.severity == base::Severity::kError ? "error" : "warning", one.what,
                        one.rule.empty() ? "" : " [" + one.rule + "]");
    if (!one.suggestion.empty()) page += "    " + one.suggestion + "\n";
  }
  if (findings.size() > kMostFindings) page += fmt::format("and {} more\n", findings.size() - kMostFindings);
  return page;
}

// The first of them, and where all are: on the page that is kept with the outcome.
std::string Told(const PgCall& call, const base::Diagnostic& first) {
  const std::string& instance = call.context.instance;
  const std::size_t slash = instance.find('/');
  // While a plan is made nothing is kept.
  const bool kept = slash != std::string::npos && !instance.starts_with("plan/");
  const std::string all = kept ? fmt::format("; all, with the safe form: slipway log {} {} --output",
                                             instance.substr(0, slash), instance.substr(slash + 1))
                               : "";
  return fmt::format("{}:{}: {}{}", first.file, first.at.line, first.what, all);
}

Outcome Run(PgCall& call) {
  const auto from = Bound(call.Text("from"));
  const auto to = Bound(call.Text("to"));
  if (!from || !to) return NotDone(base::ToString((from ? to : from).error()));
  auto files = ReadFolder(call.context, call.Text("folder"));
  if (!files) return NotDone(base::ToString(files.error()));
  if (*to) {
    if (const auto there = WantedVersion(*files, call.Text("to")); !there)
      return NotDone(base::ToString(there.error()));
  }
  std::erase_if(*files,
                [&](const sql::Migration& file) { return *to && base::Precedence(file.version, **to) > 0; });
  const auto applied = std::ranges::count_if(*files, [&](const sql::Migration& file) {
    return *from && base::Precedence(file.version, **from) <= 0;
  });
  std::vector<sql::Loss> losses;
  const base::Diagnostics findings =
      sql::Lint(*files, {.applied = static_cast<std::size_t>(applied)}, &losses);
  JsonArray list;
  std::int64_t errors = 0;
  for (const base::Diagnostic& finding : findings) {
    if (finding.severity == base::Severity::kError) ++errors;
    if (list.size() < kMostFindings) list.push_back(FindingJson(finding));
  }
  const auto count = static_cast<std::int64_t>(findings.size());
  JsonObject evidence{{"findings", std::move(list)}};
  if (errors > 0) {
    const auto worst = std::ranges::find(findings, base::Severity::kError, &base::Diagnostic::severity);
    Outcome failed =
        NotDone(fmt::format("{} of {} findings are errors, the first: {}", errors, count, Told(call, *worst)),
                std::move(evidence));
    failed.attachments.push_back({"findings", Page(findings)});
    return failed;
  }
  Outcome done = Done({{"warnings", count},
                       {"files", static_cast<std::int64_t>(files->size()) - applied},
                       {"destroys", losses.empty() ? "" : ToString(losses.front())}},
                      count == 0 ? "nothing dangerous was found"
                                 : fmt::format("{} warning{}, the first: {}", count, count == 1 ? "" : "s",
                                               Told(call, findings.front())));
  done.evidence = std::move(evidence);
  if (count > 0) done.attachments.push_back({"findings", Page(findings)});
  return done;
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.lint";
  sheet.summary = "Judges the migrations that are to run: locks, rewrites, what cannot be taken back.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.instant_prepare = true;
  sheet.arguments = {
      {.name = "folder",
       .type = ArgumentType::kFiles,
       .description = "The migrations, `<version>/<number>_<description>.sql`.",
       .fallback = "migrations"},
      {.name = "to",
       .description = "A version that is there; files of later ones are not judged. All when omitted."},
      {.name = "from", .description = "What the database has; those files are not judged."}};
  sheet.outputs = {
      {"warnings", "How many findings there were, none of them an error."},
      {"files", "How many files were judged."},
      {"destroys",
       "The first statement after which data are gone for good, with its place; empty when there is none."}};
  sheet.example =
      "id: lint\ntitle: Judge the migrations\nuses: postgres.lint\nwith: { to: \"${{ parameters.to }}\" }\n";
  return sheet;
}

}  // namespace

PgAction LintAction() { return {.sheet = Sheet(), .run = Run}; }

}  // namespace slipway::drivers::postgres
