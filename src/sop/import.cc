#include "sop/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/text.h"
#include "markdown/inline.h"
#include "procedure/procedure.h"
#include "sop/commands.h"
#include "sop/jumps.h"
#include "sop/metadata.h"
#include "sop/outline.h"
#include "sop/printed.h"
#include "sop/readers.h"
#include "sop/section.h"
#include "sop/tables.h"

namespace slipway::sop {

namespace {

constexpr std::size_t kMostSteps = 5000;
constexpr std::size_t kMostDrafts = 300;
constexpr std::size_t kMostParameters = 500;
constexpr std::size_t kMostTemplates = 500;
constexpr std::size_t kMostTables = 500;

// In the arguments of a step.
std::size_t Templates(const DraftStep& step) {
  const auto count = [](std::string_view text) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find("${{", at)) != std::string_view::npos; at += 3) ++found;
    return found;
  };
  std::size_t found = 0;
  for (const DraftArgument& argument : step.with) {
    if (const auto* text = std::get_if<std::string>(&argument.value)) found += count(*text);
    if (const auto* list = std::get_if<std::vector<std::string>>(&argument.value))
      for (const std::string& item : *list) found += count(item);
  }
  return found;
}

// `id`, `id-2`, … in the order they are asked for.
std::string Unique(const std::string& id, std::map<std::string, int>& taken) {
  int& count = taken[id];
  std::string unique = ++count == 1 ? id : fmt::format("{}-{}", id, count);
  while (count > 1 && !taken.emplace(unique, 1).second) unique = fmt::format("{}-{}", id, ++count);
  return unique;
}

class Importer {
 public:
  explicit Importer(const markdown::Document& page) : page_(page), headings_(Outline(page)) {
    for (const Heading& heading : headings_) understood_.push_back(UnderstandSection(heading, versions_));
  }

  base::Result<Imported> Run(std::string_view section) {
    std::size_t steps = 0;
    for (const SectionSteps& understood : understood_) {
      steps += understood.steps.size();
      for (const DraftStep& step : understood.steps) {
        if (step.parameters.size() > kMostParameters || Templates(step) > kMostTemplates)
          return base::Invalid(fmt::format("a command has more than {} placeholders",
                                           std::min(kMostParameters, kMostTemplates)),
                               fmt::format("{}:{}", page_.file, step.line));
      }
    }
    if (steps > kMostSteps)
      return base::Invalid(
          fmt::format("{} steps stand on the page, and at most {} are read", steps, kMostSteps), page_.file,
          "cut it into several pages");
    if (section.empty()) {
      for (std::size_t i = 0; i < headings_.size(); ++i)
        if (headings_[i].parent < 0) Walk(static_cast<int>(i));
    } else {
      const int found = Find(section);
      if (found < 0)
        return base::Invalid("there is no heading " + base::Quote(section), page_.file,
                             "name one by its number or its text");
      part_ = true;
      Walk(found);
    }
    if (out_.drafts.empty())
      return base::Invalid(
          section.empty() ? "nothing on the page is a step: no commands, no tick boxes, no numbered steps"
                          : "nothing below this heading is a step",
          page_.file, "what a page can say is told by docs/manual/import.md");
    if (out_.drafts.size() > kMostDrafts)
      return base::Invalid(fmt::format("{} procedures stand on the page, and at most {} are read",
                                       out_.drafts.size(), kMostDrafts),
                           page_.file, "name a part of it with --section, or cut it into several pages");
    TakeTables();
    for (const Draft& draft : out_.drafts) AddChoices(draft);
    for (const auto& understood : understood_)
      for (const Account& account : understood.accounts)
        if (section.empty() || !account.draft.empty()) out_.accounts.push_back(account);
    for (const Jump& jump : Jumps(page_, headings_)) AddJump(jump);
    std::ranges::sort(out_.accounts, {}, &Account::line);
    return std::move(out_);
  }

 private:
  const Heading& At(int i) const { return headings_[static_cast<std::size_t>(i)]; }
  SectionSteps& StepsOf(int i) { return understood_[static_cast<std::size_t>(i)]; }

  int Find(std::string_view wanted) const {
    for (std::size_t i = 0; i < headings_.size(); ++i)
      if (headings_[i].number == wanted || headings_[i].title == wanted ||
          headings_[i].section->title == wanted)
        return static_cast<int>(i);
    for (std::size_t i = 1; i < headings_.size(); ++i)
      if (headings_[i].section->title.contains(wanted)) return static_cast<int>(i);
    return -1;
  }

  bool HasSteps(int i) {
    return !StepsOf(i).steps.empty() ||
           std::ranges::any_of(At(i).children, [&](int child) { return HasSteps(child); });
  }

