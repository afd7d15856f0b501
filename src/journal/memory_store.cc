#include "journal/memory_store.h"

#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "journal/append.h"
#include "journal/checkpoint.h"
#include "journal/lease.h"
#include "journal/view.h"

namespace slipway::journal {

namespace {

struct StoredEvent {
  std::string run;
  std::string bytes;
  Hash leaf{};
};

struct MemoryBlob {
  std::int64_t size = 0;
  std::optional<std::string> bytes;
};

using Rows = std::map<std::string, std::string, std::less<>>;

}  // namespace

struct MemoryDisk::State {
  std::mutex mutex;
  // All guarded by mutex.
  SigningKey key;
  std::string verifier_key;
  std::vector<StoredEvent> events;
  std::map<std::string, std::vector<std::int64_t>, std::less<>> run_seqs;
  std::map<std::pair<int, std::int64_t>, Hash> tiles;
  std::map<Table, Rows> rows;
  std::map<std::string, MemoryBlob, std::less<>> blobs;
  std::map<std::int64_t, std::string> checkpoints;
  Frontier frontier;
  struct Holder {
    std::string process;
    std::uint64_t life = 0;
  };
  std::map<std::string, Holder, std::less<>> leases;        // run -> who
  std::set<std::string, std::less<>> orphaned;              // runs whose holder died with the lease
  std::map<std::string, std::uint64_t, std::less<>> lives;  // process -> deaths so far
  std::function<base::Status()> fault;
};

namespace {

using State = MemoryDisk::State;

class MemoryTransaction final : public Transaction {
 public:
  explicit MemoryTransaction(State& state) : s_(state) {}

  base::Result<std::int64_t> LastSeqOf(std::string_view run) override {
    const auto found = s_.run_seqs.find(run);
    return found == s_.run_seqs.end() ? 0 : found->second.back();
  }
  base::Result<std::optional<std::string>> ValueOf(Table table, std::string_view key) override {
    const Rows& rows = s_.rows[table];
    const auto found = rows.find(key);
    return found == rows.end() ? std::optional<std::string>() : found->second;
  }
  base::Status InsertEvent(std::int64_t seq, std::string_view run, std::string_view bytes,
                           const Hash& leaf) override {
    s_.events.push_back({std::string(run), std::string(bytes), leaf});
    s_.run_seqs[std::string(run)].push_back(seq);
    return {};
  }
  base::Status InsertTile(const Tile& tile) override {
    s_.tiles[{tile.level, tile.index}] = tile.hash;
    return {};
  }
  base::Status WriteRow(const Put& put) override {
    Rows& rows = s_.rows[put.table];
    if (put.mode == Put::Mode::kErase) {
      rows.erase(put.key);
    } else {
      rows[put.key] = put.value;
    }
    return {};
  }
  base::Status InsertBlob(std::string_view digest, std::string_view bytes) override {
    MemoryBlob& blob = s_.blobs[std::string(digest)];
    blob.size = static_cast<std::int64_t>(bytes.size());
    if (!blob.bytes) blob.bytes = std::string(bytes);
    return {};
  }

 private:
  State& s_;  // its mutex is held
};

class MemoryView final : public View {
 public:
  explicit MemoryView(const State& s)
      : id_(s.key.verifier.name),
        verifier_key_(s.verifier_key),
        head_{s.frontier.size(), s.frontier.Peaks()},
        events_(s.events),
        tiles_(s.tiles),
        rows_(s.rows),
        blobs_(s.blobs),
        checkpoints_(s.checkpoints) {}

  const std::string& Id() const override { return id_; }
  const std::string& PublicKey() const override { return verifier_key_; }
  base::Result<RawHead> Head() override { return head_; }

