// sql FILE STATEMENT…: what somebody does who edits a store behind slipway's back. Prints rows, `|` between
// columns.
#include <sqlite3.h>

#include <cstdio>

int main(int argc, char** argv) {
  sqlite3* db = nullptr;
  if (argc < 3 || sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) return 2;
  sqlite3_busy_timeout(db, 5000);
  const auto row = [](void*, int columns, char** values, char**) {
    for (int i = 0; i < columns; ++i)
      std::printf("%s%s", i > 0 ? "|" : "", values[i] != nullptr ? values[i] : "");
    std::printf("\n");
    return 0;
  };
  for (int i = 2; i < argc; ++i) {
    char* error = nullptr;
    if (sqlite3_exec(db, argv[i], row, nullptr, &error) != SQLITE_OK) {
      std::fprintf(stderr, "sql: %s: %s\n", argv[i], error);
      return 1;
    }
  }
  sqlite3_close(db);
  return 0;
}
