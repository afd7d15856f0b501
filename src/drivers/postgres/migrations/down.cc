// postgres.down and postgres.reversible: takes a database back to an earlier version by the down files of its
// migrations.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/backups/proof.h"
#include "drivers/postgres/database/own_rows.h"
#include "drivers/postgres/database/schema.h"
#include "drivers/postgres/findings.h"
#include "drivers/postgres/migrations/migrate.h"
#include "drivers/postgres/migrations/migrating.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonArray;
using base::JsonObject;

// One version that is to be taken back: what the ledger says of its files, the last one first.
struct Step {
  base::Version version;
  struct File {
    std::string path;
    Record record;
    std::optional<sql::Down> down;  // nullopt: nothing of it is done
  };
  std::vector<File> files;
};

struct WayDown {
  std::string from;         // the version on record
  std::vector<Step> steps;  // the last one first
};

// What one file says of the way back. kRefused: it cannot be taken back.
base::Result<Step::File> WayBackOf(const std::vector<sql::Migration>& files, const std::string& path,
                                   const Record& record) {
  constexpr std::string_view kBackup = "restore the backup that was made before: slipway fleet rollback";
  // One under way outside a transaction may have happened.
  if (record.state != "applied" && (record.done > 0 || record.outside > 0))
    return base::Refused(fmt::format("{} is half done by {}: {} of its statements{}", path, record.run,
                                     record.done, record.outside > 0 ? ", and perhaps one more" : ""),
                         path, "finish the update, or restore the backup that was made before");
  if (record.state != "applied") return Step::File{path, record, std::nullopt};
  const auto file = std::ranges::find(files, path, &sql::Migration::path);
  if (file == files.end())
    return base::Refused(path + " is applied, and not among the migrations", path, std::string(kBackup));
  if (file->sha256 != record.sha256)
    return base::Refused(path + " was changed since it was applied by " + record.run, file->file,
                         "put it back as it was");
  if (!file->down)
    return base::Refused(fmt::format("{} is not reversible: there is no {}.down.sql beside it", path,
                                     path.substr(0, path.size() - std::string_view(".sql").size())),
                         file->file, std::string(kBackup));
  return Step::File{path, record, *file->down};
}

// kRefused: what is applied cannot all be taken back, or `to` lies ahead or was never there.
base::Result<WayDown> FindWayDown(Session& session, const Context& context, const std::string& folder,
                                  const std::string& to) {
  SLIPWAY_TRY(const base::Version wanted, base::ParseVersion(to));
  SLIPWAY_TRY(const std::vector<sql::Migration> files, ReadFolder(context, folder));
  SLIPWAY_TRY(const Installed installed, InstalledVersion(session));
  SLIPWAY_TRY(const auto ledger, ReadLedger(session));
  WayDown way{.from = installed.version};
  bool had = false;
  for (const auto& [path, record] : ledger) {
    SLIPWAY_TRY(const base::Version version, base::ParseVersion(record.version));
    had = had || (base::Precedence(version, wanted) == 0 && record.state == "applied");
    if (base::Precedence(version, wanted) <= 0) continue;
    SLIPWAY_TRY(Step::File file, WayBackOf(files, path, record));
    auto step = std::ranges::find_if(
        way.steps, [&](const Step& one) { return base::Precedence(one.version, version) == 0; });
    if (step == way.steps.end()) step = way.steps.insert(step, Step{version, {}});
    step->files.push_back(std::move(file));
  }
  if (!had)
    return base::Refused(fmt::format("{} is not a version that slipway brought this database to; it has {}",
                                     to, installed.version.empty() ? "none" : installed.version),
                         "to", "slipway fleet status shows which it has");
  std::ranges::sort(way.steps,
                    [](const Step& a, const Step& b) { return base::Precedence(a.version, b.version) > 0; });
  for (Step& step : way.steps) std::ranges::sort(step.files, std::ranges::greater{}, &Step::File::path);
  return way;
}

