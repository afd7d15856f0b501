#include "lint/lint.h"

#include <re2/re2.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "lint/findings.h"
#include "lint/material.h"
#include "lint/rules.h"
#include "lint/text_waivers.h"
#include "lint/workflow.h"

namespace slipway::lint {
namespace {

void Judge(const Material& material, Findings& findings) {
  ShellRules(material, findings);
  FlowRules(material, findings);
  DatabaseRules(material, findings);
  ReleaseRules(material, findings);
  WorkflowRules(material, findings);
  ManifestRules(material, findings);
  ProseRules(material, findings);
  ApprovalRules(material, findings);
}

// A step waives for itself, up to where the next one begins; the document for all of it.
std::vector<Waived> WaivedIn(const procedure::Procedure& procedure) {
  constexpr int kEnd = std::numeric_limits<int>::max();
  std::vector<Waived> out{{{0, 0}, {kEnd, 0}, procedure.metadata.waivers}};
  for (const procedure::Phase& phase : procedure.phases) {
    if (out.size() > 1) out.back().to = phase.at;
    bool first = true;
    for (const procedure::Step& step : phase.steps) {
      if (!std::exchange(first, false)) out.back().to = step.at;
      out.push_back({step.at, {kEnd, 0}, step.waivers});
    }
  }
  return out;
}

// Takes out what is waived, and says which waivers do nothing.
void ApplyWaivers(const std::vector<Waived>& parts, const Facts& facts, Findings& findings) {
  for (const Waived& part : parts) {
    for (const procedure::Waiver& waiver : part.waivers) {
      const Rule* rule = FindRule(waiver.rule);
      if (rule == nullptr || !rule->waivable) {
        findings.Tell("waiver-unknown", waiver.at, base::Quote(waiver.rule));
      } else if (!facts.today.empty() && waiver.until < facts.today) {
        findings.Tell("waiver-expired", waiver.at, base::Quote(waiver.rule) + " until " + waiver.until);
      } else if (!findings.Silence(waiver.rule, [&](base::Position at) { return part.Covers(at); })) {
        findings.Tell("waiver-unused", waiver.at, base::Quote(waiver.rule));
      }
    }
  }
}

// `**Next review date:** 2026-03-31`, in a line or a row of a table.
void ReviewPast(const Material& material, const Facts& facts, Findings& findings) {
  static const RE2 kReview(
      R"((?i)^\W*(?:next\s+)?review(?:\s+date|[ _]by|\s+due)\W{1,20}(\d{4}-\d{2}-\d{2})\b)");
  for (const Line& line : material.prose) {
    std::string date;
    if (facts.today.empty() || line.text.size() >= 4096 || !RE2::PartialMatch(line.text, kReview, &date) ||
        date >= facts.today)
      continue;
    findings.Tell("review-past", {line.number, static_cast<int>(line.text.find(date)) + 1},
                  "this page was to be reviewed by " + date);
  }
}

// What two texts say of one thing, told in both.
void Contradictions(std::span<const Material> materials, std::vector<Findings>& findings) {
  std::vector<std::vector<Claim>> claims;
  for (const Material& material : materials) claims.push_back(Claims(material));
  for (std::size_t a = 0; a < claims.size(); ++a)
    for (std::size_t b = a + 1; b < claims.size(); ++b)
      for (const Claim& one : claims[a])
        for (const Claim& other : claims[b]) {
          if (one.about != other.about || one.says == other.says) continue;
          const auto tell = [](Findings& out, const Claim& here, const Claim& there,
                               const std::string& file) {
            out.Tell(
                "pages-contradict", here.at,
                here.shown + " here, " + there.shown + " in " + file + ":" + std::to_string(there.at.line));
          };
          tell(findings[a], one, other, materials[b].file);
          tell(findings[b], other, one, materials[a].file);
        }
}

}  // namespace

base::Diagnostics Lint(const procedure::Procedure& procedure, const Facts& facts) {
  Findings findings(procedure.file, facts.strict ? Findings::Severity::kError : Findings::Severity::kWarning);
  OrderAndSafety(procedure, facts, findings);
  ApprovalsOf(procedure, findings);
  SecretsInClear(procedure, findings);
  SecretsInArguments(procedure, findings);
  Judge(OfProcedure(procedure), findings);
  ApplyWaivers(WaivedIn(procedure), facts, findings);
  return findings.Take();
}

TextKind KindOf(std::string_view file, std::string_view text) {
  for (const std::string_view end : {".md", ".markdown", ".txt"})
    if (file.ends_with(end)) return TextKind::kPage;
  return IsWorkflow(text) ? TextKind::kWorkflow : TextKind::kProcedure;
}

std::vector<base::Diagnostics> LintTexts(std::span<const Text> texts, const Facts& facts) {
  std::vector<Material> materials;
  std::vector<Findings> findings;
  std::vector<TextWaivers> waivers;
  for (const Text& text : texts) {
    Findings& found = findings.emplace_back(text.file, Findings::Severity::kOfRule);
    Material& material = materials.emplace_back();
    TextWaivers& waived = waivers.emplace_back();
    material.file = text.file;
    if (KindOf(text.file, text.text) == TextKind::kWorkflow) {
      material = OfWorkflow(text);
      waived = WaiversOfWorkflow(text);
    } else if (auto page = OfPage(text)) {
      material = *std::move(page);
      waived = WaiversOfPage(text);
    } else {
      found.Take({.file = text.file, .at = {1, 1}, .what = page.error().what});
      continue;
    }
    // What is said in a waiver is not said of the procedure.
    std::erase_if(material.prose, [&](const Line& line) { return waived.lines.contains(line.number); });
    for (base::Diagnostic& error : waived.errors) found.Take(std::move(error));
    SecretsInText(text.text, TextOf::kPage, found);
    Judge(material, found);
    ReviewPast(material, facts, found);
  }
  Contradictions(materials, findings);
  std::vector<base::Diagnostics> out;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    Findings& found = findings[i];
    ApplyWaivers(waivers[i].parts, facts, found);
    base::Diagnostics& diagnostics = out.emplace_back(found.Take());
    std::ranges::sort(diagnostics, {}, [](const base::Diagnostic& d) {
      return std::tuple(d.at.line, d.at.column, std::string_view(d.rule), std::string_view(d.what));
    });
  }
  return out;
}

}  // namespace slipway::lint
