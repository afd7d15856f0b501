#include "api/json.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::api {

namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

Json TimeOrNull(const std::optional<base::Time>& time) {
  if (!time) return nullptr;
  return Json(base::FormatTime(*time));
}

Json Texts(const std::vector<std::string>& texts) { return JsonArray(texts.begin(), texts.end()); }

// The seven members that every list of runs has, then the rest.
JsonObject Common(const RunSummary& run) {
  JsonObject json{{"id", run.id},
                  {"procedure", run.procedure},
                  {"environment", run.environment},
                  {"state", run.state},
                  {"plan", run.plan},
                  {"started_at", base::FormatTime(run.started_at)},
                  {"finished_at", TimeOrNull(run.finished_at)}};
  return json;
}

JsonObject Counts(const RunSummary& run) {
  JsonObject counts;
  for (const auto& [state, count] : run.targets) counts[state] = count;
  return counts;
}

}  // namespace

Json ToJson(const RunSummary& run) { return Common(run); }

Json ToJson(const StepView& step) {
  JsonObject json{{"id", step.id},
                  {"target", step.target},
                  {"title", step.title},
                  {"action", step.action},
                  {"state", step.state},
                  {"attempts", step.attempts},
                  {"started_at", TimeOrNull(step.started_at)},
                  {"finished_at", TimeOrNull(step.finished_at)},
                  {"reason", step.reason}};
  json["restored"] = step.restored;
  json["outputs"] = step.outputs;
  return json;
}

Json ToJson(const WaitView& wait) {
  return JsonObject{
      {"what", wait.what}, {"step", wait.step}, {"target", wait.target},          {"reason", wait.reason},
      {"who", wait.who},   {"next", wait.next}, {"until", TimeOrNull(wait.until)}};
}

Json ToJson(const RunDetails& run) {
  JsonObject json = Common(run);
  json["targets"] = Counts(run);
  json["steps"] = ToJson(run.steps);
  json["version"] = run.version;
  json["kind"] = run.kind;
  json["parent"] = run.parent;
  json["reason"] = run.reason;
  json["requester"] = run.requester;
  JsonArray targets;
  for (const TargetView& target : run.each_target) {
    targets.push_back(JsonObject{{"id", target.id}, {"state", target.state}, {"reason", target.reason}});
  }
  json["each_target"] = std::move(targets);
  json["waiting"] = ToJson(run.waiting);
  json["asked"] = run.asked;
  return json;
}

Json ToJson(const RunReport& report) {
  Json json = ToJson(report.run);
  json.get_object()["note"] = report.note;
  return json;
}

Json ToJson(const LogLine& line) {
  return JsonObject{{"seq", line.seq},   {"at", base::FormatTime(line.at)},
                    {"type", line.type}, {"actor", line.actor},
                    {"step", line.step}, {"text", line.text},
                    {"data", line.data}};
}

Json ToJson(const RunLog& log) {
  JsonObject json{{"events", ToJson(log.lines)}};
  JsonArray attachments;
  for (const Attachment& a : log.attachments) {
    attachments.push_back(JsonObject{{"step", a.step},
                                     {"attempt", a.attempt},
                                     {"name", a.name},
                                     {"digest", a.digest},
                                     {"size", a.size},
                                     {"text", base::IsUtf8(a.bytes) ? Json(a.bytes) : Json(nullptr)},
                                     {"missing", a.missing}});
  }
  json["attachments"] = std::move(attachments);
  return json;
}

Json ToJson(const Explanation& e) {
  JsonObject json = Common(e.run);
  json["reason"] = e.run.reason;
  json["driver"] = e.driver;
  json["driven"] = e.driven;
  json["locks"] = Texts(e.locks);
  json["waiting"] = ToJson(e.waiting);
  json["asked"] = e.asked;
  json["doing"] = Texts(e.doing);
  json["then"] = Texts(e.then);
  json["next"] = Texts(e.next);
  return json;
}

