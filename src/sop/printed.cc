#include "sop/printed.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "sop/printed_text.h"

namespace slipway::sop {

namespace {

using base::JsonArray;
using base::JsonObject;

class Reader {
 public:
  explicit Reader(const markdown::Document& page) : page_(page), lines_(base::Split(page.text, '\n')) {}

  base::Result<Draft> Run() {
    SLIPWAY_CHECK_OK(Head());
    SLIPWAY_CHECK_OK(Before());
    while (at_ < lines_.size() && Line() != "## Sign-off") SLIPWAY_CHECK_OK(Phase());
    if (draft_.phases.empty()) return Refused("no phase stands here");
    SLIPWAY_CHECK_OK(PutWaivers());
    draft_.last_line = static_cast<int>(lines_.size());
    return std::move(draft_);
  }

 private:
  const std::string& Line() const { return lines_[at_]; }
  std::unexpected<base::Error> Refused(std::string what) const {
    return base::Invalid(std::move(what), fmt::format("{}:{}", page_.file, at_ + 1),
                         "write it as `slipway print` does, or keep the procedure's own file");
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
    return line == "## Sign-off" ||
           (line.starts_with(fmt::format("## {}. ", phase_ + 1)) && line.ends_with("`)"));
  }

  base::Status Head();
  void Facts(std::string_view line);
  base::Status Waiver(std::string_view line);
  base::Status PutWaivers();
  base::Status Before();
  base::Status Item();
  base::Status Parameter(std::string_view line);
  base::Status Targets(std::string_view line);
  base::Status Gate(std::string_view kind, std::string_view line, std::string_view end);
  base::Status Approvals(std::string_view line);
  base::Status OnFailure(std::string_view line);
  base::Status Notify(std::string_view line);
  base::Status Phase();
  base::Status Step(DraftPhase& phase);

  const markdown::Document& page_;
  std::vector<std::string> lines_;
  std::size_t at_ = 0;
  int phase_ = 0;
  int step_ = 0;
  std::map<std::string, JsonArray> waived_;  // by step
  JsonArray gates_, notify_;
  Draft draft_;
};

// `id` version V · status · owner … · approved by … · **review by …**
void Reader::Facts(std::string_view line) {
  if (const auto id = TakeCode(line)) draft_.id = *id;
  std::string* last = nullptr;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(" \xC2\xB7 "), line.size());
    std::string_view fact = base::Trim(line.substr(0, end));
    line.remove_prefix(std::min(end + 4, line.size()));
    if (Take(fact, "version ")) {
      draft_.version = fact;
    } else if (Take(fact, "**review by ")) {
      draft_.review_by = fact.substr(0, fact.find('*'));
    } else if (Take(fact, "owner ")) {
      last = &draft_.owner;
      *last = fact;
    } else if (Take(fact, "approved by ")) {
      last = &draft_.approver;
      *last = fact;
    } else if (last != nullptr) {
      *last += fmt::format(" \xC2\xB7 {}", fact);
    }
  }
}

// Waived until 2027-01-31 in `step`: `rule` by `name`, reason
base::Status Reader::Waiver(std::string_view line) {
  Take(line, "> **Waived until ");
  if (!line.ends_with("**") || line.size() < 12) return Refused("this is no waiver as it was printed");
  line.remove_suffix(2);
  JsonObject waiver;
  const std::string until(line.substr(0, 10));
  line.remove_prefix(10);
  const auto step = Take(line, " in ") ? TakeCode(line) : std::string();
  const auto rule = Take(line, ": ") ? TakeCode(line) : std::nullopt;
  const auto by = Take(line, " by ") ? TakeCode(line) : std::nullopt;
  if (!step || !rule || !by || !Take(line, ", ")) return Refused("this is no waiver as it was printed");
  waiver["rule"] = *rule;
  waiver["reason"] = std::string(line);
  waiver["by"] = *by;
  waiver["until"] = until;
  (step->empty() ? draft_.waivers : waived_[*step]).emplace_back(std::move(waiver));
  return {};
}

