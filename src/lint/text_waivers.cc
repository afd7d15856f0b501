#include "lint/text_waivers.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/text.h"
#include "lint/workflow.h"
#include "markdown/document.h"
#include "procedure/waiver.h"

namespace slipway::lint {
namespace {

constexpr std::string_view kOurs = "slipway:";
constexpr std::string_view kWaive = "slipway:waive";
constexpr int kEnd = std::numeric_limits<int>::max();

int Column(std::string_view before) {
  int column = 1;
  for (const char c : before) column += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return column;
}

class Reader {
 public:
  explicit Reader(const Text& text) : text_(text), starts_(base::LineStarts(text.text)) {}

  TextWaivers Page() {
    if (!text_.text.contains(kOurs)) return {};
    const auto document = markdown::Read(text_.text, text_.file);
    if (!document) return {};  // told by who reads the page
    std::vector<bool> code(starts_.size() + 2);
    markdown::ForEachBlock(*document, [&](const markdown::Section&, const markdown::Block& block) {
      if (block.kind != markdown::BlockKind::kCode) return;
      for (int line = block.line; line <= block.last_line && line <= Lines(); ++line)
        code[Index(line)] = true;
    });
    const std::vector<std::pair<int, int>> sections = Sections(*document);
    for (int line = 1; line <= Lines(); ++line) {
      if (code[Index(line)]) continue;
      const std::size_t begin = starts_[Index(line)];
      std::size_t at = SkipBlank(begin);
      if (at >= End(line) || !From(at).starts_with("<!--")) continue;
      at = SkipBlank(at + 4);
      if (!From(at).starts_with(kOurs)) continue;
      const std::size_t end = text_.text.find("-->", at);
      if (end == std::string::npos) {
        Error(at, "the comment is never closed, so it waives nothing", "-->");
        break;
      }
      const int last = LineOf(end);
      const auto below = std::ranges::upper_bound(sections, line, {}, &std::pair<int, int>::first);
      Take(at, end, line, last, *std::prev(below));
      line = last;
    }
    return std::move(out_);
  }

  TextWaivers Workflow() {
    if (!text_.text.contains(kOurs)) return {};
    std::vector<int> jobs;  // the line on which each begins, with the comments right above it
    for (const Workflow::Job& job : ReadWorkflow(text_.text).jobs) {
      int line = job.at.line;
      while (line > 1 && IsComment(line - 1) && Indentation(line - 1) == Indentation(job.at.line)) --line;
      jobs.push_back(line);
    }
    for (int line = 1; line <= Lines(); ++line) {
      const std::size_t begin = starts_[Index(line)];
      const std::string_view here = std::string_view(text_.text).substr(begin, End(line) - begin);
      // Behind something else on the line it is a comment too.
      std::size_t mark = IsComment(line) ? here.find('#') : here.find(" # slipway:");
      if (mark == std::string_view::npos) continue;
      mark = here.find_first_not_of("# \t", mark);
      if (mark == std::string_view::npos || !here.substr(mark).starts_with(kOurs)) continue;
      const auto next = std::ranges::upper_bound(jobs, line);
      const std::pair covered{next == jobs.begin() ? 0 : *std::prev(next),
                              next == jobs.begin() || next == jobs.end() ? kEnd : *next};
      Take(begin + mark, End(line), line, line, covered);
    }
    return std::move(out_);
  }

 private:
  static std::size_t Index(int line) { return static_cast<std::size_t>(line) - 1; }
  int Lines() const { return static_cast<int>(starts_.size()); }
  std::size_t End(int line) const {
    return Index(line) + 1 < starts_.size() ? starts_[Index(line) + 1] : text_.text.size();
  }
  std::string_view From(std::size_t at) const {
    return at < text_.text.size() ? std::string_view(text_.text).substr(at) : std::string_view();
  }
  std::size_t SkipBlank(std::size_t at) const {
    return std::min(text_.text.find_first_not_of(" \t\r\n", at), text_.text.size());
  }
  int LineOf(std::size_t at) const {
    return static_cast<int>(std::ranges::upper_bound(starts_, at) - starts_.begin());
  }
  base::Position PlaceOf(std::size_t at) const {
    const int line = LineOf(at);
    const std::size_t begin = starts_[Index(line)];
    return {line, Column(std::string_view(text_.text).substr(begin, at - begin))};
  }
  std::size_t Indentation(int line) const { return SkipBlank(starts_[Index(line)]) - starts_[Index(line)]; }
  bool IsComment(int line) const {
    const std::size_t at = SkipBlank(starts_[Index(line)]);
    return at < End(line) && text_.text[at] == '#';
  }

  void Error(std::size_t at, std::string what, std::string suggestion) {
    out_.errors.push_back({.file = text_.file,
                           .at = PlaceOf(at),
                           .what = std::move(what),
                           .suggestion = std::move(suggestion)});
  }

  // Of every heading: its line, and that of the next one which stands no deeper.
  static std::vector<std::pair<int, int>> Sections(const markdown::Document& document) {
    std::vector<std::pair<int, int>> sections{
        {0, kEnd}};                                 // above any heading stands what is said of the page
    std::vector<std::pair<int, std::size_t>> open;  // level, and which of them
    for (const markdown::Section& section : document.sections) {
      if (section.level == 0) continue;
      for (; !open.empty() && open.back().first >= section.level; open.pop_back())
        sections[open.back().second].second = section.line;
      open.emplace_back(section.level, sections.size());
      sections.emplace_back(section.line, kEnd);
    }
    return sections;
  }

  // What stands between `at`, where our word begins, and `end`.
  void Take(std::size_t at, std::size_t end, int line, int last, std::pair<int, int> covered) {
    for (int each = line; each <= last; ++each) out_.lines.insert(each);
    const std::string_view text = std::string_view(text_.text).substr(at, end - at);
    const std::string_view word = text.substr(0, text.find_first_of(" \t\r\n{"));
    if (word != kWaive) {
      Error(at, base::Quote(word) + " is no word of ours, so it does nothing",
            "slipway:waive { rule: …, reason: …, by: …, until: … }");
      return;
    }
    const std::size_t map = std::min(SkipBlank(at + word.size()), end);
    const std::string_view written = base::Trim(std::string_view(text_.text).substr(map, end - map));
    if (written.empty()) {
      Error(at, "nothing is waived here", "slipway:waive { rule: …, reason: …, by: …, until: … }");
      return;
    }
    auto waiver = procedure::ParseWaiver(written, text_.file, PlaceOf(map));
    if (!waiver) {
      std::ranges::move(waiver.error(), std::back_inserter(out_.errors));
      return;
    }
    out_.parts.push_back({{covered.first, 0}, {covered.second, 0}, {*std::move(waiver)}});
  }

  const Text& text_;
  const std::vector<std::size_t> starts_;
  TextWaivers out_;
};

}  // namespace

bool Waived::Covers(base::Position at) const {
  const auto place = [](base::Position p) { return std::pair(p.line, p.column); };
  return place(at) >= place(from) && place(at) < place(to);
}

TextWaivers WaiversOfPage(const Text& page) { return Reader(page).Page(); }

TextWaivers WaiversOfWorkflow(const Text& file) { return Reader(file).Workflow(); }

}  // namespace slipway::lint
