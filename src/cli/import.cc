#include <fmt/format.h>

#include <functional>

#include "api/json.h"
#include "base/text.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

std::string Plural(int count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

void TellDrafts(Terminal& out, const api::ImportReport& report, bool dry_run) {
  Table table({"LINE", "DRAFT", "STEPS", "TYPED", "PROGRAMS", "PEOPLE", "STATE"});
  for (const api::ImportedDraft& draft : report.drafts) {
    const std::string state = draft.written                           ? "written"
                              : dry_run && draft.state != "unchanged" ? draft.state + ", not written"
                                                                      : draft.state;
    table.Add({std::to_string(draft.line), draft.file, std::to_string(draft.steps),
               std::to_string(draft.typed), std::to_string(draft.programs), std::to_string(draft.people),
               state});
  }
  table.Write(out);
}

// ` of new-tenant`, ` of 15 drafts`.
std::string Drafts(const api::ImportedPart& part) {
  if (part.drafts.empty()) return "";
  return " of " +
         (part.drafts.size() == 1 ? part.drafts[0] : Plural(static_cast<int>(part.drafts.size()), "draft"));
}

// A line for each part of which there is something to say.
void Tell(Terminal& out, const api::ImportReport& report, std::string_view title,
          const std::function<std::string(const api::ImportedPart&)>& what) {
  bool first = true;
  for (const api::ImportedPart& part : report.parts) {
    const std::string said = what(part);
    if (said.empty()) continue;
    if (first) out.Line(title);
    first = false;
    out.Line(fmt::format("  {}:{} {}: {}", report.file, part.line, part.kind, said));
  }
}

void TellCalendars(Terminal& out, const api::ImportReport& report) {
  bool first = true;
  for (const api::ImportedPart& part : report.parts) {
    for (const std::string& line : part.calendars) {
      if (first) out.Line("slipway.yaml needs, under `calendars:`:");
      first = false;
      out.Line("  " + line);
    }
  }
}

void TellParts(Terminal& out, const api::ImportReport& report) {
  int commands = 0, kept = 0, code = 0, boxes = 0, ticked = 0, tables = 0;
  for (const api::ImportedPart& part : report.parts) {
    commands += part.commands;
    kept += part.kept;
    if (part.kind == "code") ++code;
    if (part.kind == "table") ++tables;
    if (part.kind == "tick box") {
      ++boxes;
      if (part.became != "prose") ++ticked;
    }
  }
  out.Line(fmt::format("{}: {} of {} became steps or parameters; {} of {} became checklist items; {}",
                       Plural(code, "block") + " of code with " + Plural(commands, "command"), kept, commands,
                       ticked, Plural(boxes, "tick box" + std::string(boxes == 1 ? "" : "e")),
                       Plural(tables, "table")));
  Tell(out, report, "tables with a meaning:", [](const api::ImportedPart& part) {
    const bool more = part.became != "prose" && part.became != "as it was printed";
    return part.kind == "table" && more ? part.became + Drafts(part) : "";
  });
  Tell(out, report, "of several ways one is gone, and a parameter says which:",
       [](const api::ImportedPart& part) { return part.kind == "choice" ? part.became + Drafts(part) : ""; });
  Tell(out, report, "left as a command:", [](const api::ImportedPart& part) {
    return part.kind == "command" ? part.why : "";
  });
  Tell(out, report, "left as prose:", [](const api::ImportedPart& part) {
    return part.kind == "command" ? "" : part.why;
  });
  TellCalendars(out, report);
}

}  // namespace

Exit Import(Call& call) {
  api::ImportRequest request{.folder = "procedures"};
  Options options("import",
                  "Makes drafts of procedures out of a page in Markdown that people follow, and accounts for "
                  "every block of code, tick box "
                  "and table of it.");
  options.Required("FILE", request.file, "the page")
      .Text("--section", request.section, "TEXT",
            "only what stands below this heading: its number or its text")
      .Text("-o,--output", request.folder, "DIR", "where the drafts go; default: procedures")
      .Flag("--replace", request.replace, "in place of files that differ")
      .Flag("--dry-run", request.dry_run, "only say what would be done")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  const auto report = call.api.Import(request);
  if (!report) return Fail(call.out, report.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*report));
    return Exit::kSucceeded;
  }
  if (report->flat)
    call.out.Line("the page has lost its marks; headings and code are read where a line says so itself",
                  Style::kCare);
  TellDrafts(call.out, *report, request.dry_run);
  TellParts(call.out, *report);
  call.out.Line("next: slipway check " + report->drafts.front().file, Style::kQuiet);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