base::Status Reader::PutWaivers() {
  for (DraftPhase& phase : draft_.phases)
    for (DraftStep& step : phase.steps)
      if (auto found = waived_.extract(step.id)) step.more["waivers"] = std::move(found.mapped());
  if (waived_.empty()) return {};
  return Refused(
      fmt::format("a finding is waived in `{}`, and no step has that name", waived_.begin()->first));
}

base::Status Reader::Head() {
  draft_.title = Line().substr(2);
  draft_.file = page_.file;
  draft_.line = 1;
  draft_.source = page_.file + ":1";
  Facts(lines_[2]);
  for (at_ = 5; at_ < lines_.size() && !Line().starts_with("Done by ____"); ++at_) {
    if (Line().starts_with("> **Waived until ")) {
      SLIPWAY_CHECK_OK(Waiver(Line()));
    } else if (!Line().empty() && !Line().starts_with("Roles: ") && !Line().starts_with("Environment ____") &&
               !Line().starts_with("> **This procedure is ")) {
      return Refused("the page does not go on as it was printed");
    }
  }
  if (at_ < lines_.size()) ++at_;
  const auto within = TakeWithin(lines_, at_);
  const std::string open = Prose([](std::string_view line) { return line == "## Before you begin"; });
  if (at_ == lines_.size() || (within && !open.empty()))
    return Refused("the page does not go on as it was printed");
  draft_.description = within.value_or(open);
  ++at_;
  return {};
}

base::Status Reader::Before() {
  for (; at_ < lines_.size() && !Line().starts_with("## "); ++at_)
    if (!Line().empty()) SLIPWAY_CHECK_OK(Item());
  if (!gates_.empty()) draft_.more["gates"] = std::move(gates_);
  if (!notify_.empty()) draft_.more["notify"] = std::move(notify_);
  return {};
}

base::Status Reader::Item() {
  std::string_view line = Line();
  if (line.starts_with("    - Name ____")) return {};  // where an approval is signed
  if (Take(line, "- When it is ")) return Notify(line);
  if (!Take(line, "- [ ] ")) return Refused("this is no item as it was printed");
  if (line.starts_with('`')) return Parameter(line);
  if (Take(line, "The targets are listed: every ")) return Targets(line);
  if (Take(line, "It is within a maintenance window")) return Gate("window", line, "");
  if (Take(line, "No freeze")) return Gate("freeze", line, " is in force");
  if (Take(line, "Approved by ")) return Approvals(line);
  if (Take(line, "If a step fails: ")) return OnFailure(line);
  return Refused("this is no item as it was printed");
}

// `name` (text matching `pattern`, optional), description: ____; or (…, else `default`)
base::Status Reader::Parameter(std::string_view line) {
  DraftParameter parameter;
  const auto name = TakeCode(line);
  if (!name || !Take(line, " (")) return Refused("this is no parameter as it was printed");
  parameter.name = *name;
  const auto type = TakeType(line);
  if (!type || type->type == "file") return Refused("this is no type of a parameter");
  parameter.type = type->type;
  parameter.values = type->values;
  parameter.pattern = type->pattern;
  parameter.optional = Take(line, ", optional");
  if (!parameter.optional && Take(line, ", else ")) {
    const auto fallback = TakeCode(line);
    if (!fallback) return Refused("this is no parameter as it was printed");
    parameter.fallback = *fallback;
    parameter.blank = fallback->empty();
  }
  if (!Take(line, ")")) return Refused("this is no parameter as it was printed");
  if (line.ends_with(kBlank)) line.remove_suffix(kBlank.size());
  if (line.ends_with(": ")) line.remove_suffix(2);
  if (Take(line, ", ")) {
    parameter.description = line;
  } else if (!line.empty()) {
    return Refused("this is no parameter as it was printed");
  }
  draft_.parameters.push_back(std::move(parameter));
  return {};
}