  void Walk(int i) {
    if (!HasSteps(i)) return;
    const Heading& heading = At(i);
    const bool title_of_page =
        heading.section->level == 1 && heading.number.empty() && !heading.children.empty();
    const auto inner = std::ranges::count_if(heading.children,
                                             [&](int child) { return HasSteps(child) && !At(child).step; });
    const bool several = inner > 1 || (inner == 1 && StepsOf(i).steps.empty());
    if ((title_of_page &&
         std::ranges::none_of(heading.children, [&](int child) { return At(child).step; })) ||
        (IsContainer(heading) && several)) {
      if (!StepsOf(i).steps.empty()) Make(i, {i});
      for (const int child : heading.children) Walk(child);
      return;
    }
    std::vector<int> sections;
    Collect(i, sections);
    Make(i, sections);
  }

  void Collect(int i, std::vector<int>& sections) const {
    sections.push_back(i);
    for (const int child : At(i).children) Collect(child, sections);
  }

  void KeepReadFiles(const std::vector<int>& sections);
  void TakeTables();
  void TakeOne(const PageTable& table, Account& account);
  void AddChoices(const Draft& draft);
  void AddJump(const Jump& jump);
  void Make(int root, const std::vector<int>& sections);
  void AddSection(Draft& draft, int root, int index, std::string& prose);
  void Finish(Draft& draft);

  const markdown::Document& page_;
  std::vector<Heading> headings_;
  Versions versions_;
  std::vector<SectionSteps> understood_;
  std::map<int, std::string> draft_of_;  // by section
  std::map<std::string, int> ids_;
  bool part_ = false;  // only what stands below one heading
  Imported out_;
};

void Append(std::string& to, std::string_view text) {
  if (text.empty()) return;
  if (!to.empty()) to += "\n\n";
  to += text;
}

void Merge(std::vector<DraftParameter>& into, const std::vector<DraftParameter>& from) {
  for (const DraftParameter& parameter : from) {
    const auto known = std::ranges::find(into, parameter.name, &DraftParameter::name);
    if (known == into.end()) {
      into.push_back(parameter);
    } else if (known->fallback.empty() && !parameter.fallback.empty() && known->type == parameter.type) {
      known->fallback = parameter.fallback;
      known->pattern.clear();
    }
  }
}

// A section with steps is a phase; a `Step N` goes on with the phase above it. What a section without steps
// says stands before what comes next.
void Importer::AddSection(Draft& draft, int root, int index, std::string& prose) {
  SectionSteps& own = StepsOf(index);
  const Heading& heading = At(index);
  for (Account& account : own.accounts) account.draft.push_back(draft.id);
  Merge(draft.parameters, own.parameters);
  if (own.steps.empty()) {
    if (index != root) Append(prose, own.prose.empty() ? "" : "**" + heading.title + "**\n\n" + own.prose);
    if (index == root) Append(prose, own.prose);
    return;
  }
  const bool goes_on =
      heading.step && !draft.phases.empty() && headings_[static_cast<std::size_t>(index)].parent == root;
  if (!goes_on) {
    // A phase of `Step`s is named after the heading above them.
    const std::string& title =
        heading.step && heading.parent >= 0 && index != root ? At(heading.parent).title : heading.title;
    draft.phases.push_back({.title = title.empty() ? draft.title : title});
  }
  DraftPhase& phase = draft.phases.back();
  if (!prose.empty() && draft.phases.size() == 1 && !goes_on) {
    Append(draft.description, prose);
  } else if (!prose.empty()) {
    Append(phase.description, prose);
  }
  prose.clear();
  Append(phase.description, own.prose);
  for (DraftStep step : own.steps) {
    Merge(draft.parameters, step.parameters);
    phase.steps.push_back(std::move(step));
  }
}

// Where the page offers several ways only one is gone: a parameter says which.
void ChooseWays(Draft& draft) {
  int choices = 0;
  for (DraftPhase& phase : draft.phases) {
    for (std::size_t i = 0; i < phase.steps.size(); ++i) {
      std::vector<std::string> ways;
      std::size_t end = i;
      if (!phase.steps[i].option.empty()) {
        for (; end < phase.steps.size() && !phase.steps[end].option.empty(); ++end)
          phase.steps[end].when = IdOf(phase.steps[end].option, "way");
      } else if (i + 1 < phase.steps.size() && phase.steps[i + 1].title.starts_with("Or ")) {
        for (end = i + 1; end < phase.steps.size() && phase.steps[end].title.starts_with("Or "); ++end)
          phase.steps[end].when = phase.steps[end].id;
        phase.steps[i].when = phase.steps[i].id;
      }
      for (std::size_t k = i; k < end; ++k)
        if (std::ranges::find(ways, phase.steps[k].when) == ways.end()) ways.push_back(phase.steps[k].when);
      if (ways.size() < 2) {
        for (std::size_t k = i; k < end; ++k) phase.steps[k].when.clear();
        i = std::max(i, end > 0 ? end - 1 : 0);
        continue;
      }
      const std::string name = ++choices == 1 ? "option" : fmt::format("option_{}", choices);
      for (std::size_t k = i; k < end; ++k)
        phase.steps[k].when = fmt::format("parameters.{} == \"{}\"", name, phase.steps[k].when);
      draft.parameters.push_back(
          {.name = name, .type = "enum", .values = std::move(ways), .description = "which way is gone"});
      i = end - 1;
    }
  }
}

