// The parts that lines of a printed page are made of. Each Take… moves the text behind what it found, and
// leaves it alone where it found nothing. Private to sop/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace slipway::sop {

inline constexpr std::string_view kBlank = "____________________";

bool Take(std::string_view& text, std::string_view what);

// `code` at the start, of any number of backticks: what it holds.
std::optional<std::string> TakeCode(std::string_view& text);
// `a`, `b`, one at least.
std::vector<std::string> TakeCodes(std::string_view& text, std::string_view separator);
// What stands before `end`, which is taken with it.
std::optional<std::string> TakeUntil(std::string_view& text, std::string_view end);

// Of a parameter or field: one of `fast`, `slow`; text matching `\d+`.
struct PrintedType {
  std::string type;
  std::vector<std::string> values;
  std::string pattern;
};
std::optional<PrintedType> TakeType(std::string_view& text);

// 3 tries, 2s apart: as `retry` says it.
std::optional<base::JsonObject> TakeTries(std::string_view& text);
// `labels.ring` is `canary` or `main` and …: as `where` says it.
std::optional<base::JsonObject> TakeConditions(std::string_view& text);

// Prose that stands between two lines of the same comment, from line `at` on but for empty ones; `at` is then
// behind it.
std::optional<std::string> TakeWithin(const std::vector<std::string>& lines, std::size_t& at);

struct Fenced {
  std::string info;
  std::string text;  // without a line feed at its end
};
// A block of code whose lines begin with `indent`, at the first line from `at` on that is not empty; `at`
// then stands at its last line.
std::optional<Fenced> TakeFence(const std::vector<std::string>& lines, std::size_t& at,
                                std::string_view indent);

// The words of a command line as it is printed.
std::optional<std::vector<std::string>> WordsOf(std::string_view command_line);

base::JsonArray Texts(const std::vector<std::string>& texts);

}  // namespace slipway::sop
