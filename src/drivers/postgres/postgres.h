// The postgres driver: databases on PostgreSQL servers, one for each customer.
//
// Each action is a file, in the room it belongs to; a room includes those named after its arrow.
//
//   (here)                  postgres.check      can it be reached, and is it fit for what is planned
//                           postgres.status     does a database exist, and which schema version has it
//                           postgres.query      one statement that only reads, and what it should answer
//                           postgres.verify     is a database as it should be after a change
//   session/                how a server is asked: connection, deadline, cancel, errors as values
//   database/ → session     what one database says: schema, contents, counters, slipway's own tables in it
//   backups/ → database     postgres.backup     dumps a snapshot into an encrypted file with a manifest
//                           postgres.prove      restores one into a scratch database, compares it with its
//                           manifest postgres.proven     is the newest one proven, and young enough
//                           postgres.prune      removes backups that are kept no longer
//                           postgres.loss       which rows were written since a backup
//                           postgres.restore    restores one beside the database, verifies it, swaps the two
//                           postgres.swap_back  puts the replaced database back under its name; its undo
//                           postgres.forget     drops what restores replaced, once it is kept no longer
//   migrations/ → backups   postgres.lint       what is dangerous in migrations that are to come
//                           postgres.due        what a database would get, statement by statement
//                           postgres.migrate    gives a database the migrations it lacks
//                           postgres.reversible can it go back by its down files
//                           postgres.down       takes it back by them
//   customers/ → database   postgres.provision  makes a database and a role of its own for a customer
//                           postgres.drop       removes what provision made; its undo
//   content/ → customers    postgres.seed       puts rows from files of the workspace into a database
//                           postgres.admin_user makes a user of the product, with a password that is a secret
//                           postgres.take_back  deletes exactly the rows of one of these two; their undo
//                           postgres.archive    moves the rows of a table older than so long into another
//                           postgres.unarchive  moves exactly these back; its undo
//
// A reading action answers pass, fail or unknown, and unknown is never a pass: what the role may not see is
// unknown. A changing action first ends the backends that an earlier attempt of the same step left behind. A
// statement whose answer was lost is unknown until somebody has looked.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "drivers/driver.h"
#include "process/spawner.h"

namespace slipway::drivers {

// pg_dump and pg_restore are run through `spawner`, which outlives the driver.
std::unique_ptr<Driver> MakePostgresDriver(process::Spawner& spawner);

// The variables by which libpq would take what slipway.yaml does not say: the program sets them aside.
std::span<const std::string_view> VariablesOfLibpq();

// For simulation: servers in memory, for the life of the driver. A database that nothing in the simulation
// made counts as there and healthy where it is looked at, and as free where one is to be provisioned.
std::unique_ptr<Driver> PostgresModel();

}  // namespace slipway::drivers
