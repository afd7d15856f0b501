// The append-only store of events, and the rows that change in the same transaction.
//
// Any process appends signals; only the holder of a run's lease appends decisions, on condition that nothing
// was appended to that run since it looked and that its lease epoch is still the newest. Append returns once
// the batch is on disk. Thread-safe: batches of several threads share one durable commit (group commit).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "journal/event.h"

namespace slipway::journal {

// The engine's own rows, each a pure function of the events. Keys are the run id, target id, …; values are
// canonical JSON.
enum class Table { kRun, kOpen, kLock, kHold, kLease, kFact };
inline constexpr std::array kTables{Table::kRun,  Table::kOpen,  Table::kLock,
                                    Table::kHold, Table::kLease, Table::kFact};
std::string_view ToString(Table table);  // run open lock hold lease fact

struct Put {
  enum class Mode { kSet, kInsert, kErase };  // kInsert: kConflict when the key is there
  Mode mode = Mode::kSet;
  Table table = Table::kRun;
  std::string key;
  std::string value;  // canonical JSON; empty for kErase
};

struct NewEvent {
  std::string run;
  std::string type;
  std::string actor;
  base::Time at;
  base::JsonObject data;
};

// Who wipes a blob, when and why.
struct Deletion {
  std::string actor;
  base::Time at;
  std::string reason;
};

// The event of no run that accounts for a blob without bytes: `digest`, `reason`.
inline constexpr std::string_view kBlobDeleted = "blob_deleted";

struct Condition {
  std::string run;
  std::int64_t last_seq = 0;  // the run's newest event the writer has seen; 0 = none yet
  std::uint64_t epoch = 0;    // the writer's lease epoch; 0 = needs no lease (a new run)
};

struct Batch {
  std::vector<NewEvent> events;
  std::vector<Put> puts;
  std::vector<std::string> blobs;  // stored under their SHA-256 before the events are
  std::optional<Condition> condition;
};

struct Appended {
  std::int64_t first_seq = 0;
  std::int64_t last_seq = 0;
};

struct Row {
  std::string key;
  std::string value;
};

// A run's lease. While it lives, no other process drives the run; a dead process's lease is free at once.
class Lease {
 public:
  virtual ~Lease() = default;
  virtual const std::string& Run() const = 0;
  virtual std::uint64_t Epoch() const = 0;
};

// Who has a run's lease.
enum class Holder {
  kNobody,  // it was given back, or never taken
  kAlive,
  kDead,  // its process died with it
};

// The C2SP signed-note text of a tree head, with its Ed25519 signature.
struct Checkpoint {
  std::int64_t size = 0;
  base::Hash root{};
  std::string note;
  std::int64_t after = 0;  // the size of the one before it; 0 = it is the first, or does not say
};

class View;  // journal/view.h

class Store {
 public:
  virtual ~Store() = default;

  virtual const std::string& Id() const = 0;         // random, for ever; the origin of its checkpoints
  virtual const std::string& PublicKey() const = 0;  // C2SP verifier key, `<id>+<key id>+<base64>`

  // Atomic: all or nothing. kConflict: the condition or a kInsert failed (`what` names it). kIo: the disk
  // failed or is full, nothing was written, and a later Append may go through.
  virtual base::Result<Appended> Append(const Batch& batch) = 0;

  virtual base::Result<std::int64_t> Size() = 0;  // number of events = newest seq
  virtual base::Result<std::vector<Event>> Read(std::int64_t from_seq, std::int64_t limit) = 0;
  virtual base::Result<std::vector<Event>> ReadRun(std::string_view run, std::int64_t after_seq) = 0;
  virtual base::Result<std::int64_t> LastSeq(
      std::string_view run) = 0;  // 0 = no such run; cheap enough to poll

  virtual base::Result<std::optional<std::string>> Get(Table table, std::string_view key) = 0;
  virtual base::Result<std::vector<Row>> Scan(Table table) = 0;  // by key
  virtual base::Result<std::int64_t> Count(
      Table table) {  // a store that can count without reading overrides it
    auto rows = Scan(table);
    if (!rows) return std::unexpected(rows.error());
    return static_cast<std::int64_t>(rows->size());
  }

  virtual base::Result<std::string> Blob(std::string_view digest) = 0;  // kInvalid when deleted or unknown

  // Takes the run's lease: exclusive among processes, and appends `lease_taken {epoch, pid, host}` with the
  // epoch one higher. kRefused: another live process holds it; `what` says which.
  virtual base::Result<std::unique_ptr<Lease>> TakeLease(std::string_view run, std::string_view actor,
                                                         base::Time at) = 0;

  // Who has it now; the lease's row says more about him. Whoever asks disturbs nobody who takes it meanwhile.
  virtual base::Result<Holder> HolderOf(std::string_view run) = 0;
  virtual base::Result<std::vector<std::string>> Orphans() = 0;  // the runs whose holder is dead

  // Signs the tree head as it is now and keeps it. Cheap when nothing was appended since the last.
  virtual base::Result<Checkpoint> MakeCheckpoint() = 0;

  // Signs a statement other than a checkpoint with the store's key; see journal/checkpoint.h.
  virtual base::Result<std::string> SignStatement(std::string_view kind, std::string_view text) = 0;

  // Puts the deletion on record (`blob_deleted`), then wipes the blob's bytes; its digest and size stay, so
  // the log still verifies. kInvalid: unknown.
  virtual base::Status DeleteBlob(std::string_view digest, const Deletion& deletion) = 0;

  // A snapshot of what stands on disk, for verification and proofs.
  virtual base::Result<std::unique_ptr<View>> OpenView() = 0;
};

}  // namespace slipway::journal
