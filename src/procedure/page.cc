#include "procedure/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace slipway::procedure {
namespace {

constexpr std::string_view kBlank = "____________________";

// Within one line.
std::string Line(std::string_view text) {
  std::string out;
  for (char c : base::Trim(text)) {
    const bool gap = c == '\n' || c == '\r' || c == '\t';
    if (!gap || (!out.empty() && out.back() != ' ')) out += gap ? ' ' : c;
  }
  return base::Printable(out);
}

// A code span whose fence is longer than any run of backticks within.
std::string Code(std::string_view text) {
  const std::string line = Line(text);
  std::size_t longest = 0, run = 0;
  for (char c : line) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  const bool pad = line.empty() || line.front() == '`' || line.back() == '`';
  return fence + (pad ? " " : "") + line + (pad ? " " : "") + fence;
}

std::string Codes(const std::vector<std::string>& texts, std::string_view separator) {
  std::vector<std::string> codes;
  for (const std::string& text : texts) codes.push_back(Code(text));
  return base::Join(codes, separator);
}

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

std::string Plural(std::int64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string Describe(const Selector& selector) {
  std::string out;
  for (const auto& [key, values] : selector.where)
    out += fmt::format("{} {} is {}", out.empty() ? "" : " and", Code(key), Codes(values, " or "));
  return out;
}

class Page {
 public:
  explicit Page(const Procedure& procedure) : procedure_(procedure) {}

  std::string Run() {
    Head();
    Before();
    int number = 0;
    for (const Phase& phase : procedure_.phases) PhaseOut(phase, ++number);
    out_ += "## Sign-off\n\n";
    out_ += "- [ ] Everything above is done, or what was left out is noted beside it\n\n";
    Put("Result: ☐ succeeded ☐ failed ☐ rolled back\n\n");
    Put("Name {0} Signature {0} Date and time {0}\n", kBlank);
    return std::move(out_);
  }

 private:
  template <typename... A>
  void Put(fmt::format_string<A...> format, A&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<A>(arguments)...);
  }

  // Markdown of the document's author, indented as a whole.
  void Prose(std::string_view text, std::string_view indent = "") {
    if (base::Trim(text).empty()) return;
    for (const std::string& line : base::Split(base::Trim(text), '\n'))
      Put("{}{}\n", base::Trim(line).empty() ? "" : indent, base::Printable(line));
    out_ += "\n";
  }

  void Head() {
    const Metadata& m = procedure_.metadata;
    Put("# {}\n\n", Line(m.title.empty() ? m.id : m.title));
    Put("{}{} · {}", Code(m.id), m.version.empty() ? "" : " version " + m.version, Word(m.status));
    if (!m.owner.empty()) Put(" · owner {}", Line(m.owner));
    if (!m.approver.empty()) Put(" · approved by {}", Line(m.approver));
    if (!m.review_by.empty()) Put(" · **review by {}**", m.review_by);
    out_ += "\n\n";
    if (m.status != Status::kPublished)
      Put("> **This procedure is {}: do not use it in production.**\n\n", Word(m.status));
    Put("Environment {0} Change or ticket {0}\n\nDone by {0} Started {0}\n\n", kBlank);
    Prose(procedure_.description);
  }

  void Before() {
    out_ += "## Before you begin\n\n";
    for (const Parameter& p : procedure_.parameters) {
      std::string type(Word(p.type));
      if (!p.values.empty()) type += " " + Codes(p.values, ", ");
      if (!p.pattern.empty()) type += " matching " + Code(p.pattern);
      Put("- [ ] {} ({}{}){}{}: {}\n", Code(p.name), type, p.required ? "" : ", optional",
          p.description.empty() ? "" : ", " + Line(p.description),
          p.fallback && !p.fallback->empty() ? ", else " + Code(*p.fallback) : "", kBlank);
    }
    if (procedure_.targets)
      Put("- [ ] The targets are listed: every {}{}: {}\n", procedure_.targets->kind,
          procedure_.targets->where.empty() ? "" : " where" + Describe(*procedure_.targets), kBlank);
    for (const Gate& gate : procedure_.gates) GateOut(gate);
    Put("- [ ] If a step fails: {}\n\n", Word(procedure_.on_failure));
  }

  void GateOut(const Gate& gate) {
    const std::string calendar = base::GetString(gate.with, "calendar");
    const std::string of = calendar.empty() ? "" : " of calendar " + Code(calendar);
    if (gate.kind == "window") return Put("- [ ] It is within a maintenance window{}\n", of);
    if (gate.kind == "freeze") return Put("- [ ] No freeze{} is in force\n", of);
    const std::string role = base::GetString(gate.with, "role");
    const std::string count = base::GetString(gate.with, "count", "1");
    Put("- [ ] Approved by {} {} other than who asks for it{}\n", count, count == "1" ? "person" : "people",
        role.empty() ? "" : " (" + Line(role) + ")");
    const auto lines = std::min<std::int64_t>(base::ParseInteger(count).value_or(1), 10);
    for (std::int64_t i = 0; i < lines; ++i) Put("    - Name {0} Signature {0} Date {0}\n", kBlank);
  }

  void PhaseOut(const Phase& phase, int number) {
    Put("## {}. {}\n\n", number, Line(phase.title));
    Prose(phase.description);
    if (phase.for_each) {
      Put("Do these steps for each target, {} at a time.", phase.max_parallel.value_or(1));
      if (!phase.waves.empty()) {
        std::vector<std::string> waves;
        for (const Wave& wave : phase.waves) waves.push_back(WaveText(wave));
        Put(" In waves: {}.", base::Join(waves, ", then "));
      }
      if (phase.bake.count() > 0) Put(" Watch for {} after each wave.", base::FormatDuration(phase.bake));
      Put(" Start no further target after {}.\n\n", Plural(phase.stop_after_failures, "failure"));
    }
    int step = 0;
    for (const Step& s : phase.steps) StepOut(phase, s, fmt::format("{}.{}", number, ++step));
  }

  static std::string WaveText(const Wave& wave) {
    switch (wave.kind) {
      case Wave::Kind::kWhere:
        return "those where" + Describe(wave.where);
      case Wave::Kind::kPercent:
        return base::FormatPercentage(wave.amount);
      case Wave::Kind::kCount:
        return std::to_string(wave.amount);
    }
    return "";
  }

  void StepOut(const Phase& phase, const Step& step, const std::string& number) {
    Put("- [ ] **{} {}** ({})\n\n", number, Line(step.title), Code(step.id));
    Prose(step.description, "    ");
    if (!step.when.empty()) Put("    Only if {}.\n\n", Code(step.when));
    if (step.needs) {
      const auto needs = NeedsOf(phase, step);
      if (needs.empty()) {
        out_ += "    May begin at once.\n\n";
      } else {
        Put("    After {}.\n\n", Codes(needs, ", "));
      }
    }
    if (step.action) MachineOut(step);
    if (step.confirm) PersonOut(*step.confirm);
    if (step.timeout) Put("    It may take {} at most.\n\n", base::FormatDuration(*step.timeout));
    Put("    Done by {0} at {0}\n\n", kBlank);
  }

  void MachineOut(const Step& step) {
    ActionOut("Run", *step.action);
    if (step.retry.attempts > 1)
      Put("    If it provably did not happen: {}, {} apart.\n\n",
          fmt::format("{} tries", step.retry.attempts), base::FormatDuration(step.retry.every));
    for (const Check& check : step.verify) ActionOut("- [ ] Check that it worked:", check.action);
    switch (step.undo.kind) {
      case Undo::Kind::kSheet:
        break;
      case Undo::Kind::kNone:
        Put("    To undo: nothing, it may stay: {}\n\n", Line(step.undo.reason));
        break;
      case Undo::Kind::kAction:
        ActionOut("To undo:", step.undo.action);
        break;
    }
    switch (step.interrupted.kind) {
      case Interrupted::Kind::kSheet:
        break;
      case Interrupted::Kind::kRepeat:
        out_ += "    If interrupted: do it again.\n\n";
        break;
      case Interrupted::Kind::kAsk:
        out_ += "    If interrupted: find out by hand whether it happened.\n\n";
        break;
      case Interrupted::Kind::kProbe:
        ActionOut("If interrupted, find out with", step.interrupted.probe);
        break;
    }
  }

  void ActionOut(std::string_view verb, const Action& action, std::string_view indent = "    ") {
    Put("{}{} {}{}\n\n", indent, verb, Code(action.uses), action.with.empty() ? "" : " with");
    const std::string inner = std::string(indent) + (verb.starts_with("- ") ? "    " : "");
    for (const auto& argument : action.with) {
      const base::Json& value = argument.value();
      const std::string text = value.is_string() ? std::string(base::View(value.get_string()))
                                                 : base::CanonicalJson(value).value_or("");
      const std::string name = Code(std::string(argument.key()));
      if (text.find('\n') == std::string::npos) {
        Put("{}- {}: {}\n", inner, name, Code(text));
      } else {
        Put("{}- {}:\n", inner, name);
        Block(text, inner + "  ");
      }
    }
    if (!action.with.empty()) out_ += "\n";
  }

  // Text of several lines, as it is.
  void Block(std::string_view text, const std::string& indent) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    std::string fence = "```";
    while (text.find(fence) != std::string_view::npos) fence += '`';
    Put("\n{}{}\n", indent, fence);
    for (const std::string& line : base::Split(text, '\n'))
      Put("{}{}\n", line.empty() ? "" : indent, base::Printable(line));
    Put("{}{}\n", indent, fence);
  }

  void PersonOut(const Confirm& confirm) {
    if (!confirm.role.empty()) Put("    By a person with the role {}.\n\n", Code(confirm.role));
    for (const std::string& item : confirm.checklist) Put("    - [ ] {}\n", Line(item));
    for (const Field& field : confirm.fields) {
      std::string type(Word(field.type));
      if (!field.values.empty()) type += " " + Codes(field.values, ", ");
      if (!field.pattern.empty()) type += " matching " + Code(field.pattern);
      Put("    - {} ({}{}): {}\n", Line(field.title), type, field.required ? "" : ", optional", kBlank);
    }
    if (!confirm.checklist.empty() || !confirm.fields.empty()) out_ += "\n";
  }

  const Procedure& procedure_;
  std::string out_;
};

}  // namespace

std::string PrintPage(const Procedure& procedure) { return Page(procedure).Run(); }

}  // namespace slipway::procedure
