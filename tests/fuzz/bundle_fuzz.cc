// Whatever the bytes: an error, a report with problems, or the very file that was exported.
#include "audit/bundle.h"

#include "base/random.h"
#include "fuzz.h"
#include "journal/memory_store.h"
#include "journal/testing.h"

namespace {

using namespace slipway;

struct Exported {
  journal::VerifierKey key;
  std::string run;
  std::string all;
};

const Exported& Export() {
  static const Exported exported = [] {
    base::SeededRandom random(3);
    journal::MemoryDisk disk(random);
    const auto store = OpenMemoryStore(disk, "p");
    for (int i = 0; i < 5; ++i) {
      journal::Batch batch = journal::testing::One("R" + std::to_string(i % 2), "x");
      batch.blobs = {"out"};
      batch.events[0].data = {{"o", {{"digest", base::Sha256Text("out")}, {"name", "o"}, {"size", 3}}}};
      fuzz::Require(store->Append(batch).has_value());
    }
    return Exported{*journal::ParseVerifierKey(store->PublicKey()), *audit::ExportBundle(*store, "R1"),
                    *audit::ExportBundle(*store, "")};
  }();
  return exported;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::Text(data, size);
  const auto report = audit::VerifyBundle(text, Export().key);
  if (!report) return 0;
  (void)audit::Render(*report);
  fuzz::Require(report->ok() == (text == Export().run || text == Export().all));
  return 0;
}
