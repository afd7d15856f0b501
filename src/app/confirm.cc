// `slipway confirm`: a person's answer, judged before it is put on record.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "app/app.h"
#include "app/driving.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "workspace/calendar.h"

namespace slipway::app {

namespace {

using base::Json;
using base::JsonObject;

constexpr std::int64_t kLargestFile = 1 << 20;

base::Error Bad(const procedure::Field& field, std::string what, std::string next = "") {
  return {base::ErrorKind::kInvalid, "field " + field.id + ": " + std::move(what), "", std::move(next)};
}

// The answer names a file by its digest; its bytes go beside the event, as they are, for whoever audits it.
base::Result<Json> ReadFileField(const procedure::Field& field, const std::string& path,
                                 std::vector<std::string>& blobs) {
  auto bytes = base::ReadFile(path, kLargestFile);
  if (!bytes) {
    return std::unexpected(Bad(
        field, base::ToString(bytes.error()),
        fmt::format("--field {}=FILE, with a file of at most {}", field.id, base::FormatSize(kLargestFile))));
  }
  Json answer = JsonObject{{"name", std::filesystem::path(path).filename().string()},
                           {"digest", base::Sha256Text(*bytes)},
                           {"size", static_cast<std::int64_t>(bytes->size())}};
  blobs.push_back(*std::move(bytes));
  return answer;
}

base::Result<Json> ReadField(const procedure::Field& field, const std::string& text,
                             std::vector<std::string>& blobs) {
  if (!base::IsUtf8(text) || text.find('\0') != std::string::npos)
    return std::unexpected(Bad(field, "it is not UTF-8 text"));
  switch (field.type) {
    case procedure::FieldType::kString:
      if (!field.pattern.empty()) {
        const RE2 pattern(field.pattern, RE2::Quiet);
        if (!pattern.ok() || !RE2::FullMatch(text, pattern))
          return std::unexpected(Bad(field, base::Quote(text) + " does not match " + field.pattern));
      }
      return Json(text);
    case procedure::FieldType::kInteger:
      if (const auto number = base::ParseInteger(text)) return Json(*number);
      return std::unexpected(Bad(field, base::Quote(text) + " is no integer"));
    case procedure::FieldType::kBoolean:
      if (const auto truth = base::ParseBoolean(text)) return Json(*truth);
      return std::unexpected(Bad(field, base::Quote(text) + " is neither true nor false"));
    case procedure::FieldType::kDate:
      if (text.size() == 10 && workspace::ParseInstant(text, "UTC", workspace::Edge::kStart))
        return Json(text);
      return std::unexpected(Bad(field, base::Quote(text) + " is no date", "write 2027-03-31"));
    case procedure::FieldType::kEnum:
      if (std::ranges::find(field.values, text) != field.values.end()) return Json(text);
      return std::unexpected(Bad(field, base::Quote(text) + " is none of its values",
                                 "one of " + base::Join(field.values, ", ")));
    case procedure::FieldType::kFile:
      return ReadFileField(field, text, blobs);
  }
  return Json();
}

using Mistakes = std::vector<base::Error>;

JsonObject ReadFields(const procedure::Confirm& confirm, const api::ConfirmRequest& request,
                      const std::string& command, std::vector<std::string>& blobs, Mistakes& mistakes) {
  std::vector<std::string> names;
  for (const procedure::Field& field : confirm.fields) names.push_back(field.id);
  for (const auto& [name, value] : request.fields) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const auto near = base::DidYouMean(name, names);
    mistakes.push_back({base::ErrorKind::kInvalid, "the step has no field " + base::Quote(name), "",
                        near            ? "--field " + *near + "=…"
                        : names.empty() ? "it has none: " + command
                                        : "its fields are " + base::Join(names, ", ")});
  }
  JsonObject answer;
  for (const procedure::Field& field : confirm.fields) {
    const auto given = request.fields.find(field.id);
    if (given == request.fields.end() || given->second.empty()) {
      if (field.required)
        mistakes.push_back(Bad(field, "it must be answered", command + " --field " + field.id + "=…"));
      continue;
    }
    auto value = ReadField(field, given->second, blobs);
    if (value)
      answer[field.id] = *std::move(value);
    else
      mistakes.push_back(std::move(value).error());
  }
  return answer;
}

// Every item must be ticked; half a checklist is no answer.
void ReadTicks(const procedure::Confirm& confirm, const api::ConfirmRequest& request,
               const std::string& command, Mistakes& mistakes) {
  const int items = static_cast<int>(confirm.checklist.size());
  for (const int tick : request.ticks) {
    if (tick > items)
      mistakes.push_back({base::ErrorKind::kInvalid,
                          fmt::format("there is no item {}; the checklist has {}", tick, items), "", ""});
  }
  if (request.tick_all) return;
  for (int i = 1; i <= items; ++i) {
    if (std::ranges::find(request.ticks, i) != request.ticks.end()) continue;
    mistakes.push_back(
        {base::ErrorKind::kInvalid,
         fmt::format("item {} is not ticked: {}", i, confirm.checklist[static_cast<std::size_t>(i) - 1]), "",
         fmt::format("{0} --tick {1}, or {0} --check all", command, i)});
  }
}

// All of them at once: whoever answers should not have to ask again for each.
api::Failure Together(const Mistakes& mistakes, const std::string& run, const std::string& command) {
  if (mistakes.size() == 1) return mistakes.front();
  std::string details;
  for (const base::Error& mistake : mistakes) {
    details += mistake.what + "\n";
    const bool whole = mistake.next.starts_with(command + " ");
    const std::string next = whole ? mistake.next.substr(command.size() + 1) : mistake.next;
    if (!next.empty()) details += "  = " + next + "\n";
  }
  return {{base::ErrorKind::kInvalid, fmt::format("{} mistakes in the answer", mistakes.size()), run,
           "correct them, and ask again: " + command},
          std::move(details)};
}

// Why it cannot be answered now.
base::Error NotOpen(const engine::RunState& state, const engine::Instance* instance, const std::string& key) {
  if (instance != nullptr && instance->status == engine::StepStatus::kSucceeded) {
    return {base::ErrorKind::kRefused,
            fmt::format("{} was answered already: {}, {}", key, instance->reason,
                        instance->finished_at ? base::FormatTime(*instance->finished_at) : ""),
            state.id, "slipway log " + state.id + " " + key};
  }
  if (engine::IsTerminal(state.status)) {
    return {base::ErrorKind::kRefused,
            fmt::format("{} is over: {}", state.id, engine::ToString(state.status)), "",
            "slipway show " + state.id};
  }
  const std::string how = instance == nullptr ? "it has not come to that yet"
                                              : "it is " + std::string(engine::ToString(instance->status));
  return {base::ErrorKind::kRefused, fmt::format("{} does not wait for an answer: {}", key, how), state.id,
          "slipway explain " + state.id};
}

// An instance that the plan does not have: a target that is wrong, one too many, or none where there must be
// one.
std::optional<base::Error> NoInstance(const plan::Plan& plan, const std::string& run, const std::string& step,
                                      const std::string& key) {
  std::vector<std::string> keys;
  if (procedure::PhaseOf(plan.procedure, step)->for_each) {
    for (const plan::PlannedTarget& target : plan.targets)
      keys.push_back(engine::InstanceKey(step, target.id));
  } else {
    keys.push_back(step);
  }
  if (std::ranges::find(keys, key) != keys.end()) return std::nullopt;
  const auto near = keys.size() == 1 ? std::optional(keys.front()) : base::DidYouMean(key, keys);
  return base::Error{base::ErrorKind::kInvalid, "the run has no step " + base::Quote(key), run,
                     near ? "slipway confirm " + run + " " + *near : "slipway show " + run};
}

}  // namespace

