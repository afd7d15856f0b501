#include "sop/printed.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "shell/script.h"

namespace slipway::sop {

namespace {

constexpr std::string_view kBlank = "____________________";

// `code` at the start, of any number of backticks; what it holds, and the text moves behind it.
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

bool Take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

class Reader {
 public:
  explicit Reader(const markdown::Document& page) : page_(page), lines_(base::Split(page.text, '\n')) {}

  base::Result<Draft> Run() {
    SLIPWAY_CHECK_OK(Head());
    SLIPWAY_CHECK_OK(Before());
    while (at_ < lines_.size() && Line() != "## Sign-off") SLIPWAY_CHECK_OK(Phase());
    if (draft_.phases.empty()) return Refused("no phase stands here");
    draft_.last_line = static_cast<int>(lines_.size());
    return std::move(draft_);
  }

 private:
  const std::string& Line() const { return lines_[at_]; }
  std::unexpected<base::Error> Refused(std::string what) const {
    return base::Invalid(std::move(what), fmt::format("{}:{}", page_.file, at_ + 1),
                         "keep the procedure's own file, which says all of it");
  }
  // Up to the line for which `ends` holds, without what stands around it.
  template <typename Ends>
  std::string Prose(Ends ends) {
    std::string text;
    for (; at_ < lines_.size() && !ends(Line()); ++at_) text += Line() + "\n";
    return std::string(base::Trim(text));
  }
  bool BeginsStep(std::string_view line) const {
    return line.starts_with(fmt::format("- [ ] **{}.{} ", phase_, step_ + 1)) && line.ends_with("`)");
  }
  bool BeginsPhase(std::string_view line) const {
    return line == "## Sign-off" || line.starts_with(fmt::format("## {}. ", phase_ + 1));
  }

  base::Status Head();
  void Facts(std::string_view line);
  base::Status Before();
  base::Status Parameter(std::string_view line);
  base::Status Phase();
  base::Status Step(DraftPhase& phase);
  base::Status Body(const std::vector<std::string>& body, DraftStep& step);
  base::Status Arguments(const std::vector<std::string>& body, std::size_t from, DraftStep& step);
  base::Status Argument(const std::string& name, const std::string& text, bool fenced, DraftStep& step);

  const markdown::Document& page_;
  std::vector<std::string> lines_;
  std::size_t at_ = 0;
  int phase_ = 0;
  int step_ = 0;
  Draft draft_;
};

// `id` version V · status · owner … · approved by … · **review by …**
void Reader::Facts(std::string_view line) {
  if (const auto id = TakeCode(line)) draft_.id = *id;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(" \xC2\xB7 "), line.size());
    std::string_view fact = base::Trim(line.substr(0, end));
    line.remove_prefix(std::min(end + 4, line.size()));
    if (Take(fact, "version ")) draft_.version = fact;
    if (Take(fact, "owner ")) draft_.owner = fact;
    if (Take(fact, "approved by ")) draft_.approver = fact;
    if (Take(fact, "**review by ")) draft_.review_by = fact.substr(0, fact.find('*'));
  }
}

base::Status Reader::Head() {
  draft_.title = Line().substr(2);
  draft_.file = page_.file;
  draft_.line = 1;
  draft_.source = page_.file + ":1";
  Facts(lines_[2]);
  at_ = 5;
  const auto stands = [&](std::string_view begin) {
    return at_ < lines_.size() && Line().starts_with(begin);
  };
  for (; at_ < lines_.size(); ++at_) {
    if (!Line().empty() && !stands("Roles: ") && !stands("> **This procedure is ") &&
        !stands("Environment ____") && !stands("Done by ____"))
      break;
  }
  draft_.description = Prose([](std::string_view line) { return line == "## Before you begin"; });
  if (at_ == lines_.size()) return Refused("the page does not go on as it was printed");
  ++at_;
  return {};
}

base::Status Reader::Before() {
  for (; at_ < lines_.size() && !Line().starts_with("## "); ++at_) {
    std::string_view line = Line();
    if (line.empty()) continue;
    if (line == "- [ ] If a step fails: stop there and ask the owner; nothing is undone by itself") continue;
    if (!Take(line, "- [ ] `"))
      return Refused("targets, gates and what happens on a failure are not read back from a printed page");
    SLIPWAY_CHECK_OK(Parameter(std::string_view(Line()).substr(6)));
  }
  return {};
}

