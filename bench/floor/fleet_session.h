// A session of the bare programs beside a fleet's update; whatever fails ends the program.
#pragma once

#include <libpq-fe.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace floor_probe {

inline std::string host, port;

class Session {
 public:
  using Rows = std::vector<std::vector<std::string>>;

  explicit Session(const std::string& database) {
    const char* keys[] = {"host", "port", "user", "dbname", "application_name", nullptr};
    const char* values[] = {host.c_str(), port.c_str(), "bench", database.c_str(), "floor", nullptr};
    connection_ = PQconnectdbParams(keys, values, 0);
    if (PQstatus(connection_) != CONNECTION_OK) Give();
    PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
  }
  ~Session() { PQfinish(connection_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Rows Ask(const std::string& sql) {
    return Take(PQexecParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0));
  }
  std::string One(const std::string& sql) {
    const Rows rows = Ask(sql);
    return rows.empty() || rows.front().empty() ? "" : rows.front().front();
  }
  void All(const std::string& sql) { Take(PQexec(connection_, sql.c_str())); }

 private:
  [[noreturn]] void Give() {
    std::fprintf(stderr, "fleet_floor: %s", PQerrorMessage(connection_));
    std::_Exit(5);
  }
  Rows Take(PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) Give();
    Rows rows(static_cast<std::size_t>(PQntuples(result)));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      for (int column = 0; column < PQnfields(result); ++column)
        rows[row].emplace_back(PQgetvalue(result, static_cast<int>(row), column));
    }
    PQclear(result);
    return rows;
  }
  PGconn* connection_;
};

}  // namespace floor_probe