void Importer::Finish(Draft& draft) {
  std::map<std::string, int> phases;
  std::map<std::string, int> steps;
  for (DraftPhase& phase : draft.phases) {
    phase.id = Unique(IdOf(phase.title, "phase"), phases);
    for (DraftStep& step : phase.steps)
      step.id = Unique(IdOf(step.name.empty() ? step.title : step.name, "step"), steps);
  }
  ChooseWays(draft);
}

// Who follows the page goes elsewhere here; a run does not.
void Importer::AddJump(const Jump& jump) {
  const auto from = draft_of_.find(jump.section);
  if (from == draft_of_.end()) return;
  const auto to = jump.target.size() == 1 ? draft_of_.find(jump.target[0]) : draft_of_.end();
  std::string why = "`" + jump.to + "` ";
  if (jump.target.size() > 1) {
    why += "is more than one heading of this page";
  } else if (jump.target.empty()) {
    why += "is no heading of this page";
  } else if (to == draft_of_.end()) {
    why += part_ ? "is another part of the page, and only this one was asked for" : "is none of the drafts";
  } else if (to->second == from->second) {
    why += "stands in this procedure, and no key goes back or ahead in it";
  } else {
    why += "is procedure `" + to->second + "`, and no key goes on with another one: a person starts it";
  }
  out_.accounts.push_back({.kind = "reference",
                           .line = jump.line,
                           .section = At(jump.section).title,
                           .became = "prose",
                           .why = std::move(why),
                           .draft = {from->second}});
}

// What another step of the procedure reads must be written: then the command stays what it is.
void Importer::KeepReadFiles(const std::vector<int>& sections) {
  std::vector<const DraftStep*> steps;
  for (const int index : sections)
    for (const DraftStep& step : StepsOf(index).steps) steps.push_back(&step);
  if (std::ranges::all_of(steps, [](const DraftStep* step) { return step->as_command.empty(); })) return;
  const Readers readers(steps);
  for (const int index : sections) {
    for (DraftStep& step : StepsOf(index).steps) {
      const std::string why = step.as_command.empty() ? "" : readers.Of(step);
      if (why.empty()) continue;
      const DraftStep command = std::move(step.as_command.front());
      step.uses = command.uses;
      step.with = command.with;
      step.parameters = command.parameters;
      step.as_command.clear();
      if (const std::size_t code = step.description.rfind("```sh\n"); code != std::string::npos)
        step.description = base::Trim(step.description.substr(0, code));  // it runs as it is written
      StepsOf(index).accounts.push_back({.kind = "command",
                                         .line = step.line,
                                         .section = At(index).title,
                                         .became = step.uses,
                                         .why = why});
    }
  }
}

// A parameter says which of several ways is gone.
void Importer::AddChoices(const Draft& draft) {
  for (const DraftPhase& phase : draft.phases) {
    std::set<std::string> told;
    for (const DraftStep& step : phase.steps) {
      const std::string name = step.when.substr(0, step.when.find(' '));  // `parameters.option`
      if (name.empty() || !told.insert(name).second) continue;
      const auto parameter =
          std::ranges::find(draft.parameters, name.substr(name.find('.') + 1), &DraftParameter::name);
      if (parameter == draft.parameters.end()) continue;
      out_.accounts.push_back(
          {.kind = "choice",
           .line = step.line,
           .section = phase.title,
           .became = fmt::format("parameter `{}` ({})", parameter->name, base::Join(parameter->values, ", ")),
           .draft = {draft.id}});
    }
  }
}