// `name` (text matching `pattern`, optional), description, else `default`: ____
base::Status Reader::Parameter(std::string_view line) {
  static const std::map<std::string, std::string, std::less<>> kTypes{
      {"text", "string"},       {"integer", "integer"},       {"true or false", "boolean"},
      {"duration", "duration"}, {"percentage", "percentage"}, {"date", "date"},
      {"one of", "enum"},       {"release", "release"},       {"secret, do not write it here", "secret"}};
  DraftParameter parameter;
  const auto name = TakeCode(line);
  if (!name || !Take(line, " (")) return Refused("this is no parameter as it was printed");
  parameter.name = *name;
  bool known = false;
  for (const auto& [word, type] : kTypes) {
    if (!line.starts_with(word)) continue;
    parameter.type = type;
    line.remove_prefix(word.size());
    known = true;
    break;
  }
  if (!known) return Refused("this is no type of a parameter");
  while (line.starts_with(" `") || line.starts_with(", `")) {
    line.remove_prefix(line.starts_with(", `") ? 2 : 1);
    if (const auto value = TakeCode(line)) parameter.values.push_back(*value);
  }
  if (Take(line, " matching ")) parameter.pattern = TakeCode(line).value_or("");
  const bool optional = Take(line, ", optional");
  if (!Take(line, ")")) return Refused("this is no parameter as it was printed");
  if (line.ends_with(kBlank)) line.remove_suffix(kBlank.size());
  if (line.ends_with(": ")) line.remove_suffix(2);
  if (const std::size_t otherwise = line.rfind(", else `"); optional && otherwise != std::string_view::npos) {
    std::string_view fallback = line.substr(otherwise + 7);
    parameter.fallback = TakeCode(fallback).value_or("");
    line = line.substr(0, otherwise);
  }
  if (optional && parameter.fallback.empty())
    return Refused("an optional parameter without a default is not read back");
  if (Take(line, ", ")) parameter.description = line;
  draft_.parameters.push_back(std::move(parameter));
  return {};
}

base::Status Reader::Phase() {
  ++phase_;
  step_ = 0;
  const std::string mark = fmt::format("## {}. ", phase_);
  if (!Line().starts_with(mark)) return Refused("the page does not go on as it was printed");
  DraftPhase phase{.title = Line().substr(mark.size())};
  ++at_;
  phase.description = Prose([&](std::string_view line) { return BeginsStep(line) || BeginsPhase(line); });
  if (phase.description.contains("Do these steps for each target, "))
    return Refused("a phase for each target is not read back from a printed page");
  while (at_ < lines_.size() && BeginsStep(Line())) SLIPWAY_CHECK_OK(Step(phase));
  if (at_ < lines_.size() && !BeginsPhase(Line()))
    return Refused("the page does not go on as it was printed");
  draft_.phases.push_back(std::move(phase));
  return {};
}

base::Status Reader::Step(DraftPhase& phase) {
  DraftStep step{.line = static_cast<int>(at_) + 1};
  std::string_view line = Line();
  line.remove_prefix(fmt::format("- [ ] **{}.{} ", phase_, ++step_).size());
  const std::size_t end = line.rfind("** (`");
  if (end == std::string_view::npos) return Refused("this is no step as it was printed");
  step.title = line.substr(0, end);
  step.id = line.substr(end + 5, line.size() - end - 7);
  std::vector<std::string> body;
  for (++at_; at_ < lines_.size() && (Line().empty() || Line().starts_with("    ")); ++at_)
    body.push_back(Line().empty() ? "" : Line().substr(4));
  while (!body.empty() && body.back().empty()) body.pop_back();
  if (body.empty() || !body.back().starts_with("Done by ____"))
    return Refused("a step does not end as it was printed");
  body.pop_back();
  while (!body.empty() && body.back().empty()) body.pop_back();
  SLIPWAY_CHECK_OK(Body(body, step));
  phase.steps.push_back(std::move(step));
  return {};
}