JsonArray Listed(const WayDown& way) {
  JsonArray list;
  for (const Step& step : way.steps) {
    for (const Step::File& file : step.files)
      list.push_back(JsonObject{{"path", file.path}, {"sha256", file.down ? file.down->sha256 : ""}});
  }
  return list;
}

// Where a down file stopped.
struct Stop {
  SqlError error;
  std::string where;  // `v2.1.0/001_badges.down.sql, statement 2 of 3, line 4`
};

class Descent {
 public:
  explicit Descent(PgCall& call) : call_(call), caller_(CallerName(call.context)) {}

  Outcome Run() {
    for (int attempt = 1;; ++attempt) {
      auto way = Open();
      if (!way) {
        const bool lost = attempt > 1 && way.error().kind == base::ErrorKind::kIo;
        if (lost && attempt < kMigrateAttempts && Pause(call_.context, kMigratePause * attempt)) continue;
        return NotOpened(way.error());
      }
      auto done = Once(*way);
      if (done) return Told();
      // Nobody knows whether it happened; the ledger of the next session does.
      const bool lost = done.error().error.kind == SqlFailure::kLost;
      if (!lost || attempt == kMigrateAttempts || !Pause(call_.context, kMigratePause * attempt))
        return Tell(done.error());
    }
  }

 private:
  base::Result<WayDown> Open() {
    work_.reset();
    lock_.reset();
    SLIPWAY_TRY(lock_, LockMigrations(call_.context, call_.database(), caller_));
    SLIPWAY_TRY(work_, Session::Open(call_.context, call_.database()));
    SLIPWAY_TRY(WayDown way, FindWayDown(*work_, call_.context, call_.Text("folder"), call_.Text("to")));
    SLIPWAY_CHECK_OK(AsPrepared(way));
    if (way.steps.empty() && call_.progress.empty()) return way;
    SLIPWAY_CHECK_OK(whole_.Begin(call_, Listed(way)));
    taken_back_ = whole_.DoneBut(Listed(way));
    return way;
  }

  // What was seen when the step was prepared is what is done, or nothing.
  base::Status AsPrepared(const WayDown& way) const {
    const JsonArray& seen = base::GetArray(call_.prepared.prior, "takes_back");
    for (const base::Json& one : Listed(way)) {
      if (std::ranges::find(seen, one) == seen.end())
        return base::Refused(base::GetString(one.get_object(), "path") +
                                 ", or what takes it back, was changed since the step was prepared",
                             "", "plan it again");
    }
    return {};
  }

  std::expected<void, Stop> Once(const WayDown& way) {
    for (const Step& step : way.steps) {
      auto done = Version(step);
      if (!done) return done;
      for (const Step::File& file : step.files) taken_back_.emplace_back(file.path);
    }
    return {};
  }

  // All of a version or nothing of it, with what the ledger says in the same transaction.
  std::expected<void, Stop> Version(const Step& step) {
    const auto fail = [](SqlError error) { return std::unexpected(Stop{std::move(error), ""}); };
    if (auto ready = BecomeMigrator(*work_, call_, role_); !ready) return fail(ready.error());
    if (auto begun = work_->Execute("BEGIN"); !begun) return fail(begun.error());
    auto done = Statements(step);
    if (done) {
      auto written = Erase(step);
      if (written) return {};
      done = fail(std::move(written).error());
    }
    if (!done.error().error.severed) {
      if (auto back = work_->Execute("ROLLBACK"); !back) return fail(back.error());
    }
    return done;
  }

  std::expected<void, Stop> Statements(const Step& step) {
    for (const Step::File& file : step.files) {
      if (!file.down) continue;
      const auto statements = sql::DownStatements(*file.down);
      if (!statements) return std::unexpected(Stop{Own(statements.error().front().what), file.down->path});
      for (std::size_t i = 0; i < statements->size(); ++i) {
        auto done = Do((*statements)[i]);
        if (done) continue;
        const int line = (*statements)[i].at.line + std::max(done.error().line, 1) - 1;
        return std::unexpected(
            Stop{std::move(done).error(), fmt::format("{}, statement {} of {}, line {}", file.down->path,
                                                      i + 1, statements->size(), line)});
      }
    }
    return {};
  }

