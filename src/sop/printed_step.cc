// What stands on a printed page below the title of a step, from its description to its timeout.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "sop/printed.h"
#include "sop/printed_text.h"

namespace slipway::sop {

namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

// `DRIVER.ACTION`, as only an action is named.
bool IsAction(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && base::IsId(name.substr(0, dot)) &&
         std::ranges::none_of(name, [](char c) { return c == ' '; });
}

// `exec.run` or `exec.run` with, to the end of the line.
std::optional<std::string> TakeAction(std::string_view& line) {
  auto action = TakeCode(line);
  if (!action || !IsAction(*action) || (!line.empty() && line != " with")) return std::nullopt;
  return action;
}

Json ValueOf(const DraftArgument& argument) {
  if (const auto* text = std::get_if<std::string>(&argument.value)) return Json(*text);
  if (const auto* list = std::get_if<std::vector<std::string>>(&argument.value)) return Texts(*list);
  if (const auto* nested = std::get_if<Nested>(&argument.value)) return nested->json;
  JsonObject map;
  for (const auto& [key, value] : std::get<Map>(argument.value)) map[key] = value;
  return map;
}

class StepReader {
 public:
  StepReader(const std::vector<std::string>& body, std::string_view file, int line, DraftStep& step)
      : body_(body), file_(file), line_(line), step_(step) {}

  base::Status Run() {
    const auto within = TakeWithin(body_, first_);
    // From its end: a description may look like much.
    std::size_t act = body_.size();
    while (act > first_ && !IsRun(body_[act - 1])) --act;
    const bool runs = act > first_;
    std::size_t end = runs ? act - 1 : Person();
    Before(end);
    SkipBlank(end);
    if (within && end > first_) {
      at_ = end - 1;
      return Refused("is not read back from a printed page");
    }
    step_.description =
        within.value_or(std::string(base::Trim(base::Join(std::span(body_).first(end), "\n"))));
    if (runs) {
      at_ = act - 1;
      SLIPWAY_CHECK_OK(Machine());
    }
    if (!timeout_.empty()) step_.more["timeout"] = timeout_;
    return {};
  }

 private:
  static bool IsRun(std::string_view line) { return Take(line, "Run ") && TakeAction(line).has_value(); }

  std::unexpected<base::Error> Refused(std::string_view what) const {
    const std::size_t at = std::min(at_, body_.empty() ? 0 : body_.size() - 1);
    return base::Invalid(fmt::format("{} {}", body_.empty() ? "it" : base::Quote(body_[at]), what),
                         fmt::format("{}:{}", file_, line_ + static_cast<int>(at)),
                         "write it as `slipway print` does, or keep the procedure's own file");
  }

  void SkipBlank(std::size_t& end) const {
    while (end > first_ && body_[end - 1].empty()) --end;
  }
  bool Timeout(std::string_view line) {
    if (!Take(line, "It may take ")) return false;
    const auto timeout = TakeUntil(line, " at most.");
    if (!timeout || !line.empty() || !base::ParseDuration(*timeout)) return false;
    timeout_ = *timeout;
    return true;
  }

  std::size_t Person();
  std::optional<JsonObject> Field(std::string_view line) const;
  void Before(std::size_t& end);
  base::Status Machine();
  base::Status Tail();
  base::Status Add(std::string_view key, Json value);
  // `uses` and `with` at `line`, which is what is left of the line at_; behind it at_ is the next one.
  base::Result<JsonObject> Action(std::string_view line, std::string_view indent);
  base::Status Arguments(std::string_view indent, std::vector<DraftArgument>& out);
  base::Result<DraftArgument> Argument(std::string_view line, std::string_view indent);

