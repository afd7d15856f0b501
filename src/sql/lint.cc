#include "sql/lint.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "sql/judge.h"
#include "sql/lexer.h"
#include "sql/rules.h"

namespace slipway::sql {
namespace {

// `-- slipway:allow RULE reason`
struct Waiver {
  std::size_t offset = 0;
  std::string_view rule;
  bool used = false;
};

class FileLinter {
 public:
  FileLinter(const Migration& file, std::size_t index, History& history)
      : file_(file), index_(index), history_(history) {}

  base::Diagnostics Run() {
    const auto script = Split(file_.text, file_.file);
    if (!script) return script.error();
    const Division division = Divide(*script, file_.file);
    if (std::ranges::none_of(division.segment, [](int segment) { return segment >= 0; }))
      found_.push_back({0, "no-statements", file_.path});
    auto directive = script->directives.begin();
    std::size_t behind = 0;  // the last statement
    for (std::size_t i = 0; i < script->statements.size(); ++i) {
      const Statement& statement = script->statements[i];
      std::vector<Waiver> waivers;
      const bool any = directive != script->directives.end() && directive->offset < statement.offset;
      const std::size_t block = any ? CommentsAbove(behind, statement.offset) : statement.offset;
      for (; directive != script->directives.end() && directive->offset < statement.offset; ++directive)
        TakeDirective(*directive, block, waivers);
      JudgeStatement(statement, division.segment[i], std::move(waivers));
      behind = statement.offset + statement.text.size();
    }
    std::vector<Waiver> none;
    for (; directive != script->directives.end(); ++directive)
      TakeDirective(*directive, file_.text.size(), none);
    return Placed(division.errors);
  }

  // After Run: where the file destroys data.
  std::vector<Loss> Losses() const {
    std::vector<Loss> out;
    Places places(file_.text);
    for (const Found& one : lost_) out.push_back({file_.file, places.At(one.offset), one.subject});
    return out;
  }

 private:
  // Where the comment lines begin that stand, without an empty line, just above the statement; at or behind
  // `from`.
  std::size_t CommentsAbove(std::size_t from, std::size_t statement) const {
    const std::string_view text = file_.text;
    std::size_t line = text.rfind('\n', statement);
    std::size_t begin = line == std::string_view::npos ? 0 : line + 1;
    if (!base::Trim(text.substr(std::max(begin, from), statement - std::max(begin, from))).empty())
      return statement;
    while (begin > from) {
      const std::size_t above = begin < 2 ? std::string_view::npos : text.rfind('\n', begin - 2);
      const std::size_t previous = above == std::string_view::npos ? 0 : above + 1;
      if (previous < from || !base::Trim(text.substr(previous, begin - previous)).starts_with("--")) break;
      begin = previous;
    }
    return begin;
  }

  void TakeDirective(const Directive& directive, std::size_t block, std::vector<Waiver>& waivers) {
    const std::string_view text = directive.text;
    const std::size_t verb_end = std::min(text.find(' '), text.size());
    const std::string_view rest = base::Trim(text.substr(verb_end));
    const std::size_t rule_end = std::min(rest.find(' '), rest.size());
    const std::string_view id = rest.substr(0, rule_end);
    const Rule* rule = FindRule(id);
    const auto bad = [&](std::string subject) {
      found_.push_back({directive.offset, "bad-waiver", std::move(subject)});
    };
    if (text.substr(0, verb_end) != "allow")
      return bad(base::Quote("slipway:" + std::string(text.substr(0, verb_end))) + " is not known");
    if (rule == nullptr) return bad(base::Quote(id) + " is not a rule" + Meant(id));
    if (!rule->waivable) return bad(base::Quote(id) + " cannot be waived");
    if (base::Trim(rest.substr(rule_end)).empty()) return bad("it has no reason");
    if (directive.offset < block || block == file_.text.size())
      return found_.push_back(
          {directive.offset, "unused-waiver", "it does not stand just above a statement"});
    waivers.push_back({directive.offset, rule->id});
  }