  base::Status Events(std::int64_t from_seq, std::int64_t to_seq,
                      const std::function<base::Status(const RawEvent&)>& visit) override {
    const auto end = std::min(to_seq, static_cast<std::int64_t>(events_.size()));
    for (std::int64_t seq = std::max<std::int64_t>(from_seq, 1); seq <= end; ++seq)
      SLIPWAY_CHECK_OK(Show(seq, visit));
    return {};
  }
  base::Status RunEvents(std::string_view run,
                         const std::function<base::Status(const RawEvent&)>& visit) override {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (events_[i].run == run) SLIPWAY_CHECK_OK(Show(static_cast<std::int64_t>(i) + 1, visit));
    }
    return {};
  }
  base::Result<std::vector<RawCheckpoint>> Checkpoints() override {
    std::vector<RawCheckpoint> all;
    for (const auto& [size, note] : checkpoints_) all.push_back({size, note});
    return all;
  }
  base::Result<std::vector<Tile>> Tiles() override {
    std::vector<Tile> all;
    for (const auto& [at, hash] : tiles_) all.push_back({at.first, at.second, hash});
    return all;
  }
  base::Result<std::vector<Row>> Rows(Table table) override {
    std::vector<Row> all;
    if (const auto found = rows_.find(table); found != rows_.end()) {
      for (const auto& [key, value] : found->second) all.push_back({key, value});
    }
    return all;
  }
  base::Status Blobs(const std::function<base::Status(const RawBlob&)>& visit) override {
    for (const auto& [digest, blob] : blobs_) SLIPWAY_CHECK_OK(visit({digest, blob.size, blob.bytes}));
    return {};
  }
  base::Result<StoredBlob> Blob(std::string_view digest) override {
    const auto found = blobs_.find(digest);
    if (found == blobs_.end()) return StoredBlob{};
    return StoredBlob{true, found->second.bytes};
  }
  base::Result<std::vector<std::string>> FileFaults() override { return std::vector<std::string>(); }
  base::Result<Hash> Subtree(int level, std::int64_t index) override {
    if (level == 0 && index >= 0 && index < static_cast<std::int64_t>(events_.size())) {
      return events_[static_cast<std::size_t>(index)].leaf;
    }
    if (const auto found = tiles_.find({level, index}); found != tiles_.end()) return found->second;
    return base::Fail(base::ErrorKind::kIo, "the tree lacks a hash");
  }

 private:
  base::Status Show(std::int64_t seq, const std::function<base::Status(const RawEvent&)>& visit) {
    const StoredEvent& event = events_[static_cast<std::size_t>(seq - 1)];
    return visit({seq, event.run, event.bytes, base::AsBytes(event.leaf)});
  }

  std::string id_;
  std::string verifier_key_;
  RawHead head_;
  std::vector<StoredEvent> events_;
  std::map<std::pair<int, std::int64_t>, Hash> tiles_;
  std::map<Table, journal::Rows> rows_;
  std::map<std::string, MemoryBlob, std::less<>> blobs_;
  std::map<std::int64_t, std::string> checkpoints_;
};

class MemoryLease final : public Lease {
 public:
  MemoryLease(std::shared_ptr<State> state, std::string run, std::uint64_t epoch, std::string process,
              std::uint64_t life)
      : state_(std::move(state)),
        run_(std::move(run)),
        epoch_(epoch),
        process_(std::move(process)),
        life_(life) {}
  ~MemoryLease() override {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->leases.find(run_);
    if (found != state_->leases.end() && found->second.process == process_ && found->second.life == life_) {
      state_->leases.erase(found);
    }
  }
  const std::string& Run() const override { return run_; }
  std::uint64_t Epoch() const override { return epoch_; }

 private:
  std::shared_ptr<State> state_;
  std::string run_;
  std::uint64_t epoch_;
  std::string process_;
  std::uint64_t life_;
};

class MemoryStore final : public Store {
 public:
  MemoryStore(std::shared_ptr<State> state, std::string process, std::int64_t pid)
      : state_(std::move(state)), process_(std::move(process)), pid_(pid) {
    const std::lock_guard lock(state_->mutex);
    life_ = state_->lives[process_];
  }

