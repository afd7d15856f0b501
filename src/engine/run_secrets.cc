#include "engine/run_secrets.h"

#include <mutex>

namespace slipway::engine {

base::Result<base::Secret> RunSecrets::Get(std::string_view name) {
  auto secret = source_.Get(name);
  if (secret) Remember(*secret);
  return secret;
}

base::Result<base::Secret> RunSecrets::Put(std::string_view name, const base::Secret& value,
                                           std::string_view by) {
  Remember(value);  // before it is kept: no moment in which it is known and not masked
  auto kept = source_.Put(name, value, by);
  if (kept) Remember(*kept);
  return kept;
}

base::Status RunSecrets::Remove(std::string_view name, std::string_view by) {
  return source_.Remove(name, by);
}

bool RunSecrets::empty() const {
  std::shared_lock lock(mutex_);
  return masker_.empty();
}

std::string RunSecrets::Mask(const std::string& text) const {
  std::shared_lock lock(mutex_);
  return masker_.Mask(text);
}

base::Json RunSecrets::Mask(const base::Json& json) const {
  std::shared_lock lock(mutex_);
  return masker_.Mask(json);
}

void RunSecrets::Remember(const base::Secret& value) {
  const base::Hash hash = base::Sha256(value.Reveal());
  {
    std::shared_lock lock(mutex_);
    if (known_.contains(hash)) return;
  }
  std::unique_lock lock(mutex_);
  if (known_.insert(hash).second) masker_.Add(value);
}

}  // namespace slipway::engine
