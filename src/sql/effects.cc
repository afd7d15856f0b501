#include "sql/effects.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "sql/lexer.h"

namespace slipway::sql {

namespace {

// By PostgreSQL's manual, 9.17, 9.27, 9.28, 35.4; and of the extensions that come with it. The server itself
// refuses nextval and setval in such a transaction, but not on a temporary sequence.
constexpr std::array<std::string_view, 43> kNames = {"pg_terminate_backend",
                                                     "pg_cancel_backend",
                                                     "pg_reload_conf",
                                                     "pg_rotate_logfile",
                                                     "pg_log_backend_memory_contexts",
                                                     "pg_switch_wal",
                                                     "pg_switch_xlog",
                                                     "pg_create_restore_point",
                                                     "pg_promote",
                                                     "pg_backup_start",
                                                     "pg_backup_stop",
                                                     "pg_start_backup",
                                                     "pg_stop_backup",
                                                     "pg_create_physical_replication_slot",
                                                     "pg_create_logical_replication_slot",
                                                     "pg_drop_replication_slot",
                                                     "pg_copy_physical_replication_slot",
                                                     "pg_copy_logical_replication_slot",
                                                     "pg_replication_slot_advance",
                                                     "pg_logical_slot_get_changes",
                                                     "pg_logical_slot_get_binary_changes",
                                                     "pg_logical_emit_message",
                                                     "pg_notify",
                                                     "pg_stat_statements_reset",
                                                     "pg_prewarm",
                                                     "pg_sync_replication_slots",
                                                     "nextval",
                                                     "setval",
                                                     "set_config",
                                                     "lo_import",
                                                     "lo_export",
                                                     "lo_create",
                                                     "lo_creat",
                                                     "lo_put",
                                                     "lo_from_bytea",
                                                     "lo_unlink",
                                                     "lo_truncate",
                                                     "lo_truncate64",
                                                     "lowrite",
                                                     "query_to_xml",
                                                     "query_to_xmlschema",
                                                     "query_to_xml_and_xmlschema",
                                                     "pg_import_system_collations"};
constexpr std::array<std::string_view, 7> kFamilies = {
    "pg_advisory_",   "pg_try_advisory_",       "pg_stat_reset", "dblink",
    "pg_wal_replay_", "pg_replication_origin_", "pg_file_"};

}  // namespace

std::string CalledWithEffects(std::string_view statement) {
  std::string name;  // of the token before
  for (const Token& token : Tokens(statement)) {
    std::string_view text = statement.substr(token.begin, token.end - token.begin);
    if (token.kind == TokenKind::kSymbol && text == "(" && !name.empty()) {
      const bool acts =
          std::ranges::find(kNames, name) != kNames.end() ||
          std::ranges::any_of(kFamilies, [&](std::string_view family) { return name.starts_with(family); });
      if (acts) return name;
    }
    name.clear();
    if (token.kind == TokenKind::kName && text.size() > 2) name = text.substr(1, text.size() - 2);
    if (token.kind == TokenKind::kWord) {
      name = text;
      std::ranges::transform(name, name.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      });
    }
  }
  return "";
}

}  // namespace slipway::sql
