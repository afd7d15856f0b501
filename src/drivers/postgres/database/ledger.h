// What a customer's database says of its own schema: which version it has, and which migrations made it.
//
//   slipway.migrations            a row a file: what of it is done, by which run, with which SHA-256
//   public.schema_migrations      a row a version, as other tools read it
//
// A row is written in the transaction of what it tells. Only where a statement cannot run in one is its
// number written down before (`outside`) and taken away after.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

struct Installed {
  std::string version;               // the highest by SemVer; empty: none is on record
  std::string source;                // `slipway.migrations`, `public.schema_migrations`; empty: no table
  std::vector<std::string> ignored;  // records that are no version
  std::string other;                 // the schema of a `schema_migrations` beside slipway's own ledger
};

// From slipway's own ledger where there is one: the versions of `slipway.migrations` whose rows are all in
// the `state` `applied`. Where there is no ledger, or nothing in it, from a `schema_migrations` with a column
// `version`, as other tools keep it, in `public` or the first schema that has one; the highest version
// counts, not the latest `applied_at`.
SqlResult<Installed> InstalledVersion(Session& session);

// A version that the `schema_migrations` beside slipway's ledger has and that lies beyond what the ledger
// says: somebody else recorded it. Empty: none does.
SqlResult<std::string> RecordedBeyond(Session& session, const Installed& installed);

// One file in the ledger.
struct Record {
  std::string version, sha256;
  std::string state;         // pending | running | applied | failed
  std::int64_t done = 0;     // statements of the file that are done, for ever
  std::int64_t outside = 0;  // the statement under way outside a transaction, from 1; 0: none
  std::string run;           // the step instance that touched it last
};

// By path, `v2.1.0/001_badges.sql`; empty where there is no ledger.
SqlResult<std::map<std::string, Record>> ReadLedger(Session& session);

// Where the session's role is called `slipway` as well, its path leads through `"$user"` into the schema of
// that name, which is slipway's own: takes it out of the path, so that nobody's tables are made there. To be
// called after every change of role.
SqlStatus LeaveOwnSchema(Session& session);

// Creates what is missing of both tables and of slipway.own_rows, and lets `role` write them. Made by that
// role where it may create schemas in the database, else by the connection's own; the session has the role
// afterwards.
SqlStatus MakeLedger(Session& session, const std::string& role);

// Writes `path` down, or what is new of it. `was`: how many of its statements the ledger said were done;
// where it says something else by now, somebody else is at work, nothing is written, and kStatement says so.
// `error` is what the server said, for `failed`.
SqlStatus WriteRecord(Session& session, const std::string& path, std::int64_t number, const Record& record,
                      std::int64_t statements, std::int64_t was, const std::string& error = "");

// Until the end of the transaction the session may delete from both tables: who may only write into them has
// the connection's own role.
SqlStatus LetErase(Session& session);

// Takes a file of which nothing is done off the ledger, and enters `version` where it is whole without it.
// Needs LetErase. kStatement: the ledger says something else by now.
SqlStatus WithdrawRecord(Session& session, const std::string& path, const std::string& version);

// Adds the version to schema_migrations where it is not there yet.
SqlStatus WriteVersion(Session& session, const std::string& version, const std::string& description);

}  // namespace slipway::drivers::postgres
