#include "sop/metadata.h"

#include <algorithm>
#include <cctype>
#include <chrono>

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

// `2027-03-31`, a day that exists.
bool IsDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (const std::size_t i : {0U, 1U, 2U, 3U, 5U, 6U, 8U, 9U})
    if (text[i] < '0' || text[i] > '9') return false;
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    for (const char c : text.substr(at, size)) value = value * 10 + (c - '0');
    return value;
  };
  return std::chrono::year_month_day{std::chrono::year(number(0, 4)),
                                     std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                     std::chrono::day(static_cast<unsigned>(number(8, 2)))}
      .ok();
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
  TakeMetadata(plain.substr(0, colon), plain.substr(colon + 1), draft);
}

std::string* FieldOf(const std::string& key, Draft& draft) {
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, key) != names.end();
  };
  if (is({"owner", "deployment owner", "document owner", "procedure owner"})) return &draft.owner;
  if (is({"approved by", "approver", "document approver"})) return &draft.approver;
  if (is({"version", "document version"})) return &draft.version;
  if (is({"review date", "next review date", "next review", "review by", "review_by"}))
    return &draft.review_by;
  return nullptr;
}

}  // namespace

bool IsMetadata(std::string_view key) {
  Draft none;
  return FieldOf(Lower(base::Trim(key)), none) != nullptr;
}

std::string TakeMetadata(std::string_view key, std::string_view text, Draft& draft) {
  std::string* field = FieldOf(Lower(base::Trim(key)), draft);
  if (field == nullptr) return "no field holds it";
  std::string value(base::Trim(text));
  if (value.size() > 1 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  if (value.empty() || value.starts_with('[') || value.starts_with('<') || value.contains("${{"))
    return "nothing is filled in";
  if (field == &draft.version && !IsVersion(value)) return "a version is MAJOR.MINOR.PATCH";
  if (field == &draft.review_by && !IsDate(value)) return "a date is YEAR-MONTH-DAY";
  if (field->empty()) *field = value;
  return *field == value ? "" : "the page says " + base::Quote(*field) + " elsewhere";
}

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
