// A procedure as it comes out of a page: what was understood, step by step, each with its line. It is written
// as a document of status `draft` and becomes a procedure only when procedure::Parse has read that. Values;
// not shared between threads.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"

namespace slipway::sop {

// A placeholder of the page.
struct DraftParameter {
  std::string name;
  std::string type = "string";
  std::string pattern;              // RE2; empty: any
  std::vector<std::string> values;  // of an `enum`
  std::string fallback;             // the page's own value; empty: it must be said
  bool blank = false;               // … unless the value is the empty text
  bool optional = false;            // … or it may be left out
  std::string description;          // as the page writes it
};

using Map = std::vector<std::pair<std::string, std::string>>;

// A list or map of any depth, its texts as they stand.
struct Nested {
  base::Json json;
};

struct DraftArgument {
  std::string name;
  std::variant<std::string, std::vector<std::string>, Map, Nested> value;
};

struct DraftStep {
  std::string id;
  std::string title;
  std::string name;                 // what the id is made of; empty: the title
  bool untitled = false;            // the title is only the command
  std::string description;          // Markdown
  int line = 0;                     // of the page
  std::string option;               // one of several ways, of which one is taken; empty: it is none
  std::string when;                 // an expression; empty: always
  std::string uses;                 // empty: a person does it
  std::vector<DraftArgument> with;  // of `uses`
  std::vector<std::string> checklist;
  std::vector<DraftParameter> parameters;  // that it reads
  base::JsonObject confirm;                // of a person, beside the checklist: role, fields
  base::JsonObject more;                   // further keys, as the document writes them: timeout, undo, …
  std::string writes;                      // the file that its command writes, and `uses` does not
  std::vector<DraftStep> as_command;       // … and what runs that command: where something reads the file
};

struct DraftPhase {
  std::string id;
  std::string title;
  std::string description;
  std::vector<DraftStep> steps;
  base::JsonObject more;  // further keys, as the document writes them: for_each, waves, …
};

struct Draft {
  std::string id;
  std::string title;
  std::string owner, approver, version, review_by;  // what the page says, where a field holds it
  std::string source;                               // `FILE:LINE` of its heading
  std::string file;                                 // of the page, in the steps' `source`
  int line = 0, last_line = 0;
  std::string description;
  std::vector<DraftParameter> parameters;
  std::vector<DraftPhase> phases;
  base::JsonArray waivers;
  base::JsonObject more;  // further keys, as the document writes them: targets, gates, notify
  std::string on_failure = "pause";
};

// The document, as docs/formats/procedure.md says.
std::string Yaml(const Draft& draft);

// `New Customer: Deployment` as an id: `new-customer-deployment`; `fallback` where nothing is left.
std::string IdOf(std::string_view title, std::string_view fallback);

}  // namespace slipway::sop
