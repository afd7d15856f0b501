#include <algorithm>
#include <set>

#include "base/text.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

constexpr std::string_view kBash = R"bash(# Completion of slipway for bash: eval "$(slipway completion bash)"
_slipway() {
  local word=${COMP_WORDS[COMP_CWORD]} words
  if [[ $word == -* ]]; then
    local verb=() w
    for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [[ $w == -* ]] || verb+=("$w"); done
    words=$("${COMP_WORDS[0]}" "${verb[@]:0:3}" --help 2>/dev/null || "${COMP_WORDS[0]}" "${verb[@]:0:2}" --help 2>/dev/null || "${COMP_WORDS[0]}" "${verb[@]:0:1}" --help 2>/dev/null)
    mapfile -t COMPREPLY < <(compgen -W "$(grep -oE -- '--[a-z-]+' <<<"$words")" -- "$word")
    return
  fi
  words=$("${COMP_WORDS[0]}" completion words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ $words != *[=@] ]] || compopt -o nospace
  if [[ $words == FILE ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    compopt -o filenames
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  fi
}
complete -F _slipway slipway
)bash";

using Words = std::vector<std::string>;

std::set<std::string> FirstWords() {
  std::set<std::string> words;
  for (const Verb& verb : Verbs()) words.insert(base::Split(verb.name, ' ').front());
  return words;
}

// What follows the words of which the last is being written.
std::set<std::string> NextWords(const Words& written) {
  std::set<std::string> words;
  const std::size_t at = written.size() - 1;
  for (const Verb& verb : Verbs()) {
    const Words parts = base::Split(verb.name, ' ');
    if (parts.size() > at &&
        std::equal(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(at), written.begin()))
      words.insert(parts[at]);
  }
  return words;
}

std::set<std::string> RunIds(api::Api& api) {
  std::set<std::string> words;
  if (const auto runs = api.Runs({.state = "", .environment = "", .limit = 50})) {
    for (const api::RunSummary& run : *runs) words.insert(run.id);
  }
  return words;
}

std::set<std::string> OpenRunIds(api::Api& api) {
  std::set<std::string> words;
  if (const auto runs = api.OpenRuns()) {
    for (const api::OpenRun& run : *runs) words.insert(run.id);
  }
  return words;
}

std::set<std::string> CustomerIds(api::Api& api) {
  std::set<std::string> words;
  if (const auto customers = api.FleetStatus("")) {
    for (const api::FleetCustomer& customer : *customers) words.insert(customer.id);
  }
  return words;
}

std::set<std::string> StepsOf(api::Api& api, const std::string& run) {
  std::set<std::string> words;
  if (const auto details = api.Show(run)) {
    for (const api::StepView& step : details->steps)
      words.insert(step.target.empty() ? step.id : step.id + "@" + step.target);
  }
  return words;
}

// Those that wait for `verb`: confirm or settle.
std::set<std::string> StepsThatWait(api::Api& api, const std::string& run, const std::string& verb) {
  std::set<std::string> words;
  if (const auto details = api.Show(run)) {
    for (const api::WaitView& wait : details->waiting)
      if (wait.what == verb) words.insert(wait.step);
  }
  return words;
}

// A file, unless a run is being written.
std::set<std::string> RunIdsOrFiles(api::Api& api, const std::string& word) {
  return word.starts_with('R') && word.find_first_not_of("0123456789", 1) == std::string::npos
             ? RunIds(api)
             : std::set<std::string>{"FILE"};
}

constexpr std::string_view kWithValue[] = {"-C",
                                           "--workspace",
                                           "-e",
                                           "--environment",
                                           "-p",
                                           "--parameter",
                                           "--only",
                                           "--plan",
                                           "--reason",
                                           "-f",
                                           "--field",
                                           "--tick",
                                           "--check",
                                           "--target",
                                           "-n",
                                           "--limit",
                                           "-s",
                                           "--state",
                                           "--key",
                                           "--checkpoints",
                                           "--policies",
                                           "--to",
                                           "--customer",
                                           "--ring",
                                           "-o",
                                           "--output",
                                           "--slow-statements",
                                           "--config",
                                           "--day",
                                           "--seed",
                                           "--section",
                                           "--demo",
                                           "--keep"};

// A line as the shell cut it: at `=` and `:` too.
struct Line {
  Words words;         // without options; the last is the one being written
  std::string option;  // whose value is being written; empty = none
  std::string folder;  // of -C
};

