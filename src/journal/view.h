// What stands in a store, byte for byte, at one instant: for verification, export and proofs. Nothing here is
// trusted; it is what the disk says.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "journal/merkle.h"
#include "journal/store.h"

namespace slipway::journal {

// Valid during the visit.
struct RawEvent {
  std::int64_t seq = 0;
  std::string_view run;    // the column beside the bytes
  std::string_view bytes;  // what was hashed
  std::string_view leaf;   // the stored hash
};

struct RawBlob {
  std::string_view digest;                // as stored, `sha256:…`
  std::int64_t size = 0;                  // as stored
  std::optional<std::string_view> bytes;  // none: deleted
};

struct StoredBlob {
  bool known = false;
  std::optional<std::string> bytes;  // known without bytes: deleted
};

struct RawHead {
  std::int64_t size = 0;
  std::string peaks;  // see Frontier
};

struct RawCheckpoint {
  std::int64_t size = 0;  // the column beside the note
  std::string note;
};

// One snapshot; later appends are not seen. Used by one thread at a time.
class View {
 public:
  virtual ~View() = default;
  virtual const std::string& Id() const = 0;
  virtual const std::string& PublicKey() const = 0;  // verifier key text
  virtual base::Result<RawHead> Head() = 0;

  // In order of seq; stops with the visitor's error.
  virtual base::Status Events(std::int64_t from_seq, std::int64_t to_seq,
                              const std::function<base::Status(const RawEvent&)>& visit) = 0;
  virtual base::Status RunEvents(std::string_view run,
                                 const std::function<base::Status(const RawEvent&)>& visit) = 0;
  virtual base::Result<std::vector<RawCheckpoint>> Checkpoints() = 0;  // by size
  virtual base::Result<std::vector<Tile>> Tiles() = 0;                 // by level, then index
  virtual base::Result<std::vector<Row>> Rows(Table table) = 0;        // by key
  virtual base::Status Blobs(const std::function<base::Status(const RawBlob&)>& visit) = 0;
  virtual base::Result<StoredBlob> Blob(std::string_view digest) = 0;

  // Whether the file itself is sound: its tables are the ones of the format and its indexes agree with them.
  // Each string names one fault. Reads everything.
  virtual base::Result<std::vector<std::string>> FileFaults() = 0;

  // The stored hash of a leaf (level 0) or tile; see SubtreeReader.
  virtual base::Result<Hash> Subtree(int level, std::int64_t index) = 0;
};

}  // namespace slipway::journal
