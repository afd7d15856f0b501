// How an event refers to blobs. It needs those of its attachments (an object with a string `digest`, a string
// `name` and an integer `size`, at any depth) and of its `plan`; any other digest may or may not be that of a
// blob.
#pragma once

#include <set>
#include <string>

#include "base/json.h"

namespace slipway::audit {

using Digests = std::set<std::string, std::less<>>;

struct BlobReferences {
  Digests needed;
  Digests mentioned;  // those and every other `sha256:…` text
};

// Adds what an event's data refers to.
void FindBlobs(const base::JsonObject& data, BlobReferences& references);

}  // namespace slipway::audit
