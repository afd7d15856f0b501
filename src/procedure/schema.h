// Every key of a procedure document, as data: what docs/formats/procedure.md shows, and what Document::Read
// checks. Private to procedure/.
#pragma once

#include <span>
#include <string_view>

namespace slipway::procedure {

enum class Shape { kText, kList, kMap, kTextOrList, kTextOrMap };

struct Key {
  std::string_view name;
  Shape shape;
  bool required = false;
};

// One kind of map. `name` is its heading in the page.
struct Schema {
  std::string_view name;
  std::span<const Key> keys;
};

inline constexpr bool kRequired = true;

inline constexpr Key kDocumentKeys[] = {
    {"apiVersion", Shape::kText, kRequired},
    {"kind", Shape::kText, kRequired},
    {"metadata", Shape::kMap, kRequired},
    {"description", Shape::kText},
    {"parameters", Shape::kMap},
    {"targets", Shape::kMap},
    {"gates", Shape::kList},
    {"on_failure", Shape::kText},
    {"notify", Shape::kList},
    {"phases", Shape::kList, kRequired},
};
inline constexpr Schema kDocument{"document", kDocumentKeys};

inline constexpr Key kMetadataKeys[] = {
    {"id", Shape::kText, kRequired}, {"title", Shape::kText},   {"version", Shape::kText},
    {"status", Shape::kText},        {"owner", Shape::kText},   {"approver", Shape::kText},
    {"review_by", Shape::kText},     {"waivers", Shape::kList}, {"source", Shape::kText},
};
inline constexpr Schema kMetadata{"metadata", kMetadataKeys};

inline constexpr Key kParameterKeys[] = {
    {"type", Shape::kText},    {"required", Shape::kText}, {"default", Shape::kText},
    {"pattern", Shape::kText}, {"values", Shape::kList},   {"description", Shape::kText},
};
inline constexpr Schema kParameter{"parameter", kParameterKeys};

inline constexpr Key kSelectorKeys[] = {{"kind", Shape::kText, kRequired}, {"where", Shape::kMap}};
inline constexpr Schema kSelector{"selector", kSelectorKeys};

inline constexpr Key kGateKeys[] = {
    {"window", Shape::kMap}, {"approvals", Shape::kMap}, {"freeze", Shape::kMap}};
inline constexpr Schema kGate{"gate", kGateKeys};
inline constexpr Key kCalendarKeys[] = {{"calendar", Shape::kText}};
inline constexpr Schema kWindow{"window", kCalendarKeys};
inline constexpr Schema kFreeze{"freeze", kCalendarKeys};
inline constexpr Key kApprovalsKeys[] = {{"count", Shape::kText}, {"role", Shape::kText}};
inline constexpr Schema kApprovals{"approvals", kApprovalsKeys};

inline constexpr Key kNotifyKeys[] = {
    {"on", Shape::kTextOrList, kRequired}, {"url", Shape::kText}, {"command", Shape::kList}};
inline constexpr Schema kNotify{"notify", kNotifyKeys};

inline constexpr Key kPhaseKeys[] = {
    {"id", Shape::kText, kRequired}, {"title", Shape::kText},
    {"description", Shape::kText},   {"for_each", Shape::kText},
    {"rollback", Shape::kText},      {"waves", Shape::kList},
    {"max_parallel", Shape::kText},  {"stop_after_failures", Shape::kText},
    {"bake", Shape::kText},          {"steps", Shape::kList, kRequired},
};
inline constexpr Schema kPhase{"phase", kPhaseKeys};

inline constexpr Key kWaveKeys[] = {{"where", Shape::kMap, kRequired}, {"optional", Shape::kText}};
inline constexpr Schema kWave{"wave", kWaveKeys};

inline constexpr Key kStepKeys[] = {
    {"id", Shape::kText, kRequired}, {"title", Shape::kText},
    {"description", Shape::kText},   {"source", Shape::kText},
    {"uses", Shape::kText},          {"with", Shape::kMap},
    {"confirm", Shape::kMap},        {"needs", Shape::kList},
    {"when", Shape::kText},          {"timeout", Shape::kText},
    {"retry", Shape::kMap},          {"verify", Shape::kList},
    {"undo", Shape::kMap},           {"interrupted", Shape::kTextOrMap},
    {"model", Shape::kText},         {"waivers", Shape::kList},
};
inline constexpr Schema kStep{"step", kStepKeys};

inline constexpr Key kConfirmKeys[] = {
    {"role", Shape::kText}, {"fields", Shape::kList}, {"checklist", Shape::kList}};
inline constexpr Schema kConfirm{"confirm", kConfirmKeys};

inline constexpr Key kFieldKeys[] = {
    {"id", Shape::kText, kRequired}, {"title", Shape::kText},   {"type", Shape::kText},
    {"required", Shape::kText},      {"pattern", Shape::kText}, {"values", Shape::kList},
};
inline constexpr Schema kField{"field", kFieldKeys};

inline constexpr Key kCheckKeys[] = {{"uses", Shape::kText, kRequired},
                                     {"with", Shape::kMap},
                                     {"retry", Shape::kMap},
                                     {"timeout", Shape::kText}};
inline constexpr Schema kCheck{"check", kCheckKeys};

inline constexpr Key kRetryKeys[] = {
    {"attempts", Shape::kText, kRequired}, {"every", Shape::kText}, {"backoff", Shape::kText}};
inline constexpr Schema kRetry{"retry", kRetryKeys};

inline constexpr Key kUndoKeys[] = {{"none", Shape::kText}, {"uses", Shape::kText}, {"with", Shape::kMap}};
inline constexpr Schema kUndo{"undo", kUndoKeys};

inline constexpr Key kInterruptedKeys[] = {{"probe", Shape::kMap, kRequired}};
inline constexpr Schema kInterrupted{"interrupted", kInterruptedKeys};
inline constexpr Key kProbeKeys[] = {{"uses", Shape::kText, kRequired}, {"with", Shape::kMap}};
inline constexpr Schema kProbe{"probe", kProbeKeys};

inline constexpr Key kWaiverKeys[] = {{"rule", Shape::kText, kRequired},
                                      {"reason", Shape::kText, kRequired},
                                      {"by", Shape::kText, kRequired},
                                      {"until", Shape::kText, kRequired}};
inline constexpr Schema kWaiver{"waiver", kWaiverKeys};

inline constexpr const Schema* kSchemas[] = {
    &kDocument, &kMetadata, &kParameter, &kSelector,    &kGate,  &kWindow,  &kApprovals,
    &kFreeze,   &kNotify,   &kPhase,     &kWave,        &kStep,  &kConfirm, &kField,
    &kCheck,    &kRetry,    &kUndo,      &kInterrupted, &kProbe, &kWaiver,
};

// Words people bring from elsewhere.
struct Synonym {
  std::string_view written, meant;
};
inline constexpr Synonym kSynonyms[] = {
    {"name", "title"},          {"if", "when"},
    {"depends_on", "needs"},    {"env", "with: { env: … }"},
    {"run", "uses: exec.run"},  {"rollback_on_failure", "on_failure: rollback"},
    {"action", "uses"},         {"args", "with"},
    {"inputs", "parameters"},   {"retries", "retry"},
    {"tasks", "steps"},         {"stages", "phases"},
    {"summary", "description"}, {"options", "values"},
    {"regex", "pattern"},       {"number", "integer"},
    {"int", "integer"},         {"bool", "boolean"},
    {"text", "string"},         {"password", "secret"},
};

}  // namespace slipway::procedure
