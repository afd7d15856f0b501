// The tables of a store's file; docs/formats/journal.md explains them.
#pragma once

namespace slipway::journal {

inline constexpr int kFormat = 1;

inline constexpr const char* kSchema = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE event(seq INTEGER PRIMARY KEY, run TEXT NOT NULL, leaf BLOB NOT NULL, bytes TEXT NOT NULL) STRICT;
CREATE INDEX event_run ON event(run);
CREATE TABLE tile(level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(level, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), size INTEGER NOT NULL, peaks BLOB NOT NULL) STRICT;
CREATE TABLE state(name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(name, key)) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE blob(digest TEXT PRIMARY KEY NOT NULL, size INTEGER NOT NULL, bytes BLOB) STRICT;
INSERT INTO head(one, size, peaks) VALUES(1, 0, x'');
)sql";

}  // namespace slipway::journal