  const std::string& Id() const override { return state_->key.verifier.name; }
  const std::string& PublicKey() const override { return state_->verifier_key; }

  base::Result<Appended> Append(const Batch& batch) override {
    SLIPWAY_TRY(const PreparedBatch prepared, PrepareBatch(batch));
    const std::lock_guard lock(state_->mutex);
    return AppendLocked(prepared);
  }

  base::Result<std::int64_t> Size() override {
    const std::lock_guard lock(state_->mutex);
    return state_->frontier.size();
  }
  base::Result<std::vector<Event>> Read(std::int64_t from_seq, std::int64_t limit) override {
    const std::lock_guard lock(state_->mutex);
    std::vector<Event> events;
    const auto size = static_cast<std::int64_t>(state_->events.size());
    for (std::int64_t seq = std::max<std::int64_t>(from_seq, 1); seq <= size && limit > 0; ++seq, --limit) {
      SLIPWAY_TRY(Event event, Decode(state_->events[static_cast<std::size_t>(seq - 1)].bytes));
      events.push_back(std::move(event));
    }
    return events;
  }
  base::Result<std::vector<Event>> ReadRun(std::string_view run, std::int64_t after_seq) override {
    const std::lock_guard lock(state_->mutex);
    std::vector<Event> events;
    const auto found = state_->run_seqs.find(run);
    if (found == state_->run_seqs.end()) return events;
    for (const std::int64_t seq : found->second) {
      if (seq <= after_seq) continue;
      SLIPWAY_TRY(Event event, Decode(state_->events[static_cast<std::size_t>(seq - 1)].bytes));
      events.push_back(std::move(event));
    }
    return events;
  }
  base::Result<std::int64_t> LastSeq(std::string_view run) override {
    const std::lock_guard lock(state_->mutex);
    return MemoryTransaction(*state_).LastSeqOf(run);
  }
  base::Result<std::optional<std::string>> Get(Table table, std::string_view key) override {
    const std::lock_guard lock(state_->mutex);
    return MemoryTransaction(*state_).ValueOf(table, key);
  }
  base::Result<std::vector<Row>> Scan(Table table) override {
    const std::lock_guard lock(state_->mutex);
    std::vector<Row> rows;
    for (const auto& [key, value] : state_->rows[table]) rows.push_back({key, value});
    return rows;
  }
  base::Result<std::string> Blob(std::string_view digest) override {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->blobs.find(digest);
    if (found == state_->blobs.end()) return base::Invalid("no blob " + std::string(digest));
    if (!found->second.bytes) return base::Invalid("blob " + std::string(digest) + " was deleted");
    return *found->second.bytes;
  }

  base::Result<std::unique_ptr<Lease>> TakeLease(std::string_view run, std::string_view actor,
                                                 base::Time at) override {
    const std::lock_guard lock(state_->mutex);
    SLIPWAY_TRY(const auto row, MemoryTransaction(*state_).ValueOf(Table::kLease, run));
    std::optional<LeaseHolder> before;
    if (row) {
      SLIPWAY_TRY(before, ParseLeaseRow(*row));
    }
    if (state_->leases.contains(run)) return std::unexpected(LeaseHeld(run, before));
    const LeaseHolder holder{before ? before->epoch + 1 : 1, pid_, process_, at};
    const Batch batch = LeaseBatch(run, actor, holder);
    SLIPWAY_TRY(const PreparedBatch prepared, PrepareBatch(batch));
    SLIPWAY_CHECK_OK(AppendLocked(prepared));
    state_->leases[std::string(run)] = {process_, life_};
    state_->orphaned.erase(std::string(run));
    return std::make_unique<MemoryLease>(state_, std::string(run), holder.epoch, process_, life_);
  }

  base::Result<Holder> HolderOf(std::string_view run) override {
    const std::lock_guard lock(state_->mutex);
    if (state_->leases.contains(run)) return Holder::kAlive;
    return state_->orphaned.contains(run) ? Holder::kDead : Holder::kNobody;
  }

