#include "drivers/haproxy/actions.h"

namespace slipway::drivers {
namespace {

ArgumentSheet Connection() {
  return {.name = "connection",
          .type = ArgumentType::kConnection,
          .description =
              "The HAProxy, by the name of its connection, such as `edge: { driver: haproxy, socket: "
              "run/haproxy.sock }`.",
          .pinned = true};
}

ArgumentSheet Backend() {
  return {.name = "backend", .description = "The backend whose servers are meant.", .required = true};
}

ArgumentSheet Server(std::string name, std::string description) {
  return {.name = std::move(name), .description = std::move(description), .required = true};
}

ArgumentSheet Time(std::string name, std::string description, base::Json fallback) {
  return {.name = std::move(name),
          .type = ArgumentType::kDuration,
          .description = std::move(description),
          .fallback = std::move(fallback)};
}

ArgumentSheet Settle() {
  return Time("settle",
              "How long a server must stay healthy before it gets traffic; two check intervals of HAProxy "
              "when omitted.",
              nullptr);
}

ArgumentSheet Wait() { return Time("wait", "How long a server may take to become healthy.", 30000); }

ActionSheet Status() {
  ActionSheet sheet;
  sheet.name = "haproxy.status";
  sheet.summary = "Looks which server of a backend serves and which is idle.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.observed = true;
  sheet.facts = {"active", "idle", "weights"};
  sheet.arguments = {
      Connection(),
      Backend(),
      {.name = "expect",
       .type = ArgumentType::kEnum,
       .description =
           "`one_serving`: fail unless exactly one server has the traffic and another one is idle.",
       .fallback = "one_serving",
       .values = {"one_serving", "any"}}};
  sheet.outputs = {{"active", "The only server that serves; absent when several do."},
                   {"idle", "The first server that does not serve; absent when several serve."},
                   {"active_address", "Its `host:port`."},
                   {"active_port", "Its port."},
                   {"idle_address", "The `host:port` of the idle server."},
                   {"idle_port", "The port of the idle server."},
                   {"serving", "All servers that serve, in the order of the configuration."},
                   {"weights", "Weight and admin state by server."},
                   {"servers", "Weight, admin state, address and health check by server."}};
  sheet.example = "id: slots\ntitle: See which slot serves\nuses: haproxy.status\nwith: { backend: web }\n";
  return sheet;
}

ActionSheet Shift() {
  ActionSheet sheet;
  sheet.name = "haproxy.shift";
  sheet.summary = "Moves the traffic of a backend to one server, in steps.";
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kAutomatic;
  sheet.undo_text = "haproxy.restore sets weight and admin state of every server back to what was recorded";
  sheet.arguments = {Connection(),
                     Backend(),
                     Server("to", "The server that gets the traffic."),
                     {.name = "steps",
                      .type = ArgumentType::kPercentages,
                      .description = "Its share after each step: whole percentages that rise.",
                      .fallback = base::JsonArray{1000, 5000, 10000}},
                     Time("bake", "How long each step but the last stands before the next.", 5000),
                     Settle(),
                     Wait()};
  sheet.outputs = {{"server", "The server that was shifted to."},
                   {"previous", "The server that had most of the traffic before; absent when none had."},
                   {"weights", "Weight and admin state by server, as they stand now."}};
  sheet.example =
      "id: shift\ntitle: Move the traffic\nuses: haproxy.shift\nwith: { backend: web, to: \"${{ "
      "steps.slots.outputs.idle }}\", steps: [10%, 50%, "
      "100%], bake: 5s }\n";
  return sheet;
}

ActionSheet Drain() {
  ActionSheet sheet;
  sheet.name = "haproxy.drain";
  sheet.summary = "Takes a server out of a backend once its requests in progress have ended.";
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kAutomatic;
  sheet.undo_text = "haproxy.restore sets weight and admin state of every server back to what was recorded";
  sheet.arguments = {
      Connection(),
      Backend(),
      Server("server", "The server to take out; another one must serve."),
      Time("timeout", "How long its requests may take to end.", 30000),
      {.name = "at_deadline",
       .type = ArgumentType::kEnum,
       .description = "When requests still run then: `fail` puts it back as it was, `shutdown` cuts them.",
       .fallback = "fail",
       .values = {"fail", "shutdown"}},
      Settle(),
      Wait()};
  sheet.outputs = {{"server", "The server that was taken out."},
                   {"cut", "How many requests were cut; 0 unless `shutdown`."}};
  sheet.example =
      "id: drain\ntitle: Take the old slot out\nuses: haproxy.drain\nwith: { backend: web, server: \"${{ "
      "steps.slots.outputs.active }}\", timeout: "
      "60s }\n";
  return sheet;
}

ActionSheet Restore() {
  ActionSheet sheet;
  sheet.name = "haproxy.restore";
  sheet.summary =
      "Sets weights and admin states of a backend's servers as given, in an order that loses no request.";
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kAutomatic;
  sheet.undo_text = "haproxy.restore sets weight and admin state of every server back to what was recorded";
  sheet.arguments = {Connection(),
                     Backend(),
                     {.name = "servers",
                      .type = ArgumentType::kAny,
                      .description = "By server: `weight` (0 to 256) and `admin` (ready, drain or maint).",
                      .required = true},
                     Settle(),
                     Wait()};
  sheet.outputs = {{"weights", "Weight and admin state by server, as they stand now."}};
  sheet.example =
      "id: restore\ntitle: Put the weights back\nuses: haproxy.restore\n"
      "with: { backend: web, servers: { blue: { weight: 100, admin: ready }, green: { weight: 0, admin: "
      "maint } } }\n";
  return sheet;
}

ActionSheet Watch() {
  ActionSheet sheet;
  sheet.name = "haproxy.watch";
  sheet.summary =
      "Judges one server by what users get from it, retries that HAProxy hides from them included.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.arguments = {
      Connection(),
      Backend(),
      Server("server", "The server to watch."),
      {.name = "for", .type = ArgumentType::kDuration, .description = "How long.", .required = true},
      {.name = "max_error_rate",
       .type = ArgumentType::kPercentage,
       .description = "The share of its requests that may fail.",
       .fallback = 100},
      {.name = "min_samples",
       .type = ArgumentType::kInteger,
       .description = "With fewer requests to this server the verdict is unknown.",
       .fallback = 50},
      {.name = "errors",
       .type = ArgumentType::kEnum,
       .description = "Which answers are failures, beside retries, redispatches and broken answers.",
       .fallback = "5xx",
       .values = {"5xx", "4xx_and_5xx"}}};
  sheet.outputs = {{"samples", "Requests that the server was given."},
                   {"errors", "How many of them failed."}};
  sheet.example =
      "id: watch\ntitle: Watch it under traffic\nuses: haproxy.watch\nwith: { backend: web, server: green, "
      "for: 30s, max_error_rate: 1%, min_samples: "
      "50 }\n";
  return sheet;
}

}  // namespace

const std::vector<ActionSheet>& HaproxySheets() {
  static const std::vector<ActionSheet> sheets{Status(), Shift(), Drain(), Restore(), Watch()};
  return sheets;
}

}  // namespace slipway::drivers
