#include "journal/sqlite_view.h"

#include <unistd.h>

#include <cstring>
#include <map>
#include <optional>

#include "base/file.h"
#include "base/scratch.h"
#include "journal/sqlite_schema.h"
#include "journal/sqlite_store.h"

namespace slipway::journal {
namespace {

class SqliteView final : public View {
 public:
  explicit SqliteView(StoreIdentity identity) : identity_(std::move(identity)) {}

  ~SqliteView() override {
    const auto held = lock_.Hold();
    leaf_ = Statement();
    tile_ = Statement();
    database_ = Database();
  }

  base::Status Open(const StorePaths& paths) {
    SLIPWAY_TRY(lock_, FileLock::Open(paths.lock));
    SLIPWAY_TRY(const auto held, lock_.Hold());
    SLIPWAY_TRY(database_, OpenReader(paths));
    SLIPWAY_CHECK_OK(database_.Exec("BEGIN"));
    // The snapshot is that of the first read.
    return database_.Exec("SELECT count(*) FROM sqlite_schema");
  }

  // SQLite writes beside a database that it reads: where nothing may be written, a copy is read.
  base::Status OpenCopy(const StorePaths& paths) {
    SLIPWAY_TRY(base::Scratch scratch, base::Scratch::Make("look"));
    const StorePaths copy(scratch_.emplace(std::move(scratch)).folder());
    SLIPWAY_CHECK_OK(CopyFiles(paths, copy));
    return Open(copy);
  }

  // As far as the file still says; the public key's own file says both as well.
  void Identify(const StorePaths& paths) {
    identity_.id = Meta("id");
    identity_.verifier_key = Meta("key");
    const auto text = base::ReadFile(paths.public_key, 4096);
    const auto key = text ? ParseVerifierKey(*text) : std::unexpected(text.error());
    if (!key) return;
    if (identity_.id.empty()) identity_.id = key->name;
    if (identity_.verifier_key.empty()) identity_.verifier_key = key->Text();
  }

  const std::string& Id() const override { return identity_.id; }
  const std::string& PublicKey() const override { return identity_.verifier_key; }

  base::Result<RawHead> Head() override {
    SLIPWAY_TRY(Statement get, database_.Prepare("SELECT size, peaks FROM head WHERE one = 1"));
    SLIPWAY_TRY(const bool found, get.Step());
    if (!found) return base::Fail(base::ErrorKind::kIo, "the head row is missing");
    return RawHead{get.Int(0), std::string(get.Bytes(1))};
  }

  base::Status Events(std::int64_t from_seq, std::int64_t to_seq,
                      const std::function<base::Status(const RawEvent&)>& visit) override {
    SLIPWAY_TRY(
        Statement get,
        database_.Prepare("SELECT seq, run, leaf, bytes FROM event WHERE seq BETWEEN ? AND ? ORDER BY seq"));
    return Visit(get.Bind(1, from_seq).Bind(2, to_seq), visit);
  }

  base::Status RunEvents(std::string_view run,
                         const std::function<base::Status(const RawEvent&)>& visit) override {
    SLIPWAY_TRY(Statement get,
                database_.Prepare("SELECT seq, run, leaf, bytes FROM event WHERE run = ? ORDER BY seq"));
    return Visit(get.Bind(1, run), visit);
  }

  base::Result<std::vector<RawCheckpoint>> Checkpoints() override {
    SLIPWAY_TRY(Statement get, database_.Prepare("SELECT size, note FROM checkpoint ORDER BY size"));
    std::vector<RawCheckpoint> all;
    for (;;) {
      SLIPWAY_TRY(const bool more, get.Step());
      if (!more) return all;
      all.push_back({get.Int(0), std::string(get.Bytes(1))});
    }
  }

  base::Result<std::vector<Tile>> Tiles() override {
    SLIPWAY_TRY(Statement get, database_.Prepare("SELECT level, idx, hash FROM tile ORDER BY level, idx"));
    std::vector<Tile> all;
    for (;;) {
      SLIPWAY_TRY(const bool more, get.Step());
      if (!more) return all;
      Tile tile{static_cast<int>(get.Int(0)), get.Int(1), {}};
      // A hash of another length stays zero, and then agrees with nothing.
      if (get.Bytes(2).size() == tile.hash.size())
        std::memcpy(tile.hash.data(), get.Bytes(2).data(), tile.hash.size());
      all.push_back(tile);
    }
  }

