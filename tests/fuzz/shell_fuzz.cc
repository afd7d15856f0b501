// Whatever the text: every command, word and block stands within it, in order, and the tree of blocks is one.
#include "fuzz.h"
#include "shell/script.h"

namespace {

using slipway::fuzz::Require;
namespace shell = slipway::shell;

void CheckPlace(const shell::Position& at) { Require(at.line >= 1 && at.column >= 1); }

void CheckWord(const shell::Word& word, std::string_view text) {
  CheckPlace(word.at);
  Require(word.begin <= word.end && word.end <= text.size());
  Require(text.substr(word.begin, word.end - word.begin) == word.written);
  for (const shell::Piece& piece : word.pieces) CheckPlace(piece.at);
  if (const auto literal = word.Literal()) Require(word.Is(*literal));
}

void CheckRedirections(const std::vector<shell::Redirection>& redirections) {
  for (const shell::Redirection& redirection : redirections) {
    CheckPlace(redirection.at);
    Require(!redirection.sign.empty());
  }
}

void Check(std::string_view text, const shell::Options& options) {
  const shell::Script script = shell::Read(text, options);
  const int blocks = static_cast<int>(script.blocks.size());
  for (int i = 0; i < blocks; ++i) {
    const shell::Block& block = script.blocks[static_cast<std::size_t>(i)];
    Require(block.parent >= -1 && block.parent < i);
    CheckPlace(block.at);
    for (const shell::Word& word : block.subject) CheckWord(word, text);
    CheckRedirections(block.redirections);
  }
  std::size_t end = 0;
  for (const shell::Command& command : script.commands) {
    Require(command.block >= -1 && command.block < blocks && command.pipeline > 0);
    Require(command.begin < command.end && command.end <= text.size() && end <= command.end);
    end = command.end;
    CheckPlace(command.at);
    for (const shell::Word& word : command.words) CheckWord(word, text);
    for (const shell::Assignment& assignment : command.assignments) CheckWord(assignment.value, text);
    CheckRedirections(command.redirections);
    const auto argv = shell::Argv(command, [](const shell::Piece& piece) { return piece.text; });
    Require(!argv || argv->size() == command.words.size());
  }
  for (const shell::Comment& comment : script.comments) CheckPlace(comment.at);
  Require(script.complete || !script.problems.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = slipway::fuzz::Text(data, size);
  Check(text, {});
  Check(text, {.placeholders = false});
  return 0;
}
