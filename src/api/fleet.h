// Customers, and how they get into a workspace.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/document.h"
#include "api/run.h"
#include "base/clock.h"

namespace slipway::api {

struct FleetImportRequest {
  std::string file;      // customers.json
  std::string policies;  // empty: deployment-policies.json beside it, if it is there
  bool replace = false;  // targets that differ
  bool dry_run = false;
};

struct FleetRing {
  std::string name;
  std::int64_t customers = 0;
  std::optional<int> batch_percent;  // of the customers, at once
  std::string delay;                 // after the release; empty = not said
};

struct FleetSecret {
  std::string name;
  std::string customer;
  int line = 0;       // of the registry; 0 = it holds none
  std::string state;  // new | kept | other (kept with another value, and left alone) | named | missing
};

struct FleetImportReport {
  std::string registry, policies;  // the files
  std::string targets;             // the file that is made
  std::string state;               // new | unchanged | layout | changed
  bool written = false;
  std::int64_t customers = 0;
  std::vector<FleetRing> rings;          // in the order of the roll-out
  std::vector<std::string> changes;      // `+ acme`, `~ acme: …`
  std::vector<FleetSecret> secrets;      // by customer
  std::vector<std::string> connections;  // lines that slipway.yaml lacks
  std::string warnings;                  // several lines, each with its place
};

struct FleetAddRequest {
  std::string config;     // the customer's configuration
  std::string policies;   // empty: deployment-policies.json beside it, if it is there
  std::string procedure;  // the workspace's own copy of new-customer.yaml
  std::string version;    // of the schema; empty: the configuration's, else the newest of migrations/
  std::string environment;
  std::string plan;  // digest, or its beginning; empty = whatever comes out
  bool dry_run = false;
};

// One point that was looked at.
struct FleetCheckPoint {
  std::string check;    // `connections`
  std::string verdict;  // pass | warn | fail | unknown
  std::string seen;
};

// What `fleet add` is about to run, and what it did so far: without `dry_run` the secrets are kept and the
// target is written.
struct FleetAddReport {
  std::string customer;
  std::string targets;               // the file that is made
  std::string state;                 // new | unchanged | changed
  std::vector<FleetSecret> secrets;  // new | kept | other | made (by the procedure, when it runs)
  std::string warnings;              // several lines, each with its place
  ProcedureRequest procedure;
  PlanReport plan;
  // With `dry_run`: what the steps that look at the server say of it now. `check` is the step.
  std::vector<FleetCheckPoint> checks;
  bool Fits() const;  // none failed, and none is unknown
};

// A customer as the log and the targets tell it: nothing is asked of its database.
struct FleetCustomer {
  std::string id;
  std::string ring;
  std::string version;         // the last one that an act of slipway left there; empty = none is on record
  std::string target_version;  // what the registry wants; empty = it does not say
  std::string backup;          // the last backup; empty = none is on record
  std::optional<base::Time> backup_at;
  std::optional<base::Time> proven_at;  // when a backup was last restored and compared
  // none | differs (its schema is not as slipway left it, or as the first look saw it where that is not on
  // record) | unknown (nobody looked since slipway last changed it, or since a person settled such an act)
  std::string drift = "unknown";
  std::optional<base::Time> looked_at;  // when its schema was last looked at
  bool open = true;                     // its maintenance window
  std::optional<base::Time> until;      // when that changes; empty = never
  std::string held_by;                  // the run that is at work on it
  std::string drifted_before;  // the last run that changed its schema, where somebody had changed it before
                               // by hand: that is the measure now; empty = nobody had
};

// Which backup takes a customer back to a version it had: the one that was made by the run that took it away.
// What customers would get, by what their own databases say. Customers of which the same is true stand
// together.
struct FleetDueStatement {
  std::int64_t line = 0;
  std::string text;    // in short, on one line
  bool alone = false;  // outside a transaction
};
struct FleetDueFile {
  std::string path;
  std::int64_t count = 0;                     // statements to do
  std::int64_t done = 0;                      // that an update which did not end has done already
  std::vector<FleetDueStatement> statements;  // the first of them
};
struct FleetDueFinding {
  std::string rule, severity, place, danger, safe;
};
struct FleetDueGroup {
  std::vector<std::string> customers;
  std::string version;  // that they have; empty = none on record
  std::vector<FleetDueFile> files;
  std::int64_t adopted = 0;            // files taken as applied, as their version is on record
  std::vector<std::string> withdrawn;  // on the ledger, nothing done of them, and gone from the folder
  std::vector<FleetDueFinding> findings;
  std::int64_t errors = 0;  // of the findings
  std::string destroys;     // the first statement after which data are gone for good; empty = none
};
struct FleetUpdatePreview {
  PlanReport plan;
  std::string to;
  std::vector<FleetDueGroup> groups;                       // the largest first
  std::map<std::string, std::vector<std::string>> untold;  // why nobody can say -> customers
  // `RUN/STEP` after which somebody changed the schema by hand -> customers
  std::map<std::string, std::vector<std::string>> drifted;
  std::vector<std::string> refused;  // what the update judges before any customer, and why it would not pass
  bool Fits() const;                 // nothing speaks against it
};

struct FleetWayBackRequest {
  std::string customer;
  std::string to;           // a version
  std::string environment;  // empty = the lowest of the ladder
};

struct FleetWayBack {
  std::string customer, to;
  std::string run;   // that took the customer away from `to`
  std::string from;  // the version on record now; empty = none is
  base::Time left_at;
  std::string backup;  // a path in the workspace
  std::string sha256;  // as it was recorded when the backup was made
  std::optional<base::Time> backup_at;
  std::optional<base::Time> proven_at;  // when it was last proven; empty = never, or nobody could look
  std::string loss;                     // what would be lost, in words; or why nobody knows
  // By table: at least so many rows written since; empty = unknown. None at all: nobody could look.
  using Lost = std::vector<std::pair<std::string, std::optional<std::int64_t>>>;
  std::optional<Lost> lost;
};

// What a run did to one customer, and what it did not.
struct FleetReportRow {
  std::string id;
  std::string ring;
  // succeeded | failed | refused | rolled_back | rollback_failed | running | waiting | cancelled (cut short)
  // | unfinished (a later phase was not reached) | not_started
  std::string state;
  std::string reason;
  std::string from;    // the version before; empty = nobody looked
  std::string to;      // the version after; `unknown` = an act may have changed it and nobody looked since
  std::string backup;  // that the run made, else that it restored; empty = none
  std::string backup_sha256;
  std::optional<base::Time> backup_at;
  std::optional<base::Time> proven_at;  // when this run proved a backup
  std::optional<base::Duration> prove_took;
  std::string kept;                     // the database that was replaced, under the name it is kept under
  std::vector<FleetCheckPoint> checks;  // of postgres.verify; empty = nothing was looked at
  std::optional<base::Time> started_at;
  std::optional<base::Time> finished_at;
};

struct FleetReport {
  RunSummary run;
  std::string requester;
  bool over = false;                      // nothing goes on with it
  std::string next;                       // the command for what is not done; empty = all is
  std::vector<FleetReportRow> customers;  // every one that the run covers, by id
  std::map<std::string, std::int64_t> by_state;
  std::vector<std::string> files;  // where it was written; paths in the workspace
};

}  // namespace slipway::api