Line ReadLine(const Words& cut) {
  Words all;
  for (const std::string& word : cut) {
    const bool joins = word == "=" || word == ":";
    const bool joined = !all.empty() && (all.back().ends_with('=') || all.back().ends_with(':'));
    if (!all.empty() && (joins || joined)) {
      all.back() += word;
    } else {
      all.push_back(word);
    }
  }
  Line line;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool takes = std::ranges::find(kWithValue, all[i]) != std::end(kWithValue);
    if (i + 1 == all.size() || !all[i].starts_with('-')) {
      line.words.push_back(all[i]);
    } else if (takes && i + 2 == all.size()) {
      line.option = all[i];
    } else if (takes) {
      if (all[i] == "-C" || all[i] == "--workspace") line.folder = all[i + 1];
      ++i;
    }
  }
  return line;
}

// The values of an option.
std::set<std::string> Values(api::Api& api, const Line& line) {
  const auto is = [&](std::string_view brief, std::string_view name) {
    return line.option == brief || line.option == name;
  };
  std::set<std::string> values;
  if (line.option == "--key" || line.option == "--checkpoints" || line.option == "--policies" ||
      line.option == "--config" || is("-o", "--output") || is("-C", "--workspace"))
    return {"FILE"};
  if (line.option == "--customer") return CustomerIds(api);
  if (line.option == "--ring" || line.option == "--to" || line.option == "--slow-statements" ||
      line.option == "--day" || line.option == "--seed" || line.option == "--keep" || line.option == "--demo")
    return {};
  const api::Names names = api.NamesFor(line.words.size() > 2 ? line.words[1] : "");
  if (is("-e", "--environment")) values.insert(names.environments.begin(), names.environments.end());
  if (line.option == "--plan") values.insert(names.plans.begin(), names.plans.end());
  if (is("-p", "--parameter") && !line.words.back().contains('=')) {
    for (const api::Names::Parameter& parameter : names.parameters)
      values.insert(parameter.name + (parameter.secret ? "=@" : "="));
  }
  return values;
}

// What may stand where the last of `words` is being written.
std::set<std::string> Candidates(api::Api& api, const Words& words) {
  if (words.size() < 2) return FirstWords();
  const std::string& verb = words[0];
  std::set<std::string> more = NextWords(words);
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, verb) != names.end();
  };
  const bool second = words.size() == 2;
  const bool third = words.size() == 3;
  if (is({"check", "plan", "run", "simulate", "import", "diff"})) return {"FILE"};
  if (verb == "print" && second) return RunIdsOrFiles(api, words.back());
  if (verb == "fleet" && third && words[1] == "report") return RunIds(api);
  if (verb == "fleet" && !second && (words[1] == "import" || words[1] == "check")) return {"FILE"};
  if (is({"show", "explain", "pause", "cancel", "rollback", "retry"}) && second) return RunIds(api);
  if (verb == "resume" && second) return OpenRunIds(api);
  if (is({"log", "confirm", "settle"})) {
    if (second) return verb == "log" ? RunIds(api) : OpenRunIds(api);
    if (third) return verb == "log" ? StepsOf(api, words[1]) : StepsThatWait(api, words[1], verb);
    if (verb == "settle") return {"done", "repeat", "failed"};
  }
  if (verb == "audit" && third && words[1] == "show") return RunIds(api);
  if (verb == "audit" && !second) return {"FILE"};
  if (verb == "docs" && second) {
    if (const auto docs = api.Docs()) {
      for (const api::ActionDoc& doc : *docs) more.insert(doc.name);
    }
  }
  if (verb == "docs" && third && words[1] == "lint") {
    if (const auto rules = api.LintRules()) {
      for (const api::LintRule& rule : *rules) more.insert(rule.id);
    }
  }
  if (verb == "targets" && third) {
    if (const auto targets = api.Targets("")) {
      for (const api::TargetEntry& target : *targets) more.insert(target.id);
    }
  }
  if (verb == "holds" && third) {
    if (const auto holds = api.Holds()) {
      for (const api::Hold& hold : *holds) more.insert(hold.release);
    }
  }
  if (verb == "completion" && second) more.insert("bash");
  return more;
}

}  // namespace

Exit Completion(Call& call) {
  // What the script asks; its words are not to be read as options.
  if (!call.arguments.empty() && call.arguments[0] == "words") {
    const Line line = ReadLine({call.arguments.begin() + 1, call.arguments.end()});
    if (!line.folder.empty() && !EnterFolder(line.folder)) return Exit::kSucceeded;
    const auto words = line.option.empty() ? Candidates(call.api, line.words) : Values(call.api, line);
    for (const std::string& word : words) call.out.Line(word);
    return Exit::kSucceeded;
  }
  std::string shell;
  Options options("completion", "A script that completes verbs, runs, steps and files in the shell.");
  options.Required("SHELL", shell, "bash").Epilogue("eval \"$(slipway completion bash)\"");
  if (const auto over = Read(call, options)) return *over;
  if (shell != "bash") {
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "no completion for " + base::Quote(shell),
                                      "", "slipway completion bash"});
  }
  call.out.Lines(kBash);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
