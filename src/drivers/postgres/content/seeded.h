// Which rows a step put into a database, by their primary keys, so that its undo takes back exactly those.
//
//   slipway.seeds        a row a step that put rows there: its mark (CallerName), what it was, with which
//   SHA-256 slipway.seeded_rows  a row a row: table, primary key, MD5 of the row as it was put there
//
// Both are written in the transaction of the rows themselves. A step that only inserts is held to it: what
// else its transaction did to rows or to the schema is an error, and so is a row that could not be found
// again.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "drivers/postgres/actions.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

struct Seed {
  std::string mark;     // of the step
  std::string content;  // for a person: `content`, `user ops@acme.example`
  std::string sha256;   // of what was put there; empty: the same again is not known again
  std::string secret;   // the name of a secret that the step kept; empty: none
  std::map<std::string, std::int64_t> rows;  // by table, `public.training_programs`
};

// BEGIN, as `role` (empty: the owner of the database) and alone among those that seed it, with both tables
// there; who makes them, see own_tables.h. Values are written in the same form by whoever reads them later.
SqlStatus BeginSeed(Session& session, const std::string& role);

// The step's own, or nullopt. In BeginSeed's transaction or after it.
SqlResult<std::optional<Seed>> FindSeed(Session& session, const std::string& mark);
// The one that put the same content there, or nullopt.
SqlResult<std::optional<Seed>> FindSameContent(Session& session, const std::string& sha256);

// The probe of a step that seeds: its own, or nullopt, once nothing of an earlier attempt is at work.
SqlResult<std::optional<Seed>> LookForSeed(PgCall& call);

// Of a transaction that was not committed and never will be. Before the step has `looked`, an earlier note
// says that an attempt before this one may have done it.
Outcome SeedStopped(const PgCall& call, const SqlError& error, bool looked);

// `postgres.take_back` of what this step puts there, in the same database.
base::JsonObject TakeBackArguments(const base::JsonObject& with, const Context& context);

// Finds the rows that the open transaction inserted, records them, and commits. Fills `seed.rows`. kStatement
// without a SQLSTATE: it did something else than insert rows that can be found again; nothing is committed.
// kLost: nobody knows whether it is.
SqlStatus CommitSeed(Session& session, Seed& seed);

// Takes off the record what the open transaction took back, or put back where it was.
SqlStatus ForgetSeed(Session& session, const std::string& mark);

}  // namespace slipway::drivers::postgres
