// The hashes of the log: leaves, stored tiles, the tree's edge, and the signed heads along the way.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "audit/report.h"
#include "journal/checkpoint.h"
#include "journal/view.h"

namespace slipway::audit {

// Fed with every event in order. Not thread-safe.
class TreeCheck {
 public:
  explicit TreeCheck(Report& report) : report_(report) {}

  // Before the events: what they will be compared with.
  void ExpectHead(const journal::RawHead& head) { head_ = head; }
  void ExpectTiles(const std::vector<journal::Tile>& tiles);
  enum class Origin { kStore, kElsewhere };
  void ExpectCheckpoint(const journal::Checkpoint& checkpoint, Origin origin);
  // One of the store's that proves nothing; it is not gone.
  void DamagedCheckpoint(std::int64_t size) { sizes_[static_cast<std::size_t>(Origin::kStore)].insert(size); }

  void Add(const journal::RawEvent& event);
  void Finish();

 private:
  void CompareTiles();
  void CompareHeads();

  struct Expected {
    journal::Hash root{};
    Origin origin = Origin::kStore;
  };

  Report& report_;
  std::optional<journal::RawHead> head_;  // none: the store lost it
  std::map<std::pair<int, std::int64_t>, journal::Hash> tiles_;
  std::multimap<std::int64_t, Expected> heads_;
  std::multimap<std::int64_t, Expected>::const_iterator next_head_;
  std::set<std::int64_t> sizes_[2];                // per origin: which checkpoints there are
  std::map<std::int64_t, std::int64_t> followed_;  // a checkpoint, and the one that says it was made after it
  bool started_ = false;
  journal::Frontier frontier_;
  std::vector<journal::Tile> completed_;
  std::int64_t expected_seq_ = 1;
  bool gap_ = false;                 // an event is missing: no tree can be built beyond it
  std::int64_t agreed_[2] = {0, 0};  // per origin: the newest head that agreed
  bool disagreed_[2] = {false, false};
  bool tile_disagreed_ = false;
};

}  // namespace slipway::audit
