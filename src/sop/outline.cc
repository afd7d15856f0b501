#include "sop/outline.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "base/text.h"
#include "markdown/inline.h"

namespace slipway::sop {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

// `5.1.2 `, `5. `, `A.1 `: of the number, with what ends it; 0: none.
std::size_t NumberSize(std::string_view title) {
  std::size_t i = 0;
  if (title.size() > 2 && std::isupper(static_cast<unsigned char>(title[0])) != 0 && title[1] == '.' &&
      IsDigit(title[2]))
    i = 2;
  if (i == 0 && (title.empty() || !IsDigit(title[0]))) return 0;
  while (i < title.size() && (IsDigit(title[i]) || title[i] == '.' || title[i] == ')')) ++i;
  return i < title.size() && title[i] == ' ' ? i : 0;
}

}  // namespace

std::string StepTitle(std::string_view text) {
  text = base::Trim(text);
  if (!Lower(text.substr(0, 5)).starts_with("step ")) return "";
  std::size_t i = 5;
  while (i < text.size() && IsDigit(text[i])) ++i;
  if (i == 5) return "";
  if (i < text.size() && std::isalpha(static_cast<unsigned char>(text[i])) != 0) ++i;  // `Step 2a`
  while (i < text.size() && std::string_view(":.)- ").contains(text[i])) ++i;
  const std::string title(base::Trim(text.substr(i)));
  return title.empty() ? std::string(text) : title;
}

std::vector<Heading> Outline(const markdown::Document& page) {
  std::vector<Heading> headings;
  std::map<std::string, int> by_number;
  for (const markdown::Section& section : page.sections) {
    Heading heading{.section = &section,
                    .title = std::string(base::Trim(markdown::Plain(section.title))),
                    .parent = section.parent};
    if (const std::size_t size = NumberSize(heading.title); size > 0) {
      heading.number = heading.title.substr(0, size);
      while (heading.number.ends_with('.') || heading.number.ends_with(')')) heading.number.pop_back();
      heading.title = base::Trim(std::string_view(heading.title).substr(size));
    }
    if (const std::string step = StepTitle(heading.title); !step.empty()) {
      heading.step = true;
      heading.title = step;
    }
    const std::size_t dot = heading.number.rfind('.');
    if (dot != std::string::npos) {
      const auto above = by_number.find(heading.number.substr(0, dot));
      if (above != by_number.end()) heading.parent = above->second;
    } else if (!heading.number.empty() && heading.parent > 0) {
      const Heading& above = headings[static_cast<std::size_t>(heading.parent)];
      heading.step = above.number.empty() && above.section->level > 1;
    }
    const int index = static_cast<int>(headings.size());
    if (!heading.number.empty()) by_number[heading.number] = index;
    if (heading.parent >= 0) headings[static_cast<std::size_t>(heading.parent)].children.push_back(index);
    headings.push_back(std::move(heading));
  }
  return headings;
}

bool IsContainer(const Heading& heading) {
  if (heading.children.empty() || heading.step) return false;
  const std::string title = Lower(heading.title);
  static constexpr std::array kMany{"procedures", "runbooks",        "playbooks",  "workflows", "sops",
                                    "issues",     "troubleshooting", "appendices", "appendix",  "scenarios"};
  return std::ranges::any_of(kMany, [&](std::string_view word) { return title.contains(word); });
}

bool IsChecklist(std::string_view title) {
  const std::string lower = Lower(title);
  static constexpr std::array kWords{"checklist", "prerequisite", "success criteria", "acceptance criteria",
                                     "before you begin"};
  if (std::ranges::any_of(kWords, [&](std::string_view word) { return lower.contains(word); })) return true;
  return lower.starts_with("after ") || lower.starts_with("pre-") || lower.starts_with("post-");
}

}  // namespace slipway::sop
