#include "drivers/postgres/findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace slipway::drivers::postgres {
namespace {

constexpr std::size_t kLongestReason = 900;  // bytes; the whole stands in the evidence
constexpr Level kWorstFirst[] = {Level::kFail, Level::kUnknown, Level::kWarn};

std::string Cut(std::string text) {
  if (text.size() <= kLongestReason) return text;
  text.resize(kLongestReason);
  while (!base::IsUtf8(text)) text.pop_back();
  return text + "…";
}

}  // namespace

std::string_view ToString(Level level) {
  switch (level) {
    case Level::kPass:
      return "pass";
    case Level::kWarn:
      return "warn";
    case Level::kFail:
      return "fail";
    case Level::kUnknown:
      return "unknown";
  }
  return "unknown";
}

void Findings::Add(std::string check, Level level, std::string seen) {
  all_.push_back({std::move(check), level, std::move(seen)});
}

void Findings::Share(std::string check, std::int64_t used, std::int64_t most, std::int64_t warn_above,
                     std::int64_t fail_above) {
  if (most <= 0) return Unknown(std::move(check), "the server does not say how many there may be");
  const std::int64_t share = used * 10'000 / most;
  const std::string seen =
      fmt::format("{} of {} in use ({}; warned of above {}, failed above {})", used, most,
                  base::FormatPercentage(std::min<std::int64_t>(share, 10'000)),
                  base::FormatPercentage(warn_above), base::FormatPercentage(fail_above));
  // Compared without the division, which rounds down.
  const Level level = used * 10'000 > fail_above * most   ? Level::kFail
                      : used * 10'000 > warn_above * most ? Level::kWarn
                                                          : Level::kPass;
  Add(std::move(check), level, seen);
}

Outcome Findings::Judge(const std::string& about, base::JsonObject outputs) const {
  base::JsonArray checks;
  for (const Finding& finding : all_)
    checks.push_back(base::JsonObject{
        {"check", finding.check}, {"verdict", ToString(finding.level)}, {"seen", finding.seen}});
  std::string reason = about;
  Level worst = Level::kPass;
  for (const Level level : kWorstFirst) {
    const bool any = std::ranges::find(all_, level, &Finding::level) != all_.end();
    if (!any) continue;
    if (worst == Level::kPass) worst = level;
    for (const Finding& finding : all_) {
      if (finding.level == level)
        reason += fmt::format("; {} {}: {}", ToString(level), finding.check, finding.seen);
    }
  }
  if (worst == Level::kPass) reason += fmt::format(": {} checks passed", all_.size());
  outputs["checks"] = checks;
  Outcome outcome;
  outcome.verdict = worst == Level::kFail      ? Verdict::kNotDone
                    : worst == Level::kUnknown ? Verdict::kUnknown
                                               : Verdict::kDone;
  outcome.reason = Cut(std::move(reason));
  if (outcome.verdict == Verdict::kDone) outcome.outputs = std::move(outputs);
  outcome.evidence["checks"] = std::move(checks);
  return outcome;
}

Outcome Unseen(const SqlError& error) { return drivers::Unknown(Cut(ToString(error)), Evidence(error)); }

Outcome Unseen(const base::Error& error) {
  base::JsonObject evidence{{"error", error.what}, {"where", error.where}};
  return error.kind == base::ErrorKind::kIo
             ? drivers::Unknown(Cut(base::ToString(error)), std::move(evidence))
             : drivers::NotDone(Cut(base::ToString(error)), std::move(evidence));
}

}  // namespace slipway::drivers::postgres
