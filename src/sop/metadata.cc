#include "sop/metadata.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "markdown/inline.h"

namespace slipway::sop {

namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

// `2027-03-31`.
bool IsDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (const std::size_t i : {0U, 1U, 2U, 3U, 5U, 6U, 8U, 9U})
    if (text[i] < '0' || text[i] > '9') return false;
  const int month = (text[5] - '0') * 10 + text[6] - '0';
  const int day = (text[8] - '0') * 10 + text[9] - '0';
  return month >= 1 && month <= 12 && day >= 1 && day <= 28;
}

bool IsVersion(std::string_view text) {
  int parts = 0;
  for (const std::string& part : base::Split(text, '.')) {
    if (part.empty() || part.size() > 9 ||
        !std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; }))
      return false;
    if (part.size() > 1 && part[0] == '0') return false;
    ++parts;
  }
  return parts == 3;
}

void Take(std::string_view line, Draft& draft) {
  const std::string plain = markdown::Plain(line);
  const std::size_t colon = plain.find(':');
  if (colon == std::string::npos || colon > 30) return;
  const std::string key = Lower(base::Trim(plain.substr(0, colon)));
  std::string value(base::Trim(std::string_view(plain).substr(colon + 1)));
  if (value.size() > 1 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  if (value.empty() || value.starts_with('[') || value.starts_with('<') || value.contains("${{")) return;
  if ((key == "owner" || key == "deployment owner" || key == "document owner") && draft.owner.empty())
    draft.owner = value;
  if ((key == "approved by" || key == "approver") && draft.approver.empty()) draft.approver = value;
  if ((key == "version" || key == "document version") && draft.version.empty() && IsVersion(value))
    draft.version = value;
  if ((key == "review date" || key == "next review date" || key == "review by" || key == "review_by") &&
      draft.review_by.empty() && IsDate(value))
    draft.review_by = value;
}

}  // namespace

void FillMetadata(const markdown::Document& page, Draft& draft) {
  // At the top, before the second heading of the page, and at its very end.
  const auto read = [&](const markdown::Section& section) {
    for (const markdown::Block& block : section.blocks)
      if (block.kind == markdown::BlockKind::kParagraph || block.kind == markdown::BlockKind::kFrontMatter ||
          block.kind == markdown::BlockKind::kHeading)
        for (const std::string& line : base::Split(block.text, '\n')) Take(line, draft);
  };
  for (std::size_t i = 0; i < page.sections.size() && i < 2; ++i) {
    read(page.sections[i]);
  }
  if (page.sections.size() > 2) read(page.sections.back());
  // A setext heading may have swallowed the lines at the top: `owner: …` above `---`.
  for (std::size_t i = 0; i < page.sections.size() && i < 3; ++i)
    if (page.sections[i].title.contains('\n'))
      for (const std::string& line : base::Split(page.sections[i].title, '\n')) Take(line, draft);
}

}  // namespace slipway::sop
