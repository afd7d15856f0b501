// A Markdown page as material: fenced blocks in their language, and, since pages are pasted from web sites,
// also commands and workflows that lost their fences.
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "lint/material.h"
#include "lint/workflow.h"
#include "markdown/document.h"

namespace slipway::lint {
namespace {

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

constexpr std::array<std::string_view, 64> kCommands = {
    "aws",      "az",     "gcloud",    "kubectl", "helm",      "docker",  "podman",    "cosign",
    "syft",     "git",    "make",      "curl",    "wget",      "psql",    "pg_dump",   "pg_restore",
    "createdb", "dropdb", "mysqldump", "mysql",   "redis-cli", "ssh",     "scp",       "rsync",
    "cp",       "mv",     "rm",        "mkdir",   "ls",        "cat",     "echo",      "printf",
    "tar",      "gzip",   "openssl",   "gpg",     "age",       "sops",    "terraform", "ansible-playbook",
    "npm",      "yarn",   "pip",       "pip3",    "python",    "python3", "node",      "pytest",
    "composer", "sudo",   "systemctl", "chmod",   "chown",     "export",  "tail",      "grep",
    "diff",     "jq",     "crontab",   "k6",      "flyway",    "alembic", "exit",      "read"};

std::string_view FirstWord(std::string_view line) { return line.substr(0, line.find_first_of(" \t")); }

bool IsCommand(std::string_view line) {
  static const RE2 kOther(
      R"([a-z][a-z0-9_-]* [a-z][a-z0-9]*:[a-z][a-z0-9:-]*( .*)?|\./[\w./-]+( .*)?|#!/.*)");
  return std::ranges::find(kCommands, FirstWord(line)) != kCommands.end() ||
         RE2::FullMatch(Piece(line), kOther);
}

// Whether it may stand in a script whose first line was seen.
bool GoesOn(std::string_view line) {
  static const RE2 kScript(
      R"(#.*|(if|for|while|case|until) .*|(then|else|fi|do|done|esac|;;|\}|\{)( .*)?|[A-Za-z_]\w*\+?=.*|[\w*|.-]+\)|>.*|-{1,2}\w.*|s3://.*)");
  return IsCommand(line) || RE2::FullMatch(Piece(line), kScript);
}

bool IsYaml(std::string_view line) {
  static const RE2 kYaml(R"(\s*(- )?['"]?[\w./*-]+['"]?:( .*)?|\s*- .*|\s*#.*)");
  return RE2::FullMatch(Piece(line), kYaml);
}

bool IsStatement(std::string_view line) {
  static const RE2 kSql(
      R"((CREATE|DROP|ALTER|GRANT|REVOKE|INSERT|UPDATE|DELETE|TRUNCATE|SELECT)\s.*;\s*(--.*)?)");
  return RE2::FullMatch(Piece(line), kSql);
}

Language LanguageOf(std::string_view info, std::string_view text) {
  std::string word(FirstWord(base::Trim(info)));
  std::ranges::transform(word, word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; });
  constexpr std::array<std::pair<std::string_view, Language>, 15> kNames = {
      {{"bash", Language::kShell},
       {"sh", Language::kShell},
       {"shell", Language::kShell},
       {"console", Language::kShell},
       {"zsh", Language::kShell},
       {"shell-session", Language::kShell},
       {"sql", Language::kSql},
       {"pgsql", Language::kSql},
       {"postgresql", Language::kSql},
       {"yaml", Language::kYaml},
       {"yml", Language::kYaml},
       {"json", Language::kJson},
       {"js", Language::kJavaScript},
       {"javascript", Language::kJavaScript},
       {"typescript", Language::kJavaScript}}};
  const auto* found = std::ranges::find(kNames, word, &std::pair<std::string_view, Language>::first);
  const Language language = found == kNames.end() ? Language::kOther : found->second;
  if (language == Language::kYaml || language == Language::kOther)
    if (IsWorkflow(text)) return Language::kWorkflow;
  if (!word.empty()) return language;
  return IsCommand(base::Trim(text).substr(0, base::Trim(text).find('\n'))) ? Language::kShell
                                                                            : Language::kOther;
}

class PageReader {
 public:
  explicit PageReader(const Text& page) : page_(page), lines_(base::Split(page.text, '\n')) {
    for (std::string& line : lines_)
      if (line.ends_with('\r')) line.pop_back();
    used_.resize(lines_.size());
  }

  base::Result<Material> Run() {
    SLIPWAY_TRY(const markdown::Document document, markdown::Read(page_.text, page_.file));
    out_.file = page_.file;
    for (std::size_t i = 0; i < document.sections.size(); ++i) {
      section_of_.resize(lines_.size());
      const markdown::Section& section = document.sections[i];
      for (int line = section.line; line <= section.last_line; ++line)
        if (Index(line) < lines_.size()) section_of_[Index(line)] = static_cast<int>(i);
    }
    section_of_.resize(lines_.size());
    markdown::ForEachBlock(document, [&](const markdown::Section&, const markdown::Block& block) {
      if (block.kind == markdown::BlockKind::kCode) TakeCode(block);
    });
    TakeLooseWorkflows();
    TakeLooseCommands();
    TakeProse();
    Sort(out_);
    return std::move(out_);
  }

 private:
  static std::size_t Index(int line) { return static_cast<std::size_t>(line) - 1; }

  void TakeCode(const markdown::Block& block) {
    for (int line = block.line; line <= block.last_line && Index(line) < used_.size(); ++line)
      used_[Index(line)] = true;
    std::vector<std::string> texts = base::Split(block.text, '\n');
    if (texts.size() > 1 && texts.back().empty()) texts.pop_back();
    std::vector<base::Position> origins;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const int line = block.TextLine(static_cast<int>(i));
      const std::size_t byte = Index(line) < lines_.size() ? lines_[Index(line)].find(texts[i]) : 0;
      origins.push_back({line, byte == std::string::npos ? 1 : static_cast<int>(byte) + 1});
    }
    Language language = LanguageOf(block.info, block.text);
    if (language == Language::kShell) TakeStatements(texts, origins);
    Add(language, texts, std::move(origins));
  }

  // What is typed into psql stands among the commands.
  void TakeStatements(std::vector<std::string>& texts, const std::vector<base::Position>& origins) {
    std::vector<std::string> statements;
    std::vector<base::Position> places;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (!IsStatement(texts[i])) continue;
      statements.push_back(std::exchange(texts[i], ""));
      places.push_back(origins[i]);
    }
    if (!statements.empty()) Add(Language::kSql, statements, std::move(places));
  }

  void TakeLooseWorkflows() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (used_[i] || !lines_[i].starts_with("on:")) continue;
      std::size_t end = i;
      bool jobs = false;
      while (end < lines_.size() && !used_[end] && IsYaml(lines_[end])) jobs |= lines_[end++] == "jobs:";
      if (!jobs) {
        if (end > i) i = end - 1;  // nor does one stand behind another `on:` of these lines
        continue;
      }
      std::vector<std::string> texts(lines_.begin() + static_cast<std::ptrdiff_t>(i),
                                     lines_.begin() + static_cast<std::ptrdiff_t>(end));
      std::vector<base::Position> origins;
      for (std::size_t line = i; line < end; ++line) {
        origins.push_back({static_cast<int>(line) + 1, 1});
        used_[line] = true;
      }
      Add(Language::kWorkflow, texts, std::move(origins));
      i = end;
    }
  }

  void TakeLooseCommands() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (used_[i]) continue;
      TakeJoined(i);
      if (!IsCommand(lines_[i])) continue;
      std::vector<std::string> texts;
      std::vector<base::Position> origins;
      bool continued = false;
      for (; i < lines_.size() && !used_[i] && (continued || GoesOn(lines_[i])); ++i) {
        continued = lines_[i].ends_with('\\');
        texts.push_back(lines_[i]);
        origins.push_back({static_cast<int>(i) + 1, 1});
        TakeJoined(i);
        used_[i] = true;
      }
      --i;
      Add(Language::kShell, texts, std::move(origins));
    }
  }

  // `# Comment aws s3 cp a \ b`: a script whose line ends were lost on the way.
  void TakeJoined(std::size_t i) {
    static const RE2 kJoined(R"(^#.*? ((?:aws s3 (?:cp|mv|sync)|kubectl|docker|curl|psql|pg_dump) .*))");
    re2::StringPiece command;
    if (!RE2::PartialMatch(lines_[i], kJoined, &command)) return;
    std::string text(command.data(), command.size());
    if (const std::size_t comment = text.find(" # "); comment != std::string::npos) text.resize(comment);
    for (std::size_t at = text.find("\\ "); at != std::string::npos; at = text.find("\\ ", at))
      text[at] = ' ';
    const int column = static_cast<int>(command.data() - lines_[i].data()) + 1;
    Add(Language::kShell, {text}, {{static_cast<int>(i) + 1, column}});
  }

  void TakeProse() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (used_[i] || base::Trim(lines_[i]).empty()) continue;
      std::string_view text = base::Trim(lines_[i]);
      if (text.starts_with("- ") || text.starts_with("* ")) text = base::Trim(text.substr(2));
      const bool box = text.starts_with("[ ]") || text.starts_with("[x]") || text.starts_with("[X]");
      out_.prose.push_back({static_cast<int>(i) + 1, lines_[i], section_of_[i], box});
    }
  }

  void Add(Language language, const std::vector<std::string>& texts, std::vector<base::Position> origins) {
    if (texts.empty()) return;
    Fragment& fragment = out_.fragments.emplace_back();
    fragment.language = language;
    fragment.text = base::Join(texts, "\n");
    // Code whose fence is the last line of the page begins behind it.
    fragment.section =
        section_of_.empty() ? 0 : section_of_[std::min(Index(origins.front().line), section_of_.size() - 1)];
    fragment.origins = std::move(origins);
    if (language == Language::kShell) {
      fragment.Read();
      for (const shell::Comment& comment : fragment.script.comments)
        out_.prose.push_back({fragment.At(comment.at).line, comment.text, fragment.section});
    }
    if (language == Language::kWorkflow) AddRuns(Fragment(fragment));
  }

  void AddRuns(const Fragment& workflow) { RunsOf(workflow, out_); }

 public:
  // The commands of each job, as one piece of shell.
  static void RunsOf(const Fragment& workflow, Material& out) {
    for (const Workflow::Job& job : ReadWorkflow(workflow.text).jobs) {
      if (job.run.empty()) continue;
      Fragment& fragment = out.fragments.emplace_back();
      fragment.language = Language::kShell;
      fragment.section = workflow.section;
      for (const Workflow::RunLine& line : job.run) {
        fragment.text += line.text + "\n";
        fragment.origins.push_back(workflow.At(line.at));
      }
      fragment.Read();
    }
  }

 private:
  const Text& page_;
  std::vector<std::string> lines_;
  std::vector<bool> used_;
  std::vector<int> section_of_;
  Material out_;
};

}  // namespace

base::Result<Material> OfPage(const Text& page) { return PageReader(page).Run(); }

Material OfWorkflow(const Text& file) {
  Material out{.file = file.file, .fragments = {}, .prose = {}};
  Fragment workflow;
  workflow.language = Language::kWorkflow;
  workflow.text = file.text;
  const auto lines = static_cast<int>(base::Split(file.text, '\n').size());
  for (int line = 1; line <= lines; ++line) workflow.origins.push_back({line, 1});
  out.fragments.push_back(workflow);
  PageReader::RunsOf(workflow, out);
  return out;
}

}  // namespace slipway::lint