  base::Result<std::vector<std::string>> Orphans() override {
    const std::lock_guard lock(state_->mutex);
    return std::vector<std::string>(state_->orphaned.begin(), state_->orphaned.end());
  }

  base::Result<Checkpoint> MakeCheckpoint() override {
    const std::lock_guard lock(state_->mutex);
    SLIPWAY_CHECK_OK(MayWrite());
    const std::int64_t size = state_->frontier.size();
    if (const auto known = state_->checkpoints.find(size); known != state_->checkpoints.end()) {
      SLIPWAY_TRY(ParsedCheckpoint parsed, ParseCheckpoint(known->second));
      return std::move(parsed.checkpoint);
    }
    const std::int64_t newest = state_->checkpoints.empty() ? 0 : state_->checkpoints.rbegin()->first;
    SLIPWAY_TRY(Checkpoint checkpoint, SignCheckpoint(state_->key, size, state_->frontier.Root(), newest));
    state_->checkpoints[size] = checkpoint.note;
    return checkpoint;
  }

  base::Result<std::string> SignStatement(std::string_view kind, std::string_view text) override {
    const std::lock_guard lock(state_->mutex);
    return journal::SignStatement(state_->key, kind, text);
  }

  base::Status DeleteBlob(std::string_view digest, const Deletion& deletion) override {
    SLIPWAY_CHECK_OK(RecordDeletion(*this, digest, deletion));
    const std::lock_guard lock(state_->mutex);
    SLIPWAY_CHECK_OK(MayWrite());
    const auto found = state_->blobs.find(digest);
    if (found == state_->blobs.end()) return base::Invalid("no blob " + std::string(digest));
    found->second.bytes.reset();
    return {};
  }

  base::Result<std::unique_ptr<View>> OpenView() override {
    const std::lock_guard lock(state_->mutex);
    return std::make_unique<MemoryView>(*state_);
  }

 private:
  base::Status MayWrite() {
    if (state_->lives[process_] != life_)
      return base::Fail(base::ErrorKind::kIo, "process " + process_ + " is dead");
    return state_->fault ? state_->fault() : base::Status{};
  }

  base::Result<Appended> AppendLocked(const PreparedBatch& prepared) {
    SLIPWAY_CHECK_OK(MayWrite());
    MemoryTransaction transaction(*state_);
    SLIPWAY_CHECK_OK(CheckBatch(transaction, *prepared.batch));
    return WriteBatch(transaction, state_->frontier, prepared);
  }

  const std::shared_ptr<State> state_;
  const std::string process_;
  const std::int64_t pid_;
  std::uint64_t life_ = 0;
};

}  // namespace

MemoryDisk::MemoryDisk(base::Random& random) : state_(std::make_shared<State>()) {
  // Fails only where libsodium does not start; then signing says so.
  if (auto key = MakeSigningKey("slipway-" + base::Hex(random.Bytes(12)), random)) {
    state_->key = std::move(*key);
    state_->verifier_key = state_->key.verifier.Text();
  }
}

MemoryDisk::~MemoryDisk() = default;

void MemoryDisk::Die(std::string_view process) {
  const std::lock_guard lock(state_->mutex);
  ++state_->lives[std::string(process)];
  for (const auto& [run, holder] : state_->leases) {
    if (holder.process == process) state_->orphaned.insert(run);
  }
  std::erase_if(state_->leases, [&](const auto& lease) { return lease.second.process == process; });
}

void MemoryDisk::LoseLeases(std::string_view process) {
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->leases, [&](const auto& lease) { return lease.second.process == process; });
}

void MemoryDisk::SetFault(std::function<base::Status()> before_write) {
  const std::lock_guard lock(state_->mutex);
  state_->fault = std::move(before_write);
}

std::unique_ptr<Store> OpenMemoryStore(MemoryDisk& disk, std::string_view process, std::int64_t pid) {
  return std::make_unique<MemoryStore>(disk.state(), std::string(process), pid);
}

}  // namespace slipway::journal
