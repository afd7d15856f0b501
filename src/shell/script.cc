#include "shell/script.h"

#include <algorithm>
#include <array>

#include "shell/reader.h"

namespace slipway::shell {
namespace {

// What changes the shell itself, so that a process of its own would do nothing.
constexpr std::array<std::string_view, 25> kBuiltins = {
    ".",     "alias",  "bg",   "break",   "cd",    "continue", "declare",  "eval",   "exec",
    "exit",  "export", "fg",   "jobs",    "local", "read",     "readonly", "return", "set",
    "shift", "source", "trap", "typeset", "umask", "unset",    "wait"};

}  // namespace

std::optional<std::string> Word::Literal() const {
  std::string text;
  for (const Piece& piece : pieces) {
    if (piece.kind != PieceKind::kLiteral) return std::nullopt;
    text += piece.text;
  }
  return text;
}

bool Word::Is(std::string_view text) const {
  for (const Piece& piece : pieces) {
    if (piece.kind != PieceKind::kLiteral || !text.starts_with(piece.text)) return false;
    text.remove_prefix(piece.text.size());
  }
  return text.empty();
}

std::string Command::Name() const {
  if (words.empty()) return "";
  const std::string name = words.front().Literal().value_or("");
  return name.substr(name.rfind('/') + 1);  // npos + 1 is 0
}

Script Read(std::string_view text, const Options& options) { return Reader(text, options).Run(); }

std::optional<std::vector<std::string>> Argv(const Command& command, const Substitute& substitute) {
  if (command.words.empty() || !command.assignments.empty() || !command.redirections.empty() ||
      command.piped || command.negated || command.background || command.block >= 0)
    return std::nullopt;
  if (std::ranges::find(kBuiltins, command.Name()) != kBuiltins.end() || command.words.front().Is("[["))
    return std::nullopt;
  std::vector<std::string> argv;
  for (const Word& word : command.words) {
    std::string& argument = argv.emplace_back();
    for (const Piece& piece : word.pieces) {
      if (piece.kind == PieceKind::kLiteral) {
        argument += piece.text;
        continue;
      }
      const bool simple = piece.kind == PieceKind::kVariable || piece.kind == PieceKind::kPlaceholder ||
                          piece.kind == PieceKind::kTemplate;
      const auto text = simple && substitute ? substitute(piece) : std::nullopt;
      if (!text) return std::nullopt;
      argument += *text;
    }
  }
  return argv;
}

}  // namespace slipway::shell
