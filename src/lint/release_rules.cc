// Rollouts, the supply chain, versions.
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"
#include "base/version.h"
#include "lint/material.h"

namespace slipway::lint {
namespace {

using shell::Word;

// The last word that is no option.
const Word* Subject(const Call& call) {
  for (auto it = call.words.rbegin(); it != call.words.rend(); ++it)
    if (!(*it)->written.starts_with('-')) return *it;
  return nullptr;
}

bool ByDigest(const Word& word) {
  static const RE2 kDigest(R"((?i)@sha256:|digest)");
  return RE2::PartialMatch(Shown(word), kDigest);
}

class Releases {
 public:
  Releases(const Fragment& fragment, Findings& findings) : fragment_(fragment), findings_(findings) {}

  void Run() {
    for (const shell::Command& command : fragment_.script.commands) calls_.push_back(CallOf(command));
    Rollouts();
    Signatures();
  }

 private:
  void Tell(std::string_view rule, const Call& call, std::string_view subject) {
    findings_.Tell(rule, fragment_.At(call.command->at), subject);
  }

  void Rollouts() {
    const bool undone = std::ranges::any_of(calls_, [](const Call& call) {
      return (call.name == "kubectl" && call.Starts("rollout", "undo")) ||
             (call.name == "helm" && (call.Starts("rollback") || call.Has("--atomic")));
    });
    const Call* changed = nullptr;
    for (const Call& call : calls_) {
      if (call.name != "kubectl") continue;
      if (call.Starts("set", "image")) changed = &call;
      if (!call.Starts("rollout", "status")) continue;
      if (call.Option("--timeout") == nullptr)
        Tell("rollout-without-timeout", call, "`kubectl rollout status`");
      if (changed != nullptr && !undone) Tell("rollout-without-undo", *changed, "`kubectl set image`");
    }
  }

  void Signatures() {
    const Call* listed = nullptr;  // the list that was made of a folder
    bool told_tag = false;
    const auto pushes = [](const Call& call) {
      return (call.name == "docker" || call.name == "podman") && call.Starts("push");
    };
    const auto last_push = std::find_if(calls_.rbegin(), calls_.rend(), pushes);
    const std::size_t before_push = static_cast<std::size_t>(calls_.rend() - last_push);
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const Call& call = calls_[i];
      if (call.name == "syft") {
        const bool folder = std::ranges::any_of(call.words, [](const Word* w) {
          return w->Is(".") || w->Is("./") || w->written.starts_with("dir:") ||
                 w->written.starts_with("file:");
        });
        listed = folder ? &call : nullptr;
      }
      if (call.name != "cosign" || !(call.Starts("sign") || call.Starts("attest"))) continue;
      const Word* subject = Subject(call);
      if (subject == nullptr || call.words.size() < 2) continue;
      if (i < before_push) Tell("sign-before-push", call, base::Quote("cosign " + Shown(*call.words[0])));
      if (!told_tag && !ByDigest(*subject)) {
        Tell("sign-by-tag", call, base::Quote(Shown(*subject)));
        told_tag = true;
      }
      if (call.Starts("attest") && listed != nullptr && call.Option("--predicate") != nullptr)
        Tell("sbom-of-another", *listed, base::Quote("syft"));
    }
  }

  const Fragment& fragment_;
  Findings& findings_;
  std::vector<Call> calls_;
};

// `0.1.0 → 0.1.0-rc.1 → 1.0.0`
void Promotions(const Line& line, Findings& findings) {
  static const RE2 kPair(R"((v?\d+\.\d+\.\d+[\w.+-]*)\s*(?:→|->|=>|➜|⟶)\s*(v?\d+\.\d+\.\d+[\w.+-]*))");
  re2::StringPiece rest = line.text;
  std::vector<std::string> down;
  std::string from, to;
  std::size_t first = std::string::npos;
  while (RE2::PartialMatch(rest, kPair, &from, &to)) {
    const std::size_t at = std::string_view(rest.data(), rest.size()).find(from);
    const auto offset = static_cast<std::size_t>(rest.data() - line.text.data()) + at;
    rest.remove_prefix(at + from.size());
    const auto a = base::ParseVersion(from), b = base::ParseVersion(to);
    if (!a || !b || base::Precedence(*a, *b) <= 0) continue;
    down.push_back(from + " → " + to);
    first = std::min(first, offset);
  }
  if (!down.empty())
    findings.Tell("version-goes-down", {line.number, static_cast<int>(first) + 1}, base::Join(down, ", "));
}

}  // namespace

void ReleaseRules(const Material& material, Findings& findings) {
  for (const Fragment& fragment : material.fragments)
    if (fragment.language == Language::kShell) Releases(fragment, findings).Run();
  for (const Line& line : material.prose)
    if (line.text.size() < 4096) Promotions(line, findings);
}

}  // namespace slipway::lint
