#include <fmt/format.h>

#include <algorithm>

#include "audit/blob_refs.h"
#include "audit/bundle.h"
#include "audit/bundle_format.h"
#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"
#include "journal/canonical.h"

namespace slipway::audit {
namespace {

// Reads a bundle line by line. One use.
class Reader {
 public:
  Reader(std::string_view text, const journal::VerifierKey& key) : text_(text), key_(key) {}

  base::Result<BundleReport> Read() {
    SLIPWAY_CHECK_OK(ReadHeader());
    bool sealed = false;
    while (!rest_.empty() && !sealed) {
      const std::size_t start = text_.size() - rest_.size();
      const auto line = NextLine();
      if (!line) {
        Problem("line " + std::to_string(line_), line.error().what);
      } else if (line->contains(kEvent)) {
        ReadEvent(*line);
      } else if (line->contains(kBlob)) {
        ReadBlob(*line);
      } else if (line->contains(kSeal)) {
        ReadSeal(*line, text_.substr(0, start));
        sealed = true;
      } else {
        Problem("line " + std::to_string(line_), "is no event, blob or seal");
      }
    }
    if (!sealed) Problem("bundle", "the sealing last line is missing: the file was cut off");
    if (!rest_.empty()) Problem("bundle", "something follows the sealing last line");
    Finish();
    return std::move(report_);
  }

 private:
  void Problem(std::string where, std::string what) {
    if (report_.problems.size() < 50) report_.problems.push_back({0, std::move(where), std::move(what)});
  }

  base::Result<base::JsonObject> NextLine() {
    ++line_;
    const auto end = rest_.find('\n');
    if (end == std::string_view::npos) {
      rest_ = {};
      return base::Invalid("is cut off");
    }
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    SLIPWAY_TRY(base::Json json, journal::ReadCanonical(line));
    if (!json.is_object()) return base::Invalid("is no object");
    return std::move(json.get_object());
  }

  base::Status ReadHeader() {
    rest_ = text_;
    auto header = NextLine();
    if (!header || base::GetInt(*header, kBundle) == 0) return base::Invalid("this is no slipway bundle");
    if (base::GetInt(*header, kBundle) != kBundleVersion) {
      return base::Invalid("a bundle of version " + std::to_string(base::GetInt(*header, kBundle)) +
                           ", this program reads " + std::to_string(kBundleVersion));
    }
    report_.store = base::GetString(*header, kStore);
    report_.run = base::GetString(*header, kRun);
    if (report_.store != key_.name)
      Problem("bundle", "is of store " + report_.store + ", the key of " + key_.name);
    if (base::GetString(*header, kKey) != key_.Text())
      Problem("bundle", "names another key than the one that was given");
    auto checkpoint = journal::VerifyCheckpoint(base::GetString(*header, kCheckpoint), key_);
    if (checkpoint) {
      checkpoint_ = std::move(*checkpoint);
      report_.size = checkpoint_.size;
    } else {
      Problem("checkpoint", checkpoint.error().what);
    }
    return {};
  }

  void ReadEvent(const base::JsonObject& line) {
    const std::string bytes = base::GetString(line, kEvent);
    auto event = journal::Decode(bytes);
    if (!event) return Problem("line " + std::to_string(line_), event.error().what);
    const std::string where = "event " + std::to_string(event->seq);
    if (event->seq <= last_seq_) Problem(where, "is out of order");
    last_seq_ = event->seq;
    const journal::Hash leaf = journal::LeafHash(bytes);
    if (report_.run.empty()) {
      frontier_.Append(NamedLeaf(line, where, leaf));
      if (event->seq != frontier_.size())
        Problem(where, "follows event " + std::to_string(frontier_.size() - 1) + ": something is missing");
    } else {
      if (event->run != report_.run) Problem(where, "is not of run " + report_.run);
      const auto proof = ParseProof(base::GetArray(line, kProof));
      if (!proof ||
          !journal::VerifyInclusion(leaf, event->seq - 1, checkpoint_.size, *proof, checkpoint_.root)) {
        Problem(where, "is not in the log that the checkpoint signs");
      }
    }
    FindBlobs(*event, wanted_);
    report_.events.push_back(std::move(*event));
  }

  // The hash that stands beside the event, as far as one does: where only the event was edited it is named,
  // and the others still prove themselves.
  journal::Hash NamedLeaf(const base::JsonObject& line, const std::string& where, const journal::Hash& leaf) {
    if (!line.contains(kLeaf)) return leaf;
    const auto named = journal::ParseHash(base::GetString(line, kLeaf));
    if (!named || *named != leaf) Problem(where, "its bytes disagree with its leaf hash");
    return named.value_or(leaf);
  }