Json ToJson(const CheckReport& report) {
  JsonArray files;
  for (const CheckedFile& file : report.files) {
    JsonArray diagnostics;
    for (const base::Diagnostic& d : file.diagnostics) {
      diagnostics.push_back(
          JsonObject{{"severity", d.severity == base::Severity::kError ? "error" : "warning"},
                     {"file", d.file},
                     {"line", d.at.line},
                     {"column", d.at.column},
                     {"what", d.what},
                     {"suggestion", d.suggestion},
                     {"rule", d.rule},
                     {"origin", d.origin}});
    }
    files.push_back(JsonObject{{"file", file.file},
                               {"environment", file.environment},
                               {"ok", file.ok()},
                               {"diagnostics", std::move(diagnostics)}});
  }
  return JsonObject{{"files", std::move(files)}};
}

Json ToJson(const InitReport& report) {
  return JsonObject{{"folder", report.folder}, {"files", Texts(report.files)}};
}

Json ToJson(const TargetEntry& target) {
  JsonObject releases;
  for (const auto& [parameter, version] : target.releases) releases[parameter] = version;
  JsonObject facts;
  for (const auto& [name, fact] : target.facts)
    facts[name] = JsonObject{
        {"value", fact.value}, {"run", fact.run}, {"step", fact.step}, {"at", base::FormatTime(fact.at)}};
  return JsonObject{{"id", target.id},
                    {"kind", target.kind},
                    {"environment", target.environment},
                    {"releases", std::move(releases)},
                    {"run", target.run},
                    {"since", TimeOrNull(target.since)},
                    {"held_by", target.held_by},
                    {"note", target.note},
                    {"facts", std::move(facts)}};
}

Json ToJson(const Hold& hold) {
  return JsonObject{{"release", hold.release},
                    {"digest", hold.digest},
                    {"environment", hold.environment},
                    {"target", hold.target},
                    {"run", hold.run},
                    {"reason", hold.reason},
                    {"since", base::FormatTime(hold.since)}};
}

Json ToJson(const FleetCustomer& customer) {
  return JsonObject{{"id", customer.id},
                    {"ring", customer.ring},
                    {"version", customer.version},
                    {"target_version", customer.target_version},
                    {"backup", customer.backup},
                    {"backup_at", TimeOrNull(customer.backup_at)},
                    {"proven_at", TimeOrNull(customer.proven_at)},
                    {"drift", customer.drift},
                    {"looked_at", TimeOrNull(customer.looked_at)},
                    {"drifted_before", customer.drifted_before},
                    {"open", customer.open},
                    {"until", TimeOrNull(customer.until)},
                    {"held_by", customer.held_by}};
}

namespace {

JsonArray ToJson(const std::vector<FleetCheckPoint>& checks) {
  JsonArray list;
  for (const FleetCheckPoint& one : checks)
    list.push_back(JsonObject{{"check", one.check}, {"verdict", one.verdict}, {"seen", one.seen}});
  return list;
}

JsonArray ToJson(const std::vector<FleetSecret>& secrets) {
  JsonArray list;
  for (const FleetSecret& secret : secrets) {
    list.push_back(JsonObject{{"name", secret.name},
                              {"customer", secret.customer},
                              {"line", secret.line},
                              {"state", secret.state}});
  }
  return list;
}

}  // namespace

bool FleetAddReport::Fits() const {
  return std::ranges::all_of(checks,
                             [](const auto& one) { return one.verdict == "pass" || one.verdict == "warn"; });
}

Json ToJson(const FleetAddReport& report) {
  return JsonObject{{"customer", report.customer},     {"targets", report.targets},
                    {"state", report.state},           {"secrets", ToJson(report.secrets)},
                    {"checks", ToJson(report.checks)}, {"warnings", report.warnings},
                    {"plan", report.plan.json}};
}

