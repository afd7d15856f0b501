// Files that are written and read: a backup nobody made, and one that a second run overwrites.
#include <re2/re2.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "lint/material.h"

namespace slipway::lint {
namespace {

using shell::Piece;
using shell::PieceKind;
using shell::Word;

constexpr char kAny = '\x01';   // what a placeholder or variable stands for
constexpr char kDate = '\x02';  // digits of a date
constexpr char kRun = '\x03';   // the run's name: R and digits

struct File {
  std::string path;    // with kAny, kDate and kRun
  std::string folder;  // of it; empty: none
  std::string shown;
  base::Position at;  // in the document
  bool writes = false;
  bool per_day = false;  // named by the day alone
};

// The form of a date that does not tell one moment of a day from another.
bool IsDay(std::string_view command) {
  static const RE2 kForm(R"(^\s*date\b.*\+.*%)");
  static const RE2 kFiner(R"(%[HMSsNTRcX]|-I(s|seconds|ns))");
  const re2::StringPiece text(command.data(), command.size());
  return RE2::PartialMatch(text, kForm) && !RE2::PartialMatch(text, kFiner);
}

File FileOf(const Word& word, base::Position at, bool writes) {
  File file{.path = {}, .folder = {}, .shown = Shown(word), .at = at, .writes = writes};
  for (const Piece& piece : word.pieces) {
    if (piece.kind == PieceKind::kLiteral) {
      file.path += piece.text;
    } else if (piece.kind == PieceKind::kSubstitution && piece.text.find("date") != std::string::npos) {
      file.path += kDate;
      file.per_day = file.per_day || IsDay(piece.text);
    } else if (piece.kind == PieceKind::kTemplate && piece.text == "run.id") {
      file.path += kRun;
    } else {
      file.path += kAny;
    }
  }
  // `--file=x`
  if (file.path.starts_with("--"))
    if (const std::size_t sign = file.path.find('='); sign != std::string::npos) {
      file.path.erase(0, sign + 1);
      file.shown.erase(0, file.shown.find('=') + 1);
    }
  while (!file.path.empty() && file.path.front() == ' ') file.path.erase(0, 1);
  return file;
}

bool Takes(char wild, char c) {
  return wild == kAny || (wild == kDate && std::string_view("0123456789-_T:Z\x01\x02").contains(c)) ||
         (wild == kRun && std::string_view("R0123456789\x01\x02\x03").contains(c));
}

// Whether two paths with unknown parts may be the same file; they may when `left`, the characters that are
// still compared, is used up.
bool MayBeSame(std::string_view a, std::string_view b, std::size_t& left) {
  constexpr std::string_view kWild = "\x01\x02\x03";
  if (a == b) return true;
  const bool wild =
      a.find_first_of(kWild) != std::string_view::npos || b.find_first_of(kWild) != std::string_view::npos;
  const std::size_t cost = wild ? 200 + (a.size() + 1) * (b.size() + 1) : 20;
  if (cost > left) return true;
  left -= cost;
  if (!wild) return false;
  std::vector<std::vector<bool>> same(a.size() + 1, std::vector<bool>(b.size() + 1));
  for (std::size_t i = a.size() + 1; i-- > 0;) {
    for (std::size_t j = b.size() + 1; j-- > 0;) {
      const char x = i < a.size() ? a[i] : '\0', y = j < b.size() ? b[j] : '\0';
      bool may = x == '\0' && y == '\0';
      if (x == kAny || x == kDate || x == kRun)
        may = may || same[i + 1][j] || (y != '\0' && Takes(x, y) && same[i][j + 1]);
      if (y == kAny || y == kDate || y == kRun)
        may = may || same[i][j + 1] || (x != '\0' && Takes(y, x) && same[i + 1][j]);
      if (x == y && x != '\0') may = may || same[i + 1][j + 1];
      same[i][j] = may;
    }
  }
  return same[0][0];
}

std::string FolderOf(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

bool KeepsBackups(std::string_view path) {
  static const RE2 kNames(R"((?i)archive|backup|snapshot)");
  return RE2::PartialMatch(re2::StringPiece(path.data(), path.size()), kNames);
}

class Flow {
 public:
  explicit Flow(const Material& material) {
    ForEachCall(material, [&](const Fragment& fragment, const Call& call) {
      fragment_ = &fragment;
      Take(call);
    });
  }

  void Judge(Findings& findings) {
    for (const File& file : files_) {
      if (file.writes && KeepsBackups(file.path) && Repeats(file))
        findings.Tell("backup-overwritten", file.at, base::Quote(file.shown));
      if (!file.writes && KeepsBackups(file.folder)) JudgeRead(file, findings);
    }
  }

 private:
  // Of the folder something is written, but never this.
  void JudgeRead(const File& read, Findings& findings) {
    const File* near = nullptr;
    for (const File& file : files_) {
      if (!file.writes || !MayBeSame(file.folder, read.folder, left_)) continue;
      if (MayBeSame(file.path, read.path, left_)) return;
      near = &file;
    }
    if (near != nullptr)
      findings.Tell("reads-unwritten", read.at,
                    base::Quote(read.shown) + ", while line " + std::to_string(near->at.line) + " writes " +
                        base::Quote(near->shown));
  }

  static bool Repeats(const File& file) {
    const bool unknown = file.path.find_first_of(std::string{kAny, kRun}) != std::string::npos;
    return !unknown && (file.per_day || file.path.find(kDate) == std::string::npos);
  }

  void Add(const Word& word, bool writes) {
    File file = FileOf(word, fragment_->At(word.at), writes);
    file.folder = FolderOf(file.path);
    if (!file.path.empty() && !file.path.starts_with('-') && !file.path.starts_with("/dev/") &&
        !file.path.ends_with('/'))
      files_.push_back(std::move(file));
  }

  void Take(const Call& call) {
    for (const shell::Redirection& r : call.command->redirections) {
      if (r.sign == "<") Add(r.target, false);
      if (r.sign == ">" || r.sign == ">|") Add(r.target, true);
    }
    std::vector<const Word*> operands;
    for (const Word* word : call.words)
      if (!word->written.starts_with('-')) operands.push_back(word);
    if (call.name == "aws" && (call.Starts("s3", "cp") || call.Starts("s3", "mv")))
      return Copied({operands.begin() + 2, operands.end()});
    if (call.name == "gsutil" && call.Starts("cp")) return Copied({operands.begin() + 1, operands.end()});
    if ((call.name == "cp" || call.name == "mv") && operands.size() == 2) return Copied(operands);
    if (call.name == "pg_dump" || call.name == "pg_dumpall" || call.name == "mysqldump") {
      if (const Word* file = call.Option("--file")) Add(*file, true);
      if (const Word* file = call.Option("-f")) Add(*file, true);
    }
    if (call.name == "psql")
      if (const Word* file = call.Option("-f")) Add(*file, false);
    if (call.name == "pg_restore" && !operands.empty()) Add(*operands.back(), false);
  }

  void Copied(const std::vector<const Word*>& operands) {
    if (operands.size() < 2) return;
    Add(*operands[0], false);
    Add(*operands[1], true);
  }

  const Fragment* fragment_ = nullptr;
  std::vector<File> files_;
  std::size_t left_ = 1u << 22;
};

}  // namespace

void FlowRules(const Material& material, Findings& findings) { Flow(material).Judge(findings); }

}  // namespace slipway::lint
