#include "app/report_proof.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/text.h"
#include "journal/checkpoint.h"
#include "journal/merkle.h"
#include "journal/view.h"

namespace slipway::app {

namespace {

using page::Code;
using page::Line;
using page::Text;
using page::Verdict;

struct Hashed {
  std::int64_t events = 0;
  std::int64_t last = 0;
  journal::Hash last_leaf{};
  std::vector<std::int64_t> differ;
};

base::Result<Hashed> Rehash(journal::View& view, const std::string& run, Proof& proof) {
  Hashed hashed;
  SLIPWAY_CHECK_OK(view.RunEvents(run, [&](const journal::RawEvent& event) -> base::Status {
    const journal::Hash leaf = journal::LeafHash(event.bytes);
    ++hashed.events;
    hashed.last = event.seq;
    hashed.last_leaf = leaf;
    if (base::AsBytes(leaf) != event.leaf) hashed.differ.push_back(event.seq);
    proof.leaves[event.seq] = base::Hex(base::AsBytes(leaf));
    return {};
  }));
  return hashed;
}

// The newest signed checkpoint that covers the event.
std::optional<journal::Checkpoint> Covering(journal::View& view, std::int64_t seq) {
  const auto notes = view.Checkpoints();
  const auto key = journal::ParseVerifierKey(view.PublicKey());
  if (!notes || !key) return std::nullopt;
  for (auto note = notes->rbegin(); note != notes->rend() && note->size >= seq; ++note) {
    if (auto checkpoint = journal::VerifyCheckpoint(note->note, *key)) return *checkpoint;
  }
  return std::nullopt;
}

base::Status Include(journal::View& view, const Hashed& hashed, const std::string& run, page::Blocks& out) {
  const auto checkpoint = Covering(view, hashed.last);
  if (!checkpoint) {
    out.push_back(
        page::Paragraph({Text("No signed checkpoint covers its last event yet. This makes one, and a file "
                              "that proves every event: "),
                         Code("slipway audit export " + run + " " + run + ".bundle")}));
    return {};
  }
  SLIPWAY_TRY(const auto path, journal::InclusionProof(
                                   [&](int level, std::int64_t index) { return view.Subtree(level, index); },
                                   hashed.last - 1, checkpoint->size));
  const bool included =
      journal::VerifyInclusion(hashed.last_leaf, hashed.last - 1, checkpoint->size, path, checkpoint->root);
  out.push_back(page::Paragraph(
      {page::Judged(included ? Verdict::kPass : Verdict::kFail, included ? "included" : "not included"),
       Text(fmt::format(" Event {} under the signed checkpoint of {} events.", hashed.last,
                        checkpoint->size))}));
  std::vector<std::string> lines{"leaf " + base::Hex(base::AsBytes(hashed.last_leaf))};
  for (const journal::Hash& hash : path) lines.push_back("path " + base::Hex(base::AsBytes(hash)));
  out.push_back(page::Fenced(base::Join(lines, "\n")));
  out.push_back(page::Fenced(checkpoint->note));
  return {};
}

}  // namespace

base::Result<Proof> ProofOf(journal::Store& store, const std::string& run) {
  SLIPWAY_TRY(const auto view, store.OpenView());
  Proof proof;
  SLIPWAY_TRY(const Hashed hashed, Rehash(*view, run, proof));
  proof.blocks.push_back(
      page::Paragraph({Text("Log "), Code(view->Id()), Text(", verifier key "), Code(view->PublicKey())}));
  const std::string what =
      hashed.differ.empty()
          ? fmt::format(" The stored bytes of its {} events hash to the leaves of the log.", hashed.events)
          : fmt::format(
                " The stored bytes of {} of its {} events do not hash to their leaves, event {} first.",
                hashed.differ.size(), hashed.events, hashed.differ.front());
  proof.blocks.push_back(
      page::Paragraph({page::Judged(hashed.differ.empty() ? Verdict::kPass : Verdict::kFail,
                                    hashed.differ.empty() ? "as stored" : "changed"),
                       Text(what)}));
  SLIPWAY_CHECK_OK(Include(*view, hashed, run, proof.blocks));
  proof.blocks.push_back(page::Paragraph({Text("This page says what the record says. Whether the record is "
                                               "whole, and anchored by a checkpoint kept "
                                               "elsewhere, is answered by "),
                                          Code("slipway audit verify")}));
  return proof;
}

}  // namespace slipway::app
