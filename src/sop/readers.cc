#include "sop/readers.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"

namespace slipway::sop {

namespace {

constexpr std::string_view kOpen = "$*?[<{";  // from here on a name is made when it is run

// The name without its folder, up to where it is made when it is run.
std::string Known(std::string file) {
  std::erase_if(file, [](char c) { return c == '"' || c == '\''; });
  file = file.substr(0, file.find_first_of(kOpen));
  return file.substr(file.find_last_of('/') + 1);  // npos + 1 is 0
}

// All that a step says and does.
std::string TextOf(const DraftStep& step) {
  std::string text = step.title + "\n" + step.description;
  for (const DraftArgument& argument : step.with) {
    if (const auto* one = std::get_if<std::string>(&argument.value)) text += "\n" + *one;
    if (const auto* list = std::get_if<std::vector<std::string>>(&argument.value))
      text += "\n" + base::Join(*list, " ");
  }
  for (const std::string& item : step.checklist) text += "\n" + item;
  return text;
}

// `backup_2024.sql`, `backup*.sql` and `"$FOLDER"/backup_$DAY` for what begins with `backup_`.
bool Names(std::string_view text, std::string_view file) {
  constexpr std::string_view kBetween = " \t\n'\"=|;()&,`<>:";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(kBetween, at), text.size());
    std::string_view word = text.substr(at, end - at);
    at = end + 1;
    word = word.substr(word.find_last_of('/') + 1);
    const std::string_view known = word.substr(0, word.find_first_of("*?"));
    if (word.starts_with(file) || (!known.empty() && known.size() < word.size() && file.starts_with(known)))
      return true;
  }
  return false;
}

// `psql < $FILE`, `pg_restore backups/<file>`: restored from a file whose whole name is made when it is run.
bool RestoresAny(const std::string& text) {
  static const RE2 kInput(
      R"(\b(?:psql|pg_restore)\b[^\n;|]*?(?:<|\s-f|--file=?)\s*["']?((?:\$\{\{[^}]*\}\}|[^\s<>"'|;])+))");
  static const RE2 kLast(R"((?m)\bpg_restore\b[^\n;|]*?((?:\$\{\{[^}]*\}\}|[^\s<>"'|;])+)["']?\s*$)");
  for (const RE2* form : {&kInput, &kLast}) {
    re2::StringPiece rest(text), file;
    while (RE2::FindAndConsume(&rest, *form, &file)) {
      const std::string_view name(file.data(), file.size());
      if (kOpen.contains(name.substr(name.find_last_of('/') + 1).substr(0, 1))) return true;
    }
  }
  return false;
}

}  // namespace

std::string WhoReads(const DraftStep& writer, const std::vector<DraftStep*>& steps) {
  const std::string file = Known(writer.writes);
  if (file.empty())
    return fmt::format("{} is named when it is run, so who reads it cannot be known",
                       base::Quote(writer.writes));
  bool behind = false;
  for (const DraftStep* step : steps) {
    if (step == &writer) {
      behind = true;
      continue;
    }
    if (!step->as_command.empty()) continue;  // writes one of its own
    const std::string text = TextOf(*step);
    if (Names(text, file))
      return fmt::format("line {} names the file that it writes, {}", step->line, base::Quote(writer.writes));
    if (behind && RestoresAny(text))
      return fmt::format("line {} restores from a file whose name is known when it is run, and it may be {}",
                         step->line, base::Quote(writer.writes));
  }
  return "";
}

}  // namespace slipway::sop
