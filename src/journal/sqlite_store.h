// The embedded store: one SQLite file in WAL mode, every commit flushed, safe for several processes.
//
// One advisory lock file of the store is held around opening, every write transaction, every WAL checkpoint
// and closing; readers need no lock. Batches of concurrent threads share a commit: the first becomes the
// leader and writes for all that wait by then, each batch checked on its own. The files are listed in
// docs/formats/journal.md.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/random.h"
#include "base/result.h"
#include "journal/store.h"

namespace slipway::journal {

struct SqliteOptions {
  base::Random* random = &base::SystemRandom();  // for the id and key of a new store
  int recycle_frames = 12000;                    // WAL pages after which it is written back to the database
  std::function<void(int frames, std::chrono::microseconds took)>
      on_recycle;              // for measurement; called under the lock
  std::int64_t max_pages = 0;  // 0 = none; a full disk for tests
};

// Whether a store lies in `dir`, or lay there and is damaged. Makes nothing.
bool HasSqliteStore(const std::filesystem::path& dir);

// Opens the store in `dir`, making it (and the folder) where there is none.
base::Result<std::unique_ptr<Store>> OpenSqliteStore(const std::filesystem::path& dir,
                                                     SqliteOptions options = {});

// What lies in `dir`, however little it is: for verification of a store that does not open any more, or of
// one that may not be written, of which a copy is read. Nothing is mended. kIo: it cannot be read at all.
base::Result<std::unique_ptr<View>> OpenStoreAsItIs(const std::filesystem::path& dir);

}  // namespace slipway::journal
