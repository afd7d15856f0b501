#include "drivers/http/actions.h"

namespace slipway::drivers {
namespace {

std::vector<ArgumentSheet> CommonArguments(std::string method) {
  return {
      {.name = "url",
       .description = "What to ask, http:// or https://.",
       .required = true,
       .sensitive_ok = true},
      {.name = "method", .description = "The HTTP method.", .fallback = boost::json::string(method)},
      {.name = "status",
       .type = ArgumentType::kAny,
       .description = "The expected status, or a list of them; anything else is a failure.",
       .fallback = 200},
      {.name = "headers",
       .type = ArgumentType::kMap,
       .description = "Headers to send.",
       .sensitive_ok = true},
      {.name = "body", .description = "What to send; none when omitted.", .sensitive_ok = true},
      {.name = "follow",
       .type = ArgumentType::kBoolean,
       .description = "Whether to follow up to five redirects.",
       .fallback = false},
      {.name = "timeout",
       .type = ArgumentType::kDuration,
       .description = "How long one request may take.",
       .fallback = 5000},
  };
}

ActionSheet Check() {
  ActionSheet sheet;
  sheet.name = "http.check";
  sheet.summary = "Asks a web service once and compares the answer.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.instant_prepare = true;
  sheet.arguments = CommonArguments("GET");
  sheet.arguments.push_back(
      {.name = "contains", .description = "Text that the first 1 MiB of the answer must contain."});
  sheet.outputs = {{"status", "The status that was answered."},
                   {"body", "The first 64 KiB of the answer, printable."}};
  sheet.example =
      "id: health\ntitle: Ask whether it is healthy\nuses: http.check\nwith: { url: "
      "\"http://127.0.0.1:8080/health\", status: 200 }\n";
  return sheet;
}

ActionSheet Probe() {
  ActionSheet sheet;
  sheet.name = "http.probe";
  sheet.summary = "Asks a web service at a steady rate for a while and judges error rate and latency.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.instant_prepare = true;
  sheet.arguments = CommonArguments("GET");
  auto add = [&](std::string name, ArgumentType type, std::string description, base::Json fallback) {
    sheet.arguments.push_back({.name = std::move(name),
                               .type = type,
                               .description = std::move(description),
                               .fallback = std::move(fallback)});
  };
  sheet.arguments.push_back(
      {.name = "for", .type = ArgumentType::kDuration, .description = "How long.", .required = true});
  add("rate", ArgumentType::kInteger,
      "Requests a second, 1 to 10000, started on time whether or not others ended.", 20);
  add("max_error_rate", ArgumentType::kPercentage, "The share of requests that may fail.", 100);
  add("max_p50", ArgumentType::kDuration, "The longest median latency.", nullptr);
  add("max_p95", ArgumentType::kDuration, "The longest latency of 95% of the requests.", nullptr);
  add("max_p99", ArgumentType::kDuration, "The longest latency of 99% of the requests.", nullptr);
  add("warn_error_rate", ArgumentType::kPercentage, "Warn of a larger share; a warning passes and is told.",
      nullptr);
  add("warn_p50", ArgumentType::kDuration, "Warn of a longer median latency.", nullptr);
  add("warn_p95", ArgumentType::kDuration, "Warn of a longer latency of 95% of the requests.", nullptr);
  add("warn_p99", ArgumentType::kDuration, "Warn of a longer latency of 99% of the requests.", nullptr);
  add("min_samples", ArgumentType::kInteger, "With fewer requests the verdict is unknown.", 50);
  sheet.outputs = {{"samples", "Requests that were made."},
                   {"errors", "How many of them failed."},
                   {"p50_us", "Median latency in microseconds."},
                   {"p95_us", "Latency in microseconds that 95% stay within."},
                   {"p99_us", "Latency in microseconds that 99% stay within."},
                   {"checks", "Each limit with its verdict (pass, warn, fail) and what was seen."}};
  sheet.example =
      "id: probe\ntitle: Watch it for a while\nuses: http.probe\nwith: { url: \"http://127.0.0.1:8080/\", "
      "for: 30s, rate: 20, max_error_rate: 1%, "
      "max_p95: 500ms }\n";
  return sheet;
}

ActionSheet Request() {
  ActionSheet sheet;
  sheet.name = "http.request";
  sheet.summary = "Sends one request that changes something.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kAsk;
  sheet.undo = UndoKind::kDeclared;
  sheet.undo_text = "the procedure says how, for example by another http.request";
  sheet.instant_prepare = true;
  sheet.arguments = CommonArguments("POST");
  sheet.outputs = {{"status", "The status that was answered."},
                   {"body", "The first 64 KiB of the answer, printable."}};
  sheet.example =
      "id: purge\ntitle: Purge the cache\nuses: http.request\n"
      "with: { url: \"https://cdn.example.com/purge\", method: POST, status: [200, 202], body: \"all\" }\n"
      "undo: { none: \"a purge cannot be taken back\" }\n";
  return sheet;
}

}  // namespace

const std::vector<ActionSheet>& HttpSheets() {
  static const std::vector<ActionSheet> sheets{Check(), Probe(), Request()};
  return sheets;
}

}  // namespace slipway::drivers
