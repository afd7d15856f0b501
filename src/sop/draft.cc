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

// On one line.
std::string Flow(const base::Json& value) {
  std::string out;
  if (value.is_object()) {
    for (const auto& member : value.get_object())
      out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", Scalar(member.key()), Flow(member.value()));
    return out.empty() ? "{}" : "{ " + out + " }";
  }
  if (!value.is_array()) return Scalar(value.is_string() ? base::View(value.get_string()) : "");
  for (const base::Json& item : value.get_array()) out += (out.empty() ? "" : ", ") + Flow(item);
  return "[" + out + "]";
}

bool IsMap(const base::Json& value) { return value.is_object() && !value.get_object().empty(); }

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
    if (!draft_.waivers.empty()) Value(2, "waivers", draft_.waivers);
    if (!draft_.description.empty()) Text(0, "description", draft_.description);
    Parameters();
    for (const auto& member : draft_.more) Value(0, member.key(), member.value());
    Text(0, "on_failure", draft_.on_failure);
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

  void Value(std::size_t indent, const std::string& key, const base::Json& value) {
    if (value.is_string()) return Text(indent, key, base::View(value.get_string()));
    const bool maps =
        value.is_array() && !value.get_array().empty() && std::ranges::all_of(value.get_array(), IsMap);
    if (!IsMap(value) && !maps) return Line(indent, key + ": " + Flow(value));
    Line(indent, key + ":");
    const std::size_t inner = key.starts_with("- ") ? indent + 4 : indent + 2;
    if (!maps) return Members(inner, value.get_object(), "");
    for (const base::Json& item : value.get_array()) Members(inner, item.get_object(), "- ");
  }

  // The first one behind `mark`, the others below it.
  void Members(std::size_t indent, const base::JsonObject& object, std::string_view mark) {
    for (const auto& member : object) {
      const bool first = member.key() == object.begin()->key();
      Value(indent + (first ? 0 : mark.size()), std::string(first ? mark : "") + Scalar(member.key()),
            member.value());
    }
  }

  void Parameters() {
    if (draft_.parameters.empty()) return;
    Line(0, "parameters:");
    for (const DraftParameter& parameter : draft_.parameters) {
      Line(2, Scalar(parameter.name) + ":");
      Text(4, "type", parameter.type);
      if (parameter.blank || !parameter.fallback.empty()) {
        Text(4, "default", parameter.fallback);
      } else if (!parameter.optional) {
        Line(4, "required: true");
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
    for (const auto& member : phase.more) Value(4, member.key(), member.value());
    Line(4, "steps:");
    for (const DraftStep& step : phase.steps) Step(step);
  }

  void Step(const DraftStep& step) {
    Line(6, "- id: " + Scalar(step.id));
    if (!step.title.empty()) Text(8, "title", step.title);
    if (!step.description.empty()) Text(8, "description", step.description);
    Text(8, "source", fmt::format("{}:{}", draft_.file, step.line));
    if (!step.when.empty()) Text(8, "when", step.when);
    if (step.uses.empty()) {
      Confirm(step);
    } else {
      Text(8, "uses", step.uses);
      if (!step.with.empty()) Line(8, "with:");
      for (const DraftArgument& argument : step.with) Argument(argument);
    }
    for (const auto& member : step.more) Value(8, member.key(), member.value());
  }

  void Confirm(const DraftStep& step) {
    if (step.checklist.empty() && step.confirm.empty()) return Line(8, "confirm: {}");
    Line(8, "confirm:");
    Members(10, step.confirm, "");
    if (step.checklist.empty()) return;
    Line(10, "checklist:");
    for (const std::string& item : step.checklist) Line(12, "- " + Scalar(item));
  }

  void Argument(const DraftArgument& argument) {
    if (const auto* text = std::get_if<std::string>(&argument.value)) return Text(10, argument.name, *text);
    if (const auto* nested = std::get_if<Nested>(&argument.value))
      return Value(10, Scalar(argument.name), nested->json);
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