void Importer::TakeOne(const PageTable& table, Account& account) {
  std::vector<Draft*> drafts;
  const bool inside = !account.draft.empty();
  for (Draft& draft : out_.drafts)
    if (!inside || std::ranges::find(account.draft, draft.id) != account.draft.end())
      drafts.push_back(&draft);
  TableNote note = TakeTable(table, drafts, inside);
  if (!note.became.empty()) account.became = base::Join(note.became, ", ");
  account.why = base::Join(note.why, "; ");
  account.calendars = std::move(note.calendars);
  if (!inside) account.draft.assign(note.drafts.begin(), note.drafts.end());
}

// Once every step is known: a table may speak of the whole page.
void Importer::TakeTables() {
  std::size_t taken = 0;
  for (std::size_t i = 0; i < headings_.size(); ++i) {
    std::map<int, const markdown::Table*> tables;  // by line
    const std::function<void(const markdown::Block&)> find = [&](const markdown::Block& block) {
      if (block.kind == markdown::BlockKind::kTable) tables[block.line] = &block.table;
      for (const markdown::Block& child : block.children) find(child);
    };
    for (const markdown::Block& block : headings_[i].section->blocks) find(block);
    for (Account& account : understood_[i].accounts) {
      const auto table = tables.find(account.line);
      if (account.kind != "table" || table == tables.end()) continue;
      if (++taken > kMostTables) {
        account.why = fmt::format("only the first {} tables of a page are looked at", kMostTables);
        continue;
      }
      TakeOne({.table = table->second,
               .section = headings_[i].title,
               .about_page = i < 2 || i + 1 == headings_.size()},
              account);
    }
  }
}

void Importer::Make(int root, const std::vector<int>& sections) {
  const Heading& heading = At(root);
  Draft draft{.title = heading.title};
  if (draft.title.empty()) draft.title = headings_.size() > 1 && root == 0 ? headings_[1].title : page_.file;
  draft.id = Unique(IdOf(draft.title, "procedure"), ids_);
  draft.file = page_.file;
  draft.line = heading.section->line;
  draft.last_line = At(sections.back()).section->last_line;
  draft.source = fmt::format("{}:{}", page_.file, draft.line);
  FillMetadata(page_, draft);
  std::string prose;
  KeepReadFiles(sections);
  for (const int index : sections) {
    draft_of_[index] = draft.id;
    AddSection(draft, root, index, prose);
  }
  Append(draft.description, prose);
  Finish(draft);
  out_.drafts.push_back(std::move(draft));
}

}  // namespace

namespace {

// What was edited on a printed page may be none any more; told with the line of the step.
base::Status IsProcedure(const Draft& draft) {
  const std::string yaml = Yaml(draft);
  const auto read = procedure::Parse(yaml, draft.file);
  if (read) return {};
  const base::Diagnostic& error = read.error().front();
  const std::vector<std::string> lines = base::Split(yaml, '\n');
  std::string place = draft.source;
  for (std::size_t i = 0; i < lines.size() && i < static_cast<std::size_t>(error.at.line); ++i) {
    const std::string_view line = base::Trim(lines[i]);
    if (line.starts_with("source: ")) place = line.substr(8);
  }
  return base::Invalid("what the page says is no procedure: " + error.what, place, error.suggestion);
}

// A page that was printed is the procedure it was printed from.
base::Result<Imported> ReadBack(const markdown::Document& page) {
  SLIPWAY_TRY(Draft draft, FromPrinted(page));
  Imported imported;
  markdown::ForEachBlock(page, [&](const markdown::Section& section, const markdown::Block& block) {
    Account account{
        .line = block.line, .section = section.title, .became = "as it was printed", .draft = {draft.id}};
    if (block.ticked) imported.accounts.emplace_back(account).kind = "tick box";
    if (block.kind == markdown::BlockKind::kCode) imported.accounts.emplace_back(account).kind = "code";
    if (block.kind == markdown::BlockKind::kTable) imported.accounts.emplace_back(account).kind = "table";
  });
  SLIPWAY_CHECK_OK(IsProcedure(draft));
  imported.printed = true;
  imported.drafts.push_back(std::move(draft));
  return imported;
}

}  // namespace

base::Result<Imported> Import(const markdown::Document& page, std::string_view section) {
  if (section.empty() && IsPrinted(page)) return ReadBack(page);
  auto imported = Importer(page).Run(section);
  if (imported || section.empty()) return imported;
  // What could have been named.
  constexpr std::size_t kMostNamed = 5;
  if (const auto whole = Importer(page).Run("")) {
    std::vector<std::string> titles;
    for (const Draft& draft : whole->drafts) titles.push_back(base::Quote(draft.title));
    const bool more = titles.size() > kMostNamed;
    titles.resize(std::min(titles.size(), kMostNamed));
    imported.error().next = "there are steps below " + base::Join(titles, ", ") + (more ? ", …" : "");
  }
  return imported;
}

}  // namespace slipway::sop
