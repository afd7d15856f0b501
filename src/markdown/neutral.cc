#include "markdown/neutral.h"

#include <algorithm>

namespace slipway::markdown {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kSpecial = "[]!&\\*_`<";
constexpr std::string_view kNeutral = "\x01\x02\x03\x04\x05\x06\x07\x08\x0E"sv;
// Longer runs of marks begin nothing that a person wrote.
constexpr std::size_t kMaxLead = 400;
// A list so far to the right would be deeper than we go; code may well stand there.
constexpr std::size_t kMaxIndent = 200;

char Neutral(char c) {
  const std::size_t at = kSpecial.find(c);
  return at == std::string_view::npos ? c : kNeutral[at];
}

// What may stand before the text of a block: indentation, and the marks of quotes, lists, headings, rules and
// fences.
std::size_t LeadSize(std::string_view line) {
  const std::size_t size = line.find_first_not_of(" \t>*+-_`~#=0123456789.)");
  return std::min({size, line.size(), kMaxLead});
}

// How many quotes and lists the marks before the text open, at most.
int MarksIn(std::string_view lead) {
  int marks = 0;
  for (std::size_t i = 0; i < lead.size(); ++i) {
    const bool blank_next = i + 1 == lead.size() || lead[i + 1] == ' ' || lead[i + 1] == '\t';
    if (lead[i] == '>' || (blank_next && std::string_view("*+-.)").contains(lead[i]))) ++marks;
  }
  return marks;
}

bool IsRule(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first != std::string_view::npos && std::string_view("*-_").contains(line[first]) &&
         line.find_first_not_of(std::string{line[first], ' ', '\t'}) == std::string_view::npos;
}

// A fence of backticks has none behind it; a line that has is text with code in it.
bool IsCodeInText(std::string_view line, std::size_t lead) {
  const std::size_t fence = line.substr(0, lead).find("```");
  if (fence == std::string_view::npos) return false;
  const std::size_t behind = line.find_first_not_of('`', fence);
  return behind != std::string_view::npos && line.find('`', behind) != std::string_view::npos;
}

// Only where it can begin a block: anything else would let cmark look for the end of a tag again and again.
bool BeginsHtml(std::string_view rest, bool after_blank) {
  if (!rest.starts_with('<')) return false;
  if (after_blank || rest.starts_with("<!--")) return true;
  rest.remove_prefix(rest.starts_with("</") ? 2 : 1);
  static constexpr std::string_view kBlocks[] = {
      "address", "blockquote", "center",  "dd",    "details", "div", "dl",     "dt",    "form", "h1",
      "h2",      "h3",         "h4",      "h5",    "h6",      "hr",  "iframe", "li",    "ol",   "p",
      "pre",     "section",    "summary", "table", "tbody",   "td",  "th",     "thead", "tr",   "ul"};
  return std::ranges::any_of(kBlocks, [&](std::string_view name) {
    return rest.starts_with(name) &&
           (rest.size() == name.size() || std::string_view(" \t>/").contains(rest[name.size()]));
  });
}

void NeutralizeLine(std::string_view line, bool after_blank, std::string& out) {
  std::size_t lead = LeadSize(line);
  if (std::min(line.find_first_not_of(" \t"), lead) > kMaxIndent || IsCodeInText(line, lead)) lead = 0;
  out += line.substr(0, lead);
  if (lead > 0 || line.starts_with('<')) {
    if (BeginsHtml(line.substr(lead), after_blank)) {
      out += '<';
      // `<!` needs its mark to begin a comment.
      if (line.substr(++lead).starts_with("!--")) out += '!', ++lead;
    }
  }
  for (const char c : line.substr(lead)) out += Neutral(c);
}

}  // namespace

base::Result<std::string> Neutralized(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool after_blank = true;
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    const std::string_view line = text.substr(at, end - at);
    ++number;
    const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
    if (!IsRule(line) && indent <= kMaxIndent && MarksIn(line.substr(0, LeadSize(line))) > kMaxDepth)
      return base::Invalid("quotes and lists are nested deeper than " + std::to_string(kMaxDepth),
                           std::to_string(number), "write it flatter");
    NeutralizeLine(line, after_blank, out);
    after_blank = line.find_first_not_of(" \t>") == std::string_view::npos;
    at = end;
    if (at < text.size()) out += text[at++];
    if (at < text.size() && text[at - 1] == '\r' && text[at] == '\n') out += text[at++];
  }
  return out;
}

std::string Restored(std::string_view neutral) {
  std::string out(neutral);
  for (char& c : out) {
    const std::size_t at = kNeutral.find(c);
    if (at != std::string_view::npos) c = kSpecial[at];
  }
  return out;
}

}  // namespace slipway::markdown
