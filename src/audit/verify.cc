#include "audit/verify.h"

#include <limits>
#include <utility>

#include "audit/anchors.h"
#include "audit/fold_check.h"
#include "audit/tree_check.h"
#include "base/bytes.h"

namespace slipway::audit {
namespace {

// The key that checkpoints are judged by.
std::optional<journal::VerifierKey> ChooseKey(journal::View& view, const VerifyOptions& options,
                                              Report& report) {
  const auto stored = journal::ParseVerifierKey(view.PublicKey());
  if (!stored) {
    report.Add("key", "the store's public key is damaged: " + stored.error().what);
  } else if (stored->name != view.Id()) {
    report.Add("key", "the store's public key is of store " + stored->name);
  }
  if (options.key && (!stored || stored->Text() != options.key->Text())) {
    report.Add("key", "the store's public key is not the one that was given");
  }
  if (options.key) return options.key;
  if (!stored) return std::nullopt;
  return *stored;
}

// What cannot be read is a finding, and the rest is looked at all the same.
void Unreadable(Report& report, std::string where, const base::Error& error) {
  report.Add(std::move(where), "cannot be read: " + error.what);
}

void ExpectCheckpoints(journal::View& view, const VerifyOptions& options, Report& report, TreeCheck& tree) {
  const auto key = ChooseKey(view, options, report);
  if (!key) return;
  report.key = key->Text();
  const auto stored = view.Checkpoints();
  if (!stored) Unreadable(report, "checkpoints", stored.error());
  for (const journal::RawCheckpoint& raw : stored.value_or(std::vector<journal::RawCheckpoint>{})) {
    const std::string where = "checkpoint " + std::to_string(raw.size);
    const auto checkpoint = journal::VerifyCheckpoint(raw.note, *key);
    if (!checkpoint) {
      report.Add(where, checkpoint.error().what);
      tree.DamagedCheckpoint(raw.size);
    } else if (checkpoint->size != raw.size) {
      report.Add(where, "its note says " + std::to_string(checkpoint->size) + " events");
    } else {
      tree.ExpectCheckpoint(*checkpoint, TreeCheck::Origin::kStore);
    }
  }
  report.other_stores = StoresOf(options.anchors);
  const bool ours = report.other_stores.erase(key->name) > 0;
  if (!ours) {
    for (const auto& [store, events] : std::exchange(report.other_stores, {}))
      report.Add("checkpoints kept elsewhere", NotHere(store, events));
  }
  for (const std::string& note : options.anchors) {
    const auto parsed = journal::ParseCheckpoint(note);
    if (parsed && parsed->origin != key->name) continue;
    const auto checkpoint = journal::VerifyCheckpoint(note, *key);
    if (!checkpoint) {
      report.Add("checkpoint kept elsewhere", checkpoint.error().what);
    } else {
      tree.ExpectCheckpoint(*checkpoint, TreeCheck::Origin::kElsewhere);
    }
  }
}

// Each with the first event that refers to it.
void ReportGone(journal::View& view, Digests gone, Report& report) {
  if (gone.empty()) return;
  constexpr std::string_view kWhat = "its bytes are gone, and no event says that anybody deleted them";
  const base::Status read = view.Events(
      1, std::numeric_limits<std::int64_t>::max(), [&](const journal::RawEvent& event) -> base::Status {
        const auto decoded = gone.empty() ? base::Invalid("") : journal::Decode(event.bytes);
        if (!decoded) return {};
        BlobReferences found;
        FindBlobs(*decoded, found);
        found.mentioned.merge(found.needed);
        for (const std::string& digest : found.mentioned) {
          if (gone.erase(digest) > 0)
            report.AddEvent(event.seq, "refers to blob " + digest + ": " + std::string(kWhat));
        }
        return {};
      });
  if (!read) Unreadable(report, "events", read.error());
  for (const std::string& digest : gone) report.Add("blob " + digest, std::string(kWhat));
}

void CheckBlobs(journal::View& view, const BlobReferences& references, Report& report) {
  Digests gone;
  Digests present;
  const base::Status read = view.Blobs([&](const journal::RawBlob& blob) -> base::Status {
    present.emplace(blob.digest);
    const std::string where = "blob " + std::string(blob.digest);
    if (!blob.bytes) {
      const auto account = references.deleted.find(blob.digest);
      if (account == references.deleted.end()) {
        gone.emplace(blob.digest);
      } else {
        ++report.deleted_blobs;
        report.deleted_by.insert(account->second);
      }
      return {};
    }
    ++report.blobs;
    if (!references.needed.contains(blob.digest) && !references.mentioned.contains(blob.digest))
      report.Add(where, "no event refers to it: it was inserted");
    if (base::Sha256Text(*blob.bytes) != blob.digest)
      report.Add(where, "its bytes are not those of its digest");
    if (static_cast<std::int64_t>(blob.bytes->size()) != blob.size)
      report.Add(where, "the size beside it is wrong");
    return {};
  });
  if (!read) return Unreadable(report, "blobs", read.error());
  ReportGone(view, std::move(gone), report);
  for (const std::string& digest : references.needed) {
    if (!present.contains(digest))
      report.Add("blob " + digest, "missing, though an event refers to it and it was not deleted by slipway");
  }
}

}  // namespace

base::Result<Report> Verify(journal::View& view, const VerifyOptions& options) {
  Report report;
  report.store = view.Id();
  TreeCheck tree(report);
  ExpectCheckpoints(view, options, report, tree);
  if (const auto head = view.Head()) {
    tree.ExpectHead(*head);
  } else {
    report.Add("head", head.error().what);
  }
  if (const auto tiles = view.Tiles()) {
    tree.ExpectTiles(*tiles);
  } else {
    Unreadable(report, "tiles", tiles.error());
  }

  FoldCheck fold(options.projection);
  constexpr auto kFirst = std::numeric_limits<std::int64_t>::min();
  constexpr auto kLast = std::numeric_limits<std::int64_t>::max();
  const base::Status read = view.Events(kFirst, kLast, [&](const journal::RawEvent& event) -> base::Status {
    tree.Add(event);
    fold.Add(event);
    return {};
  });
  if (!read) report.Add("file", "cannot be read to the end: " + read.error().what);
  tree.Finish();
  fold.Finish(report);
  report.Sort();
  if (const base::Status compared = fold.CompareRows(view, report); !compared)
    Unreadable(report, "rows", compared.error());
  CheckBlobs(view, fold.blobs(), report);
  if (options.check_file) {
    const auto faults = view.FileFaults();
    if (!faults) Unreadable(report, "file", faults.error());
    for (const std::string& fault : faults.value_or(std::vector<std::string>{})) report.Add("file", fault);
  }
  return report;
}

base::Result<Report> Verify(journal::Store& store, const VerifyOptions& options) {
  SLIPWAY_TRY(const auto view, store.OpenView());
  return Verify(*view, options);
}

}  // namespace slipway::audit
