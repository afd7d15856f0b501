#include "journal/merkle.h"

#include <bit>
#include <cstring>

namespace slipway::journal {
namespace {

constexpr std::string_view kLeafPrefix("\0", 1);
constexpr std::string_view kNodePrefix("\1", 1);
constexpr int kTileBits = 8;

// The largest power of two smaller than n (n > 1): where RFC 9162 splits a tree.
std::int64_t Split(std::int64_t n) {
  return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(n - 1)));
}

// MTH(D[low:high]).
base::Result<Hash> RangeHash(const SubtreeReader& reader, std::int64_t low, std::int64_t high) {
  const std::int64_t n = high - low;
  const auto bits = std::countr_zero(static_cast<std::uint64_t>(n));
  if (std::has_single_bit(static_cast<std::uint64_t>(n)) && bits % kTileBits == 0) {
    return reader(bits / kTileBits, low / n);
  }
  const std::int64_t k = Split(n);
  SLIPWAY_TRY(const Hash left, RangeHash(reader, low, low + k));
  SLIPWAY_TRY(const Hash right, RangeHash(reader, low + k, high));
  return NodeHash(left, right);
}

base::Status Path(const SubtreeReader& reader, std::int64_t index, std::int64_t low, std::int64_t high,
                  std::vector<Hash>& out) {
  if (high - low == 1) return {};
  const std::int64_t middle = low + Split(high - low);
  if (index < middle) {
    SLIPWAY_CHECK_OK(Path(reader, index, low, middle, out));
    SLIPWAY_TRY(const Hash h, RangeHash(reader, middle, high));
    out.push_back(h);
  } else {
    SLIPWAY_CHECK_OK(Path(reader, index, middle, high, out));
    SLIPWAY_TRY(const Hash h, RangeHash(reader, low, middle));
    out.push_back(h);
  }
  return {};
}

// SUBPROOF(m, D[low:high], whole).
base::Status Subproof(const SubtreeReader& reader, std::int64_t m, std::int64_t low, std::int64_t high,
                      bool whole, std::vector<Hash>& out) {
  if (m == high - low) {
    if (whole) return {};
    SLIPWAY_TRY(const Hash h, RangeHash(reader, low, high));
    out.push_back(h);
    return {};
  }
  const std::int64_t k = Split(high - low);
  if (m <= k) {
    SLIPWAY_CHECK_OK(Subproof(reader, m, low, low + k, whole, out));
    SLIPWAY_TRY(const Hash h, RangeHash(reader, low + k, high));
    out.push_back(h);
  } else {
    SLIPWAY_CHECK_OK(Subproof(reader, m - k, low + k, high, false, out));
    SLIPWAY_TRY(const Hash h, RangeHash(reader, low, low + k));
    out.push_back(h);
  }
  return {};
}

}  // namespace

Hash LeafHash(std::string_view bytes) { return base::Sha256({kLeafPrefix, bytes}); }

Hash NodeHash(const Hash& left, const Hash& right) {
  char buffer[65];
  buffer[0] = kNodePrefix[0];
  std::memcpy(buffer + 1, left.data(), 32);
  std::memcpy(buffer + 33, right.data(), 32);
  return base::Sha256(std::string_view(buffer, sizeof buffer));
}

Hash EmptyRoot() { return base::Sha256(""); }

base::Result<Frontier> Frontier::Restore(std::int64_t size, std::string_view peaks) {
  const auto bits = static_cast<std::uint64_t>(size);
  if (size < 0 || peaks.size() != 32u * static_cast<std::size_t>(std::popcount(bits))) {
    return base::Fail(base::ErrorKind::kIo,
                      "the stored tree edge does not fit its size of " + std::to_string(size));
  }
  Frontier frontier;
  frontier.size_ = size;
  for (int level = 62; level >= 0; --level) {
    if ((bits >> level & 1) == 0) continue;
    std::memcpy(frontier.peak_[static_cast<std::size_t>(level)].data(), peaks.data(), 32);
    peaks.remove_prefix(32);
  }
  return frontier;
}

void Frontier::Append(const Hash& leaf, std::vector<Tile>* tiles) {
  Hash hash = leaf;
  std::size_t level = 0;
  for (; (size_ >> level & 1) != 0;) {
    hash = NodeHash(peak_[level], hash);
    ++level;
    if (tiles != nullptr && level % kTileBits == 0) {
      tiles->push_back({static_cast<int>(level) / kTileBits, size_ >> level, hash});
    }
  }
  peak_[level] = hash;
  ++size_;
}

Hash Frontier::Root() const {
  if (size_ == 0) return EmptyRoot();
  auto level = static_cast<std::size_t>(std::countr_zero(static_cast<std::uint64_t>(size_)));
  Hash hash = peak_[level];
  for (++level; size_ >> level != 0; ++level) {
    if ((size_ >> level & 1) != 0) hash = NodeHash(peak_[level], hash);
  }
  return hash;
}

std::string Frontier::Peaks() const {
  std::string peaks;
  for (int level = 62; level >= 0; --level) {
    if ((size_ >> level & 1) != 0) peaks += base::AsBytes(peak_[static_cast<std::size_t>(level)]);
  }
  return peaks;
}

base::Result<Hash> TreeHash(const SubtreeReader& reader, std::int64_t size) {
  if (size == 0) return EmptyRoot();
  return RangeHash(reader, 0, size);
}

base::Result<std::vector<Hash>> InclusionProof(const SubtreeReader& reader, std::int64_t index,
                                               std::int64_t size) {
  if (index < 0 || index >= size)
    return base::Invalid("no leaf " + std::to_string(index) + " in a tree of " + std::to_string(size));
  std::vector<Hash> proof;
  SLIPWAY_CHECK_OK(Path(reader, index, 0, size, proof));
  return proof;
}

base::Result<std::vector<Hash>> ConsistencyProof(const SubtreeReader& reader, std::int64_t old_size,
                                                 std::int64_t size) {
  if (old_size < 0 || old_size > size) {
    return base::Invalid("a tree of " + std::to_string(size) + " has no prefix of " +
                         std::to_string(old_size));
  }
  std::vector<Hash> proof;
  if (old_size == 0 || old_size == size) return proof;
  SLIPWAY_CHECK_OK(Subproof(reader, old_size, 0, size, true, proof));
  return proof;
}

bool VerifyInclusion(const Hash& leaf, std::int64_t index, std::int64_t size, std::span<const Hash> proof,
                     const Hash& root) {
  if (index < 0 || index >= size) return false;
  std::int64_t fn = index;
  std::int64_t sn = size - 1;
  Hash r = leaf;
  for (const Hash& p : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      r = NodeHash(p, r);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      r = NodeHash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && r == root;
}

bool VerifyConsistency(std::int64_t old_size, const Hash& old_root, std::int64_t size, const Hash& root,
                       std::span<const Hash> proof) {
  if (old_size < 0 || old_size > size) return false;
  if (old_size == size) return proof.empty() && old_root == root;
  if (old_size == 0) return proof.empty() && old_root == EmptyRoot();
  if (proof.empty()) return false;
  std::int64_t fn = old_size - 1;
  std::int64_t sn = size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  // Where the old tree is one complete subtree, its root starts the proof unsaid.
  const bool unsaid = std::has_single_bit(static_cast<std::uint64_t>(old_size));
  Hash fr = unsaid ? old_root : proof.front();
  Hash sr = fr;
  for (const Hash& c : proof.subspan(unsaid ? 0 : 1)) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      fr = NodeHash(c, fr);
      sr = NodeHash(c, sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = NodeHash(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && fr == old_root && sr == root;
}

}  // namespace slipway::journal
