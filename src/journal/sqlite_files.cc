#include "journal/sqlite_files.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "journal/sqlite_schema.h"

namespace slipway::journal {
namespace {

base::Result<Database> OpenConnection(const StorePaths& paths, const char* pragmas) {
  SLIPWAY_TRY(Database database, Database::Open(paths.database));
  sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  SLIPWAY_CHECK_OK(database.Exec(pragmas));
  return database;
}

base::Result<std::string> Meta(Database& database, std::string_view key) {
  SLIPWAY_TRY(Statement get, database.Prepare("SELECT value FROM meta WHERE key = ?"));
  SLIPWAY_TRY(const bool found, get.Bind(1, key).Step());
  if (!found)
    return base::Fail(base::ErrorKind::kIo, "the journal has no " + std::string(key), "journal.db",
                      "put the store back from a copy");
  return std::string(get.Bytes(0));
}

base::Result<std::int64_t> Format(Database& database) {
  SLIPWAY_TRY(Statement get, database.Prepare("PRAGMA user_version"));
  SLIPWAY_TRY(const bool found, get.Step());
  return found ? get.Int(0) : 0;
}

base::Status WritePublicKey(const StorePaths& paths, const StoreIdentity& identity) {
  return base::WriteFileAtomic(paths.public_key, identity.verifier_key + "\n", 0600);
}

// The secret key comes first: a store that exists always has one, and a crash between leaves one that is
// replaced. The public key comes last: where it lies, a journal was there once, and must not begin anew with
// its locks and holds forgotten.
base::Result<StoreIdentity> Create(Database& database, const StorePaths& paths, base::Random& random) {
  std::error_code unknown;
  if (std::filesystem::exists(paths.public_key, unknown) || unknown) {
    return base::Fail(
        base::ErrorKind::kIo, "the journal is gone or empty, and this store had one", paths.database.string(),
        "put it back from a copy, or move " + paths.dir.string() + " away to begin a new store");
  }
  StoreIdentity identity;
  identity.id = "slipway-" + base::Hex(random.Bytes(12));
  SLIPWAY_TRY(const SigningKey key, MakeSigningKey(identity.id, random));
  identity.verifier_key = key.verifier.Text();
  SLIPWAY_CHECK_OK(base::WriteFileAtomic(paths.secret_key, base::Base64(key.seed.Reveal()) + "\n", 0600));
  SLIPWAY_CHECK_OK(database.Exec("PRAGMA journal_mode = WAL"));
  SLIPWAY_CHECK_OK(database.Exec("BEGIN IMMEDIATE"));
  SLIPWAY_CHECK_OK(database.Exec(kSchema));
  SLIPWAY_TRY(Statement put, database.Prepare("INSERT INTO meta(key, value) VALUES(?, ?)"));
  SLIPWAY_CHECK_OK(put.Bind(1, "id").Bind(2, identity.id).Run());
  SLIPWAY_CHECK_OK(put.Bind(1, "key").Bind(2, identity.verifier_key).Run());
  SLIPWAY_CHECK_OK(database.Exec(("PRAGMA user_version = " + std::to_string(kFormat)).c_str()));
  SLIPWAY_CHECK_OK(database.Exec("COMMIT"));
  SLIPWAY_CHECK_OK(WritePublicKey(paths, identity));
  return identity;
}

}  // namespace

// secure_delete: a deleted blob's bytes are overwritten, which is what deleting one is for.
base::Result<Database> OpenWriter(const StorePaths& paths) {
  // SQLite would make it for everybody to read; its other files take their mode from this one. One that is
  // there is not touched: closing it here would undo the locks of this process on it.
  const base::Fd fresh(::open(paths.database.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  return OpenConnection(
      paths, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON");
}

base::Result<Database> OpenReader(const StorePaths& paths) {
  return OpenConnection(paths, "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0");
}

base::Result<StoreIdentity> SetUp(Database& database, const StorePaths& paths, base::Random& random) {
  SLIPWAY_TRY(const std::int64_t format, Format(database));
  if (format == 0) return Create(database, paths, random);
  if (format != kFormat) {
    return base::Refused(
        "the store has format " + std::to_string(format) + ", this program writes " + std::to_string(kFormat),
        paths.database.string(), "use the version of slipway that wrote it, or a newer one");
  }
  StoreIdentity identity;
  SLIPWAY_TRY(identity.id, Meta(database, "id"));
  SLIPWAY_TRY(identity.verifier_key, Meta(database, "key"));
  std::error_code unknown;
  if (!std::filesystem::exists(paths.public_key, unknown)) SLIPWAY_CHECK_OK(WritePublicKey(paths, identity));
  return identity;
}

base::Result<SigningKey> ReadSigningKey(const StorePaths& paths, const StoreIdentity& identity) {
  const auto refuse = [&](std::string what) {
    return base::Fail(base::ErrorKind::kIo, std::move(what), paths.secret_key.string(),
                      "put the store's key back from a copy; without it nothing can be signed");
  };
  struct stat about{};
  if (::stat(paths.secret_key.c_str(), &about) == 0 && (about.st_mode & 077) != 0) {
    return base::Fail(base::ErrorKind::kIo, "others may read or write the secret key",
                      paths.secret_key.string(), "chmod 600 " + paths.secret_key.string());
  }
  const auto text = base::ReadFile(paths.secret_key, 4096);
  if (!text) return refuse("the secret key cannot be read: " + text.error().what);
  const auto seed = base::FromBase64(base::Trim(*text));
  if (!seed) return refuse("the secret key is damaged");
  auto key = SigningKeyFromSeed(identity.id, *seed);
  if (!key) return refuse("the secret key is damaged");
  if (key->verifier.Text() != identity.verifier_key) {
    return refuse("the secret key does not belong to this store");
  }
  return *std::move(key);
}

}  // namespace slipway::journal
