// Whatever page can be read: every draft made of it is a procedure that says where it came from, every
// account has its line, and a draft differs in nothing from itself.
#include "fuzz.h"
#include "procedure/procedure.h"
#include "sop/diff.h"
#include "sop/import.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using slipway::fuzz::Require;
  const auto page = slipway::markdown::Read(slipway::fuzz::Text(data, size), "page.md");
  if (!page) return 0;
  const auto imported = slipway::sop::Import(*page);
  if (!imported) {
    Require(!imported.error().what.empty());
    return 0;
  }
  for (const auto& account : imported->accounts) {
    Require(account.line >= 1 && !account.became.empty() && account.kept <= account.commands);
    Require(account.became != "prose" || !account.why.empty());
  }
  for (const auto& draft : imported->drafts) {
    const auto procedure = slipway::procedure::Parse(slipway::sop::Yaml(draft), "draft.yaml");
    Require(procedure.has_value());
    Require(procedure->metadata.source == draft.source);
    Require(slipway::sop::Diff(*procedure, *procedure).empty());
  }
  return 0;
}