  static std::string Meant(std::string_view id) {
    std::vector<std::string> ids;
    for (const Rule& rule : Rules()) ids.emplace_back(rule.id);
    const auto meant = base::DidYouMean(id, ids);
    return meant ? " (did you mean " + base::Quote(*meant) + "?)" : "";
  }

  void JudgeStatement(const Statement& statement, int segment, std::vector<Waiver> waivers) {
    std::vector<Found> found;
    Judge({.history = history_,
           .found = found,
           .lost = lost_,
           .transaction = {index_, segment},
           .offset = statement.offset},
          statement.text);
    std::erase_if(found, [&](const Found& one) {
      bool waived = false;
      for (Waiver& waiver : waivers) waived = (waiver.rule == one.rule && (waiver.used = true)) || waived;
      return waived;
    });
    for (const Waiver& waiver : waivers)
      if (!waiver.used) found.push_back({waiver.offset, "unused-waiver", base::Quote(waiver.rule)});
    if (found_.size() <= kMaxFound) std::ranges::move(found, std::back_inserter(found_));
  }

  // In order of place, with lines that hold a secret not shown.
  base::Diagnostics Placed(const base::Diagnostics& errors) {
    std::ranges::sort(found_, {}, [](const Found& one) { return std::pair(one.offset, one.rule); });
    base::Diagnostics out = errors;
    if (found_.size() > kMaxFound) {
      found_.resize(kMaxFound);
      out.push_back(
          {.file = file_.file,
           .what = "there are more than " + std::to_string(kMaxFound) + " findings; the rest is not told"});
    }
    Places places(file_.text);
    std::set<int> secret;
    for (const Found& one : found_) {
      out.push_back(Finding(one.rule, one.subject, file_.file, places.At(one.offset)));
      if (one.rule == "secret-in-clear") secret.insert(out.back().at.line);
    }
    for (base::Diagnostic& finding : out) finding.hide_source = secret.contains(finding.at.line);
    std::ranges::sort(out, {}, [](const base::Diagnostic& d) {
      return std::tuple(d.at.line, d.at.column, std::string_view(d.rule));
    });
    return out;
  }

  const Migration& file_;
  const std::size_t index_;
  History& history_;
  std::vector<Found> found_, lost_;
};

}  // namespace

namespace {

// Each file in turn, with what those before it say of the database.
void JudgeAll(std::span<const Migration> files, const LintOptions& options, base::Diagnostics* found,
              std::vector<Loss>* lost) {
  History history;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (i > 0 && base::Precedence(files[i - 1].version, files[i].version) != 0) {
      ++history.version;
      history.created.clear();
      history.added.clear();
      history.perhaps_there.clear();
    }
    if (i == options.applied) history.made.clear();
    FileLinter linter(files[i], i, history);
    base::Diagnostics findings = linter.Run();
    if (i < options.applied) continue;
    if (found != nullptr) std::ranges::move(findings, std::back_inserter(*found));
    if (found != nullptr && files[i].down) {
      auto statements = DownStatements(*files[i].down);
      if (!statements) std::ranges::move(statements.error(), std::back_inserter(*found));
    }
    if (lost != nullptr) std::ranges::move(linter.Losses(), std::back_inserter(*lost));
  }
}

}  // namespace

base::Diagnostics Lint(std::span<const Migration> files, const LintOptions& options,
                       std::vector<Loss>* losses) {
  base::Diagnostics out;
  JudgeAll(files, options, &out, losses);
  return out;
}

std::string ToString(const Loss& loss) {
  return loss.file + ":" + std::to_string(loss.at.line) + " " + loss.what;
}

std::vector<Loss> Losses(std::span<const Migration> files, const LintOptions& options) {
  std::vector<Loss> out;
  JudgeAll(files, options, nullptr, &out);
  return out;
}

}  // namespace slipway::sql
