// Opening the store's file: where things lie, the pragmas each connection needs, the first set-up.
#pragma once

#include <filesystem>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "journal/checkpoint.h"
#include "journal/sqlite.h"

namespace slipway::journal {

struct StorePaths {
  explicit StorePaths(const std::filesystem::path& root)
      : dir(root),
        database(root / "journal.db"),
        lock(root / "journal.lock"),
        leases(root / "leases"),
        secret_key(root / "key.secret"),
        public_key(root / "key.pub") {}
  std::filesystem::path dir, database, lock, leases, secret_key, public_key;
};

struct StoreIdentity {
  std::string id;
  std::string verifier_key;
};

// All three are called with the store's lock held.
base::Result<Database> OpenWriter(const StorePaths& paths);
base::Result<Database> OpenReader(const StorePaths& paths);
// Makes the tables and the keys where there are none. kIo: the journal of a store that had one is gone.
base::Result<StoreIdentity> SetUp(Database& database, const StorePaths& paths, base::Random& random);

base::Result<SigningKey> ReadSigningKey(const StorePaths& paths, const StoreIdentity& identity);

}  // namespace slipway::journal
