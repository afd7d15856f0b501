#include "audit/tree_check.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace slipway::audit {
namespace {

std::string Event(std::int64_t seq) { return "event " + std::to_string(seq); }

std::string Events(std::int64_t from, std::int64_t to) {
  return from == to ? Event(from) : "events " + std::to_string(from) + " to " + std::to_string(to);
}

}  // namespace

void TreeCheck::ExpectTiles(const std::vector<journal::Tile>& tiles) {
  for (const journal::Tile& tile : tiles) tiles_[{tile.level, tile.index}] = tile.hash;
}

void TreeCheck::ExpectCheckpoint(const journal::Checkpoint& checkpoint, Origin origin) {
  heads_.insert({checkpoint.size, {checkpoint.root, origin}});
  sizes_[static_cast<std::size_t>(origin)].insert(checkpoint.size);
  if (checkpoint.after > 0) followed_[checkpoint.after] = checkpoint.size;
}

void TreeCheck::Add(const journal::RawEvent& event) {
  if (!started_) {
    started_ = true;
    next_head_ = heads_.begin();
    CompareHeads();
  }
  if (event.seq < expected_seq_) {
    report_.AddEvent(event.seq, "no event has this number: it was inserted");
    return;
  }
  if (head_ && event.seq > head_->size) {
    report_.AddEvent(event.seq, "stands beyond the " + std::to_string(head_->size) +
                                    " events of the log: it was inserted");
    return;
  }
  if (event.seq > expected_seq_) {
    report_.Add(Events(expected_seq_, event.seq - 1), "missing", expected_seq_);
    gap_ = true;
  }
  expected_seq_ = event.seq + 1;

  const journal::Hash computed = journal::LeafHash(event.bytes);
  journal::Hash leaf = computed;
  if (base::AsBytes(computed) != event.leaf) {
    report_.AddEvent(event.seq, "its bytes disagree with its leaf hash");
    // The tree goes on with the stored leaf: where only the bytes were edited, the rest still proves itself.
    if (event.leaf.size() == leaf.size()) std::memcpy(leaf.data(), event.leaf.data(), leaf.size());
  }
  if (gap_) return;
  completed_.clear();
  frontier_.Append(leaf, &completed_);
  if (!completed_.empty()) CompareTiles();
  CompareHeads();
}

void TreeCheck::CompareTiles() {
  for (const journal::Tile& tile : completed_) {
    const auto stored = tiles_.find({tile.level, tile.index});
    const std::int64_t width = std::int64_t{1} << (8 * tile.level);
    const std::string where = Events(tile.index * width + 1, (tile.index + 1) * width);
    if (stored == tiles_.end()) {
      report_.Add(where, "the stored tree hash over them is missing");
      continue;
    }
    // A wider tile that differs says no more than the narrow one before it.
    if (stored->second != tile.hash && !(tile_disagreed_ && tile.level > 1)) {
      report_.Add(where,
                  "the stored tree hash over them differs: one was changed together with its leaf hash, or "
                  "the hash itself was");
      tile_disagreed_ = true;
    }
    tiles_.erase(stored);
  }
}

void TreeCheck::CompareHeads() {
  for (; next_head_ != heads_.end() && next_head_->first <= frontier_.size(); ++next_head_) {
    if (next_head_->first < frontier_.size()) continue;
    const Expected& expected = next_head_->second;
    const auto origin = static_cast<std::size_t>(expected.origin);
    if (expected.root == frontier_.Root()) {
      agreed_[origin] = frontier_.size();
      if (expected.origin == Origin::kStore) ++report_.checkpoints;
      continue;
    }
    if (disagreed_[origin]) continue;
    disagreed_[origin] = true;
    report_.Add(Events(std::min(agreed_[origin] + 1, frontier_.size()), frontier_.size()),
                expected.origin == Origin::kStore
                    ? "disagree with the signed checkpoint of " + std::to_string(frontier_.size()) + " events"
                    : "are not those of the checkpoint kept elsewhere: the log was rewritten");
  }
}

void TreeCheck::Finish() {
  if (!started_) {
    next_head_ = heads_.begin();
    CompareHeads();
  }
  if (head_ && expected_seq_ <= head_->size) {
    report_.Add(Events(expected_seq_, head_->size), "missing: the log ends early");
    gap_ = true;
  }
  report_.events = expected_seq_ - 1;
  report_.root = base::Base64(base::AsBytes(frontier_.Root()));
  report_.signed_to = agreed_[static_cast<std::size_t>(Origin::kStore)];
  report_.anchored_to = agreed_[static_cast<std::size_t>(Origin::kElsewhere)];
  if (gap_) return;
  if (head_ && head_->size == frontier_.size() && head_->peaks != frontier_.Peaks()) {
    report_.Add(Events(std::min(report_.signed_to + 1, report_.events), report_.events),
                "the stored edge of the tree differs: one was changed together with its leaf hash, or the "
                "edge itself was");
  }
  for (; next_head_ != heads_.end(); ++next_head_) {
    const std::string which =
        next_head_->second.origin == Origin::kStore ? "checkpoint " : "checkpoint kept elsewhere of ";
    report_.Add(
        which + std::to_string(next_head_->first),
        "covers more events than the log's " + std::to_string(report_.events) + ": the log was cut off");
  }
  // The store keeps every checkpoint before it is copied anywhere.
  for (const std::int64_t size : sizes_[static_cast<std::size_t>(Origin::kElsewhere)]) {
    if (sizes_[static_cast<std::size_t>(Origin::kStore)].contains(size) || size > frontier_.size()) continue;
    report_.Add("checkpoint " + std::to_string(size), "was kept elsewhere and is gone from the store");
  }
  for (const auto& [size, next] : followed_) {
    if (std::ranges::any_of(sizes_, [&](const auto& sizes) { return sizes.contains(size); })) continue;
    report_.Add("checkpoint " + std::to_string(size),
                "is gone from the store: the one of " + std::to_string(next) + " events was made after it");
  }
  for (const auto& [at, hash] : tiles_) {
    report_.Add("tree hash " + std::to_string(at.second) + " of level " + std::to_string(at.first),
                "covers events that the log does not have");
  }
}

}  // namespace slipway::audit
