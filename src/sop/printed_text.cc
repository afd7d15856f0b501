#include "sop/printed_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "shell/script.h"

namespace slipway::sop {

bool Take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

std::optional<std::string> TakeCode(std::string_view& text) {
  const std::size_t width = std::min(text.find_first_not_of('`'), text.size());
  if (width == 0) return std::nullopt;
  for (std::size_t at = width; at < text.size();) {
    if (text[at] != '`') {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of('`', at), text.size());
    if (end - at == width) {
      std::string code(text.substr(width, at - width));
      if (code.size() > 2 && code.front() == ' ' && code.back() == ' ')
        code = code.substr(1, code.size() - 2);
      if (code == "  " || code == " ") code.clear();
      text.remove_prefix(end);
      return code;
    }
    at = end;
  }
  return std::nullopt;
}

std::vector<std::string> TakeCodes(std::string_view& text, std::string_view separator) {
  std::vector<std::string> codes;
  for (std::string_view rest = text;; text = rest) {
    if (!codes.empty() && !Take(rest, separator)) break;
    auto code = TakeCode(rest);
    if (!code) break;
    codes.push_back(std::move(*code));
  }
  return codes;
}

std::optional<std::string> TakeUntil(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  std::string before(text.substr(0, at));
  text.remove_prefix(at + end.size());
  return before;
}

std::optional<PrintedType> TakeType(std::string_view& text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kTypes{
      {{"text", "string"},
       {"integer", "integer"},
       {"true or false", "boolean"},
       {"duration", "duration"},
       {"percentage", "percentage"},
       {"date", "date"},
       {"one of ", "enum"},
       {"release", "release"},
       {"secret, do not write it here", "secret"},
       {"file", "file"}}};
  for (const auto& [word, type] : kTypes) {
    if (!Take(text, word)) continue;
    PrintedType printed{.type = std::string(type), .values = {}, .pattern = {}};
    if (type == "enum") printed.values = TakeCodes(text, ", ");
    if (Take(text, " matching ")) printed.pattern = TakeCode(text).value_or("");
    return printed;
  }
  return std::nullopt;
}

std::optional<base::JsonObject> TakeTries(std::string_view& text) {
  std::string_view rest = text;
  const auto attempts = TakeUntil(rest, " tries, ");
  if (!attempts || !base::ParseInteger(*attempts)) return std::nullopt;
  const bool doubles = Take(rest, "at first ");
  const auto every = TakeUntil(rest, " apart");
  if (!every || !base::ParseDuration(*every)) return std::nullopt;
  if (doubles && !Take(rest, ", then twice as long each time")) return std::nullopt;
  text = rest;
  base::JsonObject retry{{"attempts", *attempts}, {"every", *every}};
  if (doubles) retry["backoff"] = "exponential";
  return retry;
}

std::optional<base::JsonObject> TakeConditions(std::string_view& text) {
  base::JsonObject where;
  std::string_view rest = text;
  do {
    const auto key = TakeCode(rest);
    if (!key || !Take(rest, " is ")) return std::nullopt;
    const std::vector<std::string> values = TakeCodes(rest, " or ");
    if (values.empty()) return std::nullopt;
    where[*key] = values.size() == 1 ? base::Json(values[0]) : base::Json(Texts(values));
  } while (Take(rest, " and "));
  text = rest;
  return where;
}

std::optional<std::string> TakeWithin(const std::vector<std::string>& lines, std::size_t& at) {
  const auto begin = std::find_if(lines.begin() + static_cast<std::ptrdiff_t>(at), lines.end(),
                                  [](const std::string& line) { return !line.empty(); });
  if (begin == lines.end() || !begin->starts_with("<!--") || !begin->ends_with("-->")) return std::nullopt;
  const auto end = std::find(begin + 1, lines.end(), *begin);
  if (end == lines.end()) return std::nullopt;
  at = static_cast<std::size_t>(end - lines.begin()) + 1;
  return base::Join(std::vector<std::string>(begin + 1, end), "\n");
}

std::optional<Fenced> TakeFence(const std::vector<std::string>& lines, std::size_t& at,
                                std::string_view indent) {
  std::size_t i = at;
  while (i < lines.size() && lines[i].empty()) ++i;
  if (i == lines.size()) return std::nullopt;
  std::string_view open = lines[i];
  if (!Take(open, indent) || !open.starts_with("```")) return std::nullopt;
  const std::string fence(open.substr(0, std::min(open.find_first_not_of('`'), open.size())));
  Fenced fenced{.info = std::string(open.substr(fence.size())), .text = {}};
  for (++i; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    if (!Take(line, indent) && !line.empty()) return std::nullopt;
    if (line == fence) {
      if (fenced.text.ends_with('\n')) fenced.text.pop_back();
      at = i;
      return fenced;
    }
    fenced.text += std::string(line) + "\n";
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> WordsOf(std::string_view command_line) {
  const shell::Script script = shell::Read(command_line, {.placeholders = false});
  return script.commands.size() == 1 ? shell::Argv(script.commands[0]) : std::nullopt;
}

base::JsonArray Texts(const std::vector<std::string>& texts) {
  base::JsonArray array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

}  // namespace slipway::sop
