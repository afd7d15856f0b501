// What is read and can be stored reads back the same, and its canonical form is its own canonical form.
#include "base/json.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto value = base::ParseJson(fuzz::Text(data, size));
  if (!value) return 0;
  const auto canonical = base::CanonicalJson(*value);
  if (!canonical) return 0;
  const auto again = base::ParseJson(*canonical);
  fuzz::Require(again.has_value());
  fuzz::Require(*again == *value);
  fuzz::Require(base::CanonicalJson(*again) == *canonical);
  return 0;
}
