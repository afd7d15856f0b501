// The secrets of one run. Whatever value passes here, taken out or put in, is masked from then on in all that
// the run puts on record. Thread-safe.
#pragma once

#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "drivers/driver.h"

namespace slipway::engine {

class RunSecrets final : public drivers::SecretSource {
 public:
  explicit RunSecrets(drivers::SecretSource& source) : source_(source) {}

  base::Result<base::Secret> Get(std::string_view name) override;
  base::Result<base::Secret> Put(std::string_view name, const base::Secret& value,
                                 std::string_view by) override;
  base::Status Remove(std::string_view name, std::string_view by) override;

  bool empty() const;
  std::string Mask(const std::string& text) const;
  base::Json Mask(const base::Json& json) const;

 private:
  void Remember(const base::Secret& value);

  drivers::SecretSource& source_;
  mutable std::shared_mutex mutex_;
  base::Masker masker_;         // guarded by mutex_
  std::set<base::Hash> known_;  // guarded by mutex_; of the values it masks
};

}  // namespace slipway::engine
