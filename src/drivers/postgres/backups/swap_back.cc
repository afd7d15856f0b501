// postgres.swap_back: takes a restore back, by the number of the database that it replaced. A restore that
// never came to its swap leaves at most the half that it made beside, which is thrown away.
#include <fmt/format.h>

#include "drivers/postgres/backups/backups.h"
#include "drivers/postgres/backups/sheets_backup.h"
#include "drivers/postgres/backups/swap.h"
#include "drivers/postgres/backups/tidy.h"
#include "drivers/postgres/database/beside.h"
#include "drivers/postgres/database/ledger.h"
#include "drivers/postgres/database/schema.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;
using base::Result;

base::Result<Prepared> Prepare(Prepared prepared, Context&) {
  const std::string tag = base::GetString(prepared.action.with, "tag");
  if (tag.size() != 8 || tag.find_first_not_of("0123456789abcdef") != tag.npos)
    return base::Invalid("`tag` is eight hexadecimal digits");
  return prepared;
}

class SwapBack {
 public:
  explicit SwapBack(PgCall& call)
      : call_(call),
        database_(call.database()),
        oid_(call.Integer("oid")),
        restored_(Beside(database_, kRestored, call.Text("tag"))),
        kept_(Beside(database_, kBefore, call.Text("tag"))),
        undone_(Beside(database_, kUndone, call.Text("tag"))) {}

  Outcome Run() {
    auto done = Act();
    if (done) return *std::move(done);
    JsonObject evidence{{"error", done.error().what}, {"where", done.error().where}};
    // A note says that an attempt before this one may have swapped them.
    const bool clean = !swapping_ && call_.progress.empty();
    if (clean || NameLeadsTo(oid_) == false)
      return NotDone(base::ToString(done.error()), std::move(evidence));
    return Unknown(base::ToString(done.error()), std::move(evidence));
  }

 private:
  Result<Outcome> Act() {
    SLIPWAY_TRY(Session session, OpenBeside(call_.context, database_));
    SLIPWAY_CHECK_OK(EndLeftovers(session, CallerName(call_.context)));
    SLIPWAY_TRY(auto current, FindDatabase(session, database_));
    if (!current) return base::Refused("there is no database " + database_, session.where());
    if (current->oid != oid_) {
      SLIPWAY_TRY(const auto kept, FindDatabase(session, kept_));
      if (!kept || kept->oid != oid_)
        return base::Refused(
            fmt::format("the database that was {} before is gone: it was kept as {}", database_, kept_),
            session.where(), "restore a backup");
      SLIPWAY_CHECK_OK(call_.sink.Note({{"stage", "swapping"}, {"database", database_}}));
      swapping_ = true;
      const base::Time until = call_.context.clock.Now() + base::Duration{call_.Integer("keep_for")};
      SLIPWAY_CHECK_OK(SwapNames(
          session,
          {.name = database_,
           .old_oid = current->oid,
           .aside = undone_,
           .old_comment = WithOurs(current->comment, CallerName(call_.context), KeptText(until, database_)),
           .ready = kept_,
           .new_oid = kept->oid,
           .new_comment = WithoutOurs(kept->comment)}));
    }
    SLIPWAY_CHECK_OK(DropHalf(session));
    SLIPWAY_TRY(current, FindDatabase(session, database_));
    if (!current || current->oid != oid_)
      return base::Fail(base::ErrorKind::kIo, database_ + " is still another database", session.where());
    return Finish(session);
  }

  // What a restore made and did not finish: without a comment it died before it could write one.
  base::Status DropHalf(Session& session) {
    SLIPWAY_TRY(const auto half, FindDatabase(session, restored_));
    if (!half) return {};
    if (!half->comment.empty() && !OurLineOf(half->comment))
      return base::Refused(restored_ + " is not of slipway, so it is not dropped", session.where());
    SLIPWAY_CHECK_OK(DropDatabase(session, restored_));
    return {};
  }

  Result<Outcome> Finish(Session& beside) {
    SLIPWAY_TRY(const auto undone, FindDatabase(beside, undone_));
    SLIPWAY_TRY(Session session, Session::Open(call_.context, database_));
    SLIPWAY_TRY(const Installed installed, InstalledVersion(session));
    JsonObject outputs{{"version", installed.version}, {"schema", SchemaLeft(session)}};
    if (undone) outputs["kept"] = undone_;
    return Done(std::move(outputs),
                fmt::format("{} is the database that it was{}", database_,
                            undone ? "; the restored one is kept as " + undone_ : std::string()));
  }

  // Empty: nobody can see.
  std::optional<bool> NameLeadsTo(std::int64_t oid) {
    const CancelToken never;
    const Context context = TimeToTidy(call_.context, never);
    auto session = OpenBeside(context, database_);
    if (!session || !EndLeftovers(*session, CallerName(call_.context))) return {};
    const auto current = FindDatabase(*session, database_);
    if (!current) return {};
    return *current && (*current)->oid == oid;
  }

  PgCall& call_;
  const std::string database_;
  const std::int64_t oid_;
  const std::string restored_;
  const std::string kept_;
  const std::string undone_;
  bool swapping_ = false;
};

}  // namespace

PgAction SwapBackAction() {
  return {.sheet = SwapBackSheet(),
          .prepare = Prepare,
          .run = [](PgCall& call) { return SwapBack(call).Run(); },
          .probe = {},
          .restored = {}};
}

}  // namespace slipway::drivers::postgres
