// Whatever page can be read: every draft made of it is a procedure that says where it came from, every
// account has its line, and a draft differs in nothing from itself. Its printed page is read back as a
// procedure, or refused; and what was read back once, without what no page shows, is read back the same.
#include <optional>

#include "fuzz.h"
#include "procedure/page.h"
#include "procedure/procedure.h"
#include "sop/diff.h"
#include "sop/import.h"

namespace {

// What the printed page of a procedure is read back as.
std::optional<slipway::procedure::Procedure> ReadBack(const slipway::procedure::Procedure& procedure) {
  const auto page = slipway::markdown::Read(slipway::procedure::PrintPage(procedure), "printed.md");
  const auto imported = page ? slipway::sop::Import(*page) : std::unexpected(page.error());
  if (!imported || imported->drafts.size() != 1) return std::nullopt;
  auto again = slipway::procedure::Parse(slipway::sop::Yaml(imported->drafts[0]), "again.yaml");
  slipway::fuzz::Require(again.has_value());
  return *std::move(again);
}

// Or one of them is refused as a page.
bool Same(const slipway::procedure::Procedure& a, const slipway::procedure::Procedure& b) {
  const auto differences = slipway::sop::Diff(a, b, slipway::sop::PageSays::kEverything);
  return !differences || differences->empty();
}

}  // namespace

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
    Require(Same(*procedure, *procedure));
    const auto once = ReadBack(*procedure);
    const auto twice = once ? ReadBack(*once) : std::nullopt;
    Require(!twice || Same(*once, *twice));
  }
  return 0;
}
