#include "sql/split.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"
#include "sql/reader.h"

namespace slipway::sql {
namespace {

constexpr std::size_t kHeadWords = 4;
constexpr std::string_view kDirective = "slipway:";
constexpr std::size_t kMaxErrors = 100;

class Splitter {
 public:
  Splitter(std::string_view text, std::string_view file)
      : text_(text), file_(file), places_(text), lexer_(text) {
    if (text.starts_with(kByteOrderMark)) lexer_.GoTo(kByteOrderMark.size());
  }

  std::expected<Script, base::Diagnostics> Run() {
    for (Token token = lexer_.Next(); token.kind != TokenKind::kEnd && diagnostics_.size() < kMaxErrors;
         token = lexer_.Next()) {
      if (token.kind == TokenKind::kBad) {
        Complain(lexer_.error().at, lexer_.error().what, lexer_.error().hint);
        pending_ = {};
      } else if (token.kind == TokenKind::kComment) {
        TakeComment(token);
      } else if (EndsStatement(token)) {
        Finish(token.end);
      } else {
        TakeToken(token);
      }
      if (script_.statements.size() > kMaxStatements) {
        Complain(token.begin, "the file has more than a million statements", "split it into several files");
        break;
      }
    }
    Finish(text_.size());
    if (!diagnostics_.empty()) return std::unexpected(std::move(diagnostics_));
    return std::move(script_);
  }

 private:
  // The statement that is being read.
  struct Pending {
    bool empty = true;
    std::size_t begin = 0;
    std::size_t end = 0;
    bool in_head = true;  // only words so far
    std::vector<std::string> head;
    std::string word;                 // the last token, if it is a word
    std::vector<std::size_t> parens;  // where those still open stand
    std::size_t body = 0;             // BEGIN ATOMIC and each CASE in it are ended by END
    std::size_t body_at = 0;
    bool data_follows = false;  // COPY … FROM stdin

    bool Begins(std::string_view first, std::string_view second) const {
      if (head.empty() || head[0] != first) return false;
      const std::size_t next = head.size() > 2 && head[1] == "or" && head[2] == "replace" ? 3 : 1;
      return head.size() > next && head[next] == second;
    }
    bool IsFunction() const { return Begins("create", "function") || Begins("create", "procedure"); }
    bool IsRule() const { return Begins("create", "rule"); }
  };

  void Complain(std::size_t at, std::string what, std::string hint) {
    diagnostics_.push_back({.file = std::string(file_),
                            .at = places_.At(at),
                            .what = std::move(what),
                            .suggestion = std::move(hint)});
  }

  void TakeComment(const Token& token) {
    if (!pending_.empty) return;
    std::string_view comment = base::Trim(text_.substr(token.begin + 2, token.end - token.begin - 2));
    if (!comment.starts_with(kDirective)) return;
    comment.remove_prefix(kDirective.size());
    script_.directives.push_back({token.begin, std::string(base::Trim(comment))});
  }

  bool EndsStatement(const Token& token) const {
    if (token.kind != TokenKind::kSymbol || text_[token.begin] != ';') return false;
    return pending_.body == 0 && (pending_.parens.empty() || !pending_.IsRule());
  }

  void TakeToken(const Token& token) {
    if (std::exchange(pending_.empty, false)) pending_.begin = token.begin;
    pending_.end = token.end;
    if (token.kind == TokenKind::kWord) {
      TakeWord(Folded(text_.substr(token.begin, token.end - token.begin)), token.begin);
    } else {
      pending_.in_head = false;
      pending_.word.clear();
      if (token.kind == TokenKind::kSymbol) TakeSymbol(token);
    }
  }

