#include "journal/lease.h"

#include "base/clock.h"

namespace slipway::journal {
namespace {

base::JsonObject Data(const LeaseHolder& holder) {
  return {{"epoch", static_cast<std::int64_t>(holder.epoch)}, {"host", holder.host}, {"pid", holder.pid}};
}

base::Result<std::string> RowOf(base::JsonObject data, base::Time since) {
  data["since"] = base::Millis(since);
  return base::CanonicalJson(data);
}

}  // namespace

Batch LeaseBatch(std::string_view run, std::string_view actor, const LeaseHolder& holder) {
  const base::JsonObject data = Data(holder);
  Batch batch;
  batch.events.push_back(
      {std::string(run), std::string(kLeaseTaken), std::string(actor), holder.since, data});
  batch.puts.push_back(
      {Put::Mode::kSet, Table::kLease, std::string(run), RowOf(data, holder.since).value_or("")});
  return batch;
}

base::Result<std::string> LeaseRow(const Event& lease_taken) {
  return RowOf(lease_taken.data, lease_taken.at);
}

base::Result<LeaseHolder> ParseLeaseRow(std::string_view value) {
  SLIPWAY_TRY(const base::Json json, base::ParseJson(value));
  const auto* object = json.if_object();
  if (object == nullptr) return base::Invalid("a lease row is an object");
  LeaseHolder holder;
  holder.epoch = static_cast<std::uint64_t>(base::GetInt(*object, "epoch"));
  holder.pid = base::GetInt(*object, "pid");
  holder.host = base::GetString(*object, "host");
  holder.since = base::FromMillis(base::GetInt(*object, "since"));
  return holder;
}

base::Error LeaseHeld(std::string_view run, const std::optional<LeaseHolder>& holder) {
  std::string what = "run " + std::string(run) + " is driven by another process";
  if (holder) {
    what += ": pid " + std::to_string(holder->pid) + " on " + holder->host + ", since " +
            base::FormatTime(holder->since);
  }
  return {base::ErrorKind::kRefused, what, "",
          "wait for it, or end that process and `slipway resume " + std::string(run) + "`"};
}

}  // namespace slipway::journal
