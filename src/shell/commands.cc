// Lists, pipelines and simple commands; blanks, comments and here-documents between them.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "shell/reader.h"

namespace slipway::shell {
namespace {

constexpr std::size_t kMaxProblems = 100;
constexpr std::array<std::string_view, 8> kClosing = {"then", "elif", "else", "fi",
                                                      "do",   "done", "esac", "}"};

}  // namespace

Reader::Reader(std::string_view text, const Options& options)
    : text_(text), options_(options), places_(text), end_(text.size()) {}

Script Reader::Run() {
  if (text_.starts_with(base::kByteOrderMark)) at_ = base::kByteOrderMark.size();
  if (text_.size() > kMaxText) Stop("the text is larger than 1 MiB");
  while (!AtEnd()) {
    ReadList({});
    if (AtEnd()) break;
    Complain(Here(), base::Quote(Rest().substr(0, 1)) + " stands where no command begins");
    ++at_;
  }
  for (const Redirection& redirection : std::exchange(pending_, {}))
    Complain(redirection.at, "the here-document that begins here has no lines");
  const auto fill = [&](std::vector<Redirection>& redirections) {
    for (Redirection& redirection : redirections)
      if (const auto found = here_.find({redirection.at.line, redirection.at.column}); found != here_.end())
        redirection.here = std::move(found->second);
  };
  for (Command& command : script_.commands) fill(command.redirections);
  for (Block& block : script_.blocks) fill(block.redirections);
  return std::move(script_);
}

bool Reader::Take(std::string_view what) {
  if (!Ahead(what)) return false;
  at_ += what.size();
  return true;
}

void Reader::Complain(Position at, std::string what) {
  if (script_.complete && script_.problems.size() < kMaxProblems)
    script_.problems.push_back({std::move(what), at});
}

void Reader::Stop(const std::string& what) {
  if (!script_.complete) return;
  Complain(Here(), what + "; the rest is not read");
  script_.complete = false;
  at_ = end_ = std::min(at_, end_);
}

// ---- blanks and comments

void Reader::SkipBlanks() {
  while (!AtEnd()) {
    if (Peek() == ' ' || Peek() == '\t' || (Peek() == '\r' && Peek(1) != '\n')) {
      ++at_;
    } else if (!Take("\\\n") && !Take("\\\r\n")) {
      break;
    }
  }
  if (Peek() == '#') TakeComment();
}

void Reader::TakeComment() {
  const Position at = Here();
  const std::size_t size = std::min(Rest().find('\n'), Rest().size());
  script_.comments.push_back({std::string(base::Trim(Rest().substr(1, size - 1))), !line_has_command_, at});
  at_ += size;
}

void Reader::TakeLineEnd() {
  at_ += Ahead("\r\n") ? 2U : 1U;
  line_has_command_ = false;
  for (const Redirection& redirection : std::exchange(pending_, {})) ReadHereDocument(redirection);
}

void Reader::SkipNewlines() {
  for (SkipBlanks(); Ahead("\n") || Ahead("\r\n"); SkipBlanks()) TakeLineEnd();
}

void Reader::ReadHereDocument(const Redirection& redirection) {
  std::string delimiter, lines;
  for (const Piece& piece : redirection.target.pieces) delimiter += piece.text;
  const bool tabs = redirection.sign == "<<-";
  while (!AtEnd()) {
    const std::size_t size = std::min(Rest().find('\n'), Rest().size());
    std::string_view line = Rest().substr(0, size);
    at_ = std::min(at_ + size + 1, end_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (tabs && line.starts_with('\t')) line.remove_prefix(1);
    if (line == delimiter) {
      here_[{redirection.at.line, redirection.at.column}] = std::move(lines);
      return;
    }
    lines.append(line).push_back('\n');
  }
  Complain(redirection.at, "the here-document that begins here is never closed");
  here_[{redirection.at.line, redirection.at.column}] = std::move(lines);
}

// ---- lists

bool Reader::AtWord(std::string_view word) const {
  return Ahead(word) && (at_ + word.size() >= end_ || EndsWord(Peek(word.size())));
}

bool Reader::TakeWord(std::string_view word) {
  if (!AtWord(word)) return false;
  line_has_command_ = true;
  at_ += word.size();
  return true;
}

// Also one of a list further out: what is open between the two was never closed.
bool Reader::AtEnder() const {
  for (auto enders = open_.rbegin(); enders != open_.rend() && *enders != nullptr; ++enders) {
    for (const std::string_view ender : **enders) {
      const bool sign = ender == ")" || ender == ";;";
      if (sign ? Ahead(ender) || (ender == ";;" && Ahead(";&")) : AtWord(ender)) return true;
    }
  }
  return false;
}

void Reader::ReadList(const Enders& enders) {
  if (open_.size() >= static_cast<std::size_t>(kMaxDepth)) return Stop("it is nested too deeply");
  open_.push_back(&enders);
  for (SkipNewlines(); !AtEnd() && !AtEnder(); SkipNewlines()) {
    const std::size_t before = at_;
    ReadAndOr();
    if (at_ != before || AtEnd()) continue;
    Complain(Here(), base::Quote(Rest().substr(0, 1)) + " stands where no command begins");
    ++at_;
  }
  open_.pop_back();
}

void Reader::ReadAndOr() {
  const std::size_t command = script_.commands.size();
  if (!ReadPipeline(Link::kNone)) {
    if (!Ahead(";;")) Take(";");
    return;
  }
  int pipeline = pipelines_;
  for (SkipBlanks(); !AtEnd(); SkipBlanks()) {
    const Link link = Take("&&") ? Link::kAnd : Take("||") ? Link::kOr : Link::kNone;
    if (link == Link::kNone) break;
    SkipNewlines();
    pipeline = pipelines_ + 1;
    if (!ReadPipeline(link)) Complain(Here(), "a command is missing");
  }
  if (Peek() == '&' && Peek(1) != '>') {
    ++at_;
    for (std::size_t i = command; i < script_.commands.size(); ++i)
      if (script_.commands[i].pipeline >= pipeline) script_.commands[i].background = true;
  } else if (Peek() == ';' && Peek(1) != ';' && Peek(1) != '&') {
    ++at_;
  }
}

bool Reader::ReadPipeline(Link link) {
  const std::size_t command = script_.commands.size(), block = script_.blocks.size();
  const int pipeline = ++pipelines_;
  bool negated = false;
  for (SkipBlanks(); AtWord("!") || AtWord("time"); SkipBlanks()) {
    negated = negated != Ahead("!");
    at_ += Ahead("!") ? 1U : 4U;
  }
  if (!ReadCommand(link, pipeline, negated)) return negated;
  bool piped = false;
  for (SkipBlanks(); Peek() == '|' && Peek(1) != '|'; SkipBlanks()) {
    ++at_;
    Take("&");
    piped = true;
    SkipNewlines();
    if (!ReadCommand(Link::kPipe, pipeline, negated)) {
      Complain(Here(), "a command is missing behind `|`");
      break;
    }
  }
  if (piped) Joined(command, block, pipeline);
  return true;
}

void Reader::Joined(std::size_t command, std::size_t block, int pipeline) {
  for (; command < script_.commands.size(); ++command)
    script_.commands[command].piped |= script_.commands[command].pipeline == pipeline;
  for (; block < script_.blocks.size(); ++block)
    script_.blocks[block].piped |= script_.blocks[block].pipeline == pipeline;
}

bool Reader::ReadCommand(Link link, int pipeline, bool negated) {
  if (AtEnd() || AtEnder()) return false;
  if (ReadBlock(link, pipeline)) return true;
  Command command;
  command.link = link;
  command.pipeline = pipeline;
  command.negated = negated;
  command.block = block_;
  command.at = Here();
  command.begin = command.end = at_;
  ReadSimple(command);
  if (command.end == command.begin) return false;
  if (!command.words.empty() && std::ranges::find(kClosing, command.words[0].written) != kClosing.end())
    Complain(command.at, base::Quote(command.words[0].written) + " closes nothing");
  Keep(std::move(command));
  return true;
}

void Reader::Keep(Command command) {
  if (script_.commands.size() >= kMaxCommands) return Stop("there are more than 20000 commands");
  script_.commands.push_back(std::move(command));
}

// ---- simple commands

void Reader::ReadSimple(Command& command) {
  if (AtWord("[[")) return ReadTest(command);
  if (const std::size_t size = ArithmeticSize(); size >= 4) {
    Word word{.written = std::string(Rest().substr(0, size)), .pieces = {}, .at = Here(), .begin = at_};
    word.pieces.push_back({.kind = PieceKind::kArithmetic,
                           .text = std::string(base::Trim(Rest().substr(2, size - 4))),
                           .name = {},
                           .at = word.at});
    at_ += size;
    command.end = word.end = at_;
    command.words.push_back(std::move(word));
  }
  while (!AtEnd() && ReadSimplePart(command)) {
    command.end = at_;
    SkipBlanks();
  }
}

bool Reader::ReadSimplePart(Command& command) {
  if (ReadRedirection(command.redirections)) return true;
  if (command.words.empty() && ReadAssignment(command)) return true;
  if (StartsWord()) {
    const std::size_t before = at_;
    Word word = ReadWord();
    if (at_ == before) return false;
    command.words.push_back(std::move(word));
    return true;
  }
  if (Peek() != '(' || command.words.empty()) return false;
  // Prose in brackets behind a word; no shell would take it.
  Complain(Here(), "a `(` stands within a command");
  const std::size_t size = Rest().substr(0, 256).find_first_of(")\n");
  at_ += size == std::string_view::npos || Rest()[size] == '\n' ? 1 : size + 1;
  return true;
}

std::size_t Reader::RedirectionSize() const {
  if (PlaceholderSize() > 0 && Peek() == '<') return 0;
  std::size_t size = 0;
  while (size < 4 && Peek(size) >= '0' && Peek(size) <= '9') ++size;
  if (size == 0 && Ahead("&>")) return Ahead("&>>") ? 3 : 2;
  if (size == 0 && (Ahead("<(") || Ahead(">("))) return 0;
  static constexpr std::array<std::string_view, 10> kSigns = {"<<<", "<<-", "<<", "<>", "<&",
                                                              ">>",  ">|",  ">&", "<",  ">"};
  const std::string_view rest = Rest().substr(std::min(size, Rest().size()));
  for (const std::string_view sign : kSigns)
    if (rest.starts_with(sign)) return size + sign.size();
  return 0;
}

bool Reader::ReadRedirection(std::vector<Redirection>& out) {
  const std::size_t size = RedirectionSize();
  if (size == 0) return false;
  Redirection redirection;
  redirection.at = Here();
  line_has_command_ = true;
  std::size_t digits = 0;
  while (Peek(digits) >= '0' && Peek(digits) <= '9') ++digits;
  if (digits > 0) redirection.descriptor = std::stoi(std::string(Rest().substr(0, digits)));
  redirection.sign = Rest().substr(digits, size - digits);
  at_ += size;
  SkipBlanks();
  if (StartsWord()) {
    redirection.target = ReadWord();
  } else {
    Complain(redirection.at, base::Quote(redirection.sign) + " has no file");
  }
  if (redirection.sign == "<<" || redirection.sign == "<<-") {
    redirection.here_literal = redirection.target.written.find_first_of("'\"\\") != std::string::npos;
    pending_.push_back(redirection);
  }
  out.push_back(std::move(redirection));
  return true;
}

bool Reader::ReadAssignment(Command& command) {
  if (!StartsName(Peek())) return false;
  std::size_t size = 1;
  while (InName(Peek(size))) ++size;
  const std::size_t name = size;
  if (Peek(size) == '[') {
    while (size < name + 256 && !EndsWord(Peek(size)) && Peek(size) != ']') ++size;
    if (Peek(size++) != ']') return false;
  }
  const bool append = Peek(size) == '+';
  if (Peek(size + (append ? 1 : 0)) != '=') return false;
  Assignment assignment;
  assignment.at = Here();
  assignment.name = Rest().substr(0, name);
  assignment.append = append;
  at_ += size + (append ? 2 : 1);
  assignment.value.at = Here();
  assignment.value.begin = assignment.value.end = at_;
  if (Peek() == '(') {
    const std::size_t found = Rest().find(')');
    const std::size_t close = std::min(found, Rest().size() - 1) + 1;
    if (found == std::string_view::npos) Complain(assignment.at, "the list that begins here is never closed");
    assignment.value.written = Rest().substr(0, close);
    assignment.value.pieces.push_back(
        {.text = assignment.value.written, .name = {}, .at = assignment.value.at});
    at_ += close;
    assignment.value.end = at_;
  } else if (StartsWord()) {
    assignment.value = ReadWord();
  }
  line_has_command_ = true;
  command.assignments.push_back(std::move(assignment));
  return true;
}

// Between the double brackets `<`, `&&`, `(` and their kin are words.
void Reader::ReadTest(Command& command) {
  const Position opened = Here();
  while (!AtEnd()) {
    const bool last = AtWord("]]");
    if (StartsWord()) {
      command.words.push_back(ReadWord());
    } else {
      Word sign{.written = std::string(Rest().substr(0, Ahead("&&") || Ahead("||") ? 2 : 1)),
                .pieces = {},
                .at = Here(),
                .begin = at_};
      sign.pieces.push_back({.text = sign.written, .name = {}, .at = sign.at});
      at_ += sign.written.size();
      sign.end = at_;
      command.words.push_back(std::move(sign));
    }
    command.end = at_;
    if (last) break;
    SkipNewlines();
  }
  if (command.words.empty() || !command.words.back().Is("]]"))
    Complain(opened, "the `[[` that begins here is never closed");
  SkipBlanks();
  while (!AtEnd() && ReadRedirection(command.redirections)) {
    command.end = at_;
    SkipBlanks();
  }
}

}  // namespace slipway::shell
