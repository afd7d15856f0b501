// Reads one YAML document by a schema written as code, and gathers everything that is wrong with it, each
// with its place.
//
// A wrong value is reported and answered with a harmless one, so that reading goes on to the next error.
#pragma once

#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.h"
#include "base/json.h"
#include "base/yaml.h"

namespace slipway::workspace {

class Reader {
 public:
  Reader(std::string file, base::Diagnostics& out) : file_(std::move(file)), out_(out) {}

  // At most kMost problems of a document are told; the last says that there are more.
  static constexpr int kMost = 1000;
  void Error(base::Position at, std::string what, std::string suggestion = "");
  void Warning(base::Position at, std::string what, std::string suggestion = "");
  bool Full() const { return count_ >= kMost; }
  const std::string& file() const { return file_; }

  // Is `node` a map of known keys only? Reports what is not; true when it is a map at all.
  bool Map(const base::YamlNode& node, std::string_view what, std::initializer_list<std::string_view> keys);
  bool AnyMap(const base::YamlNode& node, std::string_view what);
  bool List(const base::YamlNode& node, std::string_view what);

  // The member `key` of a map; null when absent, and reported when it is required.
  const base::YamlNode* Need(const base::YamlNode& map, std::string_view key, std::string_view of);
  // The text of a scalar that is not empty.
  std::string Text(const base::YamlNode& node, std::string_view what);
  std::string Id(const base::YamlNode& node, std::string_view what);
  bool Boolean(const base::YamlNode& node, std::string_view what);
  std::vector<std::string> Texts(const base::YamlNode& node, std::string_view what);
  // One of `values`, else reported with the nearest.
  std::string OneOf(const base::YamlNode& node, std::string_view what, std::span<const std::string> values);
  std::string TimeZone(const base::YamlNode& node);
  // Reports every secret in clear within the value of `key`, by name or form.
  void NoSecrets(std::string_view key, const base::YamlNode& node);
  // The line of this value is not shown, whatever is said of it; so it is with what NoSecrets finds, and with
  // the value of a key that seems to be the misspelt name of a secret.
  void IsSecret(const base::YamlNode& node) { secret_lines_.insert(node.at.line); }
  // To be called once all has been said.
  void HideSecrets();
  // Any value as JSON, every scalar as text. A name without a value is reported.
  base::Json Json(const base::YamlNode& node, std::string_view what, int depth = 0);

 private:
  bool NamesSecret(std::string_view name);
  void Add(base::Severity severity, base::Position at, std::string what, std::string suggestion);

  const std::string file_;
  base::Diagnostics& out_;
  std::set<int> secret_lines_;
  std::unordered_map<std::string, bool>
      names_;  // the same few names stand in a file of targets ten thousand times
  int count_ = 0;
};

// "did you mean `x`?", or "one of a, b, c", or "" when there is nothing to offer.
std::string Suggest(std::string_view word, std::span<const std::string> candidates);

}  // namespace slipway::workspace
