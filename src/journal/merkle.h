// The Merkle tree of RFC 9162 section 2 over the journal: hashes, the right edge that grows with each event,
// and proofs.
//
// Leaf = SHA-256(0x00 ‖ the event's stored bytes), node = SHA-256(0x01 ‖ left ‖ right). Leaves are counted
// from 0 here; event `seq` is leaf `seq - 1`.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace slipway::journal {

using base::Hash;

Hash LeafHash(std::string_view bytes);
Hash NodeHash(const Hash& left, const Hash& right);
Hash EmptyRoot();  // of a tree without leaves

// The hash of a complete subtree of 256^level leaves that starts at leaf index * 256^level. Kept so that a
// proof reads hundreds of hashes and not the whole log.
struct Tile {
  int level = 1;
  std::int64_t index = 0;
  Hash hash{};
};

// The roots of the complete subtrees that make up a tree of `size` leaves: all that is needed to add the next
// leaf.
class Frontier {
 public:
  // `peaks`: 32 bytes for each set bit of `size`, largest subtree first, as Peaks() gives them.
  static base::Result<Frontier> Restore(std::int64_t size, std::string_view peaks);

  void Append(const Hash& leaf, std::vector<Tile>* tiles = nullptr);  // adds the tiles completed by this leaf
  std::int64_t size() const { return size_; }
  Hash Root() const;
  std::string Peaks() const;

 private:
  std::int64_t size_ = 0;
  std::array<Hash, 63> peak_{};  // [k] stands where bit k of size_ is set
};

// Where a proof's hashes come from. Returns the hash of the complete subtree of 256^level leaves at `index`;
// level 0 = leaf.
using SubtreeReader = std::function<base::Result<Hash>(int level, std::int64_t index)>;

base::Result<Hash> TreeHash(const SubtreeReader& reader, std::int64_t size);
// The path from leaf `index` to the root of the first `size` leaves. kInvalid unless 0 <= index < size.
base::Result<std::vector<Hash>> InclusionProof(const SubtreeReader& reader, std::int64_t index,
                                               std::int64_t size);
// That the first `old_size` leaves of the tree are a prefix of the first `size`. kInvalid unless 0 <=
// old_size <= size.
base::Result<std::vector<Hash>> ConsistencyProof(const SubtreeReader& reader, std::int64_t old_size,
                                                 std::int64_t size);

// RFC 9162 sections 2.1.3.2 and 2.1.4.2.
bool VerifyInclusion(const Hash& leaf, std::int64_t index, std::int64_t size, std::span<const Hash> proof,
                     const Hash& root);
bool VerifyConsistency(std::int64_t old_size, const Hash& old_root, std::int64_t size, const Hash& root,
                       std::span<const Hash> proof);

}  // namespace slipway::journal
