// The use cases, in this process: one file each.
#pragma once

#include "api/api.h"
#include "app/session.h"

namespace slipway::app {

class App final : public api::Api {
 public:
  explicit App(Parts parts) : models_(parts.models), session_(std::move(parts)) {}

  api::Answer<api::InitReport> Init(const std::string& folder) override;
  api::Answer<api::CheckReport> Check(const std::vector<std::string>& files,
                                      const std::string& environment) override;
  api::Answer<api::ImportReport> Import(const api::ImportRequest& request) override;
  api::Answer<api::DiffReport> Diff(const api::DiffRequest& request) override;
  api::Answer<api::PrintedPage> Print(const api::PrintRequest& request) override;
  api::Answer<std::vector<api::ActionDoc>> Docs() override;
  api::Answer<std::vector<api::LintRule>> LintRules() override;
  api::Names NamesFor(const std::string& file) override;

  api::Answer<api::PlanReport> Plan(const api::ProcedureRequest& request) override;
  api::Answer<api::SimulationReport> Simulate(const api::ProcedureRequest& request) override;

  api::Answer<api::RunReport> Run(const api::RunRequest& request, api::Watcher& watcher) override;
  api::Answer<api::RunReport> Resume(const api::ResumeRequest& request, api::Watcher& watcher) override;
  api::Answer<api::RunReport> Pause(const api::ResumeRequest& request, api::Watcher& watcher) override;
  api::Answer<api::RunReport> Cancel(const api::CancelRequest& request, api::Watcher& watcher) override;
  api::Answer<api::RunReport> Rollback(const api::RollbackRequest& request, api::Watcher& watcher) override;
  api::Answer<api::RunReport> Retry(const api::ResumeRequest& request, api::Watcher& watcher) override;

  api::Answer<std::vector<api::RunSummary>> Runs(const api::RunQuery& query) override;
  api::Answer<std::vector<api::OpenRun>> OpenRuns() override;
  api::Answer<api::RunDetails> Show(const std::string& run) override;
  api::Answer<api::RunLog> Log(const std::string& run, const std::string& step, bool attachments) override;
  api::Answer<api::Explanation> Explain(const std::string& run) override;

  api::Answer<api::ConfirmReport> Confirm(const api::ConfirmRequest& request) override;
  api::Answer<api::ConfirmReport> Settle(const api::SettleRequest& request) override;

  api::Answer<std::vector<api::TargetEntry>> Targets(const std::string& environment) override;
  api::Answer<api::TargetEntry> Adopt(const api::AdoptRequest& request) override;
  api::Answer<std::vector<api::Hold>> Holds() override;
  api::Answer<std::vector<api::Hold>> Lift(const api::LiftRequest& request) override;

  api::Answer<api::CheckReport> FleetCheck(const std::vector<std::string>& files) override;
  api::Answer<std::vector<api::FleetCustomer>> FleetStatus(const std::string& environment) override;
  api::Answer<api::FleetUpdatePreview> PreviewFleetUpdate(const api::ProcedureRequest& request) override;
  api::Answer<api::FleetWayBack> FindFleetWayBack(const api::FleetWayBackRequest& request) override;
  api::Answer<api::FleetReport> FleetReportOn(const std::string& run) override;
  api::Answer<api::FleetAddReport> FleetAdd(const api::FleetAddRequest& request) override;
  api::Answer<api::FleetImportReport> FleetImport(const api::FleetImportRequest& request) override;

  api::Answer<std::vector<api::SecretEntry>> SecretNames() override;
  api::Answer<api::SecretEntry> SetSecret(const api::SetSecretRequest& request) override;
  api::Answer<api::SecretEntry> RemoveSecret(const std::string& name) override;
  api::Answer<api::SecretEntry> WriteSecret(const std::string& name, const std::string& file) override;

  api::Answer<api::VerifyReport> AuditVerify(const api::VerifyRequest& request) override;
  api::Answer<std::vector<api::LogLine>> AuditShow(const api::AuditQuery& query) override;
  api::Answer<api::ExportReport> AuditExport(const api::ExportRequest& request) override;

 private:
  const MakeModels models_;
  Session session_;
};

}  // namespace slipway::app
