#include "sql/migration.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include "sql/lexer.h"
#include "sql/rules.h"
#include "sql/statement.h"

namespace slipway::sql {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".sql", kDownSuffix = ".down.sql";
constexpr std::string_view kNameHint = "name it NNN_description.sql, such as 001_add_badges.sql";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool InDescription(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

struct FileName {
  std::int64_t number = 0;
  std::string description;
};

// Three to six digits; letters, digits, `_` and `-`.
std::optional<FileName> ParseFileName(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  const std::size_t digits = std::min(name.find('_'), name.size());
  const std::string_view number = name.substr(0, digits);
  const std::string_view description = name.substr(std::min(digits + 1, name.size()));
  if (digits < 3 || digits > 6 || !std::ranges::all_of(number, IsDigit)) return std::nullopt;
  if (description.empty() || !std::ranges::all_of(description, InDescription)) return std::nullopt;
  FileName parsed{.description = std::string(description)};
  std::from_chars(number.data(), number.data() + number.size(), parsed.number);
  return parsed;
}

// Notes for people, and what editors and git leave.
bool IsIgnored(std::string_view name) {
  return name.starts_with('.') || name == "README" || name.starts_with("README.");
}

class FolderReader {
 public:
  explicit FolderReader(const fs::path& folder) : folder_(folder) {}

  std::expected<std::vector<Migration>, base::Diagnostics> Run() {
    const std::vector<fs::path> entries = Entries(folder_);
    for (const fs::path& entry : entries) ReadVersion(entry);
    if (entries.empty() && diagnostics_.empty())
      Complain(folder_, "the folder holds no version", "migrations stand in folders such as v2.1.0");
    if (!diagnostics_.empty()) return std::unexpected(std::move(diagnostics_));
    std::ranges::sort(migrations_, [](const Migration& a, const Migration& b) {
      const auto order = base::Precedence(a.version, b.version);
      return order != 0 ? order < 0 : a.number < b.number;
    });
    return std::move(migrations_);
  }

 private:
  void Complain(const fs::path& file, std::string what, std::string_view hint, base::Position at = {}) {
    diagnostics_.push_back(
        {.file = file.string(), .at = at, .what = std::move(what), .suggestion = std::string(hint)});
  }

  // What is in a folder, by name, without what is ignored and without links, which are complained of.
  std::vector<fs::path> Entries(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code error;
    for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
      if (IsIgnored(i->path().filename().string())) continue;
      if (i->is_symlink())
        Complain(i->path(), "is a link, so what it leads to may change after it was approved",
                 "put the file itself here");
      else
        entries.push_back(i->path());
    }
    if (error) Complain(folder, "cannot read the folder: " + error.message(), "");
    std::ranges::sort(entries);
    return entries;
  }

  void ReadVersion(const fs::path& folder) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored))
      return Complain(folder, "stands outside any version's folder", "move it into a folder such as v2.1.0");
    const auto version = base::ParseVersion(folder.filename().string());
    if (!version) return Complain(folder, version.error().what, version.error().next);
    const auto [same, fresh] = versions_.emplace(*version, folder.filename().string());
    if (!fresh)
      return Complain(folder, "is the same version as " + base::Quote(same->second),
                      "keep one of the two folders");
    const std::vector<fs::path> files = Entries(folder);
    if (files.empty())
      Complain(folder, "the version has no migration", "remove the folder, or write its first file");
    std::map<std::int64_t, std::string> numbers;
    for (const fs::path& file : files) {
      if (!file.filename().string().ends_with(kDownSuffix)) ReadOne(file, *version, numbers);
    }
    for (const fs::path& file : files) {
      if (file.filename().string().ends_with(kDownSuffix)) ReadDown(file);
    }
  }

  // After the files of its version.
  void ReadDown(const fs::path& file) {
    std::string up = file.filename().string();
    up.replace(up.size() - kDownSuffix.size(), kDownSuffix.size(), kSuffix);
    const std::string path = (file.parent_path().filename() / up).string();
    const auto taken_back = std::ranges::find(migrations_, path, &Migration::path);
    if (taken_back == migrations_.end())
      return Complain(file, "takes back " + base::Quote(up) + ", which is not there",
                      "name it as the migration that it takes back, with .down before .sql");
    auto text = ReadText(file);
    if (!text) return;
    Down down{.path = (file.parent_path().filename() / file.filename()).string(),
              .file = file.string(),
              .text = *std::move(text)};
    down.sha256 = base::Sha256Text(down.text);
    taken_back->down = std::move(down);
  }

  // nullopt: it has been complained of.
  std::optional<std::string> ReadText(const fs::path& file) {
    auto text = base::ReadFile(file, kMaxFile);
    if (!text) {
      Complain(file, text.error().what, text.error().next);
    } else if (const std::size_t at = base::Utf8ErrorAt(*text); at != std::string::npos) {
      Complain(file, "the text is not UTF-8 from here on", "save the file as UTF-8", Places(*text).At(at));
    } else if (base::Trim(*text).empty() || *text == kByteOrderMark) {
      Complain(file, "the file is empty", "write its statements, or remove the file");
    } else {
      return *std::move(text);
    }
    return std::nullopt;
  }

  void ReadOne(const fs::path& file, const base::Version& version,
               std::map<std::int64_t, std::string>& numbers) {
    const std::string name = file.filename().string();
    auto parsed = ParseFileName(name);
    if (!parsed) return Complain(file, base::Quote(name) + " is not the name of a migration", kNameHint);
    const auto [same, fresh] = numbers.emplace(parsed->number, name);
    if (!fresh)
      Complain(file, "has the same number as " + base::Quote(same->second), "give it the next free number");
    auto text = ReadText(file);
    if (!text) return;
    migrations_.push_back({.version = version,
                           .number = parsed->number,
                           .description = std::move(parsed->description),
                           .path = (file.parent_path().filename() / name).string(),
                           .file = file.string(),
                           .text = std::move(*text)});
    migrations_.back().sha256 = base::Sha256Text(migrations_.back().text);
  }

  struct ByPrecedence {
    bool operator()(const base::Version& a, const base::Version& b) const {
      return base::Precedence(a, b) < 0;
    }
  };

  const fs::path folder_;
  std::map<base::Version, std::string, ByPrecedence> versions_;  // as the folder is named
  std::vector<Migration> migrations_;
  base::Diagnostics diagnostics_;
};

