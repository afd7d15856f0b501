#include "drivers/postgres/backups/sheets_backup.h"

#include "drivers/postgres/arguments.h"
#include "drivers/postgres/backups/proof.h"

namespace slipway::drivers::postgres {
namespace {

constexpr std::int64_t kOneDay = 24LL * 3'600'000;
constexpr std::int64_t kSevenDays = 7 * kOneDay;

ArgumentSheet Key() {
  return {.name = "key",
          .description = "The secret that backups are encrypted with, at least 32 bytes.",
          .required = true,
          .sensitive_ok = true};
}

ArgumentSheet BackupFile() {
  return {.name = "backup",
          .description = "The backup, as postgres.backup gave it: a path in the workspace.",
          .required = true};
}

ArgumentSheet RecordedDigest() {
  return {.name = "sha256",
          .description =
              "The digest that postgres.backup gave for it; another file is refused. Not compared when "
              "omitted or empty."};
}

ArgumentSheet KeepFor() {
  return Argument("keep_for", ArgumentType::kDuration,
                  "How long the replaced database is kept beside; postgres.forget drops it later.",
                  kSevenDays);
}

ArgumentSheet Plain(std::string name, ArgumentType type, std::string description) {
  return {.name = std::move(name), .type = type, .description = std::move(description)};
}

ArgumentSheet Folder() {
  return Argument("folder", ArgumentType::kFolder, "Where backups are kept.", "backups");
}

}  // namespace

ActionSheet BackupSheet() {
  ActionSheet sheet;
  sheet.name = "postgres.backup";
  sheet.summary = "Dumps a database into an encrypted file with a manifest; nothing of the database changes.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database to dump."),
      Folder(),
      Plain("name", ArgumentType::kString,
            "The customer, which names the files and bounds what `keep` may delete; the database when "
            "omitted."),
      Key(),
      Plain(
          "keep", ArgumentType::kInteger,
          "How many backups of this customer to keep: older ones are deleted, but never the newest one that "
          "is proven. Nothing is deleted when omitted."),
      Argument("lock_timeout", ArgumentType::kDuration,
               "How long to wait for a table that somebody else has locked.", 60'000)};
  sheet.outputs = {{"backup", "The file, as a path in the workspace.", true},
                   {"backup_at", "When the dumped snapshot was taken.", true},
                   {"version", "The schema version on record in it; empty when none is."},
                   {"bytes", "The size of the file."},
                   {"sha256", "Its digest."},
                   {"rows", "All rows in it."},
                   {"tables", "How many tables they are of."},
                   {"deleted", "Older backups that were deleted."}};
  sheet.example =
      "id: backup\ntitle: Back the database up\nuses: postgres.backup\nwith:\n"
      "  database: \"${{ target.attributes.database }}\"\n  name: \"${{ target.id }}\"\n"
      "  key: \"${{ secrets.backup_key }}\"\n  keep: 7\n";
  return sheet;
}

ActionSheet ProveSheet() {
  ActionSheet sheet;
  sheet.name = "postgres.prove";
  sheet.summary =
      "Restores a backup into a scratch database, compares it with its manifest, and drops the scratch.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database that was dumped; it need not exist."),
      Plain("backup", ArgumentType::kString,
            "The backup, as postgres.backup gave it: a path in the workspace; the newest of the "
            "customer's in `folder` when omitted."),
      Folder(),
      CustomerArgument(),
      RecordedDigest(),
      Key()};
  sheet.outputs = {{"proven", "The backup, as a path in the workspace.", true},
                   {"proven_at", "When it was found to be what its manifest says.", true},
                   {"took", "How long restoring and comparing took, in milliseconds."},
                   {"version", "The schema version in it."},
                   {"rows", "All rows in it."},
                   {"tables", "How many tables they are of."}};
  sheet.example =
      "id: prove\ntitle: Prove that the backup restores\nuses: postgres.prove\nwith:\n"
      "  database: \"${{ target.attributes.database }}\"\n  backup: \"${{ steps.backup.outputs.backup }}\"\n"
      "  key: \"${{ secrets.backup_key }}\"\n";
  return sheet;
}

ActionSheet LossSheet() {
  ActionSheet sheet;
  sheet.name = "postgres.loss";
  sheet.summary = "Looks what a restore of a backup would lose: rows written since, by table.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.instant_prepare = true;
  sheet.arguments = {ConnectionArgument(), DatabaseArgument("The database that would be replaced."),
                     BackupFile(), RecordedDigest()};
  sheet.outputs = {{"written", "Rows written since by table, each at least so many, or `unknown`."},
                   {"text", "The same as one line for a person."},
                   {"backup_at", "When the backup was taken."},
                   {"proven_at", "When it was last proven; empty: never."},
                   {"version", "The schema version in it."}};
  sheet.example =
      "id: loss\ntitle: See what would be lost\nuses: postgres.loss\nwith:\n"
      "  database: \"${{ target.attributes.database }}\"\n  backup: \"${{ parameters.backup }}\"\n";
  return sheet;
}

