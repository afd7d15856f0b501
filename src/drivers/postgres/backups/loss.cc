// postgres.loss: what a restore would lose, to be seen before anybody agrees to it.
#include "drivers/postgres/backups/archive.h"
#include "drivers/postgres/backups/backups.h"
#include "drivers/postgres/backups/sheets_backup.h"
#include "drivers/postgres/findings.h"

namespace slipway::drivers::postgres {
namespace {

Outcome Run(PgCall& call) {
  const auto archive = FindArchive(call.with(), call.context);
  if (!archive) return NotDone(base::ToString(archive.error()), {{"error", archive.error().what}});
  auto session = Session::Open(call.context, call.database());
  if (!session) return Unseen(session.error());
  const auto now = ReadCounters(*session);
  if (!now) return Unseen(now.error());
  base::JsonObject written = WrittenSince(archive->manifest.counters, *now);
  std::string text = DescribeWritten(written);
  const auto proven = ProvenAt(archive->path, archive->manifest);
  Outcome done = Done({{"written", std::move(written)},
                       {"text", text},
                       {"backup_at", base::FormatTime(archive->manifest.taken_at)},
                       {"proven_at", proven ? base::FormatTime(*proven) : ""},
                       {"version", archive->manifest.schema_version}},
                      text);
  return done;
}

}  // namespace

PgAction LossAction() {
  return {.sheet = LossSheet(), .prepare = {}, .run = Run, .probe = {}, .restored = {}};
}

}  // namespace slipway::drivers::postgres
