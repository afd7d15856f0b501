#include "markdown/inline.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "base/text.h"

namespace slipway::markdown {

namespace {

bool IsWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}
bool IsPunctuation(char c) { return std::ispunct(static_cast<unsigned char>(c)) != 0; }

// Where a run of `width` backticks ends the span that begins before `from`, or npos. The starts of runs are
// looked up once, so that a thousand unclosed runs are no thousand searches.
class Runs {
 public:
  explicit Runs(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t end = text[i] == '`' ? std::min(text.find_first_not_of('`', i), text.size()) : i + 1;
      if (text[i] == '`') starts_[end - i].push_back(i);
      i = end;
    }
  }
  std::size_t CloseOf(std::size_t width, std::size_t from) const {
    const auto runs = starts_.find(width);
    if (runs == starts_.end()) return std::string_view::npos;
    const auto found = std::ranges::lower_bound(runs->second, from);
    return found == runs->second.end() ? std::string_view::npos : *found;
  }

 private:
  std::map<std::size_t, std::vector<std::size_t>> starts_;
};

// What a code span shows: line ends as blanks, and one blank less at both ends where both have one.
std::string Shown(std::string_view span) {
  std::string text(span);
  std::ranges::replace(text, '\n', ' ');
  if (text.size() > 2 && text.front() == ' ' && text.back() == ' ' &&
      text.find_first_not_of(' ') != std::string::npos)
    text = text.substr(1, text.size() - 2);
  return text;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), runs_(text) {}

  std::string Plain() {
    while (at_ < text_.size()) Step();
    return std::move(out_);
  }
  std::vector<std::string> spans;

 private:
  void Step() {
    const char c = text_[at_];
    if (c == '\\' && at_ + 1 < text_.size() && IsPunctuation(text_[at_ + 1])) {
      out_ += text_[at_ + 1];
      at_ += 2;
    } else if (c == '`') {
      Code();
    } else if (c == '*' || c == '_') {
      Emphasis();
    } else if (c == '[' || (c == '!' && text_.substr(at_ + 1).starts_with('['))) {
      Link();
    } else if (c == ']' && !links_.empty() && links_.back().close == at_) {
      at_ = links_.back().end;
      links_.pop_back();
    } else if (text_.substr(at_).starts_with("<!--") && Comment()) {
    } else {
      out_ += c;
      ++at_;
    }
  }

  void Code() {
    const std::size_t end = std::min(text_.find_first_not_of('`', at_), text_.size());
    const std::size_t close = runs_.CloseOf(end - at_, end);
    if (close == std::string_view::npos) {
      out_ += text_.substr(at_, end - at_);
      at_ = end;
      return;
    }
    spans.push_back(Shown(text_.substr(end, close - end)));
    out_ += spans.back();
    at_ = close + (end - at_);
  }

  // A run that opens or closes an emphasis is left out, if it can: `2 * 3` and `a_b` are none.
  void Emphasis() {
    const char c = text_[at_];
    const std::size_t end = std::min(text_.find_first_not_of(c, at_), text_.size());
    const char before = at_ == 0 ? ' ' : text_[at_ - 1];
    const char after = end == text_.size() ? ' ' : text_[end];
    const bool blank_before = std::isspace(static_cast<unsigned char>(before)) != 0;
    const bool blank_after = std::isspace(static_cast<unsigned char>(after)) != 0;
    const bool inside_word = IsWord(before) && IsWord(after);
    bool& open = c == '*' ? star_ : underscore_;
    const bool opens = !blank_after && !open && (c == '*' || !IsWord(before)) && CloserAhead(c, end);
    const bool closes = !blank_before && open && (c == '*' || !IsWord(after));
    if ((opens || closes) && !(c == '_' && inside_word)) {
      open = opens;
    } else {
      out_ += text_.substr(at_, end - at_);
    }
    at_ = end;
  }

  bool CloserAhead(char c, std::size_t from) {
    std::size_t& known = c == '*' ? next_star_ : next_underscore_;
    if (known < from) {
      known = from;
      while ((known = text_.find(c, known)) != std::string_view::npos) {
        const char before = text_[known - 1];
        const char after = known + 1 < text_.size() ? text_[known + 1] : ' ';
        if (std::isspace(static_cast<unsigned char>(before)) == 0 && (c == '*' || !IsWord(after))) break;
        ++known;
      }
    }
    return known != std::string_view::npos;
  }

  // `[text](address)`: only what is whole on the page; `[name]` alone is a placeholder and stays.
  void Link() {
    const bool image = text_[at_] == '!';
    const std::size_t open = at_ + (image ? 1 : 0);
    const std::size_t limit = std::min(text_.size(), open + 300);
    int depth = 0;
    std::size_t close = open;
    for (; close < limit; ++close) {
      if (text_[close] == '\\') {
        ++close;
        continue;
      }
      if (text_[close] == '[') ++depth;
      if (text_[close] == ']' && --depth == 0) break;
    }
    if (close < limit && text_.substr(close + 1).starts_with('(')) {
      const std::string_view behind = text_.substr(close + 1, 500);
      const std::size_t end = behind.find(')');
      if (end != std::string_view::npos && behind.substr(0, end).find('\n') == std::string_view::npos) {
        links_.push_back({close, close + 1 + end + 1});
        at_ = open + 1;
        return;
      }
    }
    out_ += text_.substr(at_, open + 1 - at_);
    at_ = open + 1;
  }

  bool Comment() {
    const std::size_t end = text_.find("-->", at_);
    if (end == std::string_view::npos) {
      out_ += text_.substr(at_);
      at_ = text_.size();
      return true;
    }
    at_ = end + 3;
    return true;
  }

  struct OpenLink {
    std::size_t close;  // of its `]`
    std::size_t end;    // behind its `)`
  };
  std::string_view text_;
  Runs runs_;
  std::size_t at_ = 0;
  std::string out_;
  bool star_ = false;
  bool underscore_ = false;
  std::size_t next_star_ = 0;
  std::size_t next_underscore_ = 0;
  std::vector<OpenLink> links_;
};

}  // namespace

std::string Plain(std::string_view text) { return Reader(text).Plain(); }

std::vector<std::string> CodeSpans(std::string_view text) {
  Reader reader(text);
  (void)reader.Plain();
  return std::move(reader.spans);
}

bool IsStrong(std::string_view text) {
  text = base::Trim(text);
  while (text.ends_with('.') || text.ends_with(':')) text.remove_suffix(1);
  for (const std::string_view mark : {"**", "__"}) {
    if (text.size() <= 4 || !text.starts_with(mark) || !text.ends_with(mark)) continue;
    return !text.substr(2, text.size() - 4).contains(mark);
  }
  return false;
}

}  // namespace slipway::markdown
