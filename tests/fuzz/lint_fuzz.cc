// Whatever the text, as a page and as a workflow: findings of known rules, each with a place within it.
#include <string>

#include "fuzz.h"
#include "lint/lint.h"
#include "lint/rules.h"

namespace {

using slipway::fuzz::Require;
namespace lint = slipway::lint;

void Check(const std::string& file, std::string_view text) {
  const lint::Text texts[] = {{file, std::string(text)}, {"other.md", "RPO: 15 minutes, immutable tags"}};
  const int lines = static_cast<int>(slipway::base::LineStarts(text).size());
  for (const auto& d : lint::LintTexts(texts, {.today = "2026-11-21"})[0]) {
    Require(!d.what.empty() && d.at.line >= 1 && d.at.column >= 1 && d.at.line <= lines + 1);
    Require(d.rule.empty() || lint::FindRule(d.rule) != nullptr);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = slipway::fuzz::Text(data, size);
  Check("page.md", text);
  Check("workflow.yml", "on: push\njobs:\n" + std::string(text));
  return 0;
}
