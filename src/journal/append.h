// The rules of Store::Append, the same for every store: what is encoded beforehand, what is checked and what
// is written inside the transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "journal/encoding.h"
#include "journal/merkle.h"
#include "journal/store.h"

namespace slipway::journal {

// What a store offers inside a transaction. Earlier writes of the same transaction are seen by its reads.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual base::Result<std::int64_t> LastSeqOf(std::string_view run) = 0;
  virtual base::Result<std::optional<std::string>> ValueOf(Table table, std::string_view key) = 0;
  virtual base::Status InsertEvent(std::int64_t seq, std::string_view run, std::string_view bytes,
                                   const Hash& leaf) = 0;
  virtual base::Status InsertTile(const Tile& tile) = 0;
  virtual base::Status WriteRow(const Put& put) = 0;
  virtual base::Status InsertBlob(std::string_view digest,
                                  std::string_view bytes) = 0;  // a known digest is left as it is
};

// A batch with everything computed that needs no lock. `batch` must outlive it.
struct PreparedBatch {
  const Batch* batch = nullptr;
  std::vector<Encoded> events;
  std::vector<std::string> digests;  // of the blobs
};
base::Result<PreparedBatch> PrepareBatch(const Batch& batch);

// Appends the event that accounts for a blob without bytes. kInvalid: no such blob.
base::Status RecordDeletion(Store& store, std::string_view digest, const Deletion& deletion);

// kConflict: the condition or a kInsert does not hold. Writes nothing.
base::Status CheckBatch(Transaction& transaction, const Batch& batch);

base::Result<Appended> WriteBatch(Transaction& transaction, Frontier& frontier,
                                  const PreparedBatch& prepared);

}  // namespace slipway::journal
