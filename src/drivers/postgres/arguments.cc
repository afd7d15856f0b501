#include "drivers/postgres/arguments.h"

namespace slipway::drivers::postgres {

ArgumentSheet ConnectionArgument() {
  return {.name = "connection",
          .type = ArgumentType::kConnection,
          .description =
              "The PostgreSQL server, by the name of its connection, such as `db: { driver: postgres, host: "
              "db.example.com, user: slipway, password: \"${{ secrets.db }}\" }`.",
          .pinned = true};
}

ArgumentSheet DatabaseArgument(std::string description) {
  return {.name = "database", .description = std::move(description), .required = true, .pinned = true};
}

ArgumentSheet CustomerArgument() {
  return {.name = "name",
          .description = "The customer, as postgres.backup was told it; the database when omitted."};
}

ArgumentSheet Argument(std::string name, ArgumentType type, std::string description, base::Json fallback) {
  return {.name = std::move(name),
          .type = type,
          .description = std::move(description),
          .fallback = std::move(fallback)};
}

void AddConnectionArguments(ActionSheet& sheet) {
  sheet.arguments.push_back(Argument("connections_warn", ArgumentType::kPercentage,
                                     "Warn when more than this share of the server's connections is in use.",
                                     8000));
  sheet.arguments.push_back(Argument("connections_fail", ArgumentType::kPercentage,
                                     "Fail when more than this share of the server's connections is in use.",
                                     9500));
}

}  // namespace slipway::drivers::postgres
