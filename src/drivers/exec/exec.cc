#include "drivers/exec/exec.h"

#include <fmt/core.h>
#include <string.h>

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include "drivers/exec/sheets.h"

namespace slipway::drivers {

using base::GetArray;
using base::GetInt;
using base::GetString;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::Result;
using process::Ended;

namespace {

constexpr std::size_t kOutputsLimit = 64 * 1024;  // what is larger stays an attachment

bool Reads(const Prepared& prepared) { return prepared.action.uses == "exec.check"; }

std::vector<std::string> Texts(const JsonArray& list) {
  std::vector<std::string> texts;
  for (const Json& item : list) texts.emplace_back(item.is_string() ? base::View(item.get_string()) : "");
  return texts;
}

bool IsPlain(std::string_view text) {
  return base::IsUtf8(text) &&
         std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 127; });
}

// The last line it wrote, for the reason. A line that would have to be changed to be shown is left out: a
// secret in it would no longer be recognised and masked.
std::string LastWords(const Ended& ended) {
  for (const process::Capture* stream : {&ended.error_output, &ended.output}) {
    std::string line = stream->LastLines(1);
    if (!line.empty()) return line.size() <= 500 && IsPlain(line) ? ": " + line : "";
  }
  return "";
}

JsonObject EvidenceOf(const Ended& ended) {
  JsonObject evidence{{"stdout_bytes", ended.output.total()}, {"stderr_bytes", ended.error_output.total()}};
  if (ended.how == Ended::How::kExited) evidence["exit_code"] = ended.code;
  if (ended.how == Ended::How::kSignalled) evidence["signal"] = ended.code;
  if (ended.killed) evidence["killed"] = true;
  if (ended.output.cut() || ended.error_output.cut()) evidence["cut"] = true;
  return evidence;
}

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name ? fmt::format("signal SIG{}", name) : fmt::format("signal {}", signal);
}

// A value the journal can hold: it has no floating point.
Json WithoutFractions(const Json& value) {
  if (value.is_double()) return Json(fmt::format("{}", value.get_double()));
  if (value.is_uint64()) return Json(fmt::format("{}", value.get_uint64()));
  if (value.is_int64() && std::abs(value.get_int64()) > base::kMaxInteger)
    return Json(fmt::format("{}", value.get_int64()));
  if (value.is_array()) {
    JsonArray list;
    for (const Json& item : value.get_array()) list.push_back(WithoutFractions(item));
    return list;
  }
  if (value.is_object()) {
    JsonObject object;
    for (const auto& member : value.get_object()) object[member.key()] = WithoutFractions(member.value());
    return object;
  }
  return value;
}

// The outputs of a program that ended as expected.
Result<JsonObject> OutputsOf(const Ended& ended, std::string_view parse) {
  JsonObject outputs{{"exit_code", ended.code}};
  std::string text = ended.output.Text();
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  const bool whole = !ended.output.cut() && text.size() <= kOutputsLimit && base::IsUtf8(text);
  if (whole) outputs["stdout"] = text;
  if (parse == "none") return outputs;
  if (!whole)
    return base::Invalid("stdout is over 64 KiB or not UTF-8, so it cannot be read as " + std::string(parse));
  if (parse == "lines") {
    JsonArray lines;
    if (!text.empty())
      for (const std::string& line : base::Split(text, '\n')) lines.push_back(Json(line));
    outputs["lines"] = std::move(lines);
  } else {
    auto json = base::ParseJson(text);
    if (!json) return base::Invalid("stdout is not JSON: " + json.error().what);
    outputs["json"] = WithoutFractions(*json);
  }
  return outputs;
}

// It ended with one of the codes that the argument names.
bool EndedAs(const Prepared& prepared, const Ended& ended, std::string_view argument) {
  const std::vector<std::string> codes = Texts(GetArray(prepared.action.with, argument));
  return ended.how == Ended::How::kExited &&
         std::ranges::find(codes, std::to_string(ended.code)) != codes.end();
}

