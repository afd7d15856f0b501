#include "markdown/flat.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace slipway::markdown {

namespace {

constexpr std::string_view kPilcrow = "\xC2\xB6";
constexpr std::size_t kMostColumns = 32;  // of a table whose cells stand on lines of their own

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

bool IsFence(std::string_view line) {
  line = base::Trim(line);
  return line.starts_with("```") || line.starts_with("~~~");
}

// No fence, hardly a blank line, and signs that marks were lost.
bool IsFlat(const std::vector<std::string_view>& lines) {
  std::size_t blank = 0;
  std::size_t signs = 0;
  for (const std::string_view line : lines) {
    if (IsFence(line)) return false;
    if (base::Trim(line).empty()) ++blank;
    if (line.ends_with(kPilcrow) || line.starts_with("[ ] ") || line.starts_with("# ")) ++signs;
  }
  return lines.size() >= 20 && signs >= 3 && blank * 50 <= lines.size();
}

// `SOP 3: Rollback`, `Runbook 2: …`.
bool IsNumberedTitle(std::string_view line) {
  for (const std::string_view word : {"SOP ", "Runbook ", "Procedure ", "Playbook "}) {
    if (!line.starts_with(word)) continue;
    const std::string_view rest = line.substr(word.size());
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    return digits > 0 && rest.substr(digits).starts_with(':') && rest.size() < 80;
  }
  return false;
}

// The parts that procedures are usually made of, alone on their line. 0: no heading.
int TitleLevel(std::string_view line) {
  if (line.ends_with(kPilcrow)) return 2;
  if (line.contains('|')) return 0;
  if (IsNumberedTitle(line)) return 2;
  if (line.size() > 60 || line.ends_with(':') || line.ends_with('.')) return 0;
  static constexpr std::array kParts{"When",      "Prerequisites", "Procedure", "Success Criteria",
                                     "Important", "Verification",  "Purpose"};
  if (std::ranges::find(kParts, line) != kParts.end()) return 3;
  if (!line.contains(' ') && !line.contains('-')) return line == "Schedule" ? 2 : 0;
  for (const std::string_view begin : {"If ", "After ", "Post-", "Pre-"})
    if (line.starts_with(begin) && std::ranges::count(line, ' ') <= 4) return 3;
  return line.contains(" Checklist") && std::ranges::count(line, ' ') <= 4 ? 2 : 0;
}

// A word that could be a program: `make`, `./run.sh`, `aws`; and what only follows an earlier line.
bool LooksLikeCommand(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  if (word.empty() || !(IsLower(word[0]) || word.starts_with("./"))) return false;
  if (word.ends_with(':') || word.ends_with(',') || word.ends_with('.')) return false;
  return word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_./-") == std::string_view::npos;
}

enum class Code { kNone, kShell, kScript, kOther };

class Unflattener {
 public:
  explicit Unflattener(const std::vector<std::string_view>& lines) : lines_(lines) {}

  Flat Run() {
    for (at_ = 0; at_ < lines_.size(); ++at_) Line(base::Trim(lines_[at_]));
    Close();
    return std::move(flat_);
  }

 private:
  void Put(std::string_view line, std::size_t at) {
    flat_.text += line;
    flat_.text += '\n';
    // What is put in between never stands before what is there.
    const int number = static_cast<int>(at) + 1;
    flat_.lines.push_back(flat_.lines.empty() ? number : std::max(number, flat_.lines.back()));
  }
  void Blank() { Put("", at_ == 0 ? 0 : at_ - 1); }
  void Close() {
    if (code_ != Code::kNone) Put("```", at_ == 0 ? 0 : at_ - 1);
    if (code_ != Code::kNone) Blank();
    code_ = Code::kNone;
  }
  void Open(Code code) {
    Blank();
    // The fence counts as the line above, so that the text begins where it does on the page.
    Put(code == Code::kOther ? "```text" : "```sh", at_ == 0 ? 0 : at_ - 1);
    code_ = code;
    listed_ = false;
  }

  // A table of which every cell lost its line to itself: `Name |`, …, `|---|---|`, and the cells of its rows.
  // 0: none begins here; else how many columns it has.
  std::size_t ColumnsHere() const {
    std::size_t columns = 0;
    while (columns <= kMostColumns && at_ + columns < lines_.size() && IsCell(lines_[at_ + columns]))
      ++columns;
    if (columns < 2 || columns > kMostColumns || at_ + columns == lines_.size()) return 0;
    const std::string_view rule = base::Trim(lines_[at_ + columns]);
    const bool is_rule = rule.starts_with("|-") && rule.find_first_not_of("|-: ") == std::string_view::npos;
    return is_rule && static_cast<std::size_t>(std::ranges::count(rule, '|')) == columns + 1 ? columns : 0;
  }
  static bool IsCell(std::string_view line) {
    line = base::Trim(line);
    return line.ends_with('|') && std::ranges::count(line, '|') == 1;
  }

  void PutRow(std::size_t columns) {
    std::string row = "|";
    for (std::size_t i = 0; i < columns; ++i) row += " " + std::string(base::Trim(lines_[at_ + i]));
    Put(row, at_);
    at_ += columns;
  }

  void TableHere(std::size_t columns) {
    Close();
    Blank();
    PutRow(columns);
    Put(base::Trim(lines_[at_]), at_);
    ++at_;
    while (at_ + columns <= lines_.size() &&
           std::ranges::all_of(lines_.begin() + static_cast<std::ptrdiff_t>(at_),
                               lines_.begin() + static_cast<std::ptrdiff_t>(at_ + columns), IsCell))
      PutRow(columns);
    --at_;  // of the line that was read last
    Blank();
    item_ = false;
  }

