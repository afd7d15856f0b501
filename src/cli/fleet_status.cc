#include <fmt/format.h>

#include <map>

#include "api/json.h"
#include "base/count.h"
#include "cli/moment.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

std::string Or(const std::string& text) { return text.empty() ? "-" : text; }

std::string Window(const api::FleetCustomer& customer) {
  if (!customer.until) return customer.open ? "open" : "shut";
  return fmt::format("{} until {}", customer.open ? "open" : "shut", Moment(customer.until));
}

std::string Drift(const api::FleetCustomer& customer) {
  if (customer.drift == "differs") return "differs since " + Moment(customer.looked_at);
  return customer.drift + (customer.drifted_before.empty() ? "" : ", was before " + customer.drifted_before);
}

bool Behind(const api::FleetCustomer& customer) {
  return !customer.target_version.empty() && customer.version != customer.target_version;
}

}  // namespace

Exit FleetStatus(Call& call) {
  std::string environment;
  Options options(
      "fleet status",
      "Every customer as the log tells it: version, last backup, drift, window, ring. No database is asked.");
  options.Text("-e,--environment", environment, "ENV", "where; the lowest of the ladder when omitted").Json();
  if (const auto over = Read(call, options)) return *over;
  const auto customers = call.api.FleetStatus(environment);
  if (!customers) return Fail(call.out, customers.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*customers));
    return Exit::kSucceeded;
  }
  Table table({"CUSTOMER", "RING", "VERSION", "WANTED", "BACKUP", "PROVEN", "DRIFT", "WINDOW", "HELD BY"});
  std::map<std::string, std::size_t> versions;
  std::size_t behind = 0, differ = 0, taken_over = 0;
  for (const api::FleetCustomer& customer : *customers) {
    table.Add({customer.id, Or(customer.ring), Or(customer.version), Or(customer.target_version),
               Moment(customer.backup_at), Moment(customer.proven_at), Drift(customer), Window(customer),
               customer.held_by},
              Behind(customer) || customer.drift == "differs" ? Style::kCare : Style::kPlain);
    ++versions[customer.version.empty() ? "no version on record" : customer.version];
    behind += Behind(customer) ? 1U : 0U;
    differ += customer.drift == "differs" ? 1U : 0U;
    taken_over += customer.drifted_before.empty() ? 0U : 1U;
  }
  table.Write(call.out);
  std::string line = base::Counted(customers->size(), "customer");
  for (const auto& [version, count] : versions) line += fmt::format(", {} {}", count, version);
  line += fmt::format("; {} not at the version wanted", behind);
  if (differ > 0) line += fmt::format("; {} not as slipway left them", differ);
  if (taken_over > 0)
    line += fmt::format("; {} with what somebody had changed by hand before the run named", taken_over);
  call.out.Line(line);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
