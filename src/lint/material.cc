#include "lint/material.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace slipway::lint {
namespace {

using shell::Piece;
using shell::PieceKind;

constexpr std::array<std::string_view, 8> kBefore = {"sudo",  "env",  "exec",   "command",
                                                     "nohup", "nice", "ionice", "builtin"};

std::string_view TrimmedLine(std::string_view line) { return base::Trim(line); }

}  // namespace

base::Position Fragment::At(base::Position in) const {
  const auto index = static_cast<std::size_t>(std::max(in.line, 1)) - 1;
  if (origins.empty()) return {1, 1};
  if (index >= origins.size()) return {origins.back().line, 1};
  return {origins[index].line, std::max(1, origins[index].column + in.column - 1)};
}

void Fragment::Read() { script = shell::Read(text); }

Call CallOf(const shell::Command& command) {
  Call call{.command = &command, .name = {}, .words = {}};
  std::size_t i = 0;
  const auto is_before = [&](const shell::Word& word) {
    return std::ranges::find(kBefore, word.written) != kBefore.end() || word.written == "timeout";
  };
  while (i < command.words.size() && is_before(command.words[i])) {
    const bool timed = command.words[i].written == "timeout";
    ++i;
    while (i < command.words.size() && (command.words[i].written.starts_with('-') ||
                                        command.words[i].written.find('=') != std::string::npos))
      ++i;
    if (timed) ++i;
  }
  if (i >= command.words.size()) return call;
  const std::string name = command.words[i].Literal().value_or("");
  call.name = name.substr(name.rfind('/') + 1);
  for (++i; i < command.words.size(); ++i) call.words.push_back(&command.words[i]);
  return call;
}

bool Call::Has(std::string_view word) const {
  return std::ranges::any_of(words, [&](const shell::Word* w) { return w->Is(word); });
}

bool Call::Starts(std::string_view first, std::string_view second) const {
  return !words.empty() && words[0]->Is(first) &&
         (second.empty() || (words.size() > 1 && words[1]->Is(second)));
}

const shell::Word* Call::Option(std::string_view option) const {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& written = words[i]->written;
    if (written == option) return i + 1 < words.size() ? words[i + 1] : nullptr;
    if (option.starts_with("--") && written.starts_with(option) && written.size() > option.size() &&
        written[option.size()] == '=')
      return words[i];
  }
  return nullptr;
}

std::string Shown(const shell::Word& word) {
  std::string text;
  for (const Piece& piece : word.pieces) {
    switch (piece.kind) {
      case PieceKind::kLiteral:
      case PieceKind::kPattern:
        text += piece.text;
        break;
      case PieceKind::kVariable:
        text += "$" + piece.text;
        break;
      case PieceKind::kExpansion:
        text += "${" + piece.text + "}";
        break;
      case PieceKind::kSubstitution:
      case PieceKind::kArithmetic:
        text += "$(" + piece.text + ")";
        break;
      case PieceKind::kPlaceholder:
        text += "<" + piece.text + ">";
        break;
      case PieceKind::kTemplate:
        text += "${{ " + piece.text + " }}";
        break;
    }
  }
  return text;
}

std::vector<Query> QueriesOf(const Call& call) {
  std::vector<Query> queries;
  if (call.name != "psql") return queries;
  for (std::size_t i = 0; i + 1 < call.words.size(); ++i) {
    const std::string& written = call.words[i]->written;
    if (written == "-c" || written == "--command" ||
        (written.starts_with('-') && !written.starts_with("--") && written.ends_with('c')))
      queries.push_back({Shown(*call.words[i + 1]), call.words[i + 1]->at});
  }
  return queries;
}

// ---- procedures

namespace {

class Places {
 public:
  explicit Places(std::string_view text) : lines_(base::Split(text, '\n')) {}