namespace {

Json FileJson(const FleetDueFile& file) {
  JsonArray statements;
  for (const FleetDueStatement& one : file.statements)
    statements.push_back(JsonObject{{"line", one.line}, {"text", one.text}, {"alone", one.alone}});
  return JsonObject{
      {"path", file.path}, {"count", file.count}, {"done", file.done}, {"statements", std::move(statements)}};
}

Json GroupJson(const FleetDueGroup& group) {
  JsonArray files, findings;
  for (const FleetDueFile& file : group.files) files.push_back(FileJson(file));
  for (const FleetDueFinding& one : group.findings) {
    findings.push_back(JsonObject{{"rule", one.rule},
                                  {"severity", one.severity},
                                  {"place", one.place},
                                  {"danger", one.danger},
                                  {"safe", one.safe}});
  }
  return JsonObject{{"customers", Texts(group.customers)},
                    {"version", group.version},
                    {"files", std::move(files)},
                    {"adopted", group.adopted},
                    {"withdrawn", Texts(group.withdrawn)},
                    {"findings", std::move(findings)},
                    {"errors", group.errors},
                    {"destroys", group.destroys}};
}

}  // namespace

bool FleetUpdatePreview::Fits() const {
  return refused.empty() && untold.empty() &&
         std::ranges::none_of(groups, [](const FleetDueGroup& g) { return g.errors > 0; });
}

// The plan as `plan --json` has it, and three members more.
Json ToJson(const FleetUpdatePreview& preview) {
  Json json = preview.plan.json;
  JsonArray due, untold;
  for (const FleetDueGroup& group : preview.groups) due.push_back(GroupJson(group));
  for (const auto& [reason, customers] : preview.untold)
    untold.push_back(JsonObject{{"reason", reason}, {"customers", Texts(customers)}});
  json.as_object()["due"] = std::move(due);
  json.as_object()["untold"] = std::move(untold);
  JsonArray drifted;
  for (const auto& [after, customers] : preview.drifted)
    drifted.push_back(JsonObject{{"after", after}, {"customers", Texts(customers)}});
  json.as_object()["drifted"] = std::move(drifted);
  json.as_object()["refused"] = Texts(preview.refused);
  return json;
}

Json ToJson(const FleetWayBack& back) {
  Json lost = nullptr;
  if (back.lost) {
    JsonArray& tables = lost.emplace_array();
    for (const auto& [table, rows] : *back.lost)
      tables.push_back(JsonObject{{"table", table}, {"rows", rows ? Json(*rows) : Json(nullptr)}});
  }
  return JsonObject{{"customer", back.customer},
                    {"from", back.from},
                    {"to", back.to},
                    {"run", back.run},
                    {"left_at", base::FormatTime(back.left_at)},
                    {"backup", back.backup},
                    {"sha256", back.sha256},
                    {"backup_at", TimeOrNull(back.backup_at)},
                    {"proven_at", TimeOrNull(back.proven_at)},
                    {"loss", back.loss},
                    {"lost", std::move(lost)}};
}

Json ToJson(const FleetImportReport& report) {
  JsonArray rings;
  for (const FleetRing& ring : report.rings) {
    rings.push_back(
        JsonObject{{"name", ring.name},
                   {"customers", ring.customers},
                   {"batch_percent", ring.batch_percent ? Json(*ring.batch_percent) : Json(nullptr)},
                   {"delay", ring.delay}});
  }
  return JsonObject{{"registry", report.registry},       {"policies", report.policies},
                    {"targets", report.targets},         {"state", report.state},
                    {"written", report.written},         {"customers", report.customers},
                    {"rings", std::move(rings)},         {"changes", Texts(report.changes)},
                    {"secrets", ToJson(report.secrets)}, {"connections", Texts(report.connections)},
                    {"warnings", report.warnings}};
}

