// Manifests of Kubernetes, configuration in JSON and YAML, load tests.
#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "base/known_secrets.h"
#include "base/text.h"
#include "base/yaml.h"
#include "lint/material.h"

namespace slipway::lint {
namespace {

using base::YamlNode;

std::string Scalar(const YamlNode* node, std::string_view key) {
  const YamlNode* found =
      node == nullptr || node->kind != YamlNode::Kind::kMapping ? nullptr : node->Find(key);
  return found == nullptr || found->kind != YamlNode::Kind::kScalar ? "" : found->scalar;
}

const YamlNode* Child(const YamlNode* node, std::string_view key) {
  return node == nullptr || node->kind != YamlNode::Kind::kMapping ? nullptr : node->Find(key);
}

class Manifests {
 public:
  explicit Manifests(Findings& findings) : findings_(findings) {}

  void Take(const Fragment& fragment) {
    fragment_ = &fragment;
    std::string text;
    int first = 0, line = 0;
    for (const std::string& row : base::Split(fragment.text, '\n')) {
      if (base::Trim(row) == "---") {
        One(text, first);
        text.clear();
        first = line + 1;
      } else {
        text += row + "\n";
      }
      ++line;
    }
    One(text, first);
  }

  void Roles() {
    for (const auto& [name, at] : roles_)
      if (!bound_.contains(name)) findings_.Tell("role-unbound", at, base::Quote(name));
  }

 private:
  base::Position At(base::Position in) const { return fragment_->At({in.line + first_, in.column}); }

  void One(const std::string& text, int first) {
    if (base::Trim(text).empty()) return;
    const auto root = base::ParseYaml(text);
    if (!root) return;
    first_ = first;
    const std::string kind = Scalar(&*root, "kind");
    if (kind == "Role" || kind == "ClusterRole")
      roles_.emplace_back(Scalar(Child(&*root, "metadata"), "name"), At(root->at));
    if (kind == "RoleBinding" || kind == "ClusterRoleBinding")
      bound_.insert(Scalar(Child(&*root, "roleRef"), "name"));
    Walk(*root, 0);
  }

  void Walk(const YamlNode& node, int depth) {
    if (depth > 64) return;
    for (const YamlNode& item : node.items) Walk(item, depth + 1);
    Probes(node);
    for (const base::YamlMember& member : node.members) {
      if (member.first.scalar == "image" && member.second.kind == YamlNode::Kind::kScalar &&
          member.second.scalar.ends_with(":latest"))
        findings_.Tell("image-by-latest", At(member.second.at), base::Quote(member.second.scalar));
      Walk(member.second, depth + 1);
    }
  }

  void Probes(const YamlNode& container) {
    const YamlNode* live = Child(&container, "livenessProbe");
    const YamlNode* ready = Child(&container, "readinessProbe");
    if (live == nullptr || ready == nullptr) return;
    const YamlNode *a = Child(live, "httpGet"), *b = Child(ready, "httpGet");
    const std::string path = Scalar(a, "path");
    if (!path.empty() && path == Scalar(b, "path") && Scalar(a, "port") == Scalar(b, "port"))
      findings_.Tell("probes-alike", At(live->at), "both ask " + base::Quote(path));
  }

  Findings& findings_;
  const Fragment* fragment_ = nullptr;
  int first_ = 0;
  std::vector<std::pair<std::string, base::Position>> roles_;
  std::set<std::string> bound_;
};

// `"password": "…"`
void SecretsInConfiguration(const Fragment& fragment, Findings& findings) {
  static const RE2 kMember(R"re(["']?([\w.-]+)["']?\s*:\s*["']([^"'$<{}]+)["'])re");
  // `auto_generated_or_provided`: says that no password stands here.
  static const RE2 kGenerated("(?i)auto[-_ ]?generated.*");
  int number = 0;
  for (const std::string& line : base::Split(fragment.text, '\n')) {
    ++number;
    std::string key, value;
    if (!RE2::PartialMatch(line, kMember, &key, &value) || !base::NamesSecret(key)) continue;
    if (RE2::FullMatch(value, kGenerated)) continue;
    const auto column = static_cast<int>(line.find(key)) + 1;
    findings.Add("secret-in-clear", fragment.At({number, column}), base::Quote(key) + " stands in clear",
                 "write the name of a secret here, and never keep the file with the value",
                 Findings::Source::kHidden);
  }
}

void LoadTest(const Fragment& fragment, Findings& findings) {
  static const RE2 kOptions(R"(options\s*=)");
  if (fragment.text.find("k6") == std::string::npos || fragment.text.find("thresholds") != std::string::npos)
    return;
  int number = 0;
  for (const std::string& line : base::Split(fragment.text, '\n')) {
    ++number;
    if (RE2::PartialMatch(line, kOptions))
      return findings.Tell("check-cannot-fail", fragment.At({number, 1}), "a load test without thresholds");
  }
}

// `pytest || true`, and a job that goes on after its test failed.
void IgnoredFailure(const Fragment& fragment, Findings& findings) {
  static const RE2 kCheck(R"((?i)test|check|lint|scan|verify|audit|validate)");
  for (std::size_t i = 1; i < fragment.script.commands.size(); ++i) {
    const shell::Command &before = fragment.script.commands[i - 1], &command = fragment.script.commands[i];
    const std::string name = command.Name();
    if (command.link != shell::Link::kOr || (name != "true" && name != ":")) continue;
    std::string written;
    for (const shell::Word& word : before.words) written += Shown(word) + " ";
    if (RE2::PartialMatch(written, kCheck))
      findings.Tell("check-cannot-fail", fragment.At(before.at),
                    base::Quote(before.Name() + " … || " + name));
  }
}

}  // namespace

void ManifestRules(const Material& material, Findings& findings) {
  Manifests manifests(findings);
  for (const Fragment& fragment : material.fragments) {
    if (fragment.language == Language::kYaml) manifests.Take(fragment);
    if (fragment.language == Language::kYaml || fragment.language == Language::kJson)
      SecretsInConfiguration(fragment, findings);
    if (fragment.language == Language::kJavaScript) LoadTest(fragment, findings);
    if (fragment.language == Language::kShell) IgnoredFailure(fragment, findings);
  }
  manifests.Roles();
}

}  // namespace slipway::lint
