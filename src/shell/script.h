// A reader of POSIX and bash text, for lint and import: which commands stand in it, in which order, and how
// each word of them is quoted. It never executes and never expands anything.
//
// It is tolerant, since documents are: whatever it cannot make sense of becomes a Problem with its place, and
// reading goes on behind it. Read in one pass and in linear time; bounded in size, depth and count, after
// which `complete` is false. Pure and thread-safe.
//
//   Script          commands in the order they end, so one in `$(…)` comes before the one that uses it;
//   ├ Command       words, assignments, redirections (with here-documents), and how it is joined to the rest:
//   │               the link to the one before, its pipeline, and the block it stands in
//   ├ Block         if, while, for, case arm, function, ( … ), { … }, $( … ): a tree by `parent`
//   ├ Comment       text without `#`, with its line; own_line says whether a command stands before it
//   └ Problem       what is never closed, or stands where it cannot
//
// What documents write and no shell accepts is understood as they mean it: `<name>` closed on its line, and
// `[name]` with a name of three characters and more, are placeholders, and `${{ … }}` is a template. Only
// outside of quotes, where `'<b>'` is just text; a template inside double quotes too. With
// Options::placeholders off,
// `<name>` is a redirection.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace slipway::shell {

using base::Position;  // line and column, from 1; columns in characters

enum class Quoting : std::uint8_t { kNone, kSingle, kDouble };  // a backslash before one character: kSingle

// A part of a word. What each `text` holds:
enum class PieceKind : std::uint8_t {
  kLiteral,       // the text itself, without quotes and backslashes
  kVariable,      // `$NAME`, `${NAME}`: the name; also `1`, `@`, `?`, …
  kExpansion,     // `${NAME:-x}`, `${#NAME}`, …: what stands between the braces
  kSubstitution,  // `$(…)`, `…` in backticks, <(…): what stands between; its commands are in the script too
  kArithmetic,    // `$((…))`: what stands between
  kPattern,       // `*`, `?`, `[…]`, `{a,b}`, `~` at the start: what the shell would make file names of
  kPlaceholder,   // `<name>`, `[name]`: the name
  kTemplate,      // `${{ … }}`: what stands between, trimmed
};

struct Piece {
  PieceKind kind = PieceKind::kLiteral;
  Quoting quoting = Quoting::kNone;
  std::string text;
  std::string name;  // kVariable and kExpansion: of the variable
  Position at;
};

struct Word {
  std::string written;        // as it stands, with its quotes
  std::vector<Piece> pieces;  // none for `''`
  Position at;
  std::size_t begin = 0, end = 0;  // bytes in the text

  // Its text when every piece is a literal; nullopt otherwise.
  std::optional<std::string> Literal() const;
  // Whether it is exactly this text, however quoted.
  bool Is(std::string_view text) const;
};

struct Assignment {
  std::string name;
  Word value;  // begins behind the `=`; its pieces of `NAME=(…)` are one kLiteral as written
  bool append = false;
  Position at;
};

struct Redirection {
  int descriptor = -1;              // as written before the operator; -1 = none
  std::string sign;                 // < > >> >| <> <& >& &> &>> << <<- <<<
  Word target;                      // a file, a descriptor, or the delimiter of a here-document
  std::optional<std::string> here;  // its lines; tabs at their start removed for <<-
  bool here_literal = false;        // its delimiter is quoted, so nothing in it is expanded
  Position at;
};

enum class Link : std::uint8_t { kNone, kAnd, kOr, kPipe };  // after `;`, `&` or a line end; && ; || ; |

struct Command {
  std::vector<Assignment> assignments;
  std::vector<Word> words;  // empty when it only assigns or redirects
  std::vector<Redirection> redirections;
  Link link = Link::kNone;  // to the command before it in the same list
  int pipeline = 0;         // the same number for the commands that `|` joins, and no others
  bool negated = false;     // `!` before its pipeline
  bool piped = false;       // another command or block stands in its pipeline
  bool background = false;  // `&` behind it
  int block = -1;           // index in Script::blocks of the innermost; -1 = none
  Position at;
  std::size_t begin = 0, end = 0;  // bytes, from the first word to behind the last

  // The first word's text without its folders when it is a literal (`psql` for `/usr/bin/psql`), else "".
  std::string Name() const;
};

enum class BlockKind : std::uint8_t {
  kIf,            // from `if` to `fi`; its parts are its children
  kLoop,          // while, until, for, select; `subject` are the words of `for x in …`
  kCase,          // `subject` is the word; its arms are its children
  kCondition,     // between if/elif/while/until and then/do
  kBody,          // between then/do and what ends it
  kElse,          // between else and fi
  kArm,           // one arm of a case; `subject` are its patterns
  kFunction,      // `name` is its name
  kSubshell,      // ( … )
  kGroup,         // { … }
  kSubstitution,  // $( … ), `…`, <( … )
};

struct Block {
  BlockKind kind = BlockKind::kIf;
  int parent = -1;  // index in Script::blocks; always less than its own
  std::string name;
  std::vector<Word> subject;
  std::vector<Redirection> redirections;  // behind what closes it
  Link link = Link::kNone;                // as of a command
  int pipeline = 0;                       // as of a command; 0 for a part of another block
  bool piped = false;
  Position at;
};

struct Comment {
  std::string text;  // trimmed, without `#`
  bool own_line = false;
  Position at;
};

struct Problem {
  std::string what;
  Position at;
};

struct Script {
  std::vector<Command> commands;
  std::vector<Block> blocks;
  std::vector<Comment> comments;
  std::vector<Problem> problems;  // at most 100
  bool complete = true;           // false: a limit was passed and the rest was not read
};

struct Options {
  bool placeholders = true;
};

inline constexpr std::size_t kMaxText = 1u << 20;  // bytes
inline constexpr int kMaxDepth = 32;
inline constexpr std::size_t kMaxCommands = 20'000;

Script Read(std::string_view text, const Options& options = {});

// What a piece that is no literal becomes in an argument; nullopt: it cannot be said.
using Substitute = std::function<std::optional<std::string>(const Piece&)>;

// The arguments of a command that needs no shell: no assignments, redirections, pipe, block, background, `!`
// or builtin that only a shell has (cd, export, source, …), and every piece a literal, or one that
// `substitute` gives a text for. It is asked for kVariable, kPlaceholder and kTemplate alone; without it
// these are refused too. nullopt: the command needs a shell, or is empty. `&&`, `||` and `;` around it are
// the caller's to look at (Command::link).
std::optional<std::vector<std::string>> Argv(const Command& command, const Substitute& substitute = {});

}  // namespace slipway::shell