namespace {

Json RowJson(const FleetReportRow& row) {
  return JsonObject{{"id", row.id},
                    {"ring", row.ring},
                    {"state", row.state},
                    {"reason", row.reason},
                    {"from", row.from},
                    {"to", row.to},
                    {"backup", row.backup},
                    {"backup_sha256", row.backup_sha256},
                    {"backup_at", TimeOrNull(row.backup_at)},
                    {"proven_at", TimeOrNull(row.proven_at)},
                    {"prove_ms", row.prove_took ? Json(row.prove_took->count()) : Json(nullptr)},
                    {"kept", row.kept},
                    {"started_at", TimeOrNull(row.started_at)},
                    {"finished_at", TimeOrNull(row.finished_at)},
                    {"checks", ToJson(row.checks)}};
}

}  // namespace

Json ToJson(const FleetReport& report) {
  JsonObject run = Common(report.run);
  run["kind"] = report.run.kind;
  run["parent"] = report.run.parent;
  run["reason"] = report.run.reason;
  run["requester"] = report.requester;
  JsonArray customers;
  for (const FleetReportRow& row : report.customers) customers.push_back(RowJson(row));
  JsonObject counts;
  for (const auto& [state, count] : report.by_state) counts[state] = count;
  return JsonObject{{"run", std::move(run)},        {"over", report.over},
                    {"next", report.next},          {"by_state", std::move(counts)},
                    {"files", Texts(report.files)}, {"customers", std::move(customers)}};
}

Json ToJson(const ImportReport& report) {
  JsonArray drafts, parts;
  for (const ImportedDraft& draft : report.drafts) {
    drafts.push_back(JsonObject{{"id", draft.id},
                                {"title", draft.title},
                                {"file", draft.file},
                                {"state", draft.state},
                                {"written", draft.written},
                                {"line", draft.line},
                                {"phases", draft.phases},
                                {"steps", draft.steps},
                                {"typed", draft.typed},
                                {"programs", draft.programs},
                                {"people", draft.people},
                                {"checklist_items", draft.checklist_items},
                                {"parameters", Texts(draft.parameters)}});
  }
  for (const ImportedPart& part : report.parts) {
    parts.push_back(JsonObject{{"kind", part.kind},
                               {"line", part.line},
                               {"section", part.section},
                               {"became", part.became},
                               {"why", part.why},
                               {"drafts", Texts(part.drafts)},
                               {"commands", part.commands},
                               {"kept", part.kept},
                               {"calendars", Texts(part.calendars)}});
  }
  return JsonObject{{"file", report.file},
                    {"flat", report.flat},
                    {"drafts", std::move(drafts)},
                    {"parts", std::move(parts)}};
}

Json ToJson(const DiffReport& report) {
  const auto list = [](const std::vector<PageDifference>& all) {
    JsonArray out;
    for (const PageDifference& difference : all)
      out.push_back(JsonObject{{"kind", difference.kind},
                               {"step", difference.step},
                               {"title", difference.title},
                               {"field", difference.field},
                               {"procedure", difference.procedure},
                               {"page", difference.page},
                               {"procedure_line", difference.procedure_line},
                               {"page_line", difference.page_line}});
    return out;
  };
  return JsonObject{{"procedure", report.procedure},
                    {"page", report.page},
                    {"section", report.section},
                    {"differences", list(report.differences)},
                    {"beyond", list(report.beyond)}};
}

Json ToJson(const SecretEntry& secret) {
  return JsonObject{{"name", secret.name}, {"from", secret.from}, {"by", secret.by}};
}

Json ToJson(const ConfirmReport& report) {
  return JsonObject{
      {"run", report.run}, {"step", report.step}, {"actor", report.actor}, {"driven", report.driven}};
}

Json ToJson(const ExportReport& report) {
  return JsonObject{{"file", report.file}, {"events", report.events}, {"key", report.key}};
}

Json ToJson(const SimulationReport& report) {
  JsonArray failures;
  for (const SimulatedFailure& f : report.failures) {
    failures.push_back(
        JsonObject{{"step", f.step}, {"how", f.how}, {"verdict", f.verdict}, {"reason", f.reason}});
  }
  return JsonObject{{"plan", report.plan},
                    {"environment", report.environment},
                    {"strict", report.strict},
                    {"passed", report.Passed()},
                    {"failures", std::move(failures)}};
}

}  // namespace slipway::api
