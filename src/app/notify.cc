#include "app/notify.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "expr/expr.h"

namespace slipway::app {

namespace {

using base::JsonArray;
using base::JsonObject;
using drivers::Outcome;

constexpr base::Duration kPatience{10'000};

class NoSink final : public drivers::Sink {
 public:
  base::Status Note(JsonObject) override { return {}; }
};

// A run that is paused waits for a person; one whose rollback failed has failed.
std::string_view Heading(std::string_view occasion) {
  if (occasion == "paused") return "waiting";
  if (occasion == "rollback_failed") return "failed";
  return occasion;
}

bool Wants(const std::vector<std::string>& on, std::string_view occasion) {
  return std::ranges::find(on, occasion) != on.end() || std::ranges::find(on, Heading(occasion)) != on.end();
}

std::string Host(const std::string& url) {
  const std::size_t start = url.find("://");
  if (start == std::string::npos) return "the webhook";
  const std::size_t end = url.find_first_of("/?#", start + 3);
  std::string host = url.substr(start + 3, end == std::string::npos ? end : end - start - 3);
  return host.substr(host.find('@') == std::string::npos ? 0 : host.find('@') + 1);
}

class WorkspaceNotifier final : public engine::Notifier {
 public:
  explicit WorkspaceNotifier(NotifyParts parts) : parts_(std::move(parts)) {}

  Outcome Tell(const std::string& occasion, const JsonObject& message, const plan::Plan& plan) override {
    JsonObject scope = plan::Scope(plan, nullptr);
    scope["run"] = JsonObject{{"id", base::GetString(message, "id")}};
    JsonObject body{{"occasion", occasion}, {"run", message}, {"workspace", parts_.workspace.name}};
    const std::string text = base::CanonicalJson(body).value_or("{}");
    std::vector<std::string> told;
    bool all = true;
    const auto tell = [&](const std::vector<std::string>& on, const std::string& url,
                          const std::vector<std::string>& command) {
      if (!Wants(on, occasion)) return;
      const base::Result<std::string> done = url.empty() ? Run(command, scope, text) : Post(url, scope, text);
      all = all && done.has_value();
      told.push_back(done ? *done : base::ToString(done.error()));
    };
    for (const procedure::Notify& n : plan.procedure.notify) tell(n.on, n.url, n.command);
    for (const workspace::Notify& n : parts_.workspace.notify) tell(n.on, n.url, n.command);
    if (told.empty()) return drivers::Done();
    const std::string reason = base::Join(told, "; ");
    return all ? drivers::Done({}, reason) : drivers::Unknown(reason);
  }

  bool Wanted(const std::string& occasion, const plan::Plan& plan) override {
    const auto wants = [&](const auto& notify) { return Wants(notify.on, occasion); };
    return std::ranges::any_of(plan.procedure.notify, wants) ||
           std::ranges::any_of(parts_.workspace.notify, wants);
  }

 private:
  base::Result<std::string> Post(const std::string& url, JsonObject scope, const std::string& body) {
    const drivers::ActionSheet* sheet = parts_.drivers.Sheet("http.request");
    if (sheet == nullptr) return base::Invalid("no driver sends requests");
    // The body is data: it goes in through the scope, so that nothing in it is ever taken for an expression.
    scope["notify_body"] = body;
    JsonObject with{{"url", url}, {"method", "POST"}, {"body", "${{ notify_body }}"}};
    with["headers"] = JsonObject{{"Content-Type", "application/json"}};
    with["status"] = JsonArray{"200", "201", "202", "204"};
    with["timeout"] = base::FormatDuration(kPatience);
    SLIPWAY_TRY(const base::Json resolved, expr::Resolve(with, scope, {"secrets"}));
    SLIPWAY_TRY(JsonObject normal, drivers::NormalizeAll(*sheet, resolved.as_object(), true));
    const drivers::CancelToken never;
    drivers::Context context{.clock = parts_.clock,
                             .random = parts_.random,
                             .cancel = never,
                             .deadline = parts_.clock.Now() + kPatience,
                             .secrets = parts_.secrets,
                             .workspace = parts_.root,
                             .state_dir = parts_.state_dir,
                             .connection = nullptr,
                             .instance = "notify",
                             .epoch = 0};
    drivers::Driver* driver = parts_.drivers.Find("http.request");
    SLIPWAY_TRY(const drivers::Prepared prepared,
                driver->Prepare({"http.request", std::move(normal)}, context));
    NoSink sink;
    const Outcome outcome = driver->Run(prepared, {}, sink, context);
    const std::string host = Host(url);
    if (outcome.verdict == drivers::Verdict::kDone) return "told " + host;
    return base::Fail(base::ErrorKind::kIo, "could not tell " + host + ": " + outcome.reason);
  }

  base::Result<std::string> Run(const std::vector<std::string>& command, const JsonObject& scope,
                                const std::string& body) {
    if (command.empty()) return base::Invalid("`notify` without url and command");
    process::Command run;
    for (const std::string& word : command) {
      SLIPWAY_TRY(const base::Json resolved, expr::Resolve(base::Json(word), scope, {}));
      run.argv.push_back(resolved.is_string() ? std::string(base::View(resolved.get_string()))
                                              : base::CanonicalJson(resolved).value_or(""));
    }
    run.environment = process::InheritedEnvironment({});
    run.directory = parts_.root;
    run.input = body;
    run.output_limit = 4096;
    const process::Ended ended = parts_.spawner.Run(run, {.timeout = kPatience});
    if (ended.how == process::Ended::How::kExited && ended.code == 0) return "told " + command[0];
    std::string why = ended.error;
    if (ended.how == process::Ended::How::kExited) why = fmt::format("exit code {}", ended.code);
    if (ended.how == process::Ended::How::kTimedOut)
      why = "it took longer than " + base::FormatDuration(kPatience);
    if (ended.how == process::Ended::How::kSignalled) why = fmt::format("signal {}", ended.code);
    return base::Fail(base::ErrorKind::kIo, "could not tell " + command[0] + ": " + why);
  }

  NotifyParts parts_;
};

}  // namespace

std::unique_ptr<engine::Notifier> MakeNotifier(NotifyParts parts) {
  return std::make_unique<WorkspaceNotifier>(std::move(parts));
}

}  // namespace slipway::app
