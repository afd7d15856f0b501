// Bytes that read as an event, as canonical JSON or as a signed head are exactly those that would be written:
// no two texts stand for one thing, and what base reads and writes canonically agrees with what the journal
// reads.
#include "base/json.h"
#include "fuzz.h"
#include "journal/canonical.h"
#include "journal/checkpoint.h"
#include "journal/event.h"
#include "journal/lease.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  using fuzz::Require;
  const std::string_view text = fuzz::Text(data, size);

  if (const auto event = journal::Decode(text)) {
    Require(journal::Encode(*event) == std::string(text));
    if (event->type == journal::kLeaseTaken) (void)journal::LeaseRow(*event);
  }
  const auto value = journal::ReadCanonical(text);
  if (value) Require(base::CanonicalJson(*value) == std::string(text));
  const auto loosely = base::ParseJson(text);
  if (loosely && base::CanonicalJson(*loosely) == std::string(text)) Require(value && *value == *loosely);

  if (const auto parsed = journal::ParseCheckpoint(text)) {
    static const auto key = journal::SigningKeyFromSeed("slipway-test", std::string(32, 's'));
    if (const auto verified = journal::VerifyCheckpoint(text, key->verifier)) {
      const auto again = journal::SignCheckpoint(*key, verified->size, verified->root);
      Require(text.substr(0, text.find("\n\n")) == again->note.substr(0, again->note.find("\n\n")));
    }
  }
  if (const auto key = journal::ParseVerifierKey(text))
    Require(journal::ParseVerifierKey(key->Text())->Text() == key->Text());
  if (const auto notes = journal::SplitNotes(text)) {
    for (const std::string& note : *notes) Require(!note.empty() && note.back() == '\n');
  }
  (void)journal::ParseLeaseRow(text);
  return 0;
}