ActionSheet RestoreSheet() {
  ActionSheet sheet;
  sheet.name = "postgres.restore";
  sheet.summary =
      "Restores a backup beside the database, verifies it, and swaps the two; the replaced one is kept.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kProbe;
  sheet.undo = UndoKind::kAutomatic;
  sheet.undo_text =
      "postgres.swap_back puts the very database that was replaced back under its name; the restored one is "
      "kept beside as long";
  sheet.arguments = {ConnectionArgument(),
                     DatabaseArgument("The database to replace."),
                     BackupFile(),
                     RecordedDigest(),
                     Key(),
                     KeepFor()};
  sheet.outputs = {{"version", "The schema version of what was restored.", true},
                   {"backup", "The backup it was restored from."},
                   {"backup_at", "When that was taken."},
                   {"kept", "The name under which the replaced database is kept."},
                   {"kept_until", "Until when."},
                   {"rows", "All rows restored."},
                   {"lost", "Rows written since the backup by table, as far as the server counted them."},
                   {"schema", "The digest of its schema as it was left; empty: nobody could see it.", true}};
  sheet.example =
      "id: restore\ntitle: Restore the backup of this run\nuses: postgres.restore\nwith:\n"
      "  database: \"${{ target.attributes.database }}\"\n  backup: \"${{ steps.backup.outputs.backup }}\"\n"
      "  key: \"${{ secrets.backup_key }}\"\n";
  return sheet;
}

ActionSheet SwapBackSheet() {
  ActionSheet sheet;
  sheet.name = "postgres.swap_back";
  sheet.summary = "Takes a restore back: the database that it replaced gets its name again.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kDeclared;
  sheet.arguments = {ConnectionArgument(),
                     DatabaseArgument("The name of the database."),
                     {.name = "oid",
                      .type = ArgumentType::kInteger,
                      .description = "The number of the database that had the name before the restore.",
                      .required = true},
                     {.name = "tag",
                      .description = "The eight digits in the names that the restore gave.",
                      .required = true},
                     KeepFor()};
  sheet.outputs = {{"version", "The schema version of the database that has the name again.", true},
                   {"kept", "The name under which the restored one is kept; absent where there was none."},
                   {"schema", "The digest of its schema as it was left; empty: nobody could see it.", true}};
  sheet.example =
      "id: back\ntitle: Take the restore back\nuses: postgres.swap_back\n"
      "with: { database: acme, oid: 16384, tag: 1a2b3c4d }\nundo: { none: \"restore the backup again\" }\n";
  return sheet;
}

ActionSheet ForgetSheet() {
  ActionSheet sheet;
  sheet.name = "postgres.forget";
  sheet.summary = "Drops databases that restores replaced and kept, once their time is over.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kDeclared;
  sheet.arguments = {
      ConnectionArgument(), DatabaseArgument("The database that they were."),
      Plain("kept", ArgumentType::kString, "Only this one of them; all whose time is over when omitted."),
      Argument("early", ArgumentType::kBoolean, "Also before its time, where `kept` names one.", false)};
  AddProofArguments(sheet);
  sheet.outputs = {{"dropped", "The names of those that were dropped."},
                   {"kept", "The names of those that are still to be kept."}};
  sheet.example =
      "id: forget\ntitle: Drop what is kept no longer\nuses: postgres.forget\n"
      "with: { database: \"${{ target.attributes.database }}\" }\n"
      "undo: { none: \"what is dropped is gone\" }\n";
  return sheet;
}

ActionSheet ProvenSheet() {
  ActionSheet sheet;
  sheet.name = "postgres.proven";
  sheet.summary =
      "Passes where a backup of the customer was proven lately: what a destructive step asks for first.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.arguments = {DatabaseArgument("The database whose backups count."), CustomerArgument(), Folder(),
                     Argument("within", ArgumentType::kDuration,
                              "How long ago it may have been taken and proven.", kOneDay)};
  sheet.outputs = {{"backup", "The newest one that is proven, as a path in the workspace."},
                   {"backup_at", "When it was taken."},
                   {"proven_at", "When it was last proven."},
                   {"sha256", "Its digest."},
                   {"version", "The schema version in it."}};
  sheet.example =
      "id: safe\ntitle: See that there is a proven backup\nuses: postgres.proven\n"
      "with: { database: \"${{ target.attributes.database }}\", name: \"${{ target.id }}\", within: 1d }\n";
  return sheet;
}

ActionSheet PruneSheet() {
  ActionSheet sheet;
  sheet.name = "postgres.prune";
  sheet.summary =
      "Deletes backups of a customer that are past their retention, never the newest one that is proven.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kDeclared;
  sheet.arguments = {
      DatabaseArgument("The database whose backups they are."), CustomerArgument(), Folder(),
      Argument("keep", ArgumentType::kInteger, "So many of the newest stay, whatever their age.", 7),
      Argument("older_than", ArgumentType::kDuration, "Only what was taken longer ago goes.", 30 * kOneDay)};
  sheet.outputs = {{"deleted", "The backups that were deleted, as paths in the workspace."},
                   {"kept", "How many are left."},
                   {"freed", "The bytes of those that were deleted."}};
  sheet.example =
      "id: prune\ntitle: Delete what is past its retention\nuses: postgres.prune\n"
      "with: { database: \"${{ target.attributes.database }}\", name: \"${{ target.id }}\", keep: 7, "
      "older_than: "
      "30d }\nundo: { none: \"what is deleted is gone\" }\n";
  return sheet;
}

}  // namespace slipway::drivers::postgres
