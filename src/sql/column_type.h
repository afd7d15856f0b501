// What the files say of the type of a column, so that a change of it can be told from one that only widens
// it. Private to sql/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sql/reader.h"

namespace slipway::sql {

struct ColumnType {
  std::string name;                  // by one of its names: `varchar`, `numeric`, `timestamptz`
  std::vector<std::int64_t> limits;  // what stands in parentheses
  bool array = false;

  friend bool operator==(const ColumnType&, const ColumnType&) = default;
};

std::string ToString(const ColumnType& type);

// Steps over the type that stands here. nullopt: none does, or it is written in a way that is not read.
std::optional<ColumnType> TakeType(Reader& reader);

// PostgreSQL 15 rewrites no row for this change, nor looks at one.
bool IsWidening(const ColumnType& from, const ColumnType& to);

}  // namespace slipway::sql