  base::Result<std::vector<Row>> Rows(Table table) override {
    SLIPWAY_TRY(Statement get, database_.Prepare("SELECT key, value FROM state WHERE name = ? ORDER BY key"));
    get.Bind(1, ToString(table));
    std::vector<Row> rows;
    for (;;) {
      SLIPWAY_TRY(const bool more, get.Step());
      if (!more) return rows;
      rows.push_back({std::string(get.Bytes(0)), std::string(get.Bytes(1))});
    }
  }

  base::Status Blobs(const std::function<base::Status(const RawBlob&)>& visit) override {
    SLIPWAY_TRY(Statement get, database_.Prepare("SELECT digest, size, bytes FROM blob ORDER BY digest"));
    for (;;) {
      SLIPWAY_TRY(const bool more, get.Step());
      if (!more) return {};
      RawBlob blob{get.Bytes(0), get.Int(1), std::nullopt};
      if (!get.IsNull(2)) blob.bytes = get.Bytes(2);
      SLIPWAY_CHECK_OK(visit(blob));
    }
  }

  base::Result<StoredBlob> Blob(std::string_view digest) override {
    SLIPWAY_TRY(Statement get, database_.Prepare("SELECT bytes FROM blob WHERE digest = ?"));
    SLIPWAY_TRY(const bool found, get.Bind(1, digest).Step());
    StoredBlob blob{found, std::nullopt};
    if (found && !get.IsNull(0)) blob.bytes = std::string(get.Bytes(0));
    return blob;
  }

  base::Result<std::vector<std::string>> FileFaults() override;

  base::Result<Hash> Subtree(int level, std::int64_t index) override {
    Statement& statement = level == 0 ? leaf_ : tile_;
    if (!statement.ready()) {
      SLIPWAY_TRY(statement,
                  database_.Prepare(level == 0 ? "SELECT leaf FROM event WHERE seq = ?1 + 1"
                                               : "SELECT hash FROM tile WHERE idx = ?1 AND level = ?2"));
    }
    statement.Bind(1, index);
    if (level > 0) statement.Bind(2, std::int64_t{level});
    SLIPWAY_TRY(const bool found, statement.Step());
    Hash hash{};
    const bool whole = found && statement.Bytes(0).size() == hash.size();
    if (whole) std::memcpy(hash.data(), statement.Bytes(0).data(), hash.size());
    statement.Reset();
    if (!whole) {
      return base::Fail(
          base::ErrorKind::kIo,
          "the tree lacks the hash " + std::to_string(index) + " of level " + std::to_string(level),
          "journal.db", "slipway audit verify");
    }
    return hash;
  }

 private:
  static base::Status CopyFiles(const StorePaths& paths, const StorePaths& copy) {
    // There may be a writer to whom the folder is not closed, and who holds the same lock.
    auto lock = FileLock::OpenToRead(paths.lock);
    const auto held = lock ? lock->Hold() : base::Result<FileLock::Guard>(FileLock::Guard(-1));
    if (!held) return std::unexpected(held.error());
    const std::filesystem::path written = paths.database.string() + "-wal";
    std::error_code error;
    std::filesystem::copy_file(paths.database, copy.database, error);
    if (!error && std::filesystem::exists(written))
      std::filesystem::copy_file(written, copy.database.string() + "-wal", error);
    if (!error) return {};
    return base::Fail(base::ErrorKind::kIo, "cannot be copied to look at it: " + error.message(),
                      paths.database.string(), "put TMPDIR where there is room for it");
  }

  // Empty: not there, or not to be read.
  std::string Meta(std::string_view key) {
    auto get = database_.Prepare("SELECT value FROM meta WHERE key = ?");
    if (!get || !get->Bind(1, key).Step().value_or(false)) return "";
    return std::string(get->Bytes(0));
  }

  static base::Status Visit(Statement& bound, const std::function<base::Status(const RawEvent&)>& visit) {
    for (;;) {
      SLIPWAY_TRY(const bool more, bound.Step());
      if (!more) return {};
      SLIPWAY_CHECK_OK(visit({bound.Int(0), bound.Bytes(1), bound.Bytes(3), bound.Bytes(2)}));
    }
  }