  SqlStatus Do(const sql::Statement& statement) {
    if (statement.data) {
      SLIPWAY_CHECK_OK(work_->CopyIn(statement.text, *statement.data));
    } else {
      SLIPWAY_CHECK_OK(work_->Query(statement.text));
    }
    return {};
  }

  // Out of both books, and the end of the transaction.
  SqlStatus Erase(const Step& step) {
    SLIPWAY_CHECK_OK(RememberOwnRows(*work_));
    SLIPWAY_CHECK_OK(LetErase(*work_));
    for (const Step::File& file : step.files) {
      SLIPWAY_TRY(
          const Rows gone,
          work_->Query("DELETE FROM slipway.migrations WHERE path = $1 AND state = $2 AND sha256 = $3",
                       {file.path, file.record.state, file.record.sha256}));
      if (gone.affected() != 1)
        return std::unexpected(
            Own("somebody else migrates this database: the ledger says something else than a moment ago"));
    }
    SLIPWAY_CHECK_OK(work_->Query("DELETE FROM public.schema_migrations WHERE version = $1",
                                  {step.files.front().record.version}));
    SLIPWAY_CHECK_OK(work_->Execute("COMMIT"));
    return {};
  }

  SqlError Own(std::string message) const {
    SqlError error;
    error.kind = SqlFailure::kStatement;
    error.message = std::move(message);
    error.where = work_->where();
    return error;
  }

  Outcome NotOpened(const base::Error& error) const {
    const std::string reason = base::ToString(error);
    if (!whole_.begun() && call_.progress.empty())
      return NotDone(reason, {{"error", error.what}, {"where", error.where}});
    Outcome outcome = error.kind == base::ErrorKind::kRefused ? Failed(reason) : Unknown(reason);
    outcome.outputs["schema"] = "";
    return outcome;
  }

  Outcome Told() {
    const auto count = static_cast<std::int64_t>(taken_back_.size());
    JsonObject outputs{{"version", call_.Text("to")}, {"files", taken_back_}, {"count", count}};
    if (whole_.begun()) outputs["schema"] = SchemaLeft(*work_);
    return Done(std::move(outputs), count == 0
                                        ? fmt::format("{} has {} already", call_.database(), call_.Text("to"))
                                        : fmt::format("{} is at {} again, {} files are taken back",
                                                      call_.database(), call_.Text("to"), count));
  }

  Outcome Tell(const Stop& stop) {
    SqlError told = stop.error;
    if (!stop.where.empty()) told.line = 0;  // the file's line says it
    std::string reason = (stop.where.empty() ? "" : stop.where + ": ") + ToString(told);
    reason += taken_back_.empty() ? "; nothing was taken back"
                                  : fmt::format("; {} files were taken back before", taken_back_.size());
    JsonObject evidence = Evidence(stop.error);
    evidence["taken_back"] = taken_back_;
    const bool nothing = taken_back_.empty() && call_.progress.empty();
    const bool lost = stop.error.kind == SqlFailure::kLost;
    if (nothing && !lost) return NotDone(std::move(reason), std::move(evidence));
    Outcome outcome = lost ? Unknown(std::move(reason), std::move(evidence))
                           : Failed(std::move(reason), std::move(evidence));
    LastLook last(call_, *work_, stop.error);
    TellLeft(last.session(), outcome);
    return outcome;
  }

  PgCall& call_;
  const std::string caller_;
  std::string role_;
  std::optional<Session> lock_;  // holds the lock, and nothing else
  std::optional<Session> work_;
  Whole whole_{"takes_back"};
  JsonArray taken_back_;  // by this attempt and those before it
};

base::Result<WayDown> Look(Session& session, const JsonObject& with, const Context& context) {
  return FindWayDown(session, context, base::GetString(with, "folder"), base::GetString(with, "to"));
}

