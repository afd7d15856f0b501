#include "sop/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "markdown/inline.h"
#include "sop/commands.h"

namespace slipway::sop {

namespace {

using markdown::Block;
using markdown::BlockKind;

void Append(std::string& to, std::string_view text, std::string_view between = "\n\n") {
  if (text.empty()) return;
  if (!to.empty()) to += between;
  to += text;
}

std::string Plain(std::string_view text) {
  std::string plain = markdown::Plain(text);
  std::ranges::replace(plain, '\n', ' ');
  return std::string(base::Trim(plain));
}

// Text of an item: its paragraphs, without what stands nested in it.
std::string ItemText(const Block& item) {
  std::string text;
  for (const Block& child : item.children)
    if (child.kind == BlockKind::kParagraph) Append(text, child.text, "\n");
  return text;
}

// A block as Markdown again, for a description.
void WriteMarkdown(const Block& block, const std::string& indent, std::string& out);

std::string Indented(std::string_view text, const std::string& indent) {
  std::string out;
  while (text.ends_with('\n')) text.remove_suffix(1);
  for (const std::string& line : base::Split(text, '\n')) out += (line.empty() ? "" : indent + line) + "\n";
  return out;
}

std::string TableText(const markdown::Table& table, const std::string& indent) {
  const auto row = [&](const std::vector<std::string>& cells) {
    std::string line = indent + "|";
    for (std::string cell : cells) {
      for (std::size_t at = 0; (at = cell.find('|', at)) != std::string::npos; at += 2) cell.insert(at, "\\");
      line += " " + cell + " |";
    }
    return line + "\n";
  };
  std::string out = row(table.header.cells) + indent + "|";
  for (std::size_t i = 0; i < table.header.cells.size(); ++i) out += "---|";
  out += "\n";
  for (const markdown::Table::Row& line : table.rows) out += row(line.cells);
  return out;
}

void WriteList(const Block& list, const std::string& indent, std::string& out) {
  int number = list.start;
  for (const Block& item : list.children) {
    const std::string mark = list.ordered ? fmt::format("{}. ", number++) : "- ";
    std::string text;
    for (const Block& child : item.children) {
      if (!text.empty() && child.kind != BlockKind::kList) text += "\n";
      WriteMarkdown(child, std::string(mark.size(), ' '), text);
    }
    std::string_view body = text;
    body.remove_prefix(std::min(body.find_first_not_of(' '), body.size()));
    const std::string box = item.ticked ? (*item.ticked ? "[x] " : "[ ] ") : "";
    std::string lines = mark + box + std::string(body.empty() ? "\n" : body);
    for (const std::string& line : base::Split(lines.substr(0, lines.size() - 1), '\n'))
      out += (line.empty() ? "" : indent + line) + "\n";
  }
}

void WriteMarkdown(const Block& block, const std::string& indent, std::string& out) {
  switch (block.kind) {
    case BlockKind::kHeading:
      out += indent + "**" + block.text + "**\n";
      break;
    case BlockKind::kParagraph:
    case BlockKind::kHtml:
      out += Indented(block.text, indent);
      break;
    case BlockKind::kList:
      WriteList(block, indent, out);
      break;
    case BlockKind::kItem:
      break;
    case BlockKind::kCode: {
      std::string fence = "```";
      while (block.text.contains(fence)) fence += '`';
      out += indent + fence + block.info + "\n" + Indented(block.text, indent) + indent + fence + "\n";
      break;
    }
    case BlockKind::kTable:
      out += TableText(block.table, indent);
      break;
    case BlockKind::kQuote: {
      std::string inner;
      for (const Block& child : block.children) WriteMarkdown(child, "", inner);
      out += Indented(inner, indent + "> ");
      break;
    }
    case BlockKind::kRule:
    case BlockKind::kFrontMatter:
      break;
  }
}

std::string Markdown(const Block& block) {
  std::string out;
  WriteMarkdown(block, "", out);
  return std::string(base::Trim(out));
}

bool HasTick(const Block& list) {
  return std::ranges::any_of(list.children, [](const Block& item) { return item.ticked.has_value(); });
}

// Only links to other places of the page.
bool IsContents(const Block& list) {
  return !list.children.empty() && std::ranges::all_of(list.children, [](const Block& item) {
    const std::string text(base::Trim(ItemText(item)));
    return text.starts_with('[') && text.ends_with(')') && text.contains("](#");
  });
}

// `Option B: Phased rollout` is one of several ways; empty: it is none.
std::string OptionOf(std::string_view title) {
  for (const std::string_view word : {"Option ", "Alternative "})
    if (title.starts_with(word) && title.size() > word.size()) return std::string(title);
  return "";
}

std::size_t Ways(const std::vector<DraftStep>& steps) {
  std::set<std::string_view> options;
  for (const DraftStep& step : steps)
    if (!step.option.empty()) options.insert(step.option);
  return options.size();
}

class Reader {
 public:
  Reader(const Heading& heading, Versions& versions) : heading_(heading), versions_(versions) {
    title_ = heading.step ? heading.title : "";
  }