class Divider {
 public:
  Divider(const Script& script, std::string_view file) : script_(script), file_(file) {}

  Division Run() {
    for (const Statement& statement : script_.statements) {
      const Kind kind = Classify(statement.text);
      if (kind.control == Control::kNone || kind.control == Control::kSavepoint) {
        Place(statement, kind);
      } else {
        division_.segment.push_back(-1);
        TakeControl(statement, kind);
      }
    }
    if (begin_ != nullptr) Complain("unbalanced-transaction", "this BEGIN has no COMMIT", *begin_);
    return std::move(division_);
  }

 private:
  void Complain(std::string_view rule, std::string_view subject, const Statement& statement) {
    division_.errors.push_back(Finding(rule, subject, file_, statement.at));
  }

  void Place(const Statement& statement, const Kind& kind) {
    if (begin_ != nullptr && kind.refused)
      Complain("concurrently-in-transaction", kind.outside + " between BEGIN and COMMIT", statement);
    const bool outside = begin_ == nullptr && !kind.outside.empty();
    if (outside || !open_)
      division_.parts.push_back(
          {outside ? Segment::Kind::kOutside : Segment::Kind::kTransaction, outside ? "" : modes_});
    open_ = !outside;
    division_.segment.push_back(static_cast<int>(division_.parts.size()) - 1);
  }

  void TakeControl(const Statement& statement, const Kind& kind) {
    if (kind.control == Control::kBegin && begin_ != nullptr)
      return Complain("unbalanced-transaction", "BEGIN inside BEGIN", statement);
    if (kind.control == Control::kCommit && begin_ == nullptr)
      Complain("unbalanced-transaction", "this COMMIT has no BEGIN", statement);
    if (kind.control == Control::kRollback) Complain("rollback-in-file", "ROLLBACK", statement);
    if (kind.control == Control::kOther)
      Complain("unbalanced-transaction", "neither two-phase commit nor AND CHAIN is for migrations",
               statement);
    begin_ = kind.control == Control::kBegin ? &statement : nullptr;
    modes_ = kind.modes;
    open_ = false;
  }

  const Script& script_;
  const std::string_view file_;
  const Statement* begin_ = nullptr;  // of the file's own transaction, while it is open
  std::string modes_;
  bool open_ = false;  // the last part takes more statements
  Division division_;
};

}  // namespace

std::expected<std::vector<Migration>, base::Diagnostics> ReadMigrations(const fs::path& folder) {
  return FolderReader(folder).Run();
}

std::expected<std::vector<Statement>, base::Diagnostics> DownStatements(const Down& down) {
  auto script = Split(down.text, down.file);
  if (!script) return std::unexpected(std::move(script).error());
  Division division = Divide(*script, down.file);
  if (!division.errors.empty()) return std::unexpected(std::move(division.errors));
  const bool one = division.parts.size() == 1 && division.parts.front().kind == Segment::Kind::kTransaction;
  if (one && std::ranges::find(division.segment, -1) == division.segment.end())
    return std::move(script->statements);
  const int last = static_cast<int>(division.parts.size()) - 1;
  const auto place = std::ranges::find(division.segment, last) - division.segment.begin();
  return std::unexpected(base::Diagnostics{
      {.file = down.file,
       .at = last < 0 ? base::Position{1, 1} : script->statements[static_cast<std::size_t>(place)].at,
       .what = last < 0 ? "it takes nothing back"
                        : "a version is taken back in one transaction, and this cannot run in it",
       .suggestion = "leave out BEGIN, COMMIT and CONCURRENTLY; what needs them is taken back by a backup"}});
}

Division Divide(const Script& script, std::string_view file) { return Divider(script, file).Run(); }

std::expected<std::vector<Segment>, base::Diagnostics> Segments(std::string_view text,
                                                                std::string_view file) {
  auto script = Split(text, file);
  if (!script) return std::unexpected(std::move(script).error());
  Division division = Divide(*script, file);
  if (!division.errors.empty()) return std::unexpected(std::move(division.errors));
  std::vector<Segment> segments;
  segments.reserve(division.parts.size());
  for (Division::Part& part : division.parts) segments.push_back({part.kind, std::move(part.modes), {}});
  for (std::size_t i = 0; i < script->statements.size(); ++i)
    if (division.segment[i] >= 0)
      segments[static_cast<std::size_t>(division.segment[i])].statements.push_back(
          std::move(script->statements[i]));
  return segments;
}

}  // namespace slipway::sql
