// The grammar of the small values people write, and helpers for messages about them.
//
//   duration    250ms, 5s, 10m, 24h, 7d; units may follow one another: 1h30m      -> milliseconds
//   percentage  0% … 100%, up to two decimals: 0.5%                               -> basis points (1 % = 100)
//   size        512B, 64KiB, 4MiB, 1GiB (powers of 1024), 10kB, 5MB (powers of 1000) -> bytes
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace slipway::base {

Result<Duration> ParseDuration(std::string_view text);
std::string FormatDuration(
    Duration d);  // the shortest exact text that ParseDuration reads back: 1h30m, 250ms, 0s
Result<std::int64_t> ParsePercentage(std::string_view text);  // basis points, 0 … 10000
std::string FormatPercentage(std::int64_t basis_points);
Result<std::int64_t> ParseSize(std::string_view text);  // bytes
std::string FormatSize(std::int64_t bytes);  // exact, and reads back: the largest unit that divides it
Result<std::int64_t> ParseInteger(std::string_view text);  // decimal, within ±2^53, no blanks
Result<bool> ParseBoolean(std::string_view text);          // exactly true or false

// `id`: a lower-case letter, then lower-case letters, digits, `-` or `_`, at most 64 characters.
bool IsId(std::string_view text);
bool IsUtf8(std::string_view text);

// The candidate nearest to `word` (Damerau-Levenshtein, at most a third of its length away), if any.
std::optional<std::string> DidYouMean(std::string_view word, std::span<const std::string> candidates);

std::vector<std::string> Split(std::string_view text, char separator);
std::string Join(std::span<const std::string> parts, std::string_view separator);
std::string_view Trim(std::string_view text);
bool StartsWith(std::string_view text, std::string_view prefix);
bool EndsWith(std::string_view text, std::string_view suffix);

// The text in backticks for a message: printable, cut after 60 bytes.
std::string Quote(std::string_view text);

// Printable on a terminal: control characters and invalid UTF-8 become \xNN, so no output can move a cursor.
std::string Printable(std::string_view text);

}  // namespace slipway::base
