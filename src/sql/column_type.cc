#include "sql/column_type.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace slipway::sql {
namespace {

constexpr std::pair<std::string_view, std::string_view> kSynonyms[] = {{"character varying", "varchar"},
                                                                       {"bit varying", "varbit"},
                                                                       {"character", "char"},
                                                                       {"bpchar", "char"},
                                                                       {"decimal", "numeric"},
                                                                       {"integer", "int4"},
                                                                       {"int", "int4"},
                                                                       {"bigint", "int8"},
                                                                       {"smallint", "int2"},
                                                                       {"boolean", "bool"},
                                                                       {"real", "float4"},
                                                                       {"double precision", "float8"}};
// Their one limit may grow or go.
constexpr std::string_view kLimited[] = {"varchar", "varbit", "timestamp", "timestamptz", "time", "timetz"};

// `a` keeps all that `b` kept: it has no limit, or one that is not below.
bool HoldsMore(const ColumnType& a, const ColumnType& b) {
  if (a.limits.empty()) return true;
  return a.limits.size() == 1 && b.limits.size() == 1 && a.limits[0] >= b.limits[0];
}

bool IsWiderNumeric(const ColumnType& from, const ColumnType& to) {
  if (to.limits.empty()) return true;
  const auto scale = [](const ColumnType& type) { return type.limits.size() > 1 ? type.limits[1] : 0; };
  return !from.limits.empty() && to.limits[0] >= from.limits[0] && scale(from) == scale(to);
}

}  // namespace

std::string ToString(const ColumnType& type) {
  std::string text = type.name;
  for (std::size_t i = 0; i < type.limits.size(); ++i)
    text += (i == 0 ? "(" : ",") + std::to_string(type.limits[i]);
  return text + (type.limits.empty() ? "" : ")") + (type.array ? "[]" : "");
}

std::optional<ColumnType> TakeType(Reader& reader) {
  ColumnType type;
  for (std::string_view words : {"character varying", "bit varying", "double precision"})
    if (type.name.empty() && reader.Take(words)) type.name = words;
  if (type.name.empty()) type.name = reader.TakeIdentifier();
  if (type.name.empty() || reader.PeekSymbol('.')) return std::nullopt;
  for (const auto& [name, meant] : kSynonyms)
    if (type.name == name) type.name = meant;
  if (auto group = reader.TakeGroup()) {
    for (const Reader& part : group->Parts()) {
      const auto limit = base::ParseInteger(part.text());
      if (!limit) return std::nullopt;
      type.limits.push_back(*limit);
    }
  }
  if (reader.Take("with time zone")) type.name += "tz";
  reader.Take("without time zone");
  type.array = reader.PeekSymbol('[') || reader.Peek("array");
  return type;
}

bool IsWidening(const ColumnType& from, const ColumnType& to) {
  if (from == to) return true;
  if (from.array || to.array) return false;
  const auto is_text = [](const ColumnType& type) { return type.name == "text" || type.name == "varchar"; };
  if (is_text(from) && to.name == "text") return true;
  if (from.name == "text" && to.name == "varchar") return to.limits.empty();
  if (from.name == "cidr") return to.name == "inet";
  if (from.name != to.name) return false;
  if (to.name == "numeric") return IsWiderNumeric(from, to);
  return std::ranges::find(kLimited, to.name) != std::end(kLimited) && HoldsMore(to, from);
}

}  // namespace slipway::sql
