#include <optional>

#include "audit/blob_refs.h"
#include "audit/bundle.h"
#include "audit/bundle_format.h"
#include "base/bytes.h"
#include "base/json.h"
#include "journal/view.h"

namespace slipway::audit {
namespace {

base::Status AddLine(std::string& out, const base::JsonObject& line) {
  SLIPWAY_TRY(const std::string text, base::CanonicalJson(line));
  out += text;
  out += '\n';
  return {};
}

base::JsonArray ProofText(const std::vector<journal::Hash>& proof) {
  base::JsonArray text;
  for (const auto& hash : proof) text.push_back(base::Json(base::Base64(base::AsBytes(hash))));
  return text;
}

// The lines of the events, and what blobs they refer to.
struct EventLines {
  std::string text;
  std::int64_t count = 0;
  BlobReferences blobs;
};

base::Result<EventLines> WriteEvents(journal::View& view, std::string_view run,
                                     const journal::Checkpoint& checkpoint) {
  EventLines lines;
  journal::Frontier frontier;
  const journal::SubtreeReader reader = [&](int level, std::int64_t index) {
    return view.Subtree(level, index);
  };
  const auto broken = [](std::int64_t seq) {
    return base::Fail(base::ErrorKind::kIo, "event " + std::to_string(seq) + " does not prove itself",
                      "journal", "slipway audit verify");
  };
  const auto add = [&](const journal::RawEvent& event) -> base::Status {
    if (event.seq > checkpoint.size) return {};
    base::JsonObject line{{kEvent, event.bytes}};
    const journal::Hash leaf = journal::LeafHash(event.bytes);
    if (run.empty()) {
      frontier.Append(leaf);
      line[kLeaf] = base::Base64(base::AsBytes(leaf));
    } else {
      SLIPWAY_TRY(const auto proof, journal::InclusionProof(reader, event.seq - 1, checkpoint.size));
      if (!journal::VerifyInclusion(leaf, event.seq - 1, checkpoint.size, proof, checkpoint.root))
        return broken(event.seq);
      line[kProof] = ProofText(proof);
    }
    SLIPWAY_TRY(const journal::Event decoded, journal::Decode(event.bytes));
    FindBlobs(decoded, lines.blobs);
    ++lines.count;
    return AddLine(lines.text, line);
  };
  if (run.empty()) {
    SLIPWAY_CHECK_OK(view.Events(1, checkpoint.size, add));
    if (frontier.size() != checkpoint.size || frontier.Root() != checkpoint.root)
      return broken(checkpoint.size);
  } else {
    SLIPWAY_CHECK_OK(view.RunEvents(run, add));
  }
  return lines;
}

// What the whole log, also outside of the exported run, has on record as deleted.
base::Result<BlobReferences> Deletions(journal::View& view) {
  BlobReferences found;
  SLIPWAY_CHECK_OK(view.RunEvents("", [&](const journal::RawEvent& event) -> base::Status {
    SLIPWAY_TRY(const journal::Event decoded, journal::Decode(event.bytes));
    FindBlobs(decoded, found);
    return {};
  }));
  return found;
}

// Every blob the events need, and every other they mention that is one. Returns how many.
base::Result<std::int64_t> WriteBlobs(journal::View& view, const BlobReferences& references,
                                      std::string& text) {
  Digests all = references.mentioned;
  all.insert(references.needed.begin(), references.needed.end());
  std::int64_t count = 0;
  std::optional<BlobReferences> deletions;
  for (const std::string& digest : all) {
    SLIPWAY_TRY(const journal::StoredBlob blob, view.Blob(digest));
    if (!blob.known) {
      if (!references.needed.contains(digest)) continue;
      return base::Fail(base::ErrorKind::kIo, "blob " + digest + " is missing", "journal",
                        "slipway audit verify");
    }
    base::JsonObject line{{kBlob, digest}};
    if (blob.bytes) {
      line[kBytes] = base::Base64(*blob.bytes);
    } else {
      if (!deletions) {
        SLIPWAY_TRY(deletions, Deletions(view));
      }
      if (!deletions->deleted.contains(digest)) {
        return base::Fail(base::ErrorKind::kIo,
                          "the bytes of blob " + digest + " are gone, and no event says who deleted them",
                          "journal", "slipway audit verify");
      }
      line[kDeleted] = true;
    }
    SLIPWAY_CHECK_OK(AddLine(text, line));
    ++count;
  }
  return count;
}

}  // namespace

base::Result<std::string> ExportBundle(journal::Store& store, std::string_view run) {
  SLIPWAY_TRY(const journal::Checkpoint checkpoint, store.MakeCheckpoint());
  SLIPWAY_TRY(const auto view, store.OpenView());
  SLIPWAY_TRY(const EventLines events, WriteEvents(*view, run, checkpoint));
  if (events.count == 0 && !run.empty())
    return base::Invalid("there is no run " + std::string(run), "", "slipway runs");

  std::string text;
  base::Json run_or_null;
  if (!run.empty()) run_or_null = base::Json(boost::json::string_view(run.data(), run.size()));
  SLIPWAY_CHECK_OK(AddLine(text, {{kBundle, kBundleVersion},
                                  {kCheckpoint, checkpoint.note},
                                  {kKey, store.PublicKey()},
                                  {kRun, run_or_null},
                                  {kStore, store.Id()}}));
  text += events.text;
  SLIPWAY_TRY(const std::int64_t blobs, WriteBlobs(*view, events.blobs, text));
  SLIPWAY_TRY(const std::string seal, store.SignStatement(kSealKind, base::Sha256Text(text)));
  SLIPWAY_CHECK_OK(AddLine(text, {{kBlobs, blobs}, {kEvents, events.count}, {kSeal, seal}}));
  return text;
}

}  // namespace slipway::audit
