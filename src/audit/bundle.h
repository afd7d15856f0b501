// A bundle: one file that proves to a stranger what a run (or the whole log) recorded, without server or
// network.
//
// JSON lines; docs/formats/bundle.md has the grammar. It holds the events' bytes as they were hashed, for
// each the path to the root of one signed checkpoint, the checkpoint, and the blobs the events refer to. What
// it proves for a run: each event shown stands in the log as signed. That no other event of the run exists is
// proved only by a bundle of the whole log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/report.h"
#include "base/result.h"
#include "journal/checkpoint.h"
#include "journal/store.h"

namespace slipway::audit {

// What every bundle begins with, and no other file does.
inline constexpr std::string_view kBundleBegins = R"({"bundle":)";

// The text of a bundle of `run`, or of the whole log where it is empty. Makes a checkpoint first, so that
// every event is covered. kInvalid: no such run. kIo: the store does not prove its own events (audit verify
// says why).
base::Result<std::string> ExportBundle(journal::Store& store, std::string_view run);

struct BundleReport {
  std::string store;
  std::string run;        // empty: the whole log
  bool complete = false;  // the whole log up to the checkpoint, nothing left out
  std::int64_t size = 0;  // events the checkpoint covers
  std::vector<journal::Event> events;
  std::int64_t blobs = 0;
  std::int64_t deleted_blobs = 0;
  std::vector<Problem> problems;
  bool ok() const { return problems.empty(); }
};

// Checks every byte against the public key. kInvalid only where it is no bundle at all.
base::Result<BundleReport> VerifyBundle(std::string_view text, const journal::VerifierKey& key);

std::string Render(const BundleReport& report);
base::JsonObject ToJson(const BundleReport& report);

}  // namespace slipway::audit
