#include "audit/report.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::audit {
namespace {

constexpr std::size_t kMaxProblems = 50;

std::string Count(std::int64_t n, std::string_view one) {
  return std::to_string(n) + " " + std::string(one) + (n == 1 ? "" : "s");
}

}  // namespace

std::string_view ToString(Standing standing) {
  switch (standing) {
    case Standing::kBroken:
      return "broken";
    case Standing::kConsistent:
      return "consistent, not anchored";
    case Standing::kAnchored:
      return "anchored";
  }
  return "?";
}

Standing Report::standing() const {
  if (!ok()) return Standing::kBroken;
  return anchored_to > 0 ? Standing::kAnchored : Standing::kConsistent;
}

void Report::Add(std::string where, std::string what, std::int64_t seq) {
  if (problems.size() < kMaxProblems) {
    problems.push_back({seq, std::move(where), std::move(what)});
  } else {
    ++more_problems;
  }
}

void Report::AddEvent(std::int64_t seq, std::string what) {
  Add("event " + std::to_string(seq), std::move(what), seq);
}

void Report::Sort() {
  const auto before = [](const Problem& a, const Problem& b) {
    const bool one_a = a.seq != 0;
    const bool one_b = b.seq != 0;
    return one_a != one_b ? one_a : a.seq < b.seq;
  };
  // A stable insertion sort of at most 50; libstdc++ 12's stable_sort warns under clang.
  for (auto at = problems.begin(); at != problems.end(); ++at) {
    std::rotate(std::upper_bound(problems.begin(), at, *at, before), at, at + 1);
  }
}

std::string Render(const Report& report) {
  std::string text;
  for (const Problem& problem : report.problems) text += problem.where + ": " + problem.what + "\n";
  if (report.more_problems > 0) text += "and " + Count(report.more_problems, "problem") + " more\n";
  text += "store " + report.store + ": " + Count(report.events, "event") + ", root " + report.root + "\n";
  text += Count(report.checkpoints, "signed checkpoint");
  if (report.checkpoints > 0) text += ", the newest of " + Count(report.signed_to, "event");
  if (report.events > report.signed_to)
    text += "; " + Count(report.events - report.signed_to, "event") + " not signed yet";
  text += "\n";
  if (report.rows > 0) text += Count(report.rows, "row") + " folded again and compared\n";
  if (report.blobs + report.deleted_blobs > 0) {
    text += Count(report.blobs, "blob") + " hashed again";
    if (report.deleted_blobs > 0) {
      const std::vector<std::string> people(report.deleted_by.begin(), report.deleted_by.end());
      text += ", " + std::to_string(report.deleted_blobs) + " deleted on purpose by " +
              base::Printable(base::Join(people, "; "));
    }
    text += "\n";
  }
  for (const auto& [store, events] : report.other_stores) {
    text += "not compared: checkpoints of store " + store + ", which is another; the newest is of " +
            Count(events, "event") + "\n";
  }
  switch (report.standing()) {
    case Standing::kBroken:
      text += "BROKEN: this log is not what was written\n";
      break;
    case Standing::kConsistent:
      text +=
          "consistent, not anchored: no checkpoint kept elsewhere was compared, so a rewritten log would not "
          "be noticed\n";
      break;
    case Standing::kAnchored:
      text += "anchored: the first " + Count(report.anchored_to, "event") +
              " are those of a checkpoint kept elsewhere\n";
      break;
  }
  return text;
}

base::JsonObject ToJson(const Report& report) {
  base::JsonArray problems;
  for (const Problem& problem : report.problems)
    problems.push_back(base::JsonObject{{"where", problem.where}, {"what", problem.what}});
  base::JsonArray deleted_by;
  for (const std::string& who : report.deleted_by) deleted_by.push_back(base::Json(who));
  base::JsonObject other_stores;
  for (const auto& [store, count] : report.other_stores) other_stores[store] = count;
  return {{"store", report.store},
          {"standing", ToString(report.standing())},
          {"ok", report.ok()},
          {"key", report.key},
          {"events", report.events},
          {"root", report.root},
          {"checkpoints", report.checkpoints},
          {"signed_to", report.signed_to},
          {"anchored_to", report.anchored_to},
          {"rows", report.rows},
          {"blobs", report.blobs},
          {"deleted_blobs", report.deleted_blobs},
          {"deleted_by", deleted_by},
          {"other_stores", other_stores},
          {"problems", problems},
          {"more_problems", report.more_problems}};
}

}  // namespace slipway::audit
