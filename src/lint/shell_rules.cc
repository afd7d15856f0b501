// What a shell does that its author did not mean.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/known_secrets.h"
#include "base/text.h"
#include "lint/material.h"

namespace slipway::lint {
namespace {

using shell::Block;
using shell::BlockKind;
using shell::Command;
using shell::Link;
using shell::Piece;
using shell::PieceKind;
using shell::Quoting;
using shell::Script;
using shell::Word;

constexpr std::array<std::string_view, 10> kInterpreters = {"bash",   "sh",      "zsh",  "dash", "ksh",
                                                            "python", "python3", "perl", "ruby", "node"};
constexpr std::array<std::string_view, 16> kProducers = {
    "pg_dump", "pg_dumpall", "mysqldump", "tar",  "curl",   "wget",       "make",  "docker",
    "npm",     "pytest",     "terraform", "helm", "cosign", "pg_restore", "rsync", "go"};
constexpr std::array<std::string_view, 9> kOnFiles = {"rm",    "cp",  "mv", "chmod", "chown",
                                                      "rsync", "scp", "dd", "ln"};

template <std::size_t N>
bool In(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool SetsPipefail(const Script& script) {
  return std::ranges::any_of(script.commands, [](const Command& command) {
    return command.Name() == "set" &&
           std::ranges::any_of(command.words, [](const Word& word) { return word.Is("pipefail"); });
  });
}

class ShellLinter {
 public:
  ShellLinter(const Fragment& fragment, Findings& findings)
      : fragment_(fragment), script_(fragment.script), findings_(findings) {}

  void Run() {
    pipefail_ = fragment_.stops_at_errors || SetsPipefail(script_);
    for (const Command& command : script_.commands) calls_.push_back(CallOf(command));
    FindPipelines();
    FindExits();
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const Call& call = calls_[i];
      Downloads(i, call);
      Destroys(call);
      Unquoted(call);
      HiddenFailure(i, call);
      if (!fragment_.stops_at_errors) Secrets(call);  // of a procedure: secrets.cc
      LocalLog(call);
    }
    Executions();
    Confirmations();
  }

 private:
  void Tell(std::string_view rule, base::Position at, std::string_view subject) {
    findings_.Tell(rule, fragment_.At(at), subject);
  }

  void FindPipelines() {
    behind_.resize(calls_.size());
    std::unordered_map<int, const Call*> next;  // by pipeline
    for (std::size_t i = calls_.size(); i-- > 0;) {
      const Call*& known = next[script_.commands[i].pipeline];
      behind_[i] = known;
      known = &calls_[i];
    }
  }

  // The command that its output goes to, if any.
  const Call* Behind(std::size_t i) const { return behind_[i]; }

  void Downloads(std::size_t i, const Call& call) {
    if (call.name != "curl" && call.name != "wget") return;
    if (const Call* next = Behind(i); next != nullptr && In(kInterpreters, next->name))
      Tell("curl-pipe-shell", script_.commands[i].at, base::Quote(call.name + " … | " + next->name));
    static const RE2 kMoving(R"(https?://\S*/(master|main|HEAD|develop|latest)/\S*)");
    for (const Word* word : call.words)
      if (RE2::PartialMatch(Shown(*word), kMoving))
        Tell("unpinned-download", word->at, base::Quote(Shown(*word)));
  }

  // `bash <(curl …)`: what is fetched within the words of an interpreter.
  void Executions() {
    std::vector<const Call*> by_begin;
    for (const Call& call : calls_) by_begin.push_back(&call);
    std::ranges::sort(by_begin, {}, [](const Call* call) { return call->command->begin; });
    std::vector<const Call*> open;  // interpreters, each within the one before
    for (const Call* call : by_begin) {
      while (!open.empty() && open.back()->command->end < call->command->end) open.pop_back();
      if ((call->name == "curl" || call->name == "wget") && IsSubstituted(*call->command))
        for (const Call* outer : open)
          Tell("curl-pipe-shell", outer->command->at, base::Quote(outer->name + " <(" + call->name + " …)"));
      if (In(kInterpreters, call->name)) open.push_back(call);
    }
  }

  bool IsSubstituted(const Command& command) const {
    return command.block >= 0 &&
           script_.blocks[static_cast<std::size_t>(command.block)].kind == BlockKind::kSubstitution;
  }

  void Destroys(const Call& call) {
    const auto gone = [&](std::string_view what) {
      Tell("destructive-command", call.command->at, base::Quote(what));
    };
    const bool forced = call.Has("--force") || call.Has("-f");
    if (call.name == "rm") {
      const bool recursive = std::ranges::any_of(call.words, [](const Word* w) {
        return w->written == "--recursive" || (w->written.starts_with('-') && !w->written.starts_with("--") &&
                                               w->written.find_first_of("rR") != std::string::npos);
      });
      for (const Word* word : call.words) {
        const std::string path = Shown(*word);
        const bool open = std::ranges::any_of(word->pieces, [](const Piece& p) {
          return p.kind == PieceKind::kVariable || p.kind == PieceKind::kSubstitution;
        });
        if (recursive && !path.starts_with('-') &&
            (path == "/" || path == "*" || path == "~" || path == "/*" || open))
          gone("rm -r " + path);
      }
    }
    if (call.name == "git" && call.Starts("push") && (forced || call.Has("+"))) gone("git push --force");
    if (call.name == "terraform" && call.Starts("destroy")) gone("terraform destroy");
    if (call.name == "kubectl" && call.Starts("delete") &&
        (call.Has("namespace") || call.Has("ns") || call.Has("pvc") || call.Has("--all")))
      gone("kubectl delete " + Shown(*call.words[std::min<std::size_t>(1, call.words.size() - 1)]));
    if (call.name == "aws" && call.Starts("s3", "rm") && call.Has("--recursive"))
      gone("aws s3 rm --recursive");
    if (call.name == "aws" && call.Starts("s3", "rb") && forced) gone("aws s3 rb --force");
    if (call.name == "helm" && (call.Starts("uninstall") || call.Starts("delete"))) gone("helm uninstall");
    if (call.name.starts_with("mkfs")) gone(call.name);
    if (call.name == "docker" && call.Starts("system", "prune")) gone("docker system prune");
  }

  void Unquoted(const Call& call) {
    if (told_unquoted_ || !In(kOnFiles, call.name)) return;
    for (const Word* word : call.words)
      for (const Piece& piece : word->pieces)
        if ((piece.kind == PieceKind::kVariable || piece.kind == PieceKind::kExpansion) &&
            piece.quoting == Quoting::kNone && piece.text != "#" && piece.text != "?") {
          Tell("unquoted-variable", piece.at,
               base::Quote("$" + piece.name) + " of " + base::Quote(call.name));
          told_unquoted_ = true;  // once a script: the hint is the same
          return;
        }
  }

  void HiddenFailure(std::size_t i, const Call& call) {
    if (pipefail_ || !call.command->piped || !In(kProducers, call.name)) return;
    const Call* next = Behind(i);
    if (next == nullptr) return;
    const std::string& behind = next->name;
    if (In(kInterpreters, behind)) return;  // told as what it is
    if (call.Has("--help") || call.Has("--version")) return;
    Tell("pipe-hides-failure", call.command->at, base::Quote(call.name + " … | " + behind));
  }

  // Written out, or a placeholder for what is to be written out.
  static bool IsValue(const Word& word) {
    return !word.written.starts_with('-') && !word.pieces.empty() && !word.written.starts_with("@") &&
           std::ranges::none_of(word.pieces, [](const Piece& piece) {
             return piece.kind != PieceKind::kLiteral && piece.kind != PieceKind::kPlaceholder;
           });
  }

  void Secrets(const Call& call) {
    static const RE2 kOption(
        R"((?i)^--?(?:[\w-]*-)?(password|passwd|pass|token|secret|secret-key|api-key|apikey|access-key|private-key|passphrase)(=.*)?$)");
    static const RE2 kVerb(R"((?i)^(secrets?|keys?|tokens?|passwords?):(set|setup|put|add|import)$)");
    static const RE2 kHeader(
        R"((?i)^(-H)?\s*(authorization|x-api-key|private-token|x-auth-token):\s*(bearer |basic |token )?\S)");
    static const RE2 kLiteral(R"((?i)^--from-literal=?)");
    for (std::size_t i = 0; i < call.words.size(); ++i) {
      const Word& word = *call.words[i];
      const std::string text = Shown(word);
      const Word* next = i + 1 < call.words.size() ? call.words[i + 1] : nullptr;
      std::string value;
      if (RE2::FullMatch(text, kOption, nullptr, &value) &&
          (value.size() > 1 ? IsValue(Word{.written = "x", .pieces = word.pieces}) : next && IsValue(*next)))
        return Argv(word, text.substr(0, text.find('=')));
      if (RE2::FullMatch(text, kVerb) && next != nullptr && IsValue(*next)) return Argv(*next, text);
      if (IsValue(word) && RE2::PartialMatch(text, kHeader)) return Argv(word, "a header with a key");
      if (call.name == "kubectl" && call.Has("secret") && RE2::PartialMatch(text, kLiteral))
        return Argv(word, "--from-literal");
      if (text == "--value" && i > 1 && NamesStore(call)) return Argv(word, "--value");
    }
  }

  static bool NamesStore(const Call& call) {
    return call.Has("secret") || call.Has("secretsmanager") || call.Has("secrets");
  }

  void Argv(const Word& word, const std::string& what) {
    if (told_secret_) return;
    told_secret_ = true;
    Tell("secret-in-argv", word.at, base::Quote(what));
  }

  void LocalLog(const Call& call) {
    if (call.name != "echo" && call.name != "printf") return;
    static const RE2 kLog(R"((?i)(deploy|release|change|audit|rollback)\w*\.(log|txt|csv)$)");
    for (const shell::Redirection& redirection : call.command->redirections)
      if (redirection.sign == ">>" && RE2::PartialMatch(Shown(redirection.target), kLog))
        Tell("local-log", redirection.at, base::Quote(Shown(redirection.target)));
  }

  // `read … NAME`, then an `if` or `&&` that looks at $NAME and leaves no way to fail.
  void Confirmations() {
    const auto tests = Tests();
    for (const Call& call : calls_) {
      if (call.name != "read" || call.words.empty()) continue;
      const std::string asked = Shown(*call.words.back());
      const auto known = tests.find(asked);
      if (asked.starts_with('-') || known == tests.end()) continue;
      const auto behind = [](const Command* test) { return test->begin; };
      const auto later = std::ranges::upper_bound(known->second, call.command->end, {}, behind);
      if (later != known->second.end() && !Fails(**later))
        Tell("confirm-exits-zero", call.command->at, base::Quote("read " + asked));
    }
  }

  // The tests that look at each variable, in the order they begin.
  std::unordered_map<std::string, std::vector<const Command*>> Tests() const {
    std::unordered_map<std::string, std::vector<const Command*>> tests;
    for (const Command& command : script_.commands) {
      const std::string first = command.Name();
      if (first != "[" && first != "[[" && first != "test") continue;
      for (const Word& word : command.words)
        for (const Piece& piece : word.pieces)
          if (!piece.name.empty()) tests[piece.name].push_back(&command);
    }
    for (auto& [name, commands] : tests) std::ranges::sort(commands, {}, &Command::begin);
    return tests;
  }

  // Which blocks an `exit` stands in, and where the last one behind `||` begins.
  void FindExits() {
    exits_.resize(script_.blocks.size());
    for (const Command& command : script_.commands) {
      if (!IsExit(command)) continue;
      bool behind_or = false;
      for (int b = command.block; b >= 0; b = script_.blocks[static_cast<std::size_t>(b)].parent) {
        exits_[static_cast<std::size_t>(b)] = true;
        behind_or = behind_or || script_.blocks[static_cast<std::size_t>(b)].link == Link::kOr;
      }
      if (behind_or) last_exit_ = std::max(last_exit_, command.begin);
    }
  }

  // Whether "no" can end it with a failure: an `else`, or a body for the unwanted answer, that exits; or the
  // test itself is negative and its body exits.
  bool Fails(const Command& test) const {
    if (test.block >= 0 &&
        script_.blocks[static_cast<std::size_t>(test.block)].kind == BlockKind::kCondition) {
      const int whole = script_.blocks[static_cast<std::size_t>(test.block)].parent;
      return whole >= 0 && exits_[static_cast<std::size_t>(whole)];
    }
    // They stand in the order they end.
    const auto own = script_.commands.begin() + (&test - script_.commands.data());
    const auto next =
        std::find_if(own, script_.commands.end(), [&](const Command& c) { return c.begin > test.end; });
    for (auto it = next; it != script_.commands.end() && it->link != Link::kNone; ++it)
      if (IsExit(*it)) return true;
    // `[ … ] || { …; exit 1; }`
    if (last_exit_ > test.end) return true;
    // Under `set -e` a test alone ends the script.
    const bool alone = next == script_.commands.end() || next->link == Link::kNone;
    return alone && fragment_.stops_at_errors;
  }

  static bool IsExit(const Command& command) {
    if (command.Name() != "exit" && command.Name() != "return" && command.Name() != "false" &&
        command.Name() != "die")
      return false;
    return command.words.size() < 2 ? command.Name() != "exit" : !command.words[1].Is("0");
  }

  const Fragment& fragment_;
  const Script& script_;
  Findings& findings_;
  std::vector<Call> calls_;          // of each command
  std::vector<const Call*> behind_;  // of each command: where its output goes
  std::vector<bool> exits_;          // of each block: an `exit` stands in it
  std::size_t last_exit_ = 0;        // the byte of the last one behind `||`
  bool pipefail_ = false, told_unquoted_ = false, told_secret_ = false;
};

}  // namespace

void ShellRules(const Material& material, Findings& findings) {
  for (const Fragment& fragment : material.fragments)
    if (fragment.language == Language::kShell) ShellLinter(fragment, findings).Run();
}

}  // namespace slipway::lint
