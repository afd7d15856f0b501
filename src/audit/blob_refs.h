// How an event refers to blobs. It needs those of its attachments (an object with a string `digest`, a string
// `name` and an integer `size`, at any depth) and of its `plan`; any other digest may or may not be that of a
// blob.
#pragma once

#include <map>
#include <set>
#include <string>

#include "journal/event.h"

namespace slipway::audit {

using Digests = std::set<std::string, std::less<>>;

struct BlobReferences {
  Digests needed;
  Digests mentioned;                                        // those and every other `sha256:…` text
  std::map<std::string, std::string, std::less<>> deleted;  // on record as deleted, and by whom
};

// Adds what an event refers to.
void FindBlobs(const journal::Event& event, BlobReferences& references);

}  // namespace slipway::audit
