// The contract between what Slipway can do (app/) and those who ask for it: the command line, and later the
// server and the page.
//
// One method a use case; plain structs in and out. Nothing throws. Not thread-safe: one object a caller.
#pragma once

#include <string>
#include <vector>

#include "api/audit.h"
#include "api/document.h"
#include "api/estate.h"
#include "api/failure.h"
#include "api/fleet.h"
#include "api/people.h"
#include "api/run.h"
#include "api/simulation.h"
#include "api/sop.h"
#include "api/watcher.h"

namespace slipway::api {

class Api {
 public:
  virtual ~Api() = default;

  // Documents. No store is opened for these.
  virtual Answer<InitReport> Init(const std::string& folder) = 0;
  virtual Answer<CheckReport> Check(const std::vector<std::string>& files,
                                    const std::string& environment) = 0;
  virtual Answer<ImportReport> Import(const ImportRequest& request) = 0;
  virtual Answer<DiffReport> Diff(const DiffRequest& request) = 0;
  // A procedure, or of a run the same page filled in.
  virtual Answer<PrintedPage> Print(const PrintRequest& request) = 0;
  virtual Answer<std::vector<ActionDoc>> Docs() = 0;  // by name
  virtual Answer<std::vector<LintRule>> LintRules() = 0;
  virtual Names NamesFor(const std::string& file) = 0;  // a procedure's file, or empty

  virtual Answer<PlanReport> Plan(const ProcedureRequest& request) = 0;
  virtual Answer<SimulationReport> Simulate(const ProcedureRequest& request) = 0;

  // Runs. What moves a run drives it as far as it goes, unless another live process does.
  virtual Answer<RunReport> Run(const RunRequest& request, Watcher& watcher) = 0;
  virtual Answer<RunReport> Resume(const ResumeRequest& request, Watcher& watcher) = 0;
  virtual Answer<RunReport> Pause(const ResumeRequest& request, Watcher& watcher) = 0;
  virtual Answer<RunReport> Cancel(const CancelRequest& request, Watcher& watcher) = 0;
  virtual Answer<RunReport> Rollback(const RollbackRequest& request, Watcher& watcher) = 0;
  virtual Answer<RunReport> Retry(const ResumeRequest& request, Watcher& watcher) = 0;

  virtual Answer<std::vector<RunSummary>> Runs(const RunQuery& query) = 0;  // newest first
  virtual Answer<std::vector<OpenRun>> OpenRuns() = 0;                      // oldest first
  virtual Answer<RunDetails> Show(const std::string& run) = 0;
  virtual Answer<RunLog> Log(const std::string& run, const std::string& step, bool attachments) = 0;
  virtual Answer<Explanation> Explain(const std::string& run) = 0;

  // People.
  virtual Answer<ConfirmReport> Confirm(const ConfirmRequest& request) = 0;
  virtual Answer<ConfirmReport> Settle(const SettleRequest& request) = 0;

  // The estate.
  virtual Answer<std::vector<TargetEntry>> Targets(const std::string& environment) = 0;
  virtual Answer<TargetEntry> Adopt(const AdoptRequest& request) = 0;
  virtual Answer<std::vector<Hold>> Holds() = 0;
  virtual Answer<std::vector<Hold>> Lift(const LiftRequest& request) = 0;  // those that were lifted

  // Fleets of customers. Check opens no workspace.
  virtual Answer<CheckReport> FleetCheck(const std::vector<std::string>& files) = 0;
  virtual Answer<std::vector<FleetCustomer>> FleetStatus(const std::string& environment) = 0;  // by id
  // The plan of a procedure that migrates customers, and what it would do to each: asks their databases,
  // changes nothing.
  virtual Answer<FleetUpdatePreview> PreviewFleetUpdate(const ProcedureRequest& request) = 0;
  // kRefused: the log names no backup that leads there, or it is gone. Asks the customer's database what
  // would be lost; changes nothing.
  virtual Answer<FleetWayBack> FindFleetWayBack(const FleetWayBackRequest& request) = 0;
  // Writes it into `reports/` as well. kInvalid: the run covers no customers.
  virtual Answer<FleetReport> FleetReportOn(const std::string& run) = 0;
  virtual Answer<FleetAddReport> FleetAdd(const FleetAddRequest& request) = 0;
  virtual Answer<FleetImportReport> FleetImport(const FleetImportRequest& request) = 0;

  // Secrets: those that slipway.yaml names and those that slipway keeps; only the latter are set and removed.
  virtual Answer<std::vector<SecretEntry>> SecretNames() = 0;  // by name
  virtual Answer<SecretEntry> SetSecret(const SetSecretRequest& request) = 0;
  virtual Answer<SecretEntry> RemoveSecret(const std::string& name) = 0;
  virtual Answer<SecretEntry> WriteSecret(const std::string& name,
                                          const std::string& file) = 0;  // a new file, 0600

  // The audit.
  virtual Answer<VerifyReport> AuditVerify(const VerifyRequest& request) = 0;
  virtual Answer<std::vector<LogLine>> AuditShow(const AuditQuery& query) = 0;
  virtual Answer<ExportReport> AuditExport(const ExportRequest& request) = 0;
};

}  // namespace slipway::api