  // Where each line of a value stands that is written at `at` or below; where it cannot be found, `at`.
  std::vector<base::Position> Of(std::string_view value, base::Position at) const {
    std::vector<base::Position> origins;
    auto line = static_cast<std::size_t>(std::max(at.line, 1)) - 1;
    for (const std::string& part : base::Split(value, '\n')) {
      const std::string_view wanted = TrimmedLine(part);
      base::Position found = at;
      for (std::size_t i = line; !wanted.empty() && i < lines_.size() && i < line + 60 && effort_ > 0; ++i) {
        const std::size_t byte = lines_[i].find(wanted);
        effort_ -= std::min(effort_, std::min(byte, lines_[i].size()));
        if (byte == std::string::npos) continue;
        const auto indentation = static_cast<int>(part.find(wanted));
        found = {static_cast<int>(i) + 1, Characters(lines_[i], byte) + 1 - indentation};
        line = origins.empty() && i + 1 == static_cast<std::size_t>(at.line) ? i : i + 1;
        break;
      }
      origins.push_back(found);
    }
    return origins;
  }

 private:
  static int Characters(std::string_view line, std::size_t bytes) {
    return static_cast<int>(std::ranges::count_if(
        line.substr(0, bytes), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  }

  const std::vector<std::string> lines_;
  mutable std::size_t effort_ =
      32 << 20;  // bytes that are looked through: long lines are not, for each value
};

// One argument as a shell would have to be given it; a template stays one.
std::string Quoted(std::string_view argument) {
  std::string text = "\"";
  for (std::size_t i = 0; i < argument.size(); ++i) {
    const bool templated = argument.substr(i).starts_with("${{");
    if (std::string_view("\"\\`$").contains(argument[i]) && !templated) text += '\\';
    text += argument[i];
  }
  return text + "\"";
}

class Steps {
 public:
  explicit Steps(const procedure::Procedure& procedure) : procedure_(procedure), places_(procedure.text) {}

  Material Run() {
    out_.file = procedure_.file;
    Prose(procedure_.description, {1, 1});
    for (const procedure::Phase& phase : procedure_.phases) {
      Prose(phase.description, phase.at);
      for (const procedure::Step& step : phase.steps) {
        ++section_;
        Prose(step.title, step.at);
        Prose(step.description, step.at);
        if (step.confirm)
          for (const std::string& item : step.confirm->checklist) Prose(item, step.at, true);
        ForEachAction(step, [&](const procedure::Action& action) { Take(action); });
      }
    }
    Sort(out_);
    return std::move(out_);
  }

 private:
  void Prose(std::string_view text, base::Position at, bool box = false) {
    if (text.empty()) return;
    const auto origins = places_.Of(text, at);
    std::size_t i = 0;
    for (std::string& line : base::Split(text, '\n'))
      out_.prose.push_back({origins[i++].line, std::move(line), section_, box});
  }

  void Take(const procedure::Action& action) {
    for (const auto& argument : action.with) {
      const std::string key(argument.key());
      const base::Position at = action.argument_at.at(key);
      if (key == "argv" && argument.value().is_array()) {
        std::string text;
        for (const base::Json& item : argument.value().get_array()) {
          if (item.is_string()) text += (text.empty() ? "" : " ") + Quoted(base::View(item.get_string()));
        }
        Add(Language::kShell, text, std::vector<base::Position>(base::Split(text, '\n').size(), at));
      }
      if (!argument.value().is_string()) continue;
      const std::string text(base::View(argument.value().get_string()));
      if (key == "shell") Add(Language::kShell, text, places_.Of(text, at));
      if (key == "sql") Add(Language::kSql, text, places_.Of(text, at));
    }
  }

  void Add(Language language, std::string text, std::vector<base::Position> origins) {
    Fragment& fragment = out_.fragments.emplace_back();
    fragment.language = language;
    fragment.text = std::move(text);
    fragment.origins = std::move(origins);
    fragment.section = section_;
    fragment.stops_at_errors = true;
    if (language != Language::kShell) return;
    fragment.Read();
    for (const shell::Comment& comment : fragment.script.comments)
      out_.prose.push_back({fragment.At(comment.at).line, comment.text, section_});
  }

  const procedure::Procedure& procedure_;
  const Places places_;
  Material out_;
  int section_ = 0;
};

}  // namespace

void Sort(Material& material) {
  std::ranges::sort(material.fragments, {}, [](const Fragment& f) {
    return std::pair(f.origins.front().line, f.origins.front().column);
  });
  std::ranges::sort(material.prose, {},
                    [](const Line& line) { return std::pair(line.number, std::string_view(line.text)); });
}

Material OfProcedure(const procedure::Procedure& procedure) { return Steps(procedure).Run(); }

}  // namespace slipway::lint
