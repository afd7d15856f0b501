// Requests and answers about documents: procedures, plans and action sheets.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "base/json.h"

namespace slipway::api {

// A procedure, where it is to be done, and with what.
struct ProcedureRequest {
  std::string file;         // relative to the current folder, or absolute
  std::string environment;  // empty = the lowest of the ladder
  // As typed, `-p name=value`; `@file` for a secret.
  std::vector<std::pair<std::string, std::string>> parameters;
  // `--only labels.ring=early,canary`: of the targets the procedure selects, those that fulfil all of these.
  std::vector<std::pair<std::string, std::vector<std::string>>> only;
};

struct CheckedFile {
  std::string file;
  std::string environment;  // whose rules were applied: the highest that may run it; empty = none
  base::Diagnostics diagnostics;
  std::string rendered;  // each with its line and caret; several lines
  std::string next;      // of a draft that was imported: the command that comes next

  bool ok() const { return !base::HasErrors(diagnostics); }
};

struct CheckReport {
  std::vector<CheckedFile> files;
};

struct PlanReport {
  std::string digest;
  std::string procedure;
  std::string environment;
  std::string store;  // id of the store it was planned in
  std::string text;   // as a reviewer reads it
  base::Json json;
};

// A page for people, of a procedure's file or of a run.
struct PrintRequest {
  enum class Format { kMarkdown, kHtml, kPdf };
  std::string what;  // a file, or a run as R7
  Format format = Format::kMarkdown;
  std::string out;  // the file to write; empty: the text is answered, and a PDF gets a name of its own
};

struct PrintedPage {
  std::string text;  // empty where a file was written
  std::string file;
  std::int64_t size = 0;  // bytes
};

// One action sheet, as `slipway docs` shows it.
struct ActionDoc {
  std::string name;
  std::string summary;
  base::Json sheet;
};

struct LintRule {
  std::string id;
  base::Severity severity = base::Severity::kWarning;
  std::string danger;  // one sentence, without a full stop
  std::string safe;    // the safe form
};

// What can be named beside a verb; what cannot be read is left out.
struct Names {
  struct Parameter {
    std::string name;
    bool secret = false;
  };
  std::vector<std::string> environments;  // lowest first
  std::vector<Parameter> parameters;      // of one procedure
  std::vector<std::string> plans;         // the first digits of plans that were made here, newest first
};

struct InitReport {
  std::string folder;
  std::vector<std::string> files;  // relative to it
};

}  // namespace slipway::api
