#include "sop/readers.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"

namespace slipway::sop {

namespace {

constexpr std::string_view kOpen = "$*?[<{";  // from here on a name is made when it is run

constexpr std::size_t kLongestName = 255;  // that a file can have

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

Readers::Readers(const std::vector<const DraftStep*>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    places_[steps[i]] = i;
    if (!steps[i]->as_command.empty()) continue;  // writes a file of its own
    const std::string text = TextOf(*steps[i]);
    TakeWords(*steps[i], text);
    if (RestoresAny(text)) restores_[i] = steps[i]->line;
  }
}

void Readers::TakeWords(const DraftStep& step, const std::string& text) {
  constexpr std::string_view kBetween = " \t\n'\"=|;()&,`<>:";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(kBetween, at), text.size());
    std::string_view word = std::string_view(text).substr(at, end - at);
    at = end + 1;
    word = word.substr(word.find_last_of('/') + 1);
    if (word.empty() || word.size() > kLongestName) continue;
    words_.emplace(word, step.line);
    const std::string_view known = word.substr(0, word.find_first_of("*?"));
    if (!known.empty() && known.size() < word.size()) open_.emplace(known, step.line);
  }
}

// `backup_2024.sql`, `backup*.sql` and `/srv/backup_$DAY` name what begins with `backup_`.
std::string Readers::Of(const DraftStep& writer) const {
  const std::string file = Known(writer.writes);
  const std::string written = base::Quote(writer.writes);
  if (file.empty() || file.size() > kLongestName)
    return written + " is named when it is run, so who reads it cannot be known";
  int line = 0;
  if (const auto word = words_.lower_bound(file); word != words_.end() && word->first.starts_with(file))
    line = word->second;
  for (std::size_t size = 1; line == 0 && size <= file.size(); ++size)
    if (const auto open = open_.find(file.substr(0, size)); open != open_.end()) line = open->second;
  if (line > 0) return fmt::format("line {} names the file that it writes, {}", line, written);
  const auto behind = restores_.upper_bound(places_.at(&writer));
  if (behind == restores_.end()) return "";
  return fmt::format("line {} restores from a file whose name is known when it is run, and it may be {}",
                     behind->second, written);
}

}  // namespace slipway::sop