// It ended by itself: what its exit code means.
Outcome Judge(const Prepared& prepared, const Ended& ended) {
  JsonObject evidence = EvidenceOf(ended);
  const bool warns = EndedAs(prepared, ended, "warn_exit");
  if (warns || EndedAs(prepared, ended, "expect_exit")) {
    auto outputs = OutputsOf(ended, GetString(prepared.action.with, "parse", "none"));
    if (!outputs)
      return Reads(prepared) ? Unknown(outputs.error().what, evidence)
                             : Failed(outputs.error().what, evidence);
    Outcome outcome = Done(std::move(*outputs), warns ? "warning" + LastWords(ended) : "");
    outcome.evidence = std::move(evidence);
    return outcome;
  }
  std::string reason = ended.how == Ended::How::kExited ? fmt::format("exit code {}", ended.code)
                                                        : fmt::format("ended by {}", SignalName(ended.code));
  reason += LastWords(ended);
  if (!Reads(prepared)) {
    evidence["failed"] = true;
    return Failed(std::move(reason), std::move(evidence));
  }
  // A look that crashed saw nothing.
  if (ended.how == Ended::How::kSignalled || EndedAs(prepared, ended, "unknown_exit"))
    return Unknown(std::move(reason), std::move(evidence));
  return NotDone(std::move(reason), std::move(evidence));
}

// What it saw, where that may be a warning: a look of four values says which.
void AddCheck(const Prepared& prepared, const Ended& ended, Outcome& outcome) {
  const std::string_view verdict = outcome.verdict == Verdict::kUnknown    ? "unknown"
                                   : outcome.verdict == Verdict::kNotDone  ? "fail"
                                   : EndedAs(prepared, ended, "warn_exit") ? "warn"
                                                                           : "pass";
  const std::string words = LastWords(ended);
  const std::string seen = words.empty() ? outcome.reason : words.substr(2);
  outcome.evidence["checks"] =
      JsonArray{JsonObject{{"check", "program"}, {"verdict", verdict}, {"seen", seen}}};
  if (outcome.verdict == Verdict::kDone) outcome.outputs["checks"] = outcome.evidence["checks"];
}

Outcome OutcomeOf(const Prepared& prepared, const Ended& ended) {
  const std::string_view how = ended.killed ? "TERM and KILL" : "TERM";
  switch (ended.how) {
    case Ended::How::kExited:
    case Ended::How::kSignalled:
      return Judge(prepared, ended);
    case Ended::How::kTimedOut:
      return Unknown(fmt::format("it took too long and was ended by {}", how), EvidenceOf(ended));
    case Ended::How::kCancelled:
      return Unknown(fmt::format("it was cancelled and ended by {}", how), EvidenceOf(ended));
    case Ended::How::kNotStarted:
      return Reads(prepared) ? Unknown(ended.error) : NotDone(ended.error);
    case Ended::How::kHanging:
      return Unknown(ended.error.empty() ? "it was killed and does not end" : ended.error, EvidenceOf(ended));
  }
  return Unknown("it ended in a way nobody knows");
}

// Each is a code, and means one thing.
base::Status CheckExitCodes(const ActionSheet& sheet, const JsonObject& with) {
  std::map<std::string, std::string_view> meanings;
  for (const std::string_view argument : {"expect_exit", "warn_exit", "unknown_exit"}) {
    for (const std::string& code : Texts(GetArray(with, argument))) {
      if (auto number = base::ParseInteger(code); !number || *number < 0 || *number > 255)
        return base::Invalid(
            fmt::format("`{}` of {}: `{}` is no exit code (0 to 255)", argument, sheet.name, code));
      const auto [known, fresh] = meanings.emplace(code, argument);
      if (!fresh && known->second != argument)
        return base::Invalid(fmt::format("{} has the exit code {} in `{}` and in `{}`", sheet.name, code,
                                         known->second, argument));
    }
  }
  return {};
}

}  // namespace

std::span<const ActionSheet> ExecDriver::Sheets() const {
  static const std::vector<ActionSheet> kSheets = ExecSheets();
  return kSheets;
}

