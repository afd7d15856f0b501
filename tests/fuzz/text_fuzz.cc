// Every small value that is read is written back as text that reads the same; what is shown is printable;
// what is masked is gone.
#include "base/text.h"

#include "base/bytes.h"
#include "base/secret.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  using fuzz::Require;
  const std::string_view text = fuzz::Text(data, size);
  if (const auto d = base::ParseDuration(text)) Require(base::ParseDuration(base::FormatDuration(*d)) == d);
  if (const auto p = base::ParsePercentage(text))
    Require(base::ParsePercentage(base::FormatPercentage(*p)) == p);
  if (const auto s = base::ParseSize(text)) Require(base::ParseSize(base::FormatSize(*s)) == s);
  if (const auto i = base::ParseInteger(text)) Require(base::ParseInteger(std::to_string(*i)) == i);
  if (const auto t = base::ParseTime(text)) Require(base::FormatTime(*t).size() == 24);
  if (const auto b = base::FromBase64(text)) Require(base::Base64(*b) == text);
  Require(base::FromHex(base::Hex(text)) == text);

  const std::string shown = base::Printable(text);
  Require(base::IsUtf8(shown) && base::Printable(shown) == shown);

  base::Masker masker;
  masker.Add(base::Secret("c4n4ry!"));
  Require(masker.Mask(text).find("c4n4ry!") == std::string::npos);
  return 0;
}
