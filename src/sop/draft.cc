#include "sop/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "base/utf8.h"

namespace slipway::sop {

namespace {

// Nothing that YAML would read as anything but this text.
bool IsPlain(std::string_view text) {
  if (text.empty() || text == "null" || text.front() == ' ' || text.back() == ' ' || text.back() == ':')
    return false;
  if (std::isalnum(static_cast<unsigned char>(text.front())) == 0 && text.front() != '/' &&
      text.front() != '.')
    return false;
  if (text.contains(": ") || text.contains(" #")) return false;
  return std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view(" _./:+@=()-;'%").contains(c);
  });
}

// What YAML holds as it is; the rest needs an escape.
bool IsShown(char32_t c) {
  return c == '\t' || (c >= 0x20 && c != 0x7F && !(c >= 0x80 && c < 0xA0) && c != 0x2028 && c != 0x2029 &&
                       c != 0xFEFF && c < 0xFFFE);
}

bool AllShown(std::string_view text) {
  while (!text.empty()) {
    const base::Utf8Char c = base::FirstUtf8(text);
    if (c.size == 0 || (!IsShown(c.code) && c.code != '\n')) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const base::Utf8Char c = base::FirstUtf8(text);
    const std::size_t size = std::max<std::size_t>(c.size, 1);
    if (c.code == '"' || c.code == '\\') {
      out += '\\';
      out += text[0];
    } else if (c.code == '\n') {
      out += "\\n";
    } else if (c.code == '\t') {
      out += "\\t";
    } else if (IsShown(c.code) || c.size == 0) {
      out += text.substr(0, size);
    } else {
      out += fmt::format("\\U{:08x}", static_cast<std::uint32_t>(c.code));
    }
    text.remove_prefix(size);
  }
  return out + "\"";
}

// `text` where a value or a key stands, in a list of one line too.
std::string Scalar(std::string_view text) { return IsPlain(text) ? std::string(text) : Quoted(text); }

class Writer {
 public:
  explicit Writer(const Draft& draft) : draft_(draft) {}

  std::string Run() {
    Line(0, "apiVersion: slipway/v1");
    Line(0, "kind: Procedure");
    Line(0, "metadata:");
    Text(2, "id", draft_.id);
    if (!draft_.title.empty()) Text(2, "title", draft_.title);
    if (!draft_.version.empty()) Text(2, "version", draft_.version);
    Text(2, "status", "draft");
    if (!draft_.owner.empty()) Text(2, "owner", draft_.owner);
    if (!draft_.approver.empty()) Text(2, "approver", draft_.approver);
    if (!draft_.review_by.empty()) Text(2, "review_by", draft_.review_by);
    Text(2, "source", draft_.source);
    if (!draft_.description.empty()) Text(0, "description", draft_.description);
    Parameters();
    Line(0, "on_failure: pause");
    Line(0, "phases:");
    for (const DraftPhase& phase : draft_.phases) Phase(phase);
    return std::move(out_);
  }

 private:
  void Line(std::size_t indent, std::string_view text) {
    out_.append(indent, ' ');
    out_ += text;
    out_ += '\n';
  }

  // `key: text`, as a block where it has several lines.
  void Text(std::size_t indent, std::string_view key, std::string_view text) {
    if (!text.contains('\n') || text.front() == ' ' || text.front() == '\n' || text.front() == '\t' ||
        !AllShown(text))
      return Line(indent, fmt::format("{}: {}", key, Scalar(text)));
    std::string_view body = text;
    while (body.ends_with('\n')) body.remove_suffix(1);
    const std::size_t ends = text.size() - body.size();
    Line(indent, fmt::format("{}: |{}", key, ends == 0 ? "-" : ends == 1 ? "" : "+"));
    const std::size_t inner = key.starts_with("- ") ? indent + 4 : indent + 2;
    for (const std::string& line : base::Split(body, '\n')) Line(line.empty() ? 0 : inner, line);
    for (std::size_t i = 1; i < ends; ++i) Line(0, "");
  }

  void Parameters() {
    if (draft_.parameters.empty()) return;
    Line(0, "parameters:");
    for (const DraftParameter& parameter : draft_.parameters) {
      Line(2, Scalar(parameter.name) + ":");
      Text(4, "type", parameter.type);
      if (parameter.fallback.empty()) {
        Line(4, "required: true");
      } else {
        Text(4, "default", parameter.fallback);
      }
      if (!parameter.values.empty()) {
        std::string list;
        for (const std::string& value : parameter.values) list += (list.empty() ? "" : ", ") + Scalar(value);
        Line(4, "values: [" + list + "]");
      }
      if (!parameter.pattern.empty()) Text(4, "pattern", parameter.pattern);
      if (!parameter.description.empty()) Text(4, "description", parameter.description);
    }
  }

  void Phase(const DraftPhase& phase) {
    Line(2, "- id: " + Scalar(phase.id));
    if (!phase.title.empty()) Text(4, "title", phase.title);
    if (!phase.description.empty()) Text(4, "description", phase.description);
    Line(4, "steps:");
    for (const DraftStep& step : phase.steps) Step(step);
  }

  void Step(const DraftStep& step) {
    Line(6, "- id: " + Scalar(step.id));
    if (!step.title.empty()) Text(8, "title", step.title);
    if (!step.description.empty()) Text(8, "description", step.description);
    Text(8, "source", fmt::format("{}:{}", draft_.file, step.line));
    if (!step.when.empty()) Text(8, "when", step.when);
    if (step.uses.empty()) return Confirm(step);
    Text(8, "uses", step.uses);
    if (step.with.empty()) return;
    Line(8, "with:");
    for (const DraftArgument& argument : step.with) Argument(argument);
  }

  void Confirm(const DraftStep& step) {
    if (step.checklist.empty()) return Line(8, "confirm: {}");
    Line(8, "confirm:");
    Line(10, "checklist:");
    for (const std::string& item : step.checklist) Line(12, "- " + Scalar(item));
  }

  void Argument(const DraftArgument& argument) {
    if (const auto* text = std::get_if<std::string>(&argument.value)) return Text(10, argument.name, *text);
    if (const auto* map = std::get_if<Map>(&argument.value)) {
      Line(10, argument.name + ":");
      for (const auto& [key, value] : *map) Text(12, Scalar(key), value);
      return;
    }
    std::string list;
    for (const std::string& item : std::get<std::vector<std::string>>(argument.value))
      list += (list.empty() ? "" : ", ") + Quoted(item);
    Line(10, argument.name + ": [" + list + "]");
  }

  const Draft& draft_;
  std::string out_;
};

}  // namespace

std::string Yaml(const Draft& draft) { return Writer(draft).Run(); }

std::string IdOf(std::string_view title, std::string_view fallback) {
  std::string id;
  for (const char c : title) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      id += static_cast<char>(std::tolower(byte));
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  if (id.size() > 48) {
    const std::size_t cut = id.rfind('-', 48);
    id.resize(cut == std::string::npos || cut < 20 ? 48 : cut);
  }
  while (id.ends_with('-')) id.pop_back();
  if (id.empty()) return std::string(fallback);
  return std::islower(static_cast<unsigned char>(id[0])) != 0 ? id : std::string(fallback) + "-" + id;
}

}  // namespace slipway::sop