  SectionSteps Run() {
    for (const Block& block : heading_.section->blocks) One(block);
    DropLabel();
    Append(out_.prose, pending_);
    return std::move(out_);
  }

 private:
  void One(const Block& block);
  void Paragraph(const Block& block);
  void List(const Block& list);
  void Ticks(const Block& list);
  void Numbered(const Block& list);
  void NumberedItem(const Block& item);
  void Code(const Block& code);
  void AddChecklist(DraftStep& step, const Block& list, bool ticks);
  void Keep(DraftStep step, int line);
  void Prose(const Block& block, std::string_view why);
  void AccountProse(const Block& block, const std::string& why);
  std::string TitleHere() const { return title_.empty() ? heading_.title : title_; }

  void Count(std::string_view kind, int line, std::string became, std::string why = "") {
    if (became == "prose" && why.empty()) why = "what it stands in is prose";
    out_.accounts.push_back({.kind = std::string(kind),
                             .line = line,
                             .section = heading_.title,
                             .became = std::move(became),
                             .why = std::move(why)});
  }

  const Heading& heading_;
  Versions& versions_;
  SectionSteps out_;
  void DropLabel();

  std::string label_;    // the line behind title_, while no step has it for its title
  std::string option_;   // `Option B: …`, one of several ways
  std::string title_;    // what the next steps are about: `**Step 1: Copy**`
  std::string pending_;  // prose above the next step
};

void Reader::One(const Block& block) {
  switch (block.kind) {
    case BlockKind::kParagraph:
      return Paragraph(block);
    case BlockKind::kList:
      return List(block);
    case BlockKind::kCode:
      return Code(block);
    case BlockKind::kTable:
      return Prose(block, "no field of a procedure holds it");
    case BlockKind::kQuote:
    case BlockKind::kHtml:
    case BlockKind::kHeading:
      return Prose(block, "it stands in a quote");
    case BlockKind::kItem:
    case BlockKind::kRule:
    case BlockKind::kFrontMatter:
      return;
  }
}

void Reader::Paragraph(const Block& block) {
  const std::string plain = Plain(block.text);
  const bool heads = markdown::IsStrong(block.text) && !block.text.contains('\n');
  if (heads || (plain.ends_with(':') && plain.size() <= 60 && !plain.contains(". "))) {
    // A title without anything to do below it was prose.
    std::string title = plain;
    while (title.ends_with(':')) title.pop_back();
    const std::string step = StepTitle(title);
    DropLabel();
    Append(out_.prose, pending_);
    pending_.clear();
    if (!heads) label_ = block.text;
    title_ = step.empty() ? title : step;
    option_ = OptionOf(title);
    return;
  }
  DropLabel();
  Append(pending_, block.text);
}

// A line such as `Quick reference:` that gave no step its title is prose.
void Reader::DropLabel() {
  Append(pending_, label_);
  label_.clear();
}

// What nested blocks say is prose with the rest; the code and tables in it are told.
void Reader::AccountProse(const Block& block, const std::string& why) {
  if (block.kind == BlockKind::kCode) {
    Count("code", block.line, "prose", why);
    Account& account = out_.accounts.back();
    if (IsShell(block)) account.commands = FromShell(block, versions_).commands;
  }
  if (block.kind == BlockKind::kTable) Count("table", block.line, "prose", why);
  for (const Block& child : block.children) AccountProse(child, why);
}

void Reader::Prose(const Block& block, std::string_view why) {
  DropLabel();
  AccountProse(block, std::string(why));
  Append(pending_, Markdown(block));
}

void Reader::Keep(DraftStep step, int line) {
  if (step.line == 0) step.line = line;
  if (step.untitled && !label_.empty()) {
    step.name.clear();
    step.title = title_;
    step.untitled = false;
  }
  if (step.title == title_) {
    label_.clear();
  } else {
    DropLabel();
  }
  if (step.option.empty()) step.option = option_;
  // Only what stands right above the step is about it; the rest is about them all.
  if (out_.steps.empty()) {
    const std::size_t last = pending_.rfind("\n\n");
    if (last != std::string::npos) {
      Append(out_.prose, pending_.substr(0, last));
      pending_.erase(0, last + 2);
    }
  }
  if (!pending_.empty()) {
    std::string description = pending_;
    Append(description, step.description);
    step.description = std::move(description);
    pending_.clear();
  }
  out_.steps.push_back(std::move(step));
}

void Reader::AddChecklist(DraftStep& step, const Block& list, bool ticks) {
  for (const Block& item : list.children) {
    const std::string text = Plain(ItemText(item));
    if (!text.empty()) step.checklist.push_back(text);
    if (item.ticked) Count("tick box", item.line, "checklist item");
    for (const Block& child : item.children) {
      if (child.kind == BlockKind::kList) AddChecklist(step, child, ticks);
      if (child.kind == BlockKind::kCode || child.kind == BlockKind::kTable ||
          child.kind == BlockKind::kQuote) {
        AccountProse(child, "it belongs to an item of a checklist");
        Append(step.description, Markdown(child));
      }
    }
  }
}

void Reader::Ticks(const Block& list) {
  DraftStep step{.title = TitleHere(), .line = list.line};
  AddChecklist(step, list, true);
  if (step.checklist.empty()) return Prose(list, "");
  Keep(std::move(step), list.line);
}

void Reader::NumberedItem(const Block& item) {
  const std::string text = Plain(ItemText(item));
  DraftStep person{.title = TitleOf(text), .line = item.line};
  if (person.title.empty()) person.title = TitleHere();
  if (text.size() > person.title.size() + 1) person.description = text;
  const bool code =
      std::ranges::any_of(item.children, [](const Block& child) { return child.kind == BlockKind::kCode; });
  if (code) {
    title_ = person.title;
    const std::size_t before = out_.steps.size();
    for (const Block& child : item.children) {
      if (child.kind == BlockKind::kParagraph) continue;
      One(child);
    }
    if (out_.steps.size() > before) {
      DraftStep& first = out_.steps[before];
      if (!text.empty() && first.title != person.title)
        first.description = text + (first.description.empty() ? "" : "\n\n") + first.description;
      return;
    }
    Append(person.description, pending_);
    pending_.clear();
    return Keep(std::move(person), item.line);
  }
  for (const Block& child : item.children) {
    if (child.kind == BlockKind::kList) AddChecklist(person, child, false);
    if (child.kind == BlockKind::kTable || child.kind == BlockKind::kQuote) {
      AccountProse(child, "it belongs to a step of a person");
      Append(person.description, Markdown(child));
    }
  }
  if (item.ticked) {
    person.checklist.insert(person.checklist.begin(), text);
    Count("tick box", item.line, "checklist item");
  }
  Keep(std::move(person), item.line);
}

void Reader::Numbered(const Block& list) {
  for (const Block& item : list.children) NumberedItem(item);
}

void Reader::List(const Block& list) {
  if (IsContents(list)) return;
  if (HasTick(list)) return Ticks(list);
  if (list.ordered) return Numbered(list);
  if (IsChecklist(heading_.title) || IsChecklist(title_)) return Ticks(list);
  const bool inner = std::ranges::any_of(list.children, [](const Block& item) {
    return std::ranges::any_of(item.children, [](const Block& child) {
      return child.kind == BlockKind::kCode ||
             (child.kind == BlockKind::kList && (child.ordered || HasTick(child)));
    });
  });
  if (!inner) return Prose(list, "");
  for (const Block& item : list.children) {
    for (const Block& child : item.children) One(child);
  }
}

void Reader::Code(const Block& code) {
  const bool shell = IsShell(code);
  if (!shell && !IsSql(code)) {
    const std::string info = code.info.substr(0, code.info.find(' '));
    return Prose(code, info.empty() || info == "text" ? "no commands, by how its lines begin"
                                                      : info + " is not commands");
  }
  Understood understood = shell ? FromShell(code, versions_) : FromSql(code, versions_);
  for (DraftParameter& parameter : understood.parameters) out_.parameters.push_back(std::move(parameter));
  std::string became;
  if (!understood.steps.empty())
    became = fmt::format("{} {}", understood.steps.size(), understood.steps.size() == 1 ? "step" : "steps");
  if (const std::size_t ways = Ways(understood.steps); ways > 1)
    became += fmt::format(", one of {} ways", ways);
  if (!understood.parameters.empty())
    became += fmt::format("{}{} {}", became.empty() ? "" : ", ", understood.parameters.size(),
                          understood.parameters.size() == 1 ? "parameter" : "parameters");
  if (became.empty()) became = "prose";
  Count("code", code.line, became, understood.why);
  out_.accounts.back().commands = understood.commands;
  out_.accounts.back().kept = understood.kept;
  if (understood.steps.empty()) {
    DropLabel();
    Append(pending_, Markdown(code));
    return;
  }
  for (std::size_t i = 0; i < understood.steps.size(); ++i) {
    DraftStep& step = understood.steps[i];
    if (i + 1 == understood.steps.size() && !understood.trailing.empty())
      Append(step.description, understood.trailing);
    Keep(std::move(step), code.line);
  }
}

}  // namespace

SectionSteps UnderstandSection(const Heading& heading, Versions& versions) {
  return Reader(heading, versions).Run();
}

}  // namespace slipway::sop