  void Line(std::string_view line) {
    if (const std::size_t columns = ColumnsHere(); columns > 0) return TableHere(columns);
    if (const int level = TitleLevel(line); level > 0 || at_ == 0) return Heading(line, at_ == 0 ? 1 : level);
    if (code_ == Code::kScript) return Put(lines_[at_], at_);
    if (code_ == Code::kShell && line.starts_with("# ")) return Comment(std::string(line));
    if (code_ != Code::kNone && Continues(line)) return Put(lines_[at_], at_);
    const bool comment = line.starts_with("# ");
    const bool script = line.starts_with("#!");
    if (comment || script || BeginsCode(line)) {
      if (code_ == Code::kNone) Open(script ? Code::kScript : comment ? KindBehind() : Code::kShell);
      return comment && code_ == Code::kShell ? Comment(std::string(line)) : Put(lines_[at_], at_);
    }
    Close();
    Text(line);
  }

  // `# Save the page aws s3 cp a \ b # Look at it curl https://…`: comments and commands of which the line
  // ends were lost. Only what could be no prose is a command.
  void Comment(std::string line) {
    static const RE2 kJoined(
        R"(^(# .*?) ((?:aws [a-z0-9]+ [a-z][a-z-]+ (?:\\ )?(?:s3://|--)|aws s3 (?:cp|mv|sync|rm) |kubectl (?:apply|set|rollout|get|create|delete|scale|exec|logs) |docker (?:build|push|pull|run|compose|tag) |curl (?:-\S+ )*https?://|make [a-z][\w-]* [A-Z_]+=|psql (?:-|\$)|pg_dump (?:-|\$)).*)$)");
    std::string comment, command;
    while (line.size() < 4096 && RE2::FullMatch(line, kJoined, &comment, &command)) {
      Put(comment, at_);
      const std::size_t next = command.find(" # ");
      line = next == std::string::npos ? "" : command.substr(next + 1);
      command.resize(std::min(next, command.size()));
      for (std::size_t at = 0; (at = command.find(" \\ ", at)) != std::string::npos;) command.erase(at, 2);
      Put(command, at_);
    }
    if (!line.empty()) Put(line, at_);
  }

  void Heading(std::string_view line, int level) {
    Close();
    if (line.ends_with(kPilcrow)) line.remove_suffix(kPilcrow.size());
    Blank();
    Put(std::string(static_cast<std::size_t>(level), '#') + " " + std::string(line), at_);
    Blank();
    code_likely_ = line == "Procedure";
    item_ = false;
    listed_ = line.contains("Checklist") || line.contains("Prerequisites") || line == "Success Criteria" ||
              line.starts_with("Pre-") || line.starts_with("Post-");
  }

  void Text(std::string_view line) {
    if (line == "-" && at_ + 1 < lines_.size()) return;  // its text stands on the next line
    const bool alone = at_ > 0 && base::Trim(lines_[at_ - 1]) == "-";
    if (line.starts_with("[ ] ") || line.starts_with("[x] ") || alone) {
      item_ = alone;
      return Put("- " + std::string(line), at_);
    }
    // What an item was cut at, or a list that lost its bullets.
    const bool in_item =
        item_ && !line.empty() && !IsUpper(line[0]) && !line.starts_with("- ") && !line.starts_with('|');
    if (in_item && at_ > 0) return Put("  " + std::string(line), at_);
    if (listed_ && !line.ends_with(':') && !line.starts_with("- ") && !line.starts_with('|')) {
      item_ = true;
      return Put("- " + std::string(line), at_);
    }
    item_ = line.starts_with("- ");
    if (!item_) listed_ = line.ends_with(':');
    // A line of its own, or it would be taken for the end of the item above.
    if (!line.starts_with("- ") && !line.starts_with('|')) Blank();
    Put(lines_[at_], at_);
    if (line.ends_with(':')) Blank();
  }

  // A command by itself: only where prose would not stand.
  bool BeginsCode(std::string_view line) const {
    if (!LooksLikeCommand(line)) return false;
    const std::string_view before = at_ == 0 ? "" : base::Trim(lines_[at_ - 1]);
    return code_likely_ || before.ends_with(':');
  }

  // What stands behind the comment that begins the code.
  Code KindBehind() const {
    for (std::size_t i = at_; i < lines_.size() && i < at_ + 10; ++i) {
      const std::string_view line = base::Trim(lines_[i]);
      if (line.starts_with("# ")) continue;
      if (LooksLikeCommand(line)) return Code::kShell;
      const std::size_t colon = line.find(':');
      const bool key =
          colon != std::string_view::npos && colon > 0 && line.find(' ') > colon && IsLower(line[0]);
      return line.starts_with('{') || key ? Code::kOther : Code::kShell;
    }
    return Code::kShell;
  }

  bool Continues(std::string_view line) const {
    if (at_ > 0 && base::Trim(lines_[at_ - 1]).ends_with('\\')) return true;
    if (line.starts_with("# ")) return true;
    if (code_ == Code::kOther) return !line.empty() && !IsUpper(line[0]);
    return LooksLikeCommand(line) || line.starts_with(">>") || line.starts_with("--");
  }

  const std::vector<std::string_view>& lines_;
  std::size_t at_ = 0;
  Code code_ = Code::kNone;
  bool code_likely_ = false;
  bool listed_ = false;  // the heading or line above begins a list
  bool item_ = false;    // the line above is one of its items
  Flat flat_;
};

}  // namespace

std::optional<Flat> Unflattened(const std::vector<std::string_view>& lines) {
  if (!IsFlat(lines)) return std::nullopt;
  return Unflattener(lines).Run();
}

}  // namespace slipway::markdown
