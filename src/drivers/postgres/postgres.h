// The postgres driver: databases on PostgreSQL servers, one for each customer.
//
//   postgres.check      can it be reached, and is it fit for what is planned
//   postgres.status     does a database exist, and which schema version has it
//   postgres.query      one statement that only reads, and what it should answer
//   postgres.verify     is a database as it should be after a change
//   postgres.lint       what is dangerous in migrations that are to come
//   postgres.migrate    gives a database the migrations it lacks
//   postgres.provision  makes a database and a role of its own for a customer
//   postgres.drop       removes what provision made; its undo
//   postgres.seed       puts rows from files of the workspace into a database
//   postgres.admin_user makes a user of the product, with a password that is a secret of slipway's
//   postgres.take_back  deletes exactly the rows that one of these two inserted; their undo
//   postgres.archive    moves the rows of a table that are older than so long into another
//   postgres.unarchive  moves exactly these back; its undo
//   postgres.backup     dumps a snapshot into an encrypted file with a manifest
//   postgres.prove      restores a backup into a scratch database and compares it with its manifest
//   postgres.loss       which rows were written since a backup
//   postgres.restore    restores a backup beside the database, verifies it, and swaps the two
//   postgres.swap_back  puts the replaced database back under its name; the undo of restore
//   postgres.forget     drops what restores replaced, once it is kept no longer
//
// A reading action answers pass, fail or unknown, and unknown is never a pass: what the role may not see is
// unknown. A changing action first ends the backends that an earlier attempt of the same step left behind. A
// statement whose answer was lost is unknown until somebody has looked.
#pragma once

#include <memory>

#include "drivers/driver.h"
#include "process/spawner.h"

namespace slipway::drivers {

// pg_dump and pg_restore are run through `spawner`, which outlives the driver.
std::unique_ptr<Driver> MakePostgresDriver(process::Spawner& spawner);

// For simulation: servers in memory, for the life of the driver. A database that nothing in the simulation
// made counts as there and healthy where it is looked at, and as free where one is to be provisioned.
std::unique_ptr<Driver> PostgresModel();

}  // namespace slipway::drivers
