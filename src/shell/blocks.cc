// Compound commands: if, loops, case, functions, brackets.
#include "base/text.h"
#include "shell/reader.h"

namespace slipway::shell {

int Reader::Open(BlockKind kind) {
  const int index = static_cast<int>(script_.blocks.size());
  if (script_.blocks.size() >= 5 * kMaxCommands) Stop("there are more than 100000 blocks");
  script_.blocks.push_back({.kind = kind, .parent = block_, .name = {}, .at = Here()});
  return block_ = index;
}

void Reader::Close() { block_ = script_.blocks[static_cast<std::size_t>(block_)].parent; }

void Reader::Expect(std::string_view word, std::string_view opened_by, Position opened) {
  SkipNewlines();
  if (word == ")" ? Take(word) : TakeWord(word)) return;
  Complain(opened, base::Quote(opened_by) + " is never closed with " + base::Quote(word));
}

void Reader::ReadPart(BlockKind kind, const Enders& enders) {
  Open(kind);
  ReadList(enders);
  Close();
}

bool Reader::ReadBlock(Link link, int pipeline) {
  const std::size_t index = script_.blocks.size();
  if (AtWord("if")) {
    ReadIf();
  } else if (AtWord("while") || AtWord("until")) {
    ReadWhile();
  } else if (AtWord("for") || AtWord("select")) {
    ReadFor();
  } else if (AtWord("case")) {
    ReadCase();
  } else if (AtWord("{")) {
    ReadBracket(BlockKind::kGroup, "{", "}");
  } else if (const std::size_t size = FunctionSize(); size > 0) {
    ReadFunction(size);
  } else if (Peek() == '(' && ArithmeticSize() < 4) {
    ReadBracket(BlockKind::kSubshell, "(", ")");
  } else {
    return false;
  }
  if (index >= script_.blocks.size()) return true;
  script_.blocks[index].link = link;
  script_.blocks[index].pipeline = pipeline;
  std::vector<Redirection> redirections;
  for (SkipBlanks(); !AtEnd() && ReadRedirection(redirections); SkipBlanks()) {
  }
  script_.blocks[index].redirections = std::move(redirections);
  return true;
}

void Reader::ReadIf() {
  const Position opened = Here();
  Open(BlockKind::kIf);
  TakeWord("if");
  do {
    ReadPart(BlockKind::kCondition, {"then", "elif", "else", "fi"});
    SkipNewlines();
    if (!TakeWord("then")) Complain(opened, "`if` has no `then`");
    ReadPart(BlockKind::kBody, {"elif", "else", "fi"});
    SkipNewlines();
  } while (TakeWord("elif"));
  if (TakeWord("else")) ReadPart(BlockKind::kElse, {"fi"});
  Expect("fi", "if", opened);
  Close();
}

void Reader::ReadWhile() {
  const Position opened = Here();
  const std::string word(Rest().substr(0, 5));
  Open(BlockKind::kLoop);
  TakeWord(word);
  ReadPart(BlockKind::kCondition, {"do", "done"});
  Expect("do", word, opened);
  ReadPart(BlockKind::kBody, {"done"});
  Expect("done", word, opened);
  Close();
}

void Reader::ReadFor() {
  const Position opened = Here();
  const auto index = static_cast<std::size_t>(Open(BlockKind::kLoop));
  if (!TakeWord("for")) TakeWord("select");
  SkipBlanks();
  if (const std::size_t size = ArithmeticSize(); size > 0) {
    at_ += size;
  } else if (StartsWord()) {
    const Word name = ReadWord();
    script_.blocks[index].name = name.written;
  }
  SkipNewlines();
  if (TakeWord("in")) {
    for (SkipBlanks(); StartsWord(); SkipBlanks()) {
      Word word = ReadWord();
      if (word.end == word.begin) break;
      script_.blocks[index].subject.push_back(std::move(word));
    }
  }
  SkipBlanks();
  Take(";");
  Expect("do", "for", opened);
  ReadPart(BlockKind::kBody, {"done"});
  Expect("done", "for", opened);
  Close();
}

void Reader::ReadCase() {
  const Position opened = Here();
  const auto index = static_cast<std::size_t>(Open(BlockKind::kCase));
  TakeWord("case");
  SkipBlanks();
  if (StartsWord()) {
    Word word = ReadWord();
    script_.blocks[index].subject.push_back(std::move(word));
  }
  Expect("in", "case", opened);
  for (SkipNewlines(); !AtEnd() && !AtWord("esac"); SkipNewlines()) {
    const std::size_t before = at_;
    ReadArm();
    if (at_ == before) break;
  }
  Expect("esac", "case", opened);
  Close();
}

void Reader::ReadArm() {
  const auto index = static_cast<std::size_t>(Open(BlockKind::kArm));
  Take("(");
  for (SkipBlanks(); StartsWord(); SkipBlanks()) {
    Word word = ReadWord();
    if (word.end == word.begin) break;
    script_.blocks[index].subject.push_back(std::move(word));
    SkipBlanks();
    if (!Take("|")) break;
  }
  if (Take(")")) {
    ReadList({";;", "esac"});
    if (!Take(";;&") && !Take(";;")) Take(";&");
  } else {
    Complain(Here(), "the patterns of `case` end with `)`");
  }
  Close();
}

void Reader::ReadBracket(BlockKind kind, std::string_view open, std::string_view close) {
  const Position opened = Here();
  Open(kind);
  line_has_command_ = true;
  Take(open);
  ReadList({close});
  Expect(close, open, opened);
  Close();
}

std::size_t Reader::FunctionSize() const {
  const std::string_view rest = Rest().substr(0, 256);
  std::size_t size = 0;
  const auto blanks = [&] {
    while (size < rest.size() && (rest[size] == ' ' || rest[size] == '\t')) ++size;
  };
  const bool worded = AtWord("function");
  if (worded) size = 8;
  blanks();
  const std::size_t name = size;
  while (size < rest.size() && (InName(rest[size]) || rest[size] == '-' || rest[size] == ':')) ++size;
  if (size == name) return 0;
  const std::size_t end = size;
  blanks();
  if (size < rest.size() && rest[size] == '(') {
    ++size;
    blanks();
    return size < rest.size() && rest[size] == ')' ? size + 1 : 0;
  }
  return worded ? end : 0;
}

void Reader::ReadFunction(std::size_t size) {
  const auto index = static_cast<std::size_t>(Open(BlockKind::kFunction));
  std::string_view head = Rest().substr(0, size);
  if (AtWord("function")) head.remove_prefix(8);
  script_.blocks[index].name = base::Trim(head.substr(0, std::min(head.find('('), head.size())));
  line_has_command_ = true;
  at_ += size;
  SkipNewlines();
  const Position opened = Here();
  if (AtWord("{") || Peek() == '(') {
    const std::string_view open = Peek() == '(' ? "(" : "{", close = Peek() == '(' ? ")" : "}";
    Take(open);
    ReadList({close});
    Expect(close, open, opened);
  } else {
    Complain(opened, "a function has its commands in `{ … }`");
  }
  Close();
}

}  // namespace slipway::shell
