// Bringing one database from the version it has to another: which files are due, and doing them.
//
// What is done is known from the ledger alone, so the same call again goes on where the last one ended,
// however it ended. Inside the driver only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "drivers/postgres/database/ledger.h"
#include "sql/migration.h"

namespace slipway::drivers::postgres {

struct Due {
  std::string from;                     // the version on record; empty: none
  std::vector<sql::Migration> applied;  // on record, and the same as they were, in order
  std::vector<sql::Migration> files;    // what is not applied yet, in order, up to the version wanted
  std::vector<sql::Migration> adopted;  // of versions that are on record without a ledger: taken as applied
  std::map<std::string, std::int64_t> begun;  // path of a due file -> statements of it that are done
  std::map<std::string, std::string>
      withdrawn;  // path -> version: on record, nothing done, among the files no more
};

// The version of `files` that is equivalent to `to`. kInvalid: none is, and which is near.
base::Result<base::Version> WantedVersion(const std::vector<sql::Migration>& files, const std::string& to);

// kInvalid, kRefused: the folder is wrong, the version is not among it or lies behind, a file that is applied
// was changed since, one that is half done is gone, or a file was added to a version that is applied.
base::Result<Due> WhatIsDue(Session& session, const Context& context, const std::string& folder,
                            const std::string& to);

// Whether somebody's rows may be in the database: also one without a version may have tables.
SqlResult<bool> MayHoldRows(Session& session, const Due& due);

// What sql::Lint found, for outputs and evidence: rule, severity, place, danger, safe.
base::JsonObject FindingJson(const base::Diagnostic& finding);

// All of `folder` of the workspace, or everything that is wrong with it as one error. Places are told from
// the workspace on, as whoever reviews them has it.
base::Result<std::vector<sql::Migration>> ReadFolder(const Context& context, const std::string& folder);

}  // namespace slipway::drivers::postgres