  const std::vector<std::string>& body_;
  std::string_view file_;
  int line_;  // of the page, on which the body begins
  DraftStep& step_;
  std::size_t first_ = 0;  // behind a description within comments; 0: there is none such
  std::size_t at_ = 0;
  std::string timeout_;
};

// Title (`id`, text matching `#.+`, optional): ____
std::optional<JsonObject> StepReader::Field(std::string_view line) const {
  if (!Take(line, "- ")) return std::nullopt;
  for (std::size_t at = 0; (at = line.find(" (`", at)) != std::string_view::npos; ++at) {
    std::string_view rest = line.substr(at + 2);
    const auto id = TakeCode(rest);
    if (!id || !base::IsId(*id) || !Take(rest, ", ")) continue;
    const auto type = TakeType(rest);
    const bool optional = Take(rest, ", optional");
    if (!type || !Take(rest, "): ") || rest != kBlank) continue;
    JsonObject field{{"id", *id}};
    if (line.substr(0, at) != *id) field["title"] = std::string(line.substr(0, at));
    field["type"] = type->type;
    if (!optional) field["required"] = "true";
    if (!type->pattern.empty()) field["pattern"] = type->pattern;
    if (!type->values.empty()) field["values"] = Texts(type->values);
    return field;
  }
  return std::nullopt;
}

// From the end: the timeout, the fields, the checklist, the role. Answers where they begin.
std::size_t StepReader::Person() {
  std::size_t end = body_.size();
  if (end > first_ && Timeout(body_[end - 1])) --end;
  SkipBlank(end);
  JsonArray fields;
  for (; end > first_; --end) {
    auto field = Field(body_[end - 1]);
    if (!field) break;
    fields.insert(fields.begin(), std::move(*field));
  }
  for (; end > first_ && body_[end - 1].starts_with("- [ ] "); --end)
    step_.checklist.insert(step_.checklist.begin(), body_[end - 1].substr(6));
  std::size_t above = end;
  SkipBlank(above);
  if (above > first_) {
    std::string_view line = body_[above - 1];
    if (Take(line, "By a person with the role ")) {
      const auto role = TakeCode(line);
      if (role && line == ".") {
        step_.confirm["role"] = *role;
        end = above - 1;
      }
    }
  }
  if (!fields.empty()) step_.confirm["fields"] = std::move(fields);
  return end;
}

void StepReader::Before(std::size_t& end) {
  SkipBlank(end);
  if (end > first_) {
    std::string_view line = body_[end - 1];
    if (line == "May begin at once.") {
      step_.more["needs"] = JsonArray();
      --end;
    } else if (Take(line, "After ")) {
      const std::vector<std::string> needs = TakeCodes(line, ", ");
      if (!needs.empty() && line == ".") {
        step_.more["needs"] = Texts(needs);
        --end;
      }
    }
  }
  SkipBlank(end);
  if (end > first_) {
    std::string_view line = body_[end - 1];
    if (Take(line, "Only if ")) {
      const auto when = TakeCode(line);
      if (when && line == ".") {
        step_.when = *when;
        --end;
      }
    }
  }
}

base::Status StepReader::Machine() {
  std::string_view line = body_[at_++];
  Take(line, "Run ");
  step_.uses = TakeAction(line).value_or("");
  if (!line.empty()) SLIPWAY_CHECK_OK(Arguments("", step_.with));
  while (at_ < body_.size()) {
    if (body_[at_].empty()) {
      ++at_;
    } else {
      SLIPWAY_CHECK_OK(Tail());
    }
  }
  return {};
}

base::Status StepReader::Add(std::string_view key, Json value) {
  if (step_.more.contains(key)) return Refused("stands here twice");
  step_.more[key] = std::move(value);
  return {};
}

// One sentence behind the action.
base::Status StepReader::Tail() {
  std::string_view line = body_[at_];
  if (Take(line, "If it provably did not happen: ")) {
    auto retry = TakeTries(line);
    if (!retry || line != ".") return Refused("is not how often it may be tried");
    SLIPWAY_CHECK_OK(Add("retry", std::move(*retry)));
  } else if (Take(line, "- [ ] Check that it worked")) {
    JsonObject more;
    std::string_view rest = line;
    if (Take(rest, ", ")) {
      if (auto retry = TakeTries(rest)) {
        more["retry"] = std::move(*retry);
        line = rest;
      }
    }
    rest = line;
    if (Take(rest, ", ")) {
      if (const auto timeout = TakeUntil(rest, " at most for each"); timeout) {
        more["timeout"] = *timeout;
        line = rest;
      }
    }
    if (!Take(line, ": ")) return Refused("is no check as it was printed");
    SLIPWAY_TRY(JsonObject check, Action(line, "    "));
    for (const auto& member : more) check[member.key()] = member.value();
    if (!step_.more.contains("verify")) step_.more["verify"] = JsonArray();
    step_.more["verify"].as_array().emplace_back(std::move(check));
    return {};
  } else if (Take(line, "To undo: nothing, it may stay: ")) {
    SLIPWAY_CHECK_OK(Add("undo", JsonObject{{"none", std::string(line)}}));
  } else if (Take(line, "To undo: ")) {
    SLIPWAY_TRY(JsonObject undo, Action(line, ""));
    return Add("undo", std::move(undo));
  } else if (line == "If interrupted: do it again.") {
    SLIPWAY_CHECK_OK(Add("interrupted", "repeat"));
  } else if (line == "If interrupted: find out by hand whether it happened.") {
    SLIPWAY_CHECK_OK(Add("interrupted", "ask"));
  } else if (Take(line, "If interrupted, find out with ")) {
    SLIPWAY_TRY(JsonObject probe, Action(line, ""));
    return Add("interrupted", JsonObject{{"probe", std::move(probe)}});
  } else if (line == "In a simulation, undoing it changes nothing.") {
    SLIPWAY_CHECK_OK(Add("model", "none"));
  } else if (line == "In a simulation, undoing it restores what was there.") {
    SLIPWAY_CHECK_OK(Add("model", "restores"));
  } else if (!Timeout(line)) {
    return Refused("is not read back from a printed page");
  }
  ++at_;
  return {};
}

base::Result<JsonObject> StepReader::Action(std::string_view line, std::string_view indent) {
  const auto uses = TakeAction(line);
  if (!uses) return Refused("names no action");
  JsonObject action{{"uses", *uses}};
  ++at_;
  if (line.empty()) return action;
  std::vector<DraftArgument> arguments;
  SLIPWAY_CHECK_OK(Arguments(indent, arguments));
  JsonObject with;
  for (const DraftArgument& argument : arguments) with[argument.name] = ValueOf(argument);
  action["with"] = std::move(with);
  return action;
}

base::Status StepReader::Arguments(std::string_view indent, std::vector<DraftArgument>& out) {
  for (; at_ < body_.size(); ++at_) {
    if (body_[at_].empty()) continue;
    std::string_view line = body_[at_];
    if (!Take(line, indent) || !line.starts_with("- `")) break;
    line.remove_prefix(2);
    SLIPWAY_TRY(DraftArgument argument, Argument(line, indent));
    out.push_back(std::move(argument));
  }
  return {};
}

// How many line feeds a fenced text ends with; nullopt: this is no argument.
std::optional<std::size_t> TakeEnding(std::string_view& line, std::string_view name) {
  if (line == ":") return name == "input" ? 1U : 0U;
  if (line == " (ends without a line feed):") return 0U;
  if (line == " (ends with a line feed):") return 1U;
  if (!Take(line, " (ends with ")) return std::nullopt;
  const auto feeds = base::ParseInteger(TakeUntil(line, " line feeds):").value_or(""));
  if (!feeds || *feeds < 2 || *feeds > 1000 || !line.empty()) return std::nullopt;
  return static_cast<std::size_t>(*feeds);
}

base::Result<DraftArgument> StepReader::Argument(std::string_view line, std::string_view indent) {
  const auto name = TakeCode(line);
  if (!name) return Refused("is no argument as it was printed");
  DraftArgument argument{.name = *name, .value = {}};
  if (Take(line, ": ")) {
    const auto text = TakeCode(line);
    if (!text || !line.empty()) return Refused("is no argument as it was printed");
    argument.value = *text;
    if (!text->starts_with('[') && !text->starts_with('{')) return argument;
    const auto json = base::ParseJson(*text);
    if (!json) return argument;
    argument.value = Nested{*json};
    // A map of texts is written as such a map.
    if (!json->is_object() || json->get_object().empty()) return argument;
    Map map;
    for (const auto& member : json->get_object()) {
      if (!member.value().is_string()) return argument;
      map.emplace_back(member.key(), base::View(member.value().get_string()));
    }
    argument.value = std::move(map);
    return argument;
  }
  const auto feeds = TakeEnding(line, *name);
  std::size_t at = at_ + 1;
  const auto fenced = feeds ? TakeFence(body_, at, std::string(indent) + "    ") : std::nullopt;
  if (!fenced) return Refused("is no argument as it was printed");
  if ((*name == "argv" || *name == "command") && fenced->info == "sh") {
    const auto words = WordsOf(fenced->text);
    if (!words) return Refused("is no argument list as it was printed");
    argument.value = *words;
  } else {
    argument.value = fenced->text + std::string(*feeds, '\n');
  }
  at_ = at;
  return argument;
}

}  // namespace

base::Status ReadPrintedStep(const std::vector<std::string>& body, std::string_view file, int line,
                             DraftStep& step) {
  return StepReader(body, file, line, step).Run();
}

}  // namespace slipway::sop
