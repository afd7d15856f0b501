#include "sop/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "base/text.h"
#include "shell/script.h"

namespace slipway::sop {

namespace {

using shell::BlockKind;

constexpr std::size_t kMaxTitle = 100;
constexpr int kEnd = 1 << 30;  // behind the last line

std::string FirstWord(std::string_view text) {
  return std::string(text.substr(0, text.find_first_of(" \t\n")));
}

std::string FirstLine(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

bool IsSqlWord(std::string_view word) {
  static constexpr std::array kWords{"SELECT", "CREATE",  "GRANT",    "INSERT", "UPDATE", "DELETE",
                                     "ALTER",  "DROP",    "BEGIN",    "COMMIT", "REVOKE", "SET",
                                     "VACUUM", "ANALYZE", "TRUNCATE", "WITH"};
  return std::ranges::find(kWords, word) != kWords.end();
}

// A line of settings: NAME=value and nothing behind it.
bool OnlyAssigns(const shell::Command& command) {
  return command.words.empty() && !command.assignments.empty();
}

// `* * * * * command`: a line of a crontab, which is no command.
bool IsCronLine(std::string_view line) {
  const std::vector<std::string> words = base::Split(base::Trim(line), ' ');
  if (words.size() < 6) return false;
  return std::ranges::all_of(words.begin(), words.begin() + 5, [](std::string_view word) {
    return !word.empty() && word.find_first_not_of("0123456789*/,-") == std::string_view::npos;
  });
}

// Lines that a terminal shows: those behind `$ ` are typed, the rest is what it answered.
std::string Typed(std::string_view text) {
  std::vector<std::string> lines = base::Split(text, '\n');
  const auto typed = [](std::string_view line) { return line.starts_with("$ "); };
  if (std::ranges::none_of(lines, typed)) return std::string(text);
  bool continued = false;
  for (std::string& line : lines) {
    const bool mine = typed(line) || continued;
    continued = mine && line.ends_with('\\');
    if (typed(line)) {
      line.replace(0, 2, "  ");
    } else if (!mine) {
      line.clear();
    }
  }
  return base::Join(lines, "\n");
}

// `${{ secrets.KEY }}`, which the runner of a workflow fills in, quoted or not; empty: none stands in it.
std::string OfARunner(std::string_view text) {
  static constexpr std::array kContexts{"github", "secrets", "vars",   "env", "inputs", "needs",
                                        "steps",  "matrix",  "runner", "job", "jobs",   "strategy"};
  for (std::size_t at = 0; (at = text.find("${{", at)) != std::string_view::npos; at += 3) {
    const std::string_view rest = text.substr(at, text.find("}}", at) - at);
    const std::string_view inner = base::Trim(rest.substr(3));
    const std::size_t end = inner.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
    if (std::ranges::find(kContexts, inner.substr(0, end)) != kContexts.end())
      return std::string(rest) + "}}";
  }
  return "";
}

bool IsTemplate(const shell::Word& word) {
  return std::ranges::any_of(
      word.pieces, [](const shell::Piece& piece) { return piece.kind == shell::PieceKind::kTemplate; });
}

// Outside of single quotes, where no shell accepts `${{`.
bool HoldsTemplate(const shell::Command& command) {
  return std::ranges::any_of(command.words, IsTemplate) ||
         std::ranges::any_of(command.assignments, [](const auto& a) { return IsTemplate(a.value); }) ||
         std::ranges::any_of(command.redirections, [](const shell::Redirection& r) {
           return IsTemplate(r.target) || (r.here && !r.here_literal && r.here->contains("${{"));
         });
}

// Why commands of this text mean nothing on a machine; empty: they do.
std::string OfAnotherProgram(std::string_view text, std::span<const shell::Command* const> commands) {
  if (!text.contains("${{")) return "";
  if (const std::string runner = OfARunner(text); !runner.empty())
    return "`" + runner + "` is filled in by the runner of a workflow, and means nothing on a machine";
  if (std::ranges::any_of(commands, [](const shell::Command* c) { return HoldsTemplate(*c); }))
    return "a template of another program stands in it";
  return "";
}

// Commands that belong together: joined by `|`, `&&`, `||`, or all of a text that only makes sense as a
// whole.
struct Unit {
  std::vector<const shell::Command*> commands;
  std::size_t begin = 0, end = 0;
  int line = 0, last_line = 0;
};

// `# Using make`, `# Using the AWS CLI` behind each other are ways of which one is gone, as `# Option A` is.
void MarkWays(std::vector<DraftStep>& steps) {
  const auto named = [](const DraftStep& step) { return step.name.empty() ? step.title : step.name; };
  for (const std::string_view word : {"Option ", "Alternative ", "Using "}) {
    for (std::size_t i = 0, end = 0; i < steps.size(); i = end + 1) {
      std::size_t ways = 0;
      for (end = i; end < steps.size() && named(steps[end]).starts_with(word); ++end)
        if (end == i || named(steps[end]) != named(steps[end - 1])) ++ways;
      for (std::size_t k = i; ways > 1 && k < end; ++k) steps[k].option = named(steps[k]);
    }
  }
}

class ShellReader {
 public:
  ShellReader(const markdown::Block& code, Versions& versions)
      : code_(code),
        text_(Typed(code.text)),
        script_(shell::Read(text_)),
        lines_(base::LineStarts(text_)),
        versions_(versions) {}

  Understood Run() {
    TakeInteractive();
    CountCommands();
    if (NoCommands()) return std::move(out_);
    if (IsWhole()) {
      AddWhole();
    } else {
      for (const Unit& unit : Units()) AddUnit(unit);
    }
    out_.trailing = Heading(last_line_ + 1, kEnd);
    MarkWays(out_.steps);
    return std::move(out_);
  }

 private:
  bool NoCommands();
  void CountCommands();
  bool IsWhole() const;
  void AddWhole();
  void TakeInteractive();
  std::vector<Unit> Units() const;
  void AddUnit(const Unit& unit);
  bool AddExport(const Unit& unit);
  bool AddArgv(const Unit& unit, DraftStep& step);
  void AddScript(std::string_view script, const shell::Script& read, DraftStep& step);
  void AddParameter(std::string_view name, const shell::Word& value);
  void Name(DraftStep& step, int from, const Unit& unit, std::string_view written);
  std::string Heading(int from, int to);
  void AddPerson(const std::string& text, int line);
  std::string Comments(int from, int to) const;
  // They stand in the order of their lines.
  std::span<const shell::Comment> CommentsFrom(int line) const {
    const auto first = std::ranges::lower_bound(script_.comments, line, {},
                                                [](const shell::Comment& c) { return c.at.line; });
    return {first, script_.comments.end()};
  }
  int Line(int line) const { return code_.TextLine(line - 1); }
  // Of the text itself, and not of what stands in `$( … )`.
  bool OnTop(const shell::Command& command) const { return command.block < 0; }
  int LineOfByte(std::size_t byte) const {
    return static_cast<int>(std::ranges::upper_bound(lines_, byte) - lines_.begin());
  }

  const markdown::Block& code_;
  std::string text_;
  shell::Script script_;
  std::vector<std::size_t> lines_;  // the byte at which each begins
  Versions& versions_;
  int last_line_ = 0;   // of the last command that was taken
  std::string folder_;  // `cd …` above, which every command below it needs
  bool lost_ = false;   // what the commands below need could not be kept
  std::string group_;   // the title of the comment above, for the commands below that have none
  Understood out_;
};

// `psql` by itself waits for what the page lists below it: that is its input.
void ShellReader::TakeInteractive() {
  if (text_.contains("${{")) return;  // a template of another program, which AddUnit leaves on the page
  const std::vector<std::string> lines = base::Split(text_, '\n');
  std::size_t at = 0;
  for (std::size_t i = 0; i < lines.size(); at += lines[i++].size() + 1) {
    const std::string line(base::Trim(lines[i]));
    if (FirstWord(line) != "psql" || line.contains(" -c") || line.contains(" -f") || line.contains(" < ") ||
        line.contains('|'))
      continue;
    std::size_t next = i + 1;
    while (next < lines.size() &&
           (base::Trim(lines[next]).empty() || base::Trim(lines[next]).starts_with('#')))
      ++next;
    if (next == lines.size()) return;
    const std::string first(base::Trim(lines[next]));
    if (!IsSqlWord(FirstWord(first)) && !first.starts_with('\\')) continue;

    const shell::Script call = shell::Read(line);
    Placeholders placeholders(versions_);
    const auto argv =
        call.commands.size() == 1
            ? shell::Argv(call.commands[0],
                          [&](const shell::Piece& piece) { return placeholders.Template(piece); })
            : std::nullopt;
    if (!argv) return;
    std::string input;
    std::string prose;
    for (std::size_t k = i + 1; k < lines.size(); ++k) {
      const std::string_view entered = base::Trim(lines[k]);
      if (entered.starts_with("# ")) {
        prose += std::string(entered.substr(2)) + "\n";
      } else if (!entered.empty()) {
        input += lines[k] + "\n";
        ++out_.commands, ++out_.kept;
      }
    }
    DraftStep step{.line = Line(static_cast<int>(i) + 1), .uses = "exec.run"};
    const std::string before = i > 0 && base::Trim(lines[i - 1]).starts_with("# ")
                                   ? std::string(base::Trim(lines[i - 1]).substr(2))
                                   : line;
    step.title = TitleOf(before);
    step.description = base::Trim(prose);
    step.with.push_back({"argv", *argv});
    step.with.push_back({"input", placeholders.InText(input)});
    step.parameters = placeholders.Take();
    ++out_.commands, ++out_.kept;
    // What stands above is read as ever.
    const std::size_t cut = i > 0 && before != line ? at - lines[i - 1].size() - 1 : at;
    text_.resize(cut);
    script_ = shell::Read(text_);
    out_.steps.push_back(std::move(step));
    return;
  }
}

void ShellReader::CountCommands() {
  for (const shell::Command& command : script_.commands)
    if (OnTop(command)) ++out_.commands;
}

// What stands here is no command, and why.
bool ShellReader::NoCommands() {
  if (script_.commands.empty()) {
    if (out_.steps.empty()) out_.why = "no command stands in it, only comments";
    if (!out_.steps.empty()) return true;
    out_.trailing = Comments(0, kEnd);
    return true;
  }
  const auto all = [&](auto holds) { return std::ranges::all_of(script_.commands, holds); };
  if (all([](const shell::Command& command) { return command.Name() == "-"; })) {
    out_.why = "a list, not commands";
  } else if (all([&](const shell::Command& command) {
               return OnlyAssigns(command) || command.Name().empty();
             }) &&
             script_.commands.size() > 1) {
    out_.why = "settings, not commands";
  } else if (!script_.complete) {
    out_.why = "too long to be read as commands";
  } else if (!script_.problems.empty()) {
    out_.why = "not commands as the shell reads them: " + script_.problems[0].what;
  } else {
    for (const std::string& line : base::Split(text_, '\n')) {
      if (IsCronLine(line)) out_.why = "a line of a crontab: a schedule, and nothing to run now";
    }
  }
  if (out_.why.empty()) return false;
  const bool commands = out_.why.starts_with("not commands") || out_.why.starts_with("too long");
  if (!commands) out_.commands = out_.kept;
  return true;
}

// Whether the text has to stay together: what one line sets, another one reads.
bool ShellReader::IsWhole() const {
  const bool blocks = std::ranges::any_of(
      script_.blocks, [](const shell::Block& block) { return block.kind != BlockKind::kSubstitution; });
  return blocks || std::ranges::any_of(script_.commands, [&](const shell::Command& command) {
           static constexpr std::array kTogether{"source", ".",     "set",   "exit", "trap",   "read",
                                                 "shift",  "alias", "pushd", "popd", "ulimit", "umask"};
           if (command.background) return true;
           if (std::ranges::find(kTogether, command.Name()) != kTogether.end()) return true;
           return OnlyAssigns(command) &&
                  std::ranges::any_of(command.assignments, [](const shell::Assignment& assignment) {
                    return !assignment.value.Literal().has_value();
                  });
         });
}

void ShellReader::AddWhole() {
  std::vector<const shell::Command*> all;
  for (const shell::Command& command : script_.commands) all.push_back(&command);
  out_.why = OfAnotherProgram(text_, all);
  if (!out_.why.empty()) return;
  DraftStep step{.line = Line(script_.commands.front().at.line), .uses = "exec.run"};
  const int first = LineOfByte(std::ranges::min(script_.commands, {}, &shell::Command::begin).begin);
  const std::string written(base::Trim(text_));
  Name(step, 0, {.line = first, .last_line = first},
       std::string_view(text_).substr(script_.commands.front().begin));
  step.line = Line(std::min(first, script_.commands.front().at.line));
  AddScript(written, script_, step);
  out_.steps.push_back(std::move(step));
  out_.kept = out_.commands;
  last_line_ = kEnd - 1;
}

std::vector<Unit> ShellReader::Units() const {
  std::vector<const shell::Command*> commands;
  for (const shell::Command& command : script_.commands)
    if (OnTop(command)) commands.push_back(&command);
  std::ranges::sort(commands, {}, &shell::Command::begin);
  std::vector<Unit> units;
  for (const shell::Command* command : commands) {
    const std::size_t begin = command->begin;
    if (command->link == shell::Link::kNone || units.empty()) {
      units.push_back({.begin = begin, .line = command->at.line});
    }
    Unit& unit = units.back();
    unit.commands.push_back(command);
    unit.end = std::max(unit.end, command->end);
    unit.last_line = LineOfByte(unit.end);
  }
  // `!` and assignments before the first word belong to it: whole lines, where nothing else stands there.
  for (std::size_t i = 0; i < units.size(); ++i) {
    const std::size_t line = text_.rfind('\n', units[i].begin == 0 ? 0 : units[i].begin - 1);
    const std::size_t begin = line == std::string::npos || units[i].begin == 0 ? 0 : line + 1;
    if (i == 0 || units[i - 1].end <= begin)
      units[i].begin = std::min(
          units[i].begin, std::max(begin, std::min(text_.find_first_not_of(" \t", begin), units[i].begin)));
  }
  return units;
}

std::string ShellReader::Comments(int from, int to) const {
  std::string out;
  for (const shell::Comment& comment : CommentsFrom(from)) {
    if (comment.at.line >= to) break;
    if (comment.own_line && comment.at.line >= from && comment.at.line < to && !comment.text.empty() &&
        !comment.text.starts_with('!'))
      out += (out.empty() ? "" : "\n") + comment.text;
  }
  return out;
}

// `3. Clone the repository`: a comment that begins a step.
bool IsNumbered(std::string_view comment) {
  const std::size_t digits = std::min(comment.find_first_not_of("0123456789"), comment.size());
  return digits > 0 && digits < 4 && digits < comment.size() &&
         (comment[digits] == '.' || comment[digits] == ')');
}

// The comments above a command. What stands before the first numbered one goes on with the step before; each
// numbered one but the last is a step of a person, since no command follows it.
std::string ShellReader::Heading(int from, int to) {
  std::string text;
  bool numbered = false;
  int begin = 0;
  const auto close = [&] {
    if (numbered) {
      AddPerson(text, begin);
    } else if (!out_.steps.empty() && !text.empty()) {
      std::string& before = out_.steps.back().description;
      before += (before.empty() ? "" : "\n\n") + text;
    }
  };
  for (const shell::Comment& comment : CommentsFrom(from)) {
    if (comment.at.line >= to) break;
    if (!comment.own_line || comment.at.line < from || comment.at.line >= to || comment.text.empty() ||
        comment.text.starts_with('!'))
      continue;
    if (IsNumbered(comment.text)) {
      // Without a step before it what stands above stays with this one.
      if (numbered || !out_.steps.empty()) {
        close();
        text.clear();
      }
      numbered = true;
      begin = comment.at.line;
    }
    text += (text.empty() ? "" : "\n") + comment.text;
  }
  if (to == kEnd && numbered) {
    close();
    return "";
  }
  return text;
}

void ShellReader::AddPerson(const std::string& text, int line) {
  const std::size_t end = text.find('\n');
  DraftStep step{.title = TitleOf(text.substr(0, end)), .line = Line(line)};
  if (end != std::string::npos) step.description = text.substr(end + 1);
  out_.steps.push_back(std::move(step));
}

// The comments above, of which the first line is the title; else the one behind the command; else the command
// itself.
void ShellReader::Name(DraftStep& step, int from, const Unit& unit, std::string_view written) {
  std::string above = Heading(from, unit.line);
  bool own = !above.empty();
  for (const shell::Comment& comment : CommentsFrom(unit.line)) {
    if (comment.at.line > unit.last_line) break;
    if (!own && !comment.own_line && comment.at.line >= unit.line && comment.at.line <= unit.last_line)
      above = comment.text;
  }
  const std::size_t end = above.find('\n');
  step.title = TitleOf(above.substr(0, end));
  if (end != std::string::npos) step.description = above.substr(end + 1);
  if (!step.title.empty()) {
    group_ = own ? step.title : "";
    return;
  }
  step.title = TitleOf(FirstLine(written));
  step.name = group_;
  step.untitled = group_.empty();
}

void ShellReader::AddParameter(std::string_view name, const shell::Word& value) {
  DraftParameter parameter{.name = ParameterName(name), .description = "$" + std::string(name)};
  const auto literal = value.Literal();
  if (IsSecretName(name) || (literal && literal->contains("://") && literal->contains('@'))) {
    parameter.type = "secret";
  } else if (literal && !literal->empty()) {
    parameter.fallback = *literal;
  }
  out_.parameters.push_back(std::move(parameter));
}

// `export NAME=value` alone tells what the commands behind it need.
bool ShellReader::AddExport(const Unit& unit) {
  if (unit.commands.size() != 1) return false;
  const shell::Command& command = *unit.commands[0];
  if (OnlyAssigns(command)) {
    for (const shell::Assignment& assignment : command.assignments)
      AddParameter(assignment.name, assignment.value);
    return true;
  }
  if (command.Name() != "export") return false;
  for (const shell::Assignment& assignment : command.assignments)
    AddParameter(assignment.name, assignment.value);
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    const std::string& written = command.words[i].written;
    const std::size_t sign = written.find('=');
    if (sign == std::string::npos) continue;
    const shell::Script value = shell::Read("x " + written.substr(sign + 1));
    if (!value.commands.empty() && value.commands[0].words.size() == 2)
      AddParameter(written.substr(0, sign), value.commands[0].words[1]);
  }
  return true;
}

// `${{` in quotes is text, and would be an expression of ours; a dollar right before one would make that
// text.
void KeepText(shell::Word& word) {
  std::vector<shell::Piece> pieces;
  for (shell::Piece& piece : word.pieces) {
    const bool literal = piece.kind == shell::PieceKind::kLiteral;
    if (literal && !pieces.empty() && pieces.back().kind == shell::PieceKind::kLiteral) {
      pieces.back().text += piece.text;
    } else {
      pieces.push_back(std::move(piece));
    }
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string& text = pieces[i].text;
    if (pieces[i].kind != shell::PieceKind::kLiteral) continue;
    std::size_t dollars = 0;
    for (; i + 1 < pieces.size() && text.ends_with('$'); ++dollars) text.pop_back();
    text = Escaped(text);
    for (; dollars > 0; --dollars) text += kDollar;
  }
  word.pieces = std::move(pieces);
}

bool ShellReader::AddArgv(const Unit& unit, DraftStep& step) {
  if (unit.commands.size() != 1) return false;
  shell::Command command = *unit.commands[0];
  Argv argv;
  // Where the output goes is all that needs a shell; what writes it may not.
  if (command.Name() == "pg_dump" && command.redirections.size() == 1 &&
      command.redirections[0].sign == ">") {
    step.writes = argv.output = command.redirections[0].target.written;
    command.redirections.clear();
  }
  if (command.Name() == "pg_dump" && argv.output.empty()) {
    // `--file=backup_$(date).dump`: the name goes, where nobody reads the file.
    for (std::size_t i = 1; i < command.words.size(); ++i) {
      shell::Word& word = command.words[i];
      if (word.written == "-f" && i + 1 < command.words.size()) {
        step.writes = command.words[i + 1].written;
        command.words.erase(command.words.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      } else if (word.written.starts_with("--file=")) {
        step.writes = word.written.substr(word.written.find('=') + 1);
      } else {
        continue;
      }
      word.pieces = {{.kind = shell::PieceKind::kLiteral, .text = "--file="}};
    }
  }
  for (shell::Word& word : command.words) KeepText(word);
  Placeholders placeholders(versions_);
  auto words = shell::Argv(command, [&](const shell::Piece& piece) { return placeholders.Template(piece); });
  if (!words) return false;
  for (std::string& word : *words) word = placeholders.InText(word);
  argv.words = *words;
  std::vector<DraftParameter> parameters = placeholders.Take();
  std::vector<DraftParameter> typed = parameters;
  if (AsTyped(argv, step, typed)) {
    // Of the parameters only those that the action still reads.
    std::string all;
    for (const DraftArgument& argument : step.with) {
      if (const auto* text = std::get_if<std::string>(&argument.value)) all += *text;
      if (const auto* map = std::get_if<Map>(&argument.value))
        for (const auto& [key, value] : *map) all += value;
    }
    std::erase_if(typed, [&](const DraftParameter& parameter) {
      return !all.contains("parameters." + parameter.name + " ");
    });
    step.parameters = std::move(typed);
    const std::string written = text_.substr(unit.begin, unit.end - unit.begin);
    step.description += (step.description.empty() ? "" : "\n\n") + std::string("```sh\n") + written + "\n```";
    return true;
  }
  if (!step.writes.empty()) return false;
  // A secret belongs in the environment and not among the arguments.
  if (std::ranges::find(parameters, "secret", &DraftParameter::type) != parameters.end()) return false;
  step.uses = OnlyReads(*words) ? "exec.check" : "exec.run";
  step.with.push_back({"argv", *words});
  step.parameters = std::move(parameters);
  return true;
}

void ShellReader::AddScript(std::string_view script, const shell::Script& read, DraftStep& step) {
  Placeholders placeholders(versions_);
  Map env;
  std::string text = placeholders.InScript(script, read, env);
  std::ranges::sort(env);  // a map has no order, and a printed one is sorted
  step.with.push_back({"shell", std::move(text)});
  if (!env.empty()) step.with.push_back({"env", env});
  step.parameters = placeholders.Take();
}

void ShellReader::AddUnit(const Unit& unit) {
  const int from = last_line_ + 1;
  last_line_ = unit.last_line;
  const auto count = static_cast<int>(unit.commands.size());
  const std::string_view written = std::string_view(text_).substr(unit.begin, unit.end - unit.begin);
  const bool moves = count == 1 && unit.commands[0]->Name() == "cd";
  if (lost_) return;
  if (const std::string why = OfAnotherProgram(written, unit.commands); !why.empty()) {
    out_.why = why;
    lost_ = moves || unit.commands[0]->Name() == "export" || OnlyAssigns(*unit.commands[0]);
    return;
  }
  if (AddExport(unit)) {
    out_.kept += count;
    return;
  }
  DraftStep step{.line = Line(unit.line)};
  Name(step, from, unit, written);
  if (moves) {
    // It does nothing by itself: the commands below begin with it.
    folder_ += std::string(written) + "\n";
    out_.kept += count;
    return;
  }
  const auto as_command = [&](DraftStep& to) {
    to.uses = "exec.run";
    to.with.clear();
    to.writes.clear();
    const std::string script = folder_ + std::string(written);
    AddScript(script, shell::Read(script), to);
  };
  if (!folder_.empty() || !AddArgv(unit, step)) {
    as_command(step);
  } else if (!step.writes.empty()) {
    as_command(step.as_command.emplace_back());
  }
  out_.steps.push_back(std::move(step));
  out_.kept += count;
}

// Statements of SQL, cut at the `;` that ends a line.
struct Sql {
  std::string text, comment;
  int line = 0;
};

std::vector<Sql> SqlStatements(const markdown::Block& code) {
  std::vector<Sql> statements(1);
  int number = 0;
  for (const std::string& line : base::Split(code.text, '\n')) {
    ++number;
    const std::string trimmed(base::Trim(line));
    Sql& last = statements.back();
    if (trimmed.starts_with("--") && last.text.empty()) {
      last.comment +=
          (last.comment.empty() ? "" : "\n") + std::string(base::Trim(std::string_view(trimmed).substr(2)));
    } else if (!trimmed.empty()) {
      if (last.text.empty()) last.line = code.TextLine(number - 1);
      last.text += (last.text.empty() ? "" : "\n") + std::string(base::Trim(line));
      if (trimmed.ends_with(';')) statements.emplace_back();
    }
  }
  std::erase_if(statements, [](const Sql& sql) { return sql.text.empty(); });
  return statements;
}

}  // namespace

bool IsShell(const markdown::Block& code) {
  std::string info = FirstWord(code.info);
  std::ranges::transform(info, info.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  static constexpr std::array kNames{"bash",          "sh",       "shell",       "zsh", "console",
                                     "shell-session", "terminal", "shellsession"};
  if (!info.empty()) return std::ranges::find(kNames, info) != kNames.end();
  // Without a word on it: when every line begins like a command, and none like an answer.
  static constexpr std::array kPrograms{
      "aws",   "az",     "bash",      "cat",     "cd",      "chmod",     "cp",      "curl", "docker",
      "echo",  "export", "gcloud",    "git",     "helm",    "jq",        "kubectl", "ls",   "make",
      "mkdir", "mv",     "npm",       "openssl", "pg_dump", "pip",       "psql",    "rm",   "scp",
      "ssh",   "sudo",   "systemctl", "tail",    "tar",     "terraform", "yarn"};
  bool any = false;
  bool continued = false;
  for (const std::string& line : base::Split(code.text, '\n')) {
    const std::string trimmed(base::Trim(line));
    const bool follows = continued;
    continued = trimmed.ends_with('\\');
    if (follows || trimmed.empty() || trimmed.starts_with("# ")) continue;
    const std::string word = FirstWord(trimmed);
    if (word != "$" && !word.starts_with("./") && std::ranges::find(kPrograms, word) == kPrograms.end())
      return false;
    any = true;
  }
  return any;
}

bool IsSql(const markdown::Block& code) {
  const std::string info = FirstWord(code.info);
  return info == "sql" || info == "SQL" || info == "postgresql" || info == "pgsql";
}

std::string TitleOf(std::string_view comment) {
  std::string_view title = base::Trim(comment);
  const std::size_t digits = std::min(title.find_first_not_of("0123456789"), title.size());
  if (digits > 0 && digits < title.size() && (title[digits] == '.' || title[digits] == ')'))
    title = base::Trim(title.substr(digits + 1));
  while (title.ends_with(':')) title.remove_suffix(1);
  if (title.size() <= kMaxTitle) return std::string(title);
  const std::size_t cut = title.rfind(' ', kMaxTitle);
  return std::string(title.substr(0, cut == std::string_view::npos ? kMaxTitle : cut));
}

Understood FromShell(const markdown::Block& code, Versions& versions) {
  return ShellReader(code, versions).Run();
}

Understood FromSql(const markdown::Block& code, Versions& versions) {
  (void)versions;
  Understood out;
  const std::vector<Sql> statements = SqlStatements(code);
  out.commands = static_cast<int>(statements.size());
  if (statements.empty()) out.why = "no statement stands in it, only comments";
  for (const Sql& sql : statements) {
    if (sql.text.contains("${{")) {
      out.why = "a template of another program stands in it";
      continue;
    }
    DraftStep step{.line = sql.line};
    std::vector<DraftParameter> parameters;
    if (!AsTyped({.words = {"psql", "-c", sql.text}}, step, parameters)) continue;
    const std::size_t end = sql.comment.find('\n');
    step.title = sql.comment.empty() ? TitleOf(FirstLine(sql.text)) : TitleOf(sql.comment.substr(0, end));
    if (end != std::string::npos) step.description = sql.comment.substr(end + 1);
    step.parameters = std::move(parameters);
    out.steps.push_back(std::move(step));
  }
  out.kept = static_cast<int>(out.steps.size());
  // Some of a migration is none of it.
  if (out.kept < out.commands) {
    out.steps.clear();
    out.kept = 0;
    if (out.why.empty()) out.why = "SQL that changes something belongs in a migration";
  }
  return out;
}

}  // namespace slipway::sop