Result<Prepared> ExecDriver::Prepare(const Action& action, Context&) {
  const ActionSheet& sheet = action.uses == "exec.check" ? Sheets()[1] : Sheets()[0];
  Prepared prepared{.action = {sheet.name, {}}, .prior = {}, .undo = {}, .not_before = {}};
  SLIPWAY_TRY(prepared.action.with, NormalizeAll(sheet, action.with, true));
  SLIPWAY_CHECK_OK(CheckSecrets(sheet, prepared.action.with));
  const JsonObject& with = prepared.action.with;
  if (with.contains("argv") == with.contains("shell"))
    return base::Invalid(sheet.name + " needs either `argv` or `shell`", "", "give one of the two");
  if (with.contains("argv") && (GetArray(with, "argv").empty() || Texts(GetArray(with, "argv"))[0].empty()))
    return base::Invalid("`argv` of " + sheet.name + " names no program");
  for (const auto& variable : base::GetObject(with, "env"))
    if (std::string_view name = variable.key();
        name.empty() || name.find_first_of(std::string_view("=\0", 2)) != name.npos)
      return base::Invalid(
          fmt::format("`env` of {}: `{}` is no name of a variable", sheet.name, base::Printable(name)));
  SLIPWAY_CHECK_OK(CheckExitCodes(sheet, with));
  return prepared;
}

Result<process::Command> ExecDriver::CommandOf(const Prepared& prepared, const Context& context) const {
  SLIPWAY_TRY(const Json revealed, context.Reveal(prepared.action.with));
  const JsonObject& with = revealed.get_object();
  process::Command command;
  command.argv = Texts(GetArray(with, "argv"));
  if (with.contains("shell")) {
    command.argv = {"/bin/bash", "--noprofile", "--norc", "-eu", "-o", "pipefail", "-c"};
    command.argv.push_back(GetString(with, "shell"));
  }
  std::vector<std::pair<std::string, std::string>> variables{{"SLIPWAY_INSTANCE", context.instance}};
  for (const auto& variable : base::GetObject(with, "env"))
    variables.emplace_back(variable.key(), base::View(variable.value().get_string()));
  command.environment = process::InheritedEnvironment(variables);
  // A file to be read before the script would be part of the script, and nobody reviewed it.
  std::erase_if(command.environment, [](const std::string& text) { return text.starts_with("BASH_ENV="); });
  command.input = GetString(with, "input");
  const std::string directory = GetString(with, "directory", ".");
  command.directory = context.workspace;
  if (directory != ".") {
    SLIPWAY_TRY(command.directory, base::Inside(context.workspace, directory));
  }
  command.output_limit = static_cast<std::size_t>(GetInt(with, "output_limit", 1 << 20));
  command.grace = base::Duration{GetInt(with, "grace", 5000)};
  return command;
}

Outcome ExecDriver::Run(const Prepared& prepared, std::span<const JsonObject>, Sink&, Context& context) {
  auto command = CommandOf(prepared, context);
  auto not_run = [&](std::string why) {
    return Reads(prepared) ? Unknown(std::move(why)) : NotDone(std::move(why));
  };
  if (!command) return not_run(base::ToString(command.error()));
  const base::Time now = context.clock.Now();
  if (now >= context.deadline) return not_run("there was no time left to start it");
  if (context.cancel.cancelled()) return not_run("cancelled before it was started");
  const Ended ended = spawner_.Run(*command, {context.deadline - now, context.cancel.fd()});
  Outcome outcome = OutcomeOf(prepared, ended);
  if (prepared.action.with.contains("warn_exit")) AddCheck(prepared, ended, outcome);
  if (ended.output.total() > 0) outcome.attachments.push_back({"stdout", ended.output.Text()});
  if (ended.error_output.total() > 0) outcome.attachments.push_back({"stderr", ended.error_output.Text()});
  return outcome;
}

Outcome ExecDriver::Probe(const Prepared&, std::span<const JsonObject>, Context&) {
  return Unknown("nobody can tell what a program did; the step's `interrupted:` says how to look");
}

}  // namespace slipway::drivers
