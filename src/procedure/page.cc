#include "procedure/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"

namespace slipway::procedure {
namespace {

// With more targets than these the page of a run counts them, tells those that did not pass first, and gives
// each a row of a step's table instead of a table of its own.
constexpr std::size_t kManyTargets = 20;

using page::Blank;
using page::Block;
using page::Blocks;
using page::Box;
using page::Code;
using page::Codes;
using page::Item;
using page::Line;
using page::Paragraph;
using page::Strong;
using page::Text;

std::string_view Word(Status status) {
  switch (status) {
    case Status::kDraft:
      return "draft";
    case Status::kPublished:
      return "published";
    case Status::kDeprecated:
      return "deprecated";
  }
  return "";
}

std::string_view Word(OnFailure on_failure) {
  switch (on_failure) {
    case OnFailure::kRollback:
      return "undo what was done, in reverse order";
    case OnFailure::kPause:
      return "stop there and ask the owner; nothing is undone by itself";
    case OnFailure::kStop:
      return "stop there; nothing is undone";
  }
  return "";
}

std::string_view Word(ParameterType type) {
  switch (type) {
    case ParameterType::kString:
      return "text";
    case ParameterType::kInteger:
      return "integer";
    case ParameterType::kBoolean:
      return "true or false";
    case ParameterType::kDuration:
      return "duration";
    case ParameterType::kPercentage:
      return "percentage";
    case ParameterType::kDate:
      return "date";
    case ParameterType::kEnum:
      return "one of";
    case ParameterType::kRelease:
      return "release";
    case ParameterType::kSecret:
      return "secret, do not write it here";
  }
  return "";
}

std::string_view Word(FieldType type) {
  switch (type) {
    case FieldType::kString:
      return "text";
    case FieldType::kInteger:
      return "integer";
    case FieldType::kBoolean:
      return "true or false";
    case FieldType::kDate:
      return "date";
    case FieldType::kEnum:
      return "one of";
    case FieldType::kFile:
      return "file";
  }
  return "";
}

// What a machine is told to take for granted of an `undo` when it is rehearsed.
constexpr std::string_view kModelNone = "In a simulation, undoing it changes nothing.";
constexpr std::string_view kModelRestores = "In a simulation, undoing it restores what was there.";

std::string Plural(std::int64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

// `labels.tier` is `web`, and so on.
Line Describe(const Selector& selector) {
  Line line;
  for (const auto& [key, values] : selector.where) {
    if (!line.empty()) line += " and ";
    line += Code(key);
    line += " is ";
    line += Codes(values, " or ");
  }
  return line;
}

template <typename Type>
Line TypeOf(Type type, const std::vector<std::string>& values, const std::string& pattern) {
  Line line;
  line += Word(type);
  if (!values.empty()) {
    line += " ";
    line += Codes(values, ", ");
  }
  if (!pattern.empty()) {
    line += " matching ";
    line += Code(pattern);
  }
  return line;
}

// A word of a command line as a shell takes it.
std::string Quoted(std::string_view word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./:=,@%+").contains(c);
  };
  if (!word.empty() && std::ranges::all_of(word, plain)) return std::string(word);
  std::string out = "'";
  for (char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string CommandLine(const std::vector<std::string>& argv) {
  std::vector<std::string> words;
  for (const std::string& word : argv) words.push_back(Quoted(word));
  return base::Join(words, " ");
}

std::string CommandLine(const base::JsonArray& argv) {
  std::vector<std::string> words;
  for (const base::Json& word : argv)
    words.emplace_back(word.is_string() ? base::View(word.get_string()) : std::string_view("?"));
  return CommandLine(words);
}

bool IsCommand(std::string_view name, const base::Json& value) {
  if ((name != "argv" && name != "command") || !value.is_array() || value.get_array().empty()) return false;
  return std::ranges::all_of(value.get_array(), [](const base::Json& word) { return word.is_string(); });
}

// What needs a look comes first.
int Rank(page::Verdict verdict) {
  switch (verdict) {
    case page::Verdict::kFail:
      return 0;
    case page::Verdict::kUnknown:
      return 1;
    case page::Verdict::kNone:
      return 2;
    case page::Verdict::kPass:
      return 3;
  }
  return 3;
}

// Text that a code span would change, or that reads there as a list or a map, stands in a fence.
bool NeedsFence(std::string_view text) {
  if (text != base::Trim(text) || text.find_first_of("\n\r\t") != std::string_view::npos) return true;
  if (!text.starts_with('[') && !text.starts_with('{')) return false;
  return base::ParseJson(text).has_value();
}

// What stands before and behind prose of which a line could be taken for one of ours when the page is read
// back: a comment that is none of its lines. Empty: nothing has to.
std::string Within(std::string_view prose) {
  static constexpr std::string_view kOurs[] = {"- [ ] ",
                                               "Run `",
                                               "Only if `",
                                               "After `",
                                               "May begin at once.",
                                               "By a person with the role `",
                                               "It may take",
                                               "Do at most ",
                                               "Do these steps for ",
                                               "## ",
                                               "<!--"};
  const std::vector<std::string> lines = base::Split(prose, '\n');
  const bool reads = std::ranges::any_of(lines, [](std::string_view line) {
    return line.ends_with("____") ||
           std::ranges::any_of(kOurs, [&](std::string_view ours) { return line.starts_with(ours); });
  });
  if (!reads) return "";
  std::string blanks = " ";
  const auto comment = [&] { return "<!--" + blanks + "-->"; };
  while (std::ranges::find(lines, comment()) != lines.end()) blanks += ' ';
  return comment();
}

// How many line feeds a fenced text ends with, where that is not what its name promises: the fence does not
// show it. What is typed into a program ends with one, all else with none.
std::string Ending(std::string_view name, std::string_view text) {
  std::size_t feeds = 0;
  while (feeds < text.size() && text[text.size() - 1 - feeds] == '\n') ++feeds;
  if (feeds == (name == "input" ? 1U : 0U)) return ":";
  if (feeds == 0) return " (ends without a line feed):";
  return feeds == 1 ? " (ends with a line feed):" : fmt::format(" (ends with {} line feeds):", feeds);
}

Block Facts(const std::vector<std::pair<std::string, Line>>& facts) {
  std::vector<std::vector<Line>> rows{{Line{}, Line{}}};
  for (const auto& [label, value] : facts) rows.push_back({Line{Text(label)}, value});
  return page::Table(std::move(rows));
}

class PageMaker {
 public:
  PageMaker(const Procedure& procedure, const Filled* filled) : procedure_(procedure), filled_(filled) {}

  page::Page Run() {
    const Metadata& m = procedure_.metadata;
    const std::string title = m.title.empty() ? m.id : m.title;
    const std::string digest = base::Sha256Text(procedure_.text);
    page::Page page;
    page.title = filled_ == nullptr ? title : filled_->run + ": " + title;
    page.above = fmt::format("{}{}{}{}", filled_ == nullptr ? "" : filled_->run + " of ", m.id,
                             m.version.empty() ? "" : " " + m.version,
                             m.status == Status::kPublished ? "" : fmt::format(" ({})", Word(m.status)));
    page.below = digest;
    Head(digest);
    Before();
    int number = 0;
    for (const Phase& phase : procedure_.phases) PhaseOut(phase, ++number);
    if (filled_ != nullptr) std::ranges::copy(filled_->after, std::back_inserter(out_));
    SignOff();
    page.blocks = std::move(out_);
    return page;
  }

 private:
  void Head(const std::string& digest) {
    const Metadata& m = procedure_.metadata;
    out_.push_back(page::Heading(1, {Text(m.title.empty() ? m.id : m.title)}));
    Line line{Code(m.id)};
    line += fmt::format("{} · {}", m.version.empty() ? "" : " version " + m.version, Word(m.status));
    if (!m.owner.empty()) line += " · owner " + m.owner;
    if (!m.approver.empty()) line += " · approved by " + m.approver;
    if (!m.review_by.empty()) {
      line += " · ";
      line += Strong("review by " + m.review_by);
    }
    out_.push_back(Paragraph(std::move(line)));
    out_.push_back(Paragraph({Text("Text "), Code(digest)}));
    if (const auto roles = Roles(); !roles.empty()) {
      Line who{Text("Roles: ")};
      who += Codes(roles, ", ");
      out_.push_back(Paragraph(std::move(who)));
    }
    if (m.status != Status::kPublished)
      out_.push_back(page::Note(
          {Text(fmt::format("This procedure is {}: do not use it in production.", Word(m.status)))}));
    for (const Waiver& waiver : m.waivers) WaiverOut(waiver, "");
    for (const Phase& phase : procedure_.phases)
      for (const Step& step : phase.steps)
        for (const Waiver& waiver : step.waivers) WaiverOut(waiver, step.id);
    if (filled_ == nullptr) {
      out_.push_back(page::Sign({Text("Environment "), Blank(), Text(" Change or ticket "), Blank()}));
      out_.push_back(page::Sign({Text("Done by "), Blank(), Text(" Started "), Blank()}));
    } else {
      out_.push_back(page::Heading(2, {Text("Run " + filled_->run)}));
      std::vector<std::pair<std::string, Line>> facts{
          {"Result", {page::Judged(filled_->verdict, filled_->state)}}};
      if (filled_->targets.size() > kManyTargets)
        facts.push_back({"Targets", {Text(Counts(filled_->targets))}});
      std::ranges::copy(filled_->facts, std::back_inserter(facts));
      out_.push_back(Facts(facts));
      if (filled_->targets.size() > kManyTargets) {
        ManyTargets();
      } else if (!filled_->targets.empty()) {
        Judgements("Target", filled_->targets);
      }
    }
    Prose(procedure_.description, out_);
  }

  void WaiverOut(const Waiver& waiver, const std::string& step) {
    Line line{Text("Waived until " + waiver.until)};
    if (!step.empty()) {
      line += " in ";
      line += Code(step);
    }
    line += ": ";
    line += Code(waiver.rule);
    line += " by ";
    line += Code(waiver.by);
    line += ", " + waiver.reason;
    out_.push_back(page::Note(std::move(line)));
  }

  // Whoever is named by a step or a gate, each once.
  std::vector<std::string> Roles() const {
    std::vector<std::string> roles;
    const auto add = [&](const std::string& role) {
      if (!role.empty() && std::ranges::find(roles, role) == roles.end()) roles.push_back(role);
    };
    for (const Gate& gate : procedure_.gates) add(base::GetString(gate.with, "role"));
    for (const Phase& phase : procedure_.phases) {
      for (const Step& step : phase.steps)
        if (step.confirm) add(step.confirm->role);
    }
    return roles;
  }

  // `1000: 10 failed, 990 succeeded`.
  static std::string Counts(const std::vector<Filled::Judged>& judged) {
    std::map<std::pair<int, std::string>, int> counts;
    for (const Filled::Judged& each : judged) ++counts[{Rank(each.verdict), each.word}];
    std::string out = std::to_string(judged.size());
    for (const auto& [key, count] : counts)
      out += fmt::format("{}{} {}", &key == &counts.begin()->first ? ": " : ", ", count, key.second);
    return out;
  }

  // A row each, but for those that passed: they are named in one paragraph.
  void ManyTargets() {
    std::multimap<int, Filled::Judged> others;  // by rank, else in their order
    std::map<std::string, std::string> passed;  // by word
    for (const Filled::Judged& each : filled_->targets) {
      if (each.verdict == page::Verdict::kPass) {
        std::string& names = passed[each.word];
        names += (names.empty() ? "" : ", ") + each.what;
      } else {
        others.emplace(Rank(each.verdict), each);
      }
    }
    std::vector<Filled::Judged> rows;
    for (const auto& [rank, each] : others) rows.push_back(each);
    if (!rows.empty()) Judgements("Target", rows);
    for (const auto& [word, names] : passed)
      out_.push_back(Paragraph({page::Judged(page::Verdict::kPass, word), Text(" " + names)}));
  }

  void Judgements(std::string_view what, const std::vector<Filled::Judged>& judged) {
    std::vector<std::vector<Line>> rows{{Line{Text(what)}, Line{Text("Result")}}};
    for (const Filled::Judged& each : judged)
      rows.push_back({Line{Text(each.what)}, Line{page::Judged(each.verdict, each.word)}});
    out_.push_back(page::Table(std::move(rows)));
  }

  static void Prose(std::string_view text, Blocks& out) {
    const std::string_view prose = base::Trim(text);
    if (!prose.empty()) out.push_back(page::Prose(prose, Within(prose)));
  }

  Box Ready() const { return filled_ == nullptr ? Box::kEmpty : Box::kNone; }

  void Before() {
    out_.push_back(page::Heading(2, {Text("Before you begin")}));
    for (const Parameter& p : procedure_.parameters) ParameterOut(p);
    if (procedure_.targets) {
      Line line{Text(fmt::format("The targets are listed: every {}", procedure_.targets->kind))};
      if (!procedure_.targets->where.empty()) {
        line += " where ";
        line += Describe(*procedure_.targets);
      }
      if (filled_ == nullptr) {
        line += ": ";
        line += Blank();
      }
      out_.push_back(Item(Ready(), std::move(line)));
    }
    for (const Gate& gate : procedure_.gates) GateOut(gate);
    out_.push_back(Item(Ready(), {Text(fmt::format("If a step fails: {}", Word(procedure_.on_failure)))}));
    for (const Notify& notify : procedure_.notify) NotifyOut(notify);
    if (filled_ != nullptr && !filled_->gates.empty()) Judgements("Gate", filled_->gates);
  }

  void NotifyOut(const Notify& notify) {
    Line line{Text("When it is ")};
    line += Codes(notify.on, ", ");
    if (notify.command.empty()) {
      line += ", tell ";
      line += Code(notify.url);
      return out_.push_back(Item(Box::kNone, std::move(line)));
    }
    line += ", run:";
    out_.push_back(Item(Box::kNone, std::move(line), {page::Fenced(CommandLine(notify.command), "sh")}));
  }

  void ParameterOut(const Parameter& p) {
    Line line{Code(p.name), Text(" (")};
    line += TypeOf(p.type, p.values, p.pattern);
    if (p.fallback) {
      line += ", else ";
      line += Code(*p.fallback);
    } else if (!p.required) {
      line += ", optional";
    }
    line += ")";
    if (!p.description.empty()) line += ", " + p.description;
    line += ": ";
    if (filled_ == nullptr) {
      line += Blank();
    } else if (const auto value = filled_->parameters.find(p.name); value != filled_->parameters.end()) {
      line += Strong(value->second);
    } else {
      line += p.type == ParameterType::kSecret ? "not on record, it is a secret" : "not given";
    }
    out_.push_back(Item(Ready(), std::move(line)));
  }

  void GateOut(const Gate& gate) {
    const std::string calendar = base::GetString(gate.with, "calendar");
    const auto put = [&](std::string_view before, std::string_view after) {
      Line line{Text(before)};
      if (!calendar.empty()) {
        line += " of calendar ";
        line += Code(calendar);
      }
      line += after;
      out_.push_back(Item(Ready(), std::move(line)));
    };
    if (gate.kind == "window") return put("It is within a maintenance window", "");
    if (gate.kind == "freeze") return put("No freeze", " is in force");
    const std::string role = base::GetString(gate.with, "role");
    const std::string count = base::GetString(gate.with, "count", "1");
    const auto lines = std::min<std::int64_t>(base::ParseInteger(count).value_or(1), 10);
    Blocks names;
    for (std::int64_t i = 0; filled_ == nullptr && i < lines; ++i)
      names.push_back(
          Item(Box::kNone, {Text("Name "), Blank(), Text(" Signature "), Blank(), Text(" Date "), Blank()}));
    out_.push_back(
        Item(Ready(),
             {Text(fmt::format("Approved by {} {} other than who asks for it{}", count,
                               count == "1" ? "person" : "people", role.empty() ? "" : " (" + role + ")"))},
             std::move(names)));
  }

  void PhaseOut(const Phase& phase, int number) {
    out_.push_back(
        page::Heading(2, {Text(fmt::format("{}. {} (", number, phase.title.empty() ? phase.id : phase.title)),
                          Code(phase.id), Text(")")}));
    Prose(phase.description, out_);
    if (phase.for_each) {
      Line line{
          Text(fmt::format("Do these steps for each target, {} at a time.", phase.max_parallel.value_or(1)))};
      for (const Wave& wave : phase.waves) {
        line += &wave == &phase.waves.front() ? " In waves: " : ", then ";
        line += WaveLine(wave);
      }
      if (!phase.waves.empty()) line += ".";
      if (phase.bake.count() > 0)
        line += fmt::format(" Watch for {} after each wave.", base::FormatDuration(phase.bake));
      line += fmt::format(" Start no further target after {}.", Plural(phase.stop_after_failures, "failure"));
      if (phase.rollback == Scope::kAll) line += " What is undone is undone on all of them.";
      out_.push_back(Paragraph(std::move(line)));
    } else if (phase.max_parallel) {
      out_.push_back(
          Paragraph({Text(fmt::format("Do at most {} at a time.", Plural(*phase.max_parallel, "step")))}));
    }
    int step = 0;
    for (const Step& s : phase.steps) StepOut(phase, s, fmt::format("{}.{}", number, ++step));
  }

  static Line WaveLine(const Wave& wave) {
    switch (wave.kind) {
      case Wave::Kind::kWhere: {
        Line line{Text(wave.optional ? "those, if any, where " : "those where ")};
        line += Describe(wave.where);
        return line;
      }
      case Wave::Kind::kPercent:
        return {Text(base::FormatPercentage(wave.amount))};
      case Wave::Kind::kCount:
        return {Text(std::to_string(wave.amount))};
    }
    return {};
  }

  const std::vector<Filled::Instance>& Instances(const Step& step) const {
    static const std::vector<Filled::Instance> kNone;
    if (filled_ == nullptr) return kNone;
    const auto found = filled_->steps.find(step.id);
    return found == filled_->steps.end() ? kNone : found->second;
  }

  void StepOut(const Phase& phase, const Step& step, const std::string& number) {
    const auto& instances = Instances(step);
    const bool done = !instances.empty() && std::ranges::all_of(instances, &Filled::Instance::done);
    Blocks blocks;
    Prose(step.description, blocks);
    if (!step.when.empty()) blocks.push_back(Paragraph({Text("Only if "), Code(step.when), Text(".")}));
    if (step.needs) {
      const auto needs = NeedsOf(phase, step);
      Line line{Text(needs.empty() ? "May begin at once." : "After ")};
      if (!needs.empty()) {
        line += Codes(needs, ", ");
        line += ".";
      }
      blocks.push_back(Paragraph(std::move(line)));
    }
    if (step.action) MachineOut(step, blocks);
    if (step.confirm) PersonOut(*step.confirm, instances, blocks);
    if (step.timeout)
      blocks.push_back(
          Paragraph({Text(fmt::format("It may take {} at most.", base::FormatDuration(*step.timeout)))}));
    if (filled_ == nullptr) {
      blocks.push_back(page::Sign({Text("Done by "), Blank(), Text(" at "), Blank()}));
    } else {
      InstancesOut(instances, blocks);
    }
    Line line{Strong(fmt::format("{} {}", number, step.title.empty() ? step.id : step.title)), Text(" ("),
              Code(step.id), Text(")")};
    out_.push_back(page::Step(done ? Box::kTicked : Box::kEmpty, std::move(line), std::move(blocks)));
  }

  static void InstancesOut(const std::vector<Filled::Instance>& instances, Blocks& out) {
    if (instances.size() <= kManyTargets) {
      for (const Filled::Instance& instance : instances) InstanceOut(instance, out);
      return;
    }
    std::multimap<int, const Filled::Instance*> sorted;  // by rank, else in their order
    for (const Filled::Instance& instance : instances) sorted.emplace(Rank(instance.verdict), &instance);
    std::vector<std::vector<Line>> rows{
        {Line{Text("Target")}, Line{Text("Result")}, Line{Text("What is on record")}}};
    for (const auto& [rank, each] : sorted) {
      Line facts;
      for (const auto& [label, line] : each->facts) {
        facts += (facts.empty() ? "" : " · ") + label + " ";
        facts += line;
      }
      rows.push_back(
          {Line{Text(each->target)}, Line{page::Judged(each->verdict, each->state)}, std::move(facts)});
    }
    out.push_back(page::Table(std::move(rows)));
  }

  static void InstanceOut(const Filled::Instance& instance, Blocks& out) {
    std::vector<std::pair<std::string, Line>> facts;
    if (!instance.target.empty()) facts.push_back({"Target", {Strong(instance.target)}});
    facts.push_back({"Result", {page::Judged(instance.verdict, instance.state)}});
    std::ranges::copy(instance.facts, std::back_inserter(facts));
    out.push_back(Facts(facts));
  }

  void MachineOut(const Step& step, Blocks& out) const {
    ActionOut({Text("Run ")}, step.action.value(), out);
    if (step.retry.attempts > 1)
      out.push_back(
          Paragraph({Text(fmt::format("If it provably did not happen: {}.", TriesOf(step.retry)))}));
    for (const Check& check : step.verify) {
      Blocks arguments;
      Line line{Text("Check that it worked")};
      if (check.retry.attempts > 1) line += ", " + TriesOf(check.retry);
      if (check.timeout) line += fmt::format(", {} at most for each", base::FormatDuration(*check.timeout));
      line += ": ";
      ArgumentsOut(check.action, line, arguments);
      out.push_back(Item(Ready(), std::move(line), std::move(arguments)));
    }
    switch (step.undo.kind) {
      case Undo::Kind::kSheet:
        break;
      case Undo::Kind::kNone:
        out.push_back(Paragraph({Text("To undo: nothing, it may stay: "), Text(step.undo.reason)}));
        break;
      case Undo::Kind::kAction:
        ActionOut({Text("To undo: ")}, step.undo.action, out);
        break;
    }
    switch (step.interrupted.kind) {
      case Interrupted::Kind::kSheet:
        break;
      case Interrupted::Kind::kRepeat:
        out.push_back(Paragraph({Text("If interrupted: do it again.")}));
        break;
      case Interrupted::Kind::kAsk:
        out.push_back(Paragraph({Text("If interrupted: find out by hand whether it happened.")}));
        break;
      case Interrupted::Kind::kProbe:
        ActionOut({Text("If interrupted, find out with ")}, step.interrupted.probe, out);
        break;
    }
    if (filled_ == nullptr && !step.model.empty())
      out.push_back(Paragraph({Text(step.model == "none" ? kModelNone : kModelRestores)}));
  }

  static std::string TriesOf(const Retry& retry) {
    return fmt::format("{} tries, {}{} apart", retry.attempts, retry.exponential ? "at first " : "",
                       base::FormatDuration(retry.every)) +
           (retry.exponential ? ", then twice as long each time" : "");
  }

  static void ActionOut(Line line, const Action& action, Blocks& out) {
    Blocks arguments;
    ArgumentsOut(action, line, arguments);
    out.push_back(Paragraph(std::move(line)));
    std::ranges::move(arguments, std::back_inserter(out));
  }

  static void ArgumentsOut(const Action& action, Line& line, Blocks& out) {
    line += Code(action.uses);
    if (!action.with.empty()) line += " with";
    for (const auto& argument : action.with) {
      const base::Json& value = argument.value();
      const std::string name(argument.key());
      const std::string text = value.is_string() ? std::string(base::View(value.get_string()))
                                                 : base::CanonicalJson(value).value_or("");
      if (IsCommand(name, value)) {
        out.push_back(
            Item(Box::kNone, {Code(name), Text(":")}, {page::Fenced(CommandLine(value.get_array()), "sh")}));
      } else if (name == "shell" || (value.is_string() && NeedsFence(text))) {
        out.push_back(Item(Box::kNone, {Code(name), Text(Ending(name, text))},
                           {page::Fenced(text, name == "shell" ? "sh" : "")}));
      } else {
        out.push_back(Item(Box::kNone, {Code(name), Text(": "), Code(text)}));
      }
    }
  }

  void PersonOut(const Confirm& confirm, const std::vector<Filled::Instance>& instances, Blocks& out) const {
    if (!confirm.role.empty())
      out.push_back(Paragraph({Text("By a person with the role "), Code(confirm.role), Text(".")}));
    const bool done = !instances.empty() && std::ranges::all_of(instances, &Filled::Instance::done);
    for (const std::string& item : confirm.checklist)
      out.push_back(Item(done ? Box::kTicked : Box::kEmpty, {Text(item)}));
    for (const Field& field : confirm.fields) {
      Line line{Text(field.title), Text(" ("), Code(field.id), Text(", ")};
      line += TypeOf(field.type, field.values, field.pattern);
      line += field.required ? "): " : ", optional): ";
      if (instances.empty()) line += Blank();
      for (const Filled::Instance& instance : instances) {
        if (&instance != &instances.front()) line += "; ";
        if (!instance.target.empty()) line += instance.target + ": ";
        const auto answer = instance.answers.find(field.id);
        if (answer == instance.answers.end()) {
          line += "no answer";
        } else {
          line += Strong(answer->second);
        }
      }
      out.push_back(Item(Box::kNone, std::move(line)));
    }
  }

  void SignOff() {
    out_.push_back(page::Heading(2, {Text(filled_ == nullptr ? "Sign-off" : "Reviewed")}));
    if (filled_ == nullptr) {
      out_.push_back(
          Item(Box::kEmpty, {Text("Everything above is done, or what was left out is noted beside it")}));
      out_.push_back(Paragraph({Text("Result: ☐ succeeded ☐ failed ☐ rolled back")}));
    }
    out_.push_back(
        page::Sign({Text("Name "), Blank(), Text(" Signature "), Blank(), Text(" Date and time "), Blank()}));
  }

  const Procedure& procedure_;
  const Filled* filled_;
  Blocks out_;
};

}  // namespace

page::Page PageOf(const Procedure& procedure) { return PageMaker(procedure, nullptr).Run(); }

page::Page PageOf(const Procedure& procedure, const Filled& filled) {
  return PageMaker(procedure, &filled).Run();
}

std::string PrintPage(const Procedure& procedure) { return page::ToMarkdown(PageOf(procedure)); }

}  // namespace slipway::procedure