// service where `labels.tier` is `web`: ____
base::Status Reader::Targets(std::string_view line) {
  if (line.ends_with(kBlank)) line.remove_suffix(kBlank.size());
  if (!line.ends_with(": ")) return Refused("these are no targets as they were printed");
  line.remove_suffix(2);
  const std::string kind(line.substr(0, line.find(' ')));
  line.remove_prefix(kind.size());
  JsonObject targets{{"kind", kind}};
  if (Take(line, " where ")) {
    auto where = TakeConditions(line);
    if (!where) return Refused("these are no targets as they were printed");
    targets["where"] = std::move(*where);
  }
  if (!line.empty()) return Refused("these are no targets as they were printed");
  draft_.more["targets"] = std::move(targets);
  return {};
}

base::Status Reader::Gate(std::string_view kind, std::string_view line, std::string_view end) {
  JsonObject with;
  if (Take(line, " of calendar "))
    if (const auto calendar = TakeCode(line)) with["calendar"] = *calendar;
  if (line != end) return Refused("this is no gate as it was printed");
  gates_.emplace_back(JsonObject{{kind, std::move(with)}});
  return {};
}

// 2 people other than who asks for it (role)
base::Status Reader::Approvals(std::string_view line) {
  JsonObject with;
  const auto count = TakeUntil(line, " ");
  if (!count || !base::ParseInteger(*count) || (!Take(line, "person") && !Take(line, "people")) ||
      !Take(line, " other than who asks for it"))
    return Refused("this is no gate as it was printed");
  if (*count != "1") with["count"] = *count;
  if (Take(line, " (") && line.ends_with(')')) {
    with["role"] = std::string(line.substr(0, line.size() - 1));
    line = {};
  }
  if (!line.empty()) return Refused("this is no gate as it was printed");
  gates_.emplace_back(JsonObject{{"approvals", std::move(with)}});
  return {};
}

base::Status Reader::OnFailure(std::string_view line) {
  if (line == "undo what was done, in reverse order") {
    draft_.on_failure = "rollback";
  } else if (line == "stop there and ask the owner; nothing is undone by itself") {
    draft_.on_failure = "pause";
  } else if (line == "stop there; nothing is undone") {
    draft_.on_failure = "stop";
  } else {
    return Refused("this is not what happens on a failure");
  }
  return {};
}

// `failed`, `rolled_back`, tell `url`; or run: and a command line
base::Status Reader::Notify(std::string_view line) {
  const std::vector<std::string> on = TakeCodes(line, ", ");
  JsonObject notify{{"on", Texts(on)}};
  if (Take(line, ", tell ")) {
    const auto url = TakeCode(line);
    if (on.empty() || !url || !line.empty()) return Refused("this tells nobody");
    notify["url"] = *url;
  } else {
    std::size_t at = at_ + 1;
    const auto fenced = line == ", run:" && !on.empty() ? TakeFence(lines_, at, "    ") : std::nullopt;
    const auto words = fenced ? WordsOf(fenced->text) : std::nullopt;
    if (!words) return Refused("this tells nobody");
    notify["command"] = Texts(*words);
    at_ = at;
  }
  notify_.emplace_back(std::move(notify));
  return {};
}

// those where `labels.ring` is `canary`; 25%; 3
std::optional<base::Json> TakeWave(std::string_view& text) {
  const bool optional = Take(text, "those, if any, where ");
  if (optional || Take(text, "those where ")) {
    auto where = TakeConditions(text);
    if (!where) return std::nullopt;
    JsonObject wave{{"where", std::move(*where)}};
    if (optional) wave["optional"] = "true";
    return wave;
  }
  std::string_view amount = text.substr(0, text.find_first_not_of("0123456789.%"));
  while (amount.ends_with('.')) amount.remove_suffix(1);
  if (amount.empty()) return std::nullopt;
  text.remove_prefix(amount.size());
  return base::Json(std::string(amount));
}

