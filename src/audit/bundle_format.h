// The member names of a bundle's lines, shared by its writer and its reader.
#pragma once

#include <string_view>

namespace slipway::audit {

inline constexpr int kBundleVersion = 1;
inline constexpr std::string_view kSealKind = "bundle";

inline constexpr std::string_view kBundle = "bundle", kCheckpoint = "checkpoint", kKey = "key", kRun = "run",
                                  kStore = "store";                                        // the first line
inline constexpr std::string_view kEvent = "event", kProof = "proof", kLeaf = "leaf";      // an event
inline constexpr std::string_view kBlob = "blob", kBytes = "bytes", kDeleted = "deleted";  // a blob
inline constexpr std::string_view kBlobs = "blobs", kEvents = "events", kSeal = "seal";    // the last line

}  // namespace slipway::audit
