// Whatever the text, by the first byte taken for SQL, CSV or JSON: an error that says something, or rows
// whose table and columns are plain names, so that nothing of the text becomes an identifier unseen.
#include <algorithm>

#include "base/json.h"
#include "drivers/postgres/content/content.h"
#include "fuzz.h"

namespace {

using slipway::fuzz::Require;

bool IsPlain(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = slipway::fuzz::Text(data, size);
  if (text.empty()) return 0;
  const char* names[] = {"010_a.sql", "020_staff.csv", "030_staff.json"};
  const auto file = slipway::drivers::postgres::ReadContentText(
      names[static_cast<unsigned char>(text[0]) % 3], std::string(text.substr(1)));
  if (!file) {
    Require(!file.error().what.empty());
    return 0;
  }
  for (const auto& rows : file->rows) {
    Require(IsPlain(rows.table) && !rows.columns.empty());
    for (const std::string& column : rows.columns) Require(IsPlain(column) && !column.contains('.'));
    if (!rows.json.empty()) Require(slipway::base::ParseJson(rows.json).has_value());
  }
  return 0;
}
