#include "journal/append.h"

#include <map>
#include <utility>

#include "journal/lease.h"
#include "journal/view.h"

namespace slipway::journal {
namespace {

constexpr std::size_t kMaxRowBytes = 64u << 20;
constexpr std::size_t kMaxBlobBytes = 512u << 20;

base::Error Conflict(std::string what) { return {base::ErrorKind::kConflict, std::move(what), "", ""}; }

base::Status CheckCondition(Transaction& transaction, const Condition& condition) {
  SLIPWAY_TRY(const std::int64_t last, transaction.LastSeqOf(condition.run));
  if (last != condition.last_seq) {
    return std::unexpected(Conflict("run " + condition.run + " has event " + std::to_string(last) +
                                    ", the writer knew " + std::to_string(condition.last_seq)));
  }
  if (condition.epoch == 0) return {};
  SLIPWAY_TRY(const auto row, transaction.ValueOf(Table::kLease, condition.run));
  std::uint64_t epoch = 0;
  if (row) {
    SLIPWAY_TRY(const LeaseHolder holder, ParseLeaseRow(*row));
    epoch = holder.epoch;
  }
  if (epoch == condition.epoch) return {};
  return std::unexpected(Conflict("the lease of run " + condition.run + " is at epoch " +
                                  std::to_string(epoch) + ", the writer's is " +
                                  std::to_string(condition.epoch)));
}

// Each kInsert sees the puts of its own batch that stand before it.
base::Status CheckInserts(Transaction& transaction, const std::vector<Put>& puts) {
  bool any = false;
  for (const Put& put : puts) any = any || put.mode == Put::Mode::kInsert;
  if (!any) return {};
  std::map<std::pair<Table, std::string_view>, bool> written;
  for (const Put& put : puts) {
    const std::pair<Table, std::string_view> at{put.table, put.key};
    if (put.mode == Put::Mode::kInsert) {
      bool there = false;
      if (const auto known = written.find(at); known != written.end()) {
        there = known->second;
      } else {
        SLIPWAY_TRY(const auto value, transaction.ValueOf(put.table, put.key));
        there = value.has_value();
      }
      if (there)
        return std::unexpected(Conflict(std::string(ToString(put.table)) + " " + put.key + " is taken"));
    }
    written[at] = put.mode != Put::Mode::kErase;
  }
  return {};
}

}  // namespace

std::string_view ToString(Table table) {
  switch (table) {
    case Table::kRun:
      return "run";
    case Table::kOpen:
      return "open";
    case Table::kLock:
      return "lock";
    case Table::kHold:
      return "hold";
    case Table::kLease:
      return "lease";
    case Table::kFact:
      return "fact";
  }
  return "?";
}

base::Result<PreparedBatch> PrepareBatch(const Batch& batch) {
  if (batch.events.empty() && !batch.puts.empty()) {
    return base::Fail(base::ErrorKind::kInternal, "rows without an event that accounts for them", "journal");
  }
  PreparedBatch prepared;
  prepared.batch = &batch;
  prepared.events.reserve(batch.events.size());
  for (const NewEvent& event : batch.events) {
    SLIPWAY_TRY(Encoded encoded, EncodeNew(event));
    prepared.events.push_back(std::move(encoded));
  }
  for (const Put& put : batch.puts) {
    if (put.value.size() > kMaxRowBytes) return base::Invalid("a row of over 64 MiB", "journal");
  }
  for (const std::string& blob : batch.blobs) {
    if (blob.size() > kMaxBlobBytes) return base::Invalid("a blob of over 512 MiB", "journal");
  }
  for (const std::string& blob : batch.blobs) prepared.digests.push_back(base::Sha256Text(blob));
  return prepared;
}

base::Status CheckBatch(Transaction& transaction, const Batch& batch) {
  if (batch.condition) SLIPWAY_CHECK_OK(CheckCondition(transaction, *batch.condition));
  return CheckInserts(transaction, batch.puts);
}

base::Result<Appended> WriteBatch(Transaction& transaction, Frontier& frontier,
                                  const PreparedBatch& prepared) {
  const Batch& batch = *prepared.batch;
  for (std::size_t i = 0; i < batch.blobs.size(); ++i) {
    SLIPWAY_CHECK_OK(transaction.InsertBlob(prepared.digests[i], batch.blobs[i]));
  }
  Appended appended;
  std::vector<Tile> tiles;
  for (std::size_t i = 0; i < prepared.events.size(); ++i) {
    const std::int64_t seq = frontier.size() + 1;
    const std::string bytes = prepared.events[i].WithSeq(seq);
    const Hash leaf = LeafHash(bytes);
    SLIPWAY_CHECK_OK(transaction.InsertEvent(seq, batch.events[i].run, bytes, leaf));
    frontier.Append(leaf, &tiles);
    if (i == 0) appended.first_seq = seq;
    appended.last_seq = seq;
  }
  for (const Tile& tile : tiles) SLIPWAY_CHECK_OK(transaction.InsertTile(tile));
  for (const Put& put : batch.puts) SLIPWAY_CHECK_OK(transaction.WriteRow(put));
  return appended;
}

base::Status RecordDeletion(Store& store, std::string_view digest, const Deletion& deletion) {
  SLIPWAY_TRY(auto view, store.OpenView());
  SLIPWAY_TRY(const StoredBlob blob, view->Blob(digest));
  // Not before the bytes are wiped: a reader keeps the write-ahead log.
  view.reset();
  if (!blob.known) return base::Invalid("no blob " + std::string(digest));
  Batch batch;
  batch.events.push_back({"", std::string(kBlobDeleted), deletion.actor, deletion.at,
                          base::JsonObject{{"digest", digest}, {"reason", deletion.reason}}});
  SLIPWAY_TRY(const Appended appended, store.Append(batch));
  static_cast<void>(appended);
  return {};
}

}  // namespace slipway::journal