  static base::Result<std::vector<journal::Hash>> ParseProof(const base::JsonArray& array) {
    std::vector<journal::Hash> proof;
    for (const base::Json& item : array) {
      if (!item.is_string()) return base::Invalid("a hash is text");
      SLIPWAY_TRY(const journal::Hash hash, journal::ParseHash(base::View(item.get_string())));
      proof.push_back(hash);
    }
    return proof;
  }

  void ReadBlob(const base::JsonObject& line) {
    const std::string digest = base::GetString(line, kBlob);
    const std::string where = "blob " + digest;
    if (!wanted_.needed.contains(digest) && !wanted_.mentioned.contains(digest))
      return Problem(where, "no event refers to it");
    if (!shown_.insert(digest).second) return Problem(where, "stands twice");
    if (base::GetBool(line, kDeleted)) {
      ++report_.deleted_blobs;
      // A bundle of one run does not hold the event that accounts for it: its deletion is the store's word.
      if (report_.run.empty() && !wanted_.deleted.contains(digest))
        Problem(where, "left out as deleted, and no event says who deleted it");
      return;
    }
    const auto bytes = base::FromBase64(base::GetString(line, kBytes));
    if (!bytes || base::Sha256Text(*bytes) != digest)
      return Problem(where, "its bytes are not those of its digest");
    ++report_.blobs;
  }

  void ReadSeal(const base::JsonObject& line, std::string_view before) {
    if (base::GetInt(line, kEvents) != static_cast<std::int64_t>(report_.events.size())) {
      Problem("seal", "says " + std::to_string(base::GetInt(line, kEvents)) + " events, the file has " +
                          std::to_string(report_.events.size()));
    }
    if (base::GetInt(line, kBlobs) != static_cast<std::int64_t>(shown_.size()))
      Problem("seal", "the number of blobs is wrong");
    const auto digest = journal::VerifyStatement(base::GetString(line, kSeal), kSealKind, key_);
    if (!digest) {
      Problem("seal", digest.error().what);
    } else if (*digest != base::Sha256Text(before)) {
      Problem("seal", "the file is not as it was exported");
    }
  }

  void Finish() {
    for (const std::string& digest : wanted_.needed) {
      if (!shown_.contains(digest)) Problem("blob " + digest, "missing");
    }
    if (!report_.run.empty()) return;
    const bool agrees = frontier_.size() == checkpoint_.size && frontier_.Root() == checkpoint_.root;
    if (!agrees) Problem("bundle", "the events are not those that the checkpoint signs");
    report_.complete = agrees && report_.ok();
  }

  const std::string_view text_;
  const journal::VerifierKey& key_;
  std::string_view rest_;
  std::int64_t line_ = 0;
  std::int64_t last_seq_ = 0;
  journal::Checkpoint checkpoint_;
  journal::Frontier frontier_;
  BlobReferences wanted_;
  Digests shown_;
  BundleReport report_;
};

}  // namespace

base::Result<BundleReport> VerifyBundle(std::string_view text, const journal::VerifierKey& key) {
  return Reader(text, key).Read();
}

std::string Render(const BundleReport& report) {
  std::string text;
  for (const Problem& problem : report.problems)
    text += base::Printable(problem.where + ": " + problem.what) + "\n";
  text += fmt::format(
      "store {}: {} event{} {}, under a signed checkpoint of {}\n", base::Printable(report.store),
      report.events.size(), report.events.size() == 1 ? "" : "s",
      report.run.empty() ? "of the whole log" : "of run " + base::Printable(report.run), report.size);
  if (report.blobs + report.deleted_blobs > 0) {
    text += fmt::format("{} blobs, {} deleted on purpose\n", report.blobs + report.deleted_blobs,
                        report.deleted_blobs);
  }
  const std::string left_out =
      fmt::format("{} deleted blob{}", report.deleted_blobs, report.deleted_blobs == 1 ? "" : "s");
  if (!report.ok()) {
    text += "BROKEN: this is not what the store recorded and exported\n";
  } else if (report.complete) {
    text += "verified: every event of the log up to the checkpoint, " +
            (report.deleted_blobs == 0 ? std::string("nothing left out\n") : left_out + " left out\n");
  } else {
    text += "verified: each event stands in the log as signed, and the file is as the store exported it" +
            (report.deleted_blobs == 0 ? std::string("\n") : "; " + left_out + " left out\n");
  }
  return text;
}

base::JsonObject ToJson(const BundleReport& report) {
  base::JsonArray problems;
  for (const Problem& problem : report.problems) {
    problems.push_back(base::JsonObject{{"where", problem.where}, {"what", problem.what}});
  }
  return {{"store", report.store}, {"run", report.run.empty() ? base::Json() : base::Json(report.run)},
          {"ok", report.ok()},     {"complete", report.complete},
          {"size", report.size},   {"events", static_cast<std::int64_t>(report.events.size())},
          {"blobs", report.blobs}, {"deleted_blobs", report.deleted_blobs},
          {"problems", problems}};
}

}  // namespace slipway::audit