api::Answer<api::ConfirmReport> App::Confirm(const api::ConfirmRequest& request) {
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  SLIPWAY_TRY(const engine::RunState state, engine::LoadRun(*store, request.run));
  SLIPWAY_TRY(const plan::Plan plan, engine::LoadPlan(*store, state.plan));
  const std::string id = request.step.substr(0, request.step.find('@'));
  const procedure::Step* step = procedure::FindStep(plan.procedure, id);
  if (step == nullptr || !step->confirm) {
    std::vector<std::string> people;
    for (const procedure::Phase& phase : plan.procedure.phases) {
      for (const procedure::Step& s : phase.steps) {
        if (s.confirm) people.push_back(s.id);
      }
    }
    return std::unexpected(base::Error{
        base::ErrorKind::kInvalid,
        step == nullptr ? "there is no step " + base::Quote(id) : "the step " + id + " is not a person's",
        request.run,
        people.empty() ? "slipway show " + request.run : "a person's steps are " + base::Join(people, ", ")});
  }
  if (auto error = NoInstance(plan, request.run, id, request.step)) return std::unexpected(*std::move(error));
  const auto found = state.instances.find(request.step);
  const engine::Instance* instance = found == state.instances.end() ? nullptr : &found->second;
  if (engine::IsTerminal(state.status) || instance == nullptr ||
      instance->status != engine::StepStatus::kWaiting)
    return std::unexpected(NotOpen(state, instance, request.step));
  const base::Time now = session_.clock().Now();
  if (instance->answer_by && now >= *instance->answer_by) {
    return std::unexpected(base::Error{base::ErrorKind::kRefused,
                                       fmt::format("{}: the time to answer ended at {}", request.step,
                                                   base::FormatTime(*instance->answer_by)),
                                       "", "slipway resume " + request.run});
  }
  const std::string command = fmt::format("slipway confirm {} {}", request.run, request.step);
  std::vector<std::string> blobs;
  Mistakes mistakes;
  JsonObject fields = ReadFields(*step->confirm, request, command, blobs, mistakes);
  ReadTicks(*step->confirm, request, command, mistakes);
  if (!mistakes.empty()) return std::unexpected(Together(mistakes, request.run, command));
  JsonObject data{{"step", instance->step}, {"target", instance->target}};
  data["fields"] = std::move(fields);
  if (!step->confirm->checklist.empty())
    data["checklist"] = base::JsonArray(step->confirm->checklist.begin(), step->confirm->checklist.end());
  SLIPWAY_CHECK_OK(engine::Signal(*store, request.run, "confirmed", session_.actor(), now, std::move(data),
                                  std::move(blobs)));
  SLIPWAY_TRY(const Driver driver, DriverOf(session_, request.run));
  return api::ConfirmReport{request.run, request.step, session_.actor(), driver.alive};
}

}  // namespace slipway::app
