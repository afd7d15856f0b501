#include "drivers/postgres/backups/swap.h"

#include <fmt/format.h>
#include <poll.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "drivers/postgres/database/beside.h"

namespace slipway::drivers::postgres {
namespace {

constexpr std::chrono::milliseconds kTick{20};

// Who could be ended is; an autovacuum worker leaves by itself, and only a superuser could end it.
constexpr char kEnd[] = R"(
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datid IN ($1::oid, $2::oid) AND pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker')";

// Ends whoever is connected to the two databases for as long as it lives, over a session of its own.
class Doorkeeper {
 public:
  Doorkeeper(const Context& context, const Swap& swap)
      : thread_([this, &context, &swap](const std::stop_token& stop) { Work(context, swap, stop); }) {}
  ~Doorkeeper() { Stop(); }
  // What kept it from ending somebody; empty: nothing.
  std::string Stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    return trouble_;
  }

 private:
  void Work(const Context& context, const Swap& swap, const std::stop_token& stop) {
    auto session = OpenBeside(context, swap.name);
    if (!session) {
      trouble_ = ToString(session.error());
      return;
    }
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      auto ended = session->Query(kEnd, {std::to_string(swap.old_oid), std::to_string(swap.new_oid)});
      trouble_ = ended ? "" : ToString(ended.error());
      if (!ended && ended.error().severed) return;
      wake.wait_for(lock, stop, kTick, [] { return false; });
    }
  }

  std::string trouble_;  // the thread's, until it is joined
  std::jthread thread_;
};

// Under the locks of the renames: somebody else may have given the name to a third one just before.
SqlStatus CheckSwapped(Session& session, const Swap& swap) {
  SLIPWAY_TRY(
      const Rows both,
      session.Query("SELECT count(*) FROM pg_database WHERE datname = $1 AND oid = $2::oid "
                    "OR datname = $3 AND oid = $4::oid",
                    {swap.aside, std::to_string(swap.old_oid), swap.name, std::to_string(swap.new_oid)}));
  if (both.Integer(0, 0) == 2) return {};
  SqlError error;
  error.kind = SqlFailure::kStatement;
  error.message = swap.name + " was replaced by somebody else a moment ago";
  error.where = session.where();
  return std::unexpected(std::move(error));
}

SqlStatus RenameBoth(Session& session, const Swap& swap) {
  // The first rename waits five seconds for the others to leave.
  const std::string sql = fmt::format(
      "BEGIN;\nALTER DATABASE {0} RENAME TO {1};\nALTER DATABASE {2} RENAME TO {0};\n"
      "COMMENT ON DATABASE {1} IS {3};\nCOMMENT ON DATABASE {0} IS {4}",
      QuoteName(swap.name), QuoteName(swap.aside), QuoteName(swap.ready), QuoteText(swap.old_comment),
      QuoteText(swap.new_comment));
  SLIPWAY_CHECK_OK(session.Execute(sql));
  SLIPWAY_CHECK_OK(CheckSwapped(session, swap));
  SLIPWAY_CHECK_OK(session.Execute("COMMIT"));
  return {};
}

}  // namespace

SqlStatus SwapNames(Session& session, const Swap& swap) {
  Doorkeeper doorkeeper(session.context(), swap);
  auto swapped = RenameBoth(session, swap);
  const std::string trouble = doorkeeper.Stop();
  if (swapped) return {};
  SqlError error = std::move(swapped).error();
  if (!error.severed) (void)session.Execute("ROLLBACK");
  if (!trouble.empty()) error.detail += (error.detail.empty() ? "" : "; ") + trouble;
  return std::unexpected(std::move(error));
}

}  // namespace slipway::drivers::postgres
