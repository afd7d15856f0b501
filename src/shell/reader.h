// The reader behind Read, in three files: words.cc, commands.cc, blocks.cc. Private to shell/.
//
// From left to right, once; `end_` bounds what is read, so that what stands between backticks is read in its
// place. Every recursion passes ReadList, which counts the depth.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/places.h"
#include "shell/script.h"

namespace slipway::shell {

class Reader {
 public:
  Reader(std::string_view text, const Options& options);
  Script Run();

 private:
  // What ends a list, beside the end of the text: reserved words, `)`, `}`, `;;`.
  using Enders = std::vector<std::string_view>;

  // ---- characters
  bool AtEnd() const { return at_ >= end_; }
  char Peek(std::size_t ahead = 0) const { return at_ + ahead < end_ ? text_[at_ + ahead] : '\0'; }
  std::string_view Rest() const { return text_.substr(at_, end_ - at_); }
  bool Ahead(std::string_view what) const { return Rest().starts_with(what); }
  bool Take(std::string_view what);
  Position Here() { return places_.At(at_); }
  void Complain(Position at, std::string what);
  void Stop(const std::string& what);  // a limit was passed: nothing more is read

  // ---- blanks and comments
  void SkipBlanks();    // within a line, with continued lines and a comment
  void SkipNewlines();  // also line ends, and the here-documents that begin behind them
  void TakeComment();
  void TakeLineEnd();
  void ReadHereDocument(const Redirection& redirection);

  // ---- words.cc
  bool StartsWord() const;
  Word ReadWord();
  bool ReadPiece(Word& word);  // false: the word ends here
  void ReadEscaped(Word& word);
  void ReadSingleQuoted(Word& word);
  void ReadAnsiQuoted(Word& word);
  void ReadDoubleQuoted(Word& word);
  void ReadDollar(Word& word, Quoting quoting);
  bool ReadTemplate(Word& word, Quoting quoting);
  void ReadBraces(Word& word, Quoting quoting);
  bool ReadArithmetic(Word& word, Quoting quoting);
  void ReadSubstitution(Word& word, Quoting quoting);
  void ReadBackticks(Word& word, Quoting quoting);
  bool ReadPlaceholder(Word& word);
  bool ReadPattern(Word& word);
  std::size_t PlaceholderSize() const;  // with its brackets; 0: none stands here
  std::size_t PatternSize(bool at_start) const;
  std::size_t ArithmeticSize() const;  // from `((` to behind `))`; 0: none stands here

  // ---- commands.cc
  void ReadList(const Enders& enders);
  void ReadAndOr();
  bool ReadPipeline(Link link);  // false: nothing was there
  bool ReadCommand(Link link, int pipeline, bool negated);
  void ReadSimple(Command& command);
  bool ReadSimplePart(Command& command);  // false: the command ends here
  bool ReadRedirection(std::vector<Redirection>& out);
  std::size_t RedirectionSize() const;  // of the descriptor and the sign; 0: none stands here
  bool ReadAssignment(Command& command);
  void ReadTest(Command& command);  // [[ … ]]
  void Keep(Command command);
  void Joined(std::size_t command, std::size_t block, int pipeline);
  bool AtWord(std::string_view word) const;  // this reserved word, by itself
  bool TakeWord(std::string_view word);
  bool AtEnder() const;

  // ---- blocks.cc
  bool ReadBlock(Link link, int pipeline);  // a compound command, if one stands here
  void ReadIf();
  void ReadWhile();
  void ReadFor();
  void ReadCase();
  void ReadArm();
  void ReadBracket(BlockKind kind, std::string_view open, std::string_view close);
  std::size_t FunctionSize() const;  // of `name ()` or `function name`; 0: none stands here
  void ReadFunction(std::size_t size);
  void ReadPart(BlockKind kind, const Enders& enders);
  int Open(BlockKind kind);  // a block of which what follows is a part, until Close
  void Close();
  void Expect(std::string_view word, std::string_view opened_by, Position opened);

  const std::string_view text_;
  const Options options_;
  base::Places places_;
  std::size_t at_ = 0;
  std::size_t end_;
  int block_ = -1;
  int pipelines_ = 0;
  std::size_t words_ = 0;
  bool line_has_command_ = false;
  std::vector<const Enders*> open_;   // of the lists around; null: what is beyond does not count
  std::vector<Redirection> pending_;  // here-documents whose lines begin behind this one
  std::map<std::pair<int, int>, std::string> here_;  // what they hold, by the place of the redirection
  Script script_;
};

// Letters, digits and `_`.
bool InName(char c);
bool StartsName(char c);
// What ends a word outside of quotes.
bool EndsWord(char c);

}  // namespace slipway::shell
