#include <array>

#include "cli/verb.h"

namespace slipway::cli {

// Every verb, in the order of the overview.
std::span<const Verb> Verbs() {
  static constexpr std::array kVerbs{
      Verb{"init", "[DIR]", "a workspace that runs as it is", Init},
      Verb{"import", "FILE.md [--section TEXT] [-o DIR]",
           "make drafts of procedures out of a page people follow", Import},
      Verb{"diff", "PROCEDURE.yaml FILE.md", "where a procedure and its page have drifted apart", Diff},
      Verb{"check", "FILE…", "parse, validate and lint procedures", Check},
      Verb{"plan", "FILE [-e ENV] [-p k=v]…", "what would be done, to what, why, how undone", Plan},
      Verb{"simulate", "FILE [-e ENV] [-p k=v]…", "fail each step in turn against models: is it taken back?",
           Simulate},
      Verb{"run", "FILE [-e ENV] [-p k=v]…", "do it", Run},
      Verb{"runs", "", "all runs, newest first", Runs},
      Verb{"show", "RUN", "one run and its steps", Show},
      Verb{"log", "RUN [STEP]", "what happened, event by event", Log},
      Verb{"explain", "RUN", "who holds what, what it waits for, who can turn it, what comes next", Explain},
      Verb{"resume", "[RUN]", "go on with a run that is paused, waiting or was interrupted", Resume},
      Verb{"pause", "RUN", "finish the steps under way and start no more", Pause},
      Verb{"cancel", "RUN", "stop it and undo nothing", Cancel},
      Verb{"rollback", "RUN", "take back what it did", Rollback},
      Verb{"retry", "RUN", "run again for what failed", Retry},
      Verb{"confirm", "RUN STEP [--field k=v]…", "answer a step that waits for a person", Confirm},
      Verb{"settle", "RUN STEP done|repeat|failed", "say what became of an act that nobody else can judge",
           Settle},
      Verb{"targets", "[-e ENV]", "what runs where", Targets},
      Verb{"targets adopt", "TARGET RELEASE", "put on record what runs on a target already", TargetsAdopt},
      Verb{"holds", "", "releases that must not be deployed, and why", Holds},
      Verb{"holds lift", "RELEASE --reason TEXT", "allow a held release again", HoldsLift},
      Verb{"fleet status", "[-e ENV]", "every customer: version, backup, window, ring", FleetStatus},
      Verb{"fleet add", "--config FILE [--dry-run]", "make a new customer of its configuration", FleetAdd},
      Verb{"fleet update", "--to VERSION [--customer ID] [--ring RING]",
           "bring the customers' databases to a version, ring by ring", FleetUpdate},
      Verb{"fleet rollback", "--customer ID --to VERSION [--by down]",
           "take one customer back to a version by the backup on record", FleetRollback},
      Verb{"fleet verify", "[--customer ID] [--ring RING]",
           "look at the customers' databases: version, rows, constraints, queries, connections", FleetVerify},
      Verb{"fleet report", "RUN", "what a run did to each customer, and what it did not", FleetReport},
      Verb{"fleet demo up", "[--day DATE] [--seed TEXT]", "make the demonstration", FleetDemoUp},
      Verb{"fleet demo reset", "[--day DATE] [--seed TEXT]",
           "throw away what is in the demonstration and make it anew", FleetDemoReset},
      Verb{"fleet demo refresh", "[--day DATE] [--keep DURATION]", "archive its old violations, add new ones",
           FleetDemoRefresh},
      Verb{"fleet demo down", "", "remove the demonstration", FleetDemoDown},
      Verb{"fleet import", "FILE [--policies FILE]",
           "make targets of a registry of customers, and secrets of its passwords", FleetImport},
      Verb{"fleet check", "FILE…", "what is wrong with a registry, its policies, a customer's configuration",
           FleetCheck},
      Verb{"secrets", "", "the names of the secrets, and where each is", Secrets},
      Verb{"secrets set", "NAME [--from-file FILE]", "keep a secret, from standard input or a file",
           SecretsSet},
      Verb{"secrets remove", "NAME", "forget a secret that slipway keeps", SecretsRemove},
      Verb{"secrets write", "NAME FILE", "the value of a secret into a new file that only you may read",
           SecretsWrite},
      Verb{"audit verify", "[FILE --key KEY]", "check the log, or an export of it", AuditVerify},
      Verb{"audit show", "[RUN]", "the log itself", AuditShow},
      Verb{"audit export", "[RUN] FILE", "the log with its proofs, for a stranger to verify", AuditExport},
      Verb{"docs", "[ACTION]", "the actions a step can use", Docs},
      Verb{"docs lint", "", "what `slipway check` warns of", DocsLint},
      Verb{"print", "FILE|RUN [--html|--pdf]", "a procedure as a page with boxes to tick; a run as a report",
           Print},
      Verb{"completion", "bash", "a completion script for the shell", Completion},
  };
  return kVerbs;
}

}  // namespace slipway::cli