  StoreIdentity identity_;
  std::optional<base::Scratch> scratch_;  // where the files are a copy
  FileLock lock_;
  Database database_;
  Statement leaf_, tile_;
};

// Every object of a database with the text that made it.
base::Result<std::map<std::string, std::string>> SchemaOf(Database& database) {
  SLIPWAY_TRY(Statement get,
              database.Prepare("SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema"));
  std::map<std::string, std::string> objects;
  for (;;) {
    SLIPWAY_TRY(const bool more, get.Step());
    if (!more) return objects;
    objects[std::string(get.Bytes(0))] = std::string(get.Bytes(1));
  }
}

base::Result<std::vector<std::string>> SqliteView::FileFaults() {
  std::vector<std::string> faults;
  SLIPWAY_TRY(Database fresh, Database::Open(":memory:"));
  SLIPWAY_CHECK_OK(fresh.Exec(kSchema));
  SLIPWAY_TRY(const auto expected, SchemaOf(fresh));
  SLIPWAY_TRY(const auto actual, SchemaOf(database_));
  for (const auto& [name, sql] : expected) {
    const auto found = actual.find(name);
    if (found == actual.end()) {
      faults.push_back(name + " is missing");
    } else if (found->second != sql) {
      faults.push_back(name + " is not as this format makes it");
    }
  }
  for (const auto& [name, sql] : actual) {
    if (!expected.contains(name)) faults.push_back(name + " does not belong here");
  }
  if (actual.contains("table meta")) {
    for (const std::string_view key : {"id", "key"}) {
      if (Meta(key).empty()) faults.push_back("the meta row " + std::string(key) + " is missing");
    }
  }
  SLIPWAY_TRY(Statement format, database_.Prepare("PRAGMA user_version"));
  SLIPWAY_TRY(const bool said, format.Step());
  if (!said || format.Int(0) != kFormat)
    faults.push_back("the number of its format is not " + std::to_string(kFormat));
  SLIPWAY_TRY(Statement application, database_.Prepare("PRAGMA application_id"));
  SLIPWAY_TRY(const bool of_one, application.Step());
  if (of_one && application.Int(0) != 0) faults.push_back("it is marked as the file of another application");
  // What belongs to a table that is missing is not looked for.
  const auto collect = [&](std::string_view table, std::string_view sql,
                           std::string_view prefix) -> base::Status {
    if (!table.empty() && !actual.contains("table " + std::string(table))) return {};
    SLIPWAY_TRY(Statement get, database_.Prepare(sql));
    for (;;) {
      SLIPWAY_TRY(const bool more, get.Step());
      if (!more) return {};
      if (get.Bytes(0) != "ok") faults.push_back(std::string(prefix) + std::string(get.Bytes(0)));
    }
  };
  SLIPWAY_CHECK_OK(
      collect("state",
              "SELECT DISTINCT name || ' ' || key FROM state WHERE name NOT IN ('run', 'open', 'lock', "
              "'hold', 'lease', 'fact')",
              "a row of no known table: "));
  SLIPWAY_CHECK_OK(
      collect("meta", "SELECT key FROM meta WHERE key NOT IN ('id', 'key')", "an unknown meta row: "));
  SLIPWAY_CHECK_OK(collect("", "PRAGMA integrity_check(10)", ""));
  return faults;
}

}  // namespace

base::Result<std::unique_ptr<View>> OpenSqliteView(const StorePaths& paths, const StoreIdentity& identity) {
  auto view = std::make_unique<SqliteView>(identity);
  SLIPWAY_CHECK_OK(view->Open(paths));
  return view;
}

base::Result<std::unique_ptr<View>> OpenStoreAsItIs(const std::filesystem::path& dir) {
  const StorePaths paths(dir);
  auto view = std::make_unique<SqliteView>(StoreIdentity{});
  SLIPWAY_CHECK_OK(::access(dir.c_str(), W_OK) == 0 ? view->Open(paths) : view->OpenCopy(paths));
  view->Identify(paths);
  return view;
}

}  // namespace slipway::journal