  void TakeWord(std::string word, std::size_t at) {
    Pending& p = pending_;
    if (p.in_head && p.head.size() < kHeadWords) p.head.push_back(word);
    const bool label = p.word == "as" || p.word == ".";  // `AS end`, `x.end` are names
    if (p.body == 0 && word == "atomic" && p.word == "begin" && p.parens.empty() && p.IsFunction()) {
      p.body = 1;
      p.body_at = at;
    } else if (p.body > 0 && word == "case" && !label) {
      ++p.body;
    } else if (p.body > 0 && word == "end" && !label) {
      --p.body;
    }
    // The grammar takes either for what the client sends.
    if (!p.head.empty() && p.head[0] == "copy" && p.parens.empty() && p.word == "from" &&
        (word == "stdin" || word == "stdout"))
      p.data_follows = true;
    p.word = std::move(word);
  }

  void TakeSymbol(const Token& token) {
    const char c = text_[token.begin];
    if (c == '(') pending_.parens.push_back(token.begin);
    if (c == ')' && !pending_.parens.empty()) pending_.parens.pop_back();
    if (c == '.') pending_.word = ".";
  }

  // `next` is where reading goes on: behind the `;`, or the end of the text.
  void Finish(std::size_t next) {
    const Pending done = std::exchange(pending_, {});
    if (done.empty) return;
    const base::Position at = places_.At(done.begin);
    if (done.body > 0)
      Complain(done.body_at, "the body that begins here with BEGIN ATOMIC is never closed",
               "close it with END");
    else if (!done.parens.empty())
      Complain(done.parens.back(), "the parenthesis that opens here is not closed within its statement",
               "close it with `)`");
    script_.statements.push_back({.offset = done.begin,
                                  .at = at,
                                  .text = std::string(text_.substr(done.begin, done.end - done.begin)),
                                  .head = base::Join(done.head, " ")});
    if (done.data_follows) TakeData(done.begin, next);
  }

  // The rest of the line is blank or a comment; then come lines, up to one that is `\.`.
  void TakeData(std::size_t statement, std::size_t from) {
    const std::size_t line_end = std::min(text_.find('\n', from), text_.size());
    const std::string_view rest = base::Trim(text_.substr(from, line_end - from));
    if (!rest.empty() && !rest.starts_with("--"))
      return Complain(from, "something stands behind COPY … FROM stdin; on its line",
                      "begin its data on the next line");
    const std::size_t begin = std::min(line_end + 1, text_.size());
    for (std::size_t line = begin; line < text_.size();) {
      const std::size_t end = std::min(text_.find('\n', line), text_.size());
      const std::string_view content = text_.substr(line, end - line);
      if (content == "\\." || content == "\\.\r") {
        script_.statements.back().data = text_.substr(begin, line - begin);
        return lexer_.GoTo(std::min(end + 1, text_.size()));
      }
      line = end + 1;
    }
    Complain(begin == text_.size() ? statement : begin,
             "the data of COPY … FROM stdin that begins here has no end", "end it with a line `\\.`");
    lexer_.GoTo(text_.size());
  }

  const std::string_view text_;
  const std::string_view file_;
  Places places_;
  Lexer lexer_;
  Pending pending_;
  Script script_;
  base::Diagnostics diagnostics_;
};

}  // namespace

std::expected<Script, base::Diagnostics> Split(std::string_view text, std::string_view file) {
  const auto wrong = [&](std::size_t at, std::string what, std::string hint) {
    return std::unexpected(base::Diagnostics{{.file = std::string(file),
                                              .at = Places(text).At(at),
                                              .what = std::move(what),
                                              .suggestion = std::move(hint)}});
  };
  if (text.size() > kMaxFile)
    return std::unexpected(base::Diagnostics{{.file = std::string(file),
                                              .what = "the file is larger than " + base::FormatSize(kMaxFile),
                                              .suggestion = "split it into several files"}});
  if (const std::size_t at = base::Utf8ErrorAt(text); at != std::string_view::npos)
    return wrong(at, "the text is not UTF-8 from here on", "save the file as UTF-8");
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos)
    return wrong(at, "a NUL byte stands in the text", "remove it; is this a text file?");
  return Splitter(text, file).Run();
}

}  // namespace slipway::sql
