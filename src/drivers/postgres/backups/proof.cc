#include "drivers/postgres/backups/proof.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "drivers/postgres/arguments.h"

namespace slipway::drivers::postgres {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kOneDay = 24LL * 60 * 60 * 1000;
constexpr base::Duration kClocksDiffer{5LL * 60 * 1000};  // of two machines

bool IsWhole(const StoredBackup& backup) {
  std::error_code error;
  const auto size = fs::file_size(backup.path, error);
  return !error && static_cast<std::int64_t>(size) == backup.manifest.bytes;
}

}  // namespace

base::Result<StoredBackup> ProvenWithin(const std::vector<StoredBackup>& all, std::string_view database,
                                        base::Duration within, base::Time now) {
  // Of one whose time is yet to come, since a clock was set back, nobody knows how old it is.
  const auto is_past = [&](const StoredBackup& one) { return one.manifest.taken_at <= now + kClocksDiffer; };
  const auto found = std::ranges::find_if(all, [&](const StoredBackup& one) {
    return one.proven_at.has_value() && is_past(one) && IsWhole(one);
  });
  if (found == all.end()) {
    const auto future = all.size() - static_cast<std::size_t>(std::ranges::count_if(all, is_past));
    return base::Refused(
        fmt::format("no backup of {} is proven; {} are there that are not", database, all.size() - future) +
        (future == 0 ? "" : fmt::format(", and {} of a time that is yet to come by this clock", future)));
  }
  const base::Duration age = now - std::min(found->manifest.taken_at, *found->proven_at);
  if (age > within)
    return base::Refused(
        fmt::format("the newest backup of {} that is proven, {}, is of {} and was proven at {}: that is more "
                    "than {} ago",
                    database, found->path.filename().string(), base::FormatTime(found->manifest.taken_at),
                    base::FormatTime(*found->proven_at), base::FormatDuration(within)));
  return *found;
}

void AddProofArguments(ActionSheet& sheet) {
  sheet.arguments.push_back(
      Argument("backups", ArgumentType::kFolder,
               "Where the backup is that has to be proven before data go away for good.", "backups"));
  sheet.arguments.push_back(CustomerArgument());
  sheet.arguments.push_back(Argument("proven_within", ArgumentType::kDuration,
                                     "How long ago it may have been taken and proven.", kOneDay));
}

base::Result<base::JsonObject> RequireProof(const base::JsonObject& with, const Context& context,
                                            std::string_view what) {
  const std::string database = base::GetString(with, "database");
  const std::string folder = base::GetString(with, "backups");
  SLIPWAY_TRY(const fs::path path, base::Inside(context.workspace, folder));
  SLIPWAY_TRY(const auto all, StoredBackups(path, CustomerOf(with), database));
  const auto proven =
      ProvenWithin(all, database, base::Duration{base::GetInt(with, "proven_within")}, context.clock.Now());
  if (!proven)
    return base::Refused(fmt::format("{}, and {}", what, proven.error().what), folder,
                         "postgres.backup and then postgres.prove, as steps before it");
  return base::JsonObject{{"backup", (fs::path(folder) / proven->path.filename()).string()},
                          {"sha256", proven->manifest.sha256},
                          {"taken_at", base::FormatTime(proven->manifest.taken_at)},
                          {"proven_at", base::FormatTime(*proven->proven_at)}};
}

}  // namespace slipway::drivers::postgres