base::Status Reader::Body(const std::vector<std::string>& body, DraftStep& step) {
  // From its end: a description may look like anything.
  std::size_t end = body.size();
  for (std::size_t i = body.size(); i-- > 0 && step.uses.empty();) {
    std::string_view line = body[i];
    if (!Take(line, "Run `")) continue;
    line = std::string_view(body[i]).substr(4);
    const auto action = TakeCode(line);
    if (!action || (!line.empty() && line != " with")) continue;
    step.uses = *action;
    SLIPWAY_CHECK_OK(Arguments(body, i + 1, step));
    end = i;
  }
  if (step.uses.empty()) {
    while (end > 0 && body[end - 1].starts_with("- [ ] ")) --end;
    for (std::size_t i = end; i < body.size(); ++i) step.checklist.push_back(body[i].substr(6));
  }
  while (end > 0 && body[end - 1].empty()) --end;
  if (end > 0 && body[end - 1].starts_with("Only if `") && body[end - 1].ends_with("`.")) {
    std::string_view when = std::string_view(body[end - 1]).substr(8);
    step.when = TakeCode(when).value_or("");
    --end;
  }
  std::string description;
  for (std::size_t i = 0; i < end; ++i) description += body[i] + "\n";
  step.description = base::Trim(description);
  for (const std::string_view lost : {"May begin at once.", "By a person with the role ", "It may take "})
    for (std::size_t i = 0; i < body.size(); ++i)
      if (body[i].starts_with(lost)) return Refused("`" + body[i] + "` is not read back from a printed page");
  return {};
}

base::Status Reader::Arguments(const std::vector<std::string>& body, std::size_t from, DraftStep& step) {
  for (std::size_t i = from; i < body.size(); ++i) {
    if (body[i].empty()) continue;
    std::string_view line = body[i];
    if (!Take(line, "- `")) return Refused("`" + body[i] + "` is not read back from a printed page");
    line = std::string_view(body[i]).substr(2);
    const auto name = TakeCode(line);
    if (!name || !Take(line, ":")) return Refused("this is no argument as it was printed");
    if (Take(line, " ")) {
      SLIPWAY_CHECK_OK(Argument(*name, TakeCode(line).value_or(""), false, step));
      continue;
    }
    while (i + 1 < body.size() && body[i + 1].empty()) ++i;
    if (i + 1 == body.size() || !body[i + 1].starts_with("    ```"))
      return Refused("this is no argument as it was printed");
    std::string fence = body[++i].substr(4);
    fence.resize(std::min(fence.find_first_not_of('`'), fence.size()));
    std::string text;
    for (++i; i < body.size() && body[i] != "    " + fence; ++i)
      text += (body[i].empty() ? "" : body[i].substr(std::min<std::size_t>(4, body[i].size()))) + "\n";
    if (text.ends_with('\n')) text.pop_back();
    SLIPWAY_CHECK_OK(Argument(*name, text, true, step));
  }
  return {};
}

base::Status Reader::Argument(const std::string& name, const std::string& text, bool fenced,
                              DraftStep& step) {
  if (name == "argv") {
    const shell::Script script = shell::Read(text, {.placeholders = false});
    const auto words = script.commands.size() == 1 ? shell::Argv(script.commands[0]) : std::nullopt;
    if (!words) return Refused("this is no argument list as it was printed");
    step.with.push_back({name, *words});
    return {};
  }
  if (name == "env" || name == "headers") {
    const auto json = base::ParseJson(text);
    if (!json || !json->is_object()) return Refused("this is no map as it was printed");
    Map map;
    for (const auto& member : json->get_object())
      map.emplace_back(std::string(member.key()), member.value().is_string()
                                                      ? std::string(base::View(member.value().get_string()))
                                                      : "");
    step.with.push_back({name, std::move(map)});
    return {};
  }
  // The page does not say whether the last line had its line feed; what is typed into a program ends with
  // one.
  step.with.push_back({name, fenced && name == "input" ? text + "\n" : text});
  return {};
}

}  // namespace

bool IsPrinted(const markdown::Document& page) {
  if (!page.text.starts_with("# ")) return false;
  const std::vector<std::string> head = base::Split(std::string_view(page.text).substr(0, 4096), '\n');
  return head.size() > 5 && head[2].starts_with('`') && head[4].starts_with("Text `sha256:");
}

base::Result<Draft> FromPrinted(const markdown::Document& page) { return Reader(page).Run(); }

}  // namespace slipway::sop