// Do these steps for each target, 1 at a time. In waves: … Watch for 5m after each wave. …
std::optional<JsonObject> ForEach(std::string_view line) {
  if (!Take(line, "Do these steps for each target, ")) return std::nullopt;
  JsonObject more{{"for_each", "target"}};
  const auto parallel = TakeUntil(line, " at a time.");
  if (!parallel || !base::ParseInteger(*parallel)) return std::nullopt;
  JsonArray waves;
  if (Take(line, " In waves: ")) {
    do {
      auto wave = TakeWave(line);
      if (!wave) return std::nullopt;
      waves.push_back(std::move(*wave));
    } while (Take(line, ", then "));
    if (!Take(line, ".")) return std::nullopt;
  }
  std::string bake;
  if (Take(line, " Watch for ")) bake = TakeUntil(line, " after each wave.").value_or("");
  if (!Take(line, " Start no further target after ")) return std::nullopt;
  const auto failures = TakeUntil(line, " failure");
  if (!failures || !base::ParseInteger(*failures)) return std::nullopt;
  Take(line, "s");
  if (!Take(line, ".")) return std::nullopt;
  if (Take(line, " What is undone is undone on all of them.")) more["rollback"] = "all";
  if (!line.empty()) return std::nullopt;
  if (!waves.empty()) more["waves"] = std::move(waves);
  if (*parallel != "1") more["max_parallel"] = *parallel;
  if (*failures != "1") more["stop_after_failures"] = *failures;
  if (!bake.empty()) more["bake"] = bake;
  return more;
}

// How the steps of a phase are gone through: the last line of what stands above them.
std::optional<JsonObject> Manner(std::string_view line) {
  if (auto each = ForEach(line)) return each;
  if (!Take(line, "Do at most ")) return std::nullopt;
  const auto parallel = TakeUntil(line, " step");
  Take(line, "s");
  if (!parallel || !base::ParseInteger(*parallel) || line != " at a time.") return std::nullopt;
  return JsonObject{{"max_parallel", *parallel}};
}

base::Status Reader::Phase() {
  ++phase_;
  step_ = 0;
  const std::string mark = fmt::format("## {}. ", phase_);
  if (!Line().starts_with(mark)) return Refused("the page does not go on as it was printed");
  // Title (`id`)
  DraftPhase phase{.title = Line().substr(mark.size())};
  const std::size_t end = phase.title.rfind(" (`");
  if (end == std::string::npos || !phase.title.ends_with("`)"))
    return Refused("this is no phase as it was printed");
  phase.id = phase.title.substr(end + 3, phase.title.size() - end - 5);
  phase.title.resize(end);
  ++at_;
  const auto within = TakeWithin(lines_, at_);
  std::string open = Prose([&](std::string_view line) { return BeginsStep(line) || BeginsPhase(line); });
  const std::size_t last = open.rfind('\n') + 1;
  if (auto manner = Manner(std::string_view(open).substr(last))) {
    phase.more = std::move(*manner);
    open = base::Trim(std::string_view(open).substr(0, last));
  }
  if (within && !open.empty()) return Refused("the page does not go on as it was printed");
  if (open.contains("Do these steps for each target, "))
    return Refused("how the steps are done for each target is not as it was printed");
  phase.description = within.value_or(open);
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
  const int first = static_cast<int>(at_) + 2;
  for (++at_; at_ < lines_.size() && (Line().empty() || Line().starts_with("    ")); ++at_)
    body.push_back(Line().empty() ? "" : Line().substr(4));
  while (!body.empty() && body.back().empty()) body.pop_back();
  if (body.empty() || !body.back().starts_with("Done by ____"))
    return Refused("a step does not end as it was printed");
  body.pop_back();
  while (!body.empty() && body.back().empty()) body.pop_back();
  SLIPWAY_CHECK_OK(ReadPrintedStep(body, page_.file, first, step));
  phase.steps.push_back(std::move(step));
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
