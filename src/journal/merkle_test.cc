#include "journal/merkle.h"

#include <gtest/gtest.h>

#include <map>

namespace slipway::journal {
namespace {

// The inputs and roots of the reference implementation of RFC 6962 (certificate-transparency,
// merkle_tree_test).
const std::vector<std::string> kInputs = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string> kRoots = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

std::string Text(const Hash& hash) { return base::Hex(base::AsBytes(hash)); }

// A tree in memory with its tiles.
struct Tree {
  std::vector<Hash> leaves;
  std::vector<Hash> roots{EmptyRoot()};
  std::map<std::pair<int, std::int64_t>, Hash> tiles;
  Frontier frontier;

  void Add(std::string_view bytes) {
    std::vector<Tile> done;
    leaves.push_back(LeafHash(bytes));
    frontier.Append(leaves.back(), &done);
    for (const Tile& tile : done) tiles[{tile.level, tile.index}] = tile.hash;
    roots.push_back(frontier.Root());
  }
  SubtreeReader Reader() const {
    return [this](int level, std::int64_t index) -> base::Result<Hash> {
      if (level == 0) return leaves.at(static_cast<std::size_t>(index));
      const auto found = tiles.find({level, index});
      if (found == tiles.end()) return base::Invalid("no such tile");
      return found->second;
    };
  }
};

TEST(Merkle, HasTheRootsOfTheReferenceImplementation) {
  Tree tree;
  EXPECT_EQ(Text(EmptyRoot()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (std::size_t i = 0; i < kInputs.size(); ++i) {
    tree.Add(base::FromHex(kInputs[i]).value());
    EXPECT_EQ(Text(tree.roots.back()), kRoots[i]);
    EXPECT_EQ(TreeHash(tree.Reader(), static_cast<std::int64_t>(i) + 1).value(), tree.roots.back());
  }
}

TEST(Merkle, HasThePathOfTheReferenceImplementation) {
  Tree tree;
  for (const auto& input : kInputs) tree.Add(base::FromHex(input).value());
  std::vector<std::string> path;
  const auto proof = InclusionProof(tree.Reader(), 5, 8).value();
  for (const Hash& hash : proof) path.push_back(Text(hash));
  EXPECT_EQ(path,
            (std::vector<std::string>{"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                                      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
}

TEST(Merkle, EveryProofOfSmallTreesVerifiesAndNoOther) {
  Tree tree;
  for (int n = 1; n <= 40; ++n) {
    tree.Add("event " + std::to_string(n));
    const Hash root = tree.roots.back();
    for (int i = 0; i < n; ++i) {
      auto proof = InclusionProof(tree.Reader(), i, n).value();
      const Hash leaf = tree.leaves[static_cast<std::size_t>(i)];
      EXPECT_TRUE(VerifyInclusion(leaf, i, n, proof, root));
      EXPECT_FALSE(VerifyInclusion(LeafHash("other"), i, n, proof, root));
      if (n > 1) EXPECT_FALSE(VerifyInclusion(leaf, (i + 1) % n, n, proof, root)) << i << " of " << n;
      proof.push_back(root);
      EXPECT_FALSE(VerifyInclusion(leaf, i, n, proof, root));
    }
    for (int old = 0; old <= n; ++old) {
      auto proof = ConsistencyProof(tree.Reader(), old, n).value();
      const Hash old_root = tree.roots[static_cast<std::size_t>(old)];
      EXPECT_TRUE(VerifyConsistency(old, old_root, n, root, proof)) << old << " of " << n;
      EXPECT_FALSE(VerifyConsistency(old, LeafHash("other"), n, root, proof));
      if (old > 0 && old < n) EXPECT_FALSE(VerifyConsistency(old, old_root, n, LeafHash("other"), proof));
    }
  }
}

TEST(Merkle, ProofsReadTilesWhereTheyCan) {
  Tree tree;
  constexpr std::int64_t kLeaves = 70'000;  // over one tile of the second level
  for (std::int64_t i = 0; i < kLeaves; ++i) tree.Add(std::to_string(i));
  std::int64_t reads = 0;
  const SubtreeReader counting = [&](int level, std::int64_t index) {
    ++reads;
    return tree.Reader()(level, index);
  };
  const auto proof = InclusionProof(counting, 12'345, kLeaves).value();
  EXPECT_TRUE(VerifyInclusion(tree.leaves[12'345], 12'345, kLeaves, proof, tree.roots.back()));
  EXPECT_LT(reads, 800);
}

TEST(Merkle, AFrontierIsRestoredFromItsPeaks) {
  Frontier frontier;
  for (int i = 0; i < 100; ++i) {
    Frontier again = Frontier::Restore(frontier.size(), frontier.Peaks()).value();
    EXPECT_EQ(again.Root(), frontier.Root());
    again.Append(LeafHash("x"));
    frontier.Append(LeafHash("x"));
    EXPECT_EQ(again.Root(), frontier.Root());
  }
  EXPECT_FALSE(Frontier::Restore(3, frontier.Peaks().substr(0, 33)));
  EXPECT_FALSE(Frontier::Restore(-1, ""));
}

TEST(Merkle, ImpossibleProofsAreRefused) {
  Tree tree;
  tree.Add("x");
  EXPECT_FALSE(InclusionProof(tree.Reader(), 1, 1));
  EXPECT_FALSE(InclusionProof(tree.Reader(), -1, 1));
  EXPECT_FALSE(ConsistencyProof(tree.Reader(), 2, 1));
  EXPECT_FALSE(VerifyInclusion(tree.leaves[0], 5, 1, {}, tree.roots[1]));
  EXPECT_FALSE(VerifyConsistency(-1, tree.roots[0], 1, tree.roots[1], {}));
}

}  // namespace
}  // namespace slipway::journal
