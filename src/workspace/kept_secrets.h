// The secrets that slipway itself keeps, encrypted in `.slipway/secrets/` (docs/formats/secrets.md).
//
// Every operation opens what it needs and keeps nothing; several processes may do so at once: a secret
// appears whole or not at all, and of two that keep the same name at once exactly one does. No message holds
// a value. Thread-safe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace slipway::workspace {

struct KeptSecret {
  base::Secret value;
  std::string by;  // who keeps it: the mark of a step instance, or `user NAME`
};

class KeptSecrets {
 public:
  // `key_variable`: the environment variable with the key; empty: the key is the file `key` beside the
  // secrets, made when the first one is kept.
  KeptSecrets(const std::filesystem::path& state_dir, std::string key_variable)
      : folder_(state_dir / "secrets"), key_variable_(std::move(key_variable)) {}

  std::vector<std::string> Names() const;
  bool Has(std::string_view name) const;
  // kIo, kRefused: the key is missing or others may read it. kInvalid: the file is damaged, or another key's.
  base::Result<std::optional<KeptSecret>> Find(std::string_view name) const;
  // kConflict: there is one of that name. kInvalid: the name is no id, or the value cannot be masked.
  base::Status Create(std::string_view name, const KeptSecret& secret) const;
  // Many at once, with one wait for the disk. kConflict: one of them is there already; some of the others may
  // stand.
  base::Status CreateAll(const std::vector<std::pair<std::string, KeptSecret>>& secrets) const;
  base::Status Replace(std::string_view name, const KeptSecret& secret) const;
  base::Status Erase(std::string_view name) const;  // what is not there is gone already

 private:
  std::filesystem::path PathOf(std::string_view name) const;
  base::Result<base::Secret> Key(bool make) const;
  base::Status MakeFolder() const;
  static base::Result<std::string> Sealed(std::string_view name, const KeptSecret& secret,
                                          const base::Secret& key);
  base::Status MakeKey() const;

  const std::filesystem::path folder_;
  const std::string key_variable_;
};

}  // namespace slipway::workspace