base::Result<Prepared> Prepare(Prepared prepared, Context& context) {
  const JsonObject& with = prepared.action.with;
  SLIPWAY_TRY(Session session, Session::Open(context, base::GetString(with, "database")));
  SLIPWAY_TRY(const WayDown way, Look(session, with, context));
  prepared.prior = {{"version", way.from}, {"takes_back", Listed(way)}};
  if (way.steps.empty()) return prepared;
  prepared.prior["schema"] = SchemaLeft(session);
  for (const Step& step : way.steps) {
    for (const Step::File& file : step.files) {
      if (!file.down) continue;
      if (const auto statements = sql::DownStatements(*file.down); !statements) {
        const base::Diagnostic& first = statements.error().front();
        return base::Refused(first.what, fmt::format("{}:{}", first.file, first.at.line), first.suggestion);
      }
    }
  }
  const std::string what =
      fmt::format("what {} and later wrote would go", base::ToString(way.steps.back().version));
  SLIPWAY_TRY(prepared.prior["proof"], RequireProof(with, context, what));
  return prepared;
}

Outcome Run(PgCall& call) { return WithSchemaBefore(call, Descent(call).Run()); }

Outcome RunReversible(PgCall& call) {
  auto session = Session::Open(call.context, call.database());
  if (!session) return Unseen(session.error());
  const auto way = Look(*session, call.with(), call.context);
  if (!way) return Unseen(way.error());
  JsonArray files;
  for (const Step& step : way->steps) {
    for (const Step::File& file : step.files) {
      if (file.down) files.emplace_back(file.down->path);
    }
  }
  const std::string told = files.empty()
                               ? fmt::format("{} has {} already", call.database(), call.Text("to"))
                               : fmt::format("{} files take it back from {}", files.size(), way->from);
  return Done({{"version", way->from}, {"files", std::move(files)}}, told);
}

void AddPlace(ActionSheet& sheet) {
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database to take back."),
      {.name = "folder",
       .type = ArgumentType::kFiles,
       .description =
           "The migrations, with `<number>_<description>.down.sql` beside each that can be taken back.",
       .fallback = "migrations"},
      {.name = "to", .description = "The version it is to have again.", .required = true, .pinned = true}};
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.down";
  sheet.summary =
      "Takes a database back to an earlier version by the down files of its migrations, a version at a time.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;  // the ledger in the database says where to go on
  sheet.undo = UndoKind::kDeclared;
  AddPlace(sheet);
  AddMigratorArguments(sheet);
  AddProofArguments(sheet);
  sheet.outputs = {{"version", "The version it has now.", true},
                   {"files", "The migrations that were taken back, in order."},
                   {"count", "Their number."},
                   {"schema",
                    "The digest of its schema as it was left; empty: nobody could see it; absent where "
                    "nothing was to be done.",
                    true},
                   SchemaBeforeOutput()};
  sheet.example =
      "id: down\ntitle: Take it back\nuses: postgres.down\nwith: { database: \"${{ "
      "target.attributes.database }}\", "
      "to: \"${{ parameters.to }}\" }\nundo: { none: the backup that was proven before holds what it took "
      "away }\n";
  return sheet;
}

ActionSheet ReversibleSheet() {
  ActionSheet sheet;
  sheet.name = "postgres.reversible";
  sheet.summary = "Passes where the down files take a database back to a version, and says which they are.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.instant_prepare = true;
  sheet.observed = true;
  sheet.facts = {"version", "files"};
  AddPlace(sheet);
  sheet.outputs = {{"version", "The version it has now."},
                   {"files", "The down files, in the order in which they would run."}};
  sheet.example =
      "id: reversible\ntitle: See whether it can be taken back\nuses: postgres.reversible\nwith: { database: "
      "\"${{ "
      "target.attributes.database }}\", to: \"${{ parameters.to }}\" }\n";
  return sheet;
}

}  // namespace

PgAction DownAction() { return {.sheet = Sheet(), .prepare = Prepare, .run = Run}; }

PgAction ReversibleAction() { return {.sheet = ReversibleSheet(), .run = RunReversible}; }

}  // namespace slipway::drivers::postgres
