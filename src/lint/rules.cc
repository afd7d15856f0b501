#include "lint/rules.h"

#include <algorithm>
#include <vector>

#include "sql/rules.h"

namespace slipway::lint {
namespace {

constexpr auto kError = base::Severity::kError;
constexpr auto kWarning = base::Severity::kWarning;

constexpr Rule kRules[] = {
    // Steps of a procedure.
    {"undo-missing", kWarning,
     "a step changes something, its action has no undo of its own, and `undo` does not say why that is right",
     "`undo: { uses: …, with: { … } }`, or `undo: { none: \"why it may stay\" }`"},
    {"check-missing", kWarning,
     "a step changes something, has no `verify`, and no later step looks at the world",
     "`verify: [ { uses: http.check, with: { … } } ]`, or a later step that looks"},
    {"output-maybe-skipped", kWarning,
     "an expression reads the output of a step that may be skipped, without default()",
     "`default(steps.X.outputs.Y, …)`, or the same `when` for both"},
    {"unreachable", kWarning,
     "a step can never run: its `when` is false whatever is chosen, or nobody can pass its gate",
     "correct the condition, or remove the step"},
    {"review-past", kWarning, "the date of the next review has passed", "read it again, then set a new date"},
    {"wait-without-timeout", kWarning, "a person's step may wait for ever",
     "`timeout: 1d`; a person who takes longer has failed"},

    // Secrets.
    {"secret-in-clear", kError,
     "a password, key or token stands where everybody who reads the document sees it",
     "put it into the secret store, and here only its name (`${{ secrets.NAME }}`)"},
    {"secret-in-argv", kWarning,
     "an argument is seen by every user of the machine in the list of processes, and kept in the history",
     "hand it over by a file, the standard input or the environment"},

    // Shell.
    {"curl-pipe-shell", kError,
     "whatever the server answers today is executed, half of it when the connection breaks",
     "download a released version, compare its digest with one written down here, then execute the file"},
    {"unpinned-download", kWarning, "what is fetched is another thing tomorrow",
     "name a release or a commit, and compare the digest"},
    {"destructive-command", kWarning, "it removes what nothing here can bring back",
     "name exactly what goes, look at it first, and have a proven backup that is fresh"},
    {"unquoted-variable", kWarning, "empty or with a blank in it, the command works on other files",
     "write it in double quotes: \"$NAME\""},
    {"pipe-hides-failure", kWarning,
     "only the last command of a pipe counts: when the first fails, the step succeeds",
     "`set -o pipefail` above, or write to a file and look at the exit code"},
    {"confirm-exits-zero", kError,
     "whoever answers \"no\" ends the script with success, and what follows takes the deployment for done",
     "`else exit 1`; better a step of a person (`confirm`) or a gate (`approvals`), which is recorded with a "
     "name"},
    {"local-log", kWarning,
     "a line in a file that anybody can edit proves nothing, and says that something was begun, not how it "
     "ended",
     "let the run's journal be the record: `slipway audit show`; it keeps who, what and the outcome"},
    {"check-cannot-fail", kWarning, "the check passes whatever it sees",
     "say what has to hold: thresholds for a load test, an exit code for a command"},

    // Data flow.
    {"reads-unwritten", kError, "nothing in this document writes the file that is restored from here",
     "hand on the name that was written: an output of the step that made the backup"},
    {"backup-overwritten", kWarning,
     "a second run puts its backup over the first one, which was the good one",
     "a name that is never used twice: with the time, the run's id or the version of the object"},
    {"backup-in-clear", kError, "the same document demands that backups are encrypted, and this one is not",
     "encrypt before it touches a disk: `pg_dump … | age -r … -o …`, or the postgres.backup action"},
    {"restore-unproven", kError,
     "what the database holds now is gone for good, whether or not the file can be restored, and nobody has "
     "said "
     "what may be lost",
     "make a backup first, prove it by restoring it into a scratch database, say the window of loss, and "
     "only "
     "then drop"},
    {"psql-goes-on", kWarning,
     "psql goes on after an error and exits with 0, so half of a file looks like all of it",
     "`psql -v ON_ERROR_STOP=1 --single-transaction`"},

    // Gates and pipelines of continuous integration.
    {"job-never-runs", kError, "its condition asks for a branch on which the workflow is never triggered",
     "add the branch to the trigger, or correct the condition"},
    {"stage-skipped", kError, "production is reached without the stage before it",
     "`needs:` the job of the stage before"},
    {"action-by-tag", kWarning, "a tag can be moved to other code, which then has the secrets of the job",
     "pin the action by its commit: `uses: owner/name@<40 hex digits>`"},
    {"job-without-timeout", kWarning, "a deployment that hangs holds the environment for six hours",
     "`timeout-minutes:` on the job"},
    {"deploy-without-migration", kError,
     "the checklist demands that migrations are applied, and the pipeline that deploys never applies any",
     "a job that migrates, and on which the deployment waits"},
    {"approval-by-anybody", kWarning, "whoever is there can give it, and it is bound to no name",
     "a step of a person with a role (`confirm: { role: … }`) or a gate (`approvals: { count, role }`), "
     "which "
     "is recorded with who gave it"},
    {"approval-of-own", kWarning, "who asks for a change or wrote it approves it, so one pair of eyes saw it",
     "name somebody else: of a run the gate `approvals`, which never counts who asked"},

    // Rollouts.
    {"rollout-without-timeout", kWarning, "it waits for a rollout that may never end",
     "`kubectl rollout status --timeout=5m …`"},
    {"rollout-without-undo", kWarning, "when the new version does not come up, it stays half rolled out",
     "`kubectl rollout undo …` when the status is not success; in a procedure `on_failure: rollback`"},
    {"all-at-once", kWarning, "a fault that shows only in production reaches everybody in the same minute",
     "one canary first, then waves: `waves: [ { where: { labels.ring: canary } }, 25%, 100% ]`"},
    {"key-before-holders", kError,
     "the new key is in use before everyone who has to read with it holds it, so whoever refreshes meanwhile "
     "reads "
     "nothing",
     "give the new key to all beside the old one, look that all have it, switch, and only then retire the "
     "old one; "
     "what was readable with the old key has to be issued anew"},
    {"image-by-latest", kWarning, "`latest` is another image tomorrow, and nobody can say which one runs",
     "name the digest: image@sha256:…"},
    {"probes-alike", kError,
     "what makes a pod not ready also restarts it: when the database is away, all pods are restarted",
     "liveness looks at the process alone (`/live`), readiness at what it needs (`/ready`)"},
    {"role-unbound", kWarning, "a role that is bound to nobody gives nobody a right",
     "add the RoleBinding, or remove the role"},

    // Supply chain.
    {"sign-before-push", kError, "there is nothing in the registry yet whose digest could be signed",
     "push first, take the digest from the push, sign image@sha256:…"},
    {"sign-by-tag", kError, "a tag may name another image by the time it is signed or verified",
     "sign the digest: image@sha256:…"},
    {"sbom-of-another", kError, "the list was made of the source folder and is attested for an image",
     "make it of the image that was pushed: `syft IMAGE@sha256:…`"},

    // Versions, numbers and objectives.
    {"version-goes-down", kError, "a promotion may not go down in the order of versions (SemVer 2.0.0, 11)",
     "promote one version through the stages, or number them so that each stage is later: -alpha.1, -beta.1, "
     "-rc.1, then the release"},
    {"number-contradicts", kError, "the text and the example say different numbers",
     "write the number once, and derive the other"},
    {"burn-rate", kWarning, "it is none of the pairs that alerts are made of, so no tool has it ready",
     "2% in 1h (14.4x), 5% in 6h (6x), 10% in 3d (1x) of a budget of 30 days; say the rate and the window"},
    {"objective-unreachable", kError,
     "what may be lost is the longest time between two backups, and that is longer",
     "archive the log continuously and restore from it, back up more often, or state what can be kept"},
    {"pages-contradict", kError, "two documents that are checked together say different things",
     "decide once, and let one document refer to the other"},

    // SQL in steps.
    {"terminates-everybody", kError, "it ends the sessions of every database on the server",
     "add `AND datname = current_database()`, the name of the application, and `pid <> pg_backend_pid()`"},
    {"query-acts", kError,
     "the function acts even where a transaction may only read, so the query is refused when it runs",
     "a step that may change something: `exec.run` with an `undo`"},
    {"orders-by-unwritten", kWarning,
     "the latest is asked for by a column that the document's own record leaves out",
     "write the column, or give it a default: `applied_at timestamptz NOT NULL DEFAULT now()`"},

    // Waivers.
    {"waiver-expired", kError, "the date of the waiver has passed, so it silences nothing",
     "correct what it was about; or look again, and set a new date", false},
    {"waiver-unknown", kError,
     "there is no rule of that name, or it cannot be waived, so it silences nothing",
     "`slipway docs lint` lists the rules", false},
    {"waiver-unused", kWarning, "nothing here is what this rule is about", "remove the waiver", false},
};

// The rules of SQL in the form of ours.
const std::vector<Rule>& SqlRules() {
  static const std::vector<Rule> kSqlRules = [] {
    std::vector<Rule> rules;
    for (const sql::Rule& rule : sql::Rules())
      if (std::ranges::find(kRules, rule.id, &Rule::id) == std::end(kRules))
        rules.push_back({rule.id, rule.severity, rule.danger, rule.safe, rule.waivable});
    return rules;
  }();
  return kSqlRules;
}

}  // namespace

std::span<const Rule> Rules() { return kRules; }

const Rule* FindRule(std::string_view id) {
  if (const auto* found = std::ranges::find(kRules, id, &Rule::id); found != std::end(kRules)) return found;
  const auto found = std::ranges::find(SqlRules(), id, &Rule::id);
  return found == SqlRules().end() ? nullptr : &*found;
}

}  // namespace slipway::lint
