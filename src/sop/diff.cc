#include "sop/diff.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"

namespace slipway::sop {

namespace {

using procedure::Procedure;
using procedure::Step;

std::vector<const Step*> StepsOf(const Procedure& procedure) {
  std::vector<const Step*> steps;
  for (const procedure::Phase& phase : procedure.phases)
    for (const Step& step : phase.steps) steps.push_back(&step);
  return steps;
}

std::string Text(const base::Json& value) {
  if (value.is_string()) return std::string(base::View(value.get_string()));
  return base::CanonicalJson(value).value_or("");
}

// Everything a step does, in one line: what makes two steps the same although their names changed.
std::string Act(const Step& step) {
  if (!step.action) return "confirm " + (step.confirm ? base::Join(step.confirm->checklist, "; ") : "");
  return step.action->uses + " " + base::CanonicalJson(step.action->with).value_or("");
}

int LineOf(std::string_view source) {
  const std::size_t colon = source.rfind(':');
  if (colon == std::string_view::npos) return 0;
  return static_cast<int>(base::ParseInteger(source.substr(colon + 1)).value_or(0));
}

// Pairs of indexes, the longest that keep their order, by a key that both have. Quadratic, and bounded by the
// caller.
std::vector<std::pair<std::size_t, std::size_t>> Common(const std::vector<std::string>& a,
                                                        const std::vector<std::string>& b) {
  std::vector<std::vector<std::uint32_t>> length(a.size() + 1, std::vector<std::uint32_t>(b.size() + 1));
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      length[i][j] = a[i] == b[j] ? length[i + 1][j + 1] + 1 : std::max(length[i + 1][j], length[i][j + 1]);
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) {
      pairs.emplace_back(i++, j++);
    } else if (length[i + 1][j] >= length[i][j + 1]) {
      ++i;
    } else {
      ++j;
    }
  }
  return pairs;
}

class Comparison {
 public:
  Comparison(const Procedure& procedure, const Procedure& draft)
      : ours_(StepsOf(procedure)), theirs_(StepsOf(draft)) {
    partner_.assign(theirs_.size(), nullptr);
  }

  std::vector<Difference> Run() {
    // The same id first, then the same act; what is left is on one side only.
    Match([](const Step& step) { return step.id; });
    Match(Act);
    std::size_t next = 0;
    for (std::size_t j = 0; j < theirs_.size(); ++j) {
      const Step* ours = partner_[j];
      if (ours == nullptr) {
        Missing(*theirs_[j]);
        continue;
      }
      const auto at = static_cast<std::size_t>(std::ranges::find(ours_, ours) - ours_.begin());
      for (; next < at; ++next) Added(*ours_[next]);
      next = std::max(next, at + 1);
      Compare(*ours, *theirs_[j]);
    }
    for (; next < ours_.size(); ++next) Added(*ours_[next]);
    return std::move(out_);
  }

 private:
  template <typename Key>
  void Match(Key key) {
    std::vector<const Step*> a;
    std::vector<std::size_t> b;
    std::vector<std::string> keys_a, keys_b;
    for (const Step* step : ours_) {
      if (taken_.contains(step)) continue;
      a.push_back(step);
      keys_a.push_back(key(*step));
    }
    for (std::size_t j = 0; j < theirs_.size(); ++j) {
      if (partner_[j] != nullptr) continue;
      b.push_back(j);
      keys_b.push_back(key(*theirs_[j]));
    }
    if (a.size() > 2000 || b.size() > 2000) return;
    for (const auto& [i, j] : Common(keys_a, keys_b)) {
      partner_[b[j]] = a[i];
      taken_.insert(a[i]);
    }
  }

  void Missing(const Step& theirs) {
    out_.push_back({.kind = Difference::Kind::kMissing,
                    .step = theirs.id,
                    .title = theirs.title,
                    .field = {},
                    .procedure = {},
                    .page = Act(theirs),
                    .page_line = LineOf(theirs.source)});
  }
  void Added(const Step& ours) {
    if (taken_.contains(&ours)) return;
    out_.push_back({.kind = Difference::Kind::kAdded,
                    .step = ours.id,
                    .title = ours.title,
                    .field = {},
                    .procedure = Act(ours),
                    .page = {},
                    .page_line = 0,
                    .procedure_at = ours.at});
  }
  void Differs(const Step& ours, const Step& theirs, std::string field, std::string here, std::string there) {
    if (here == there) return;
    out_.push_back({.kind = Difference::Kind::kChanged,
                    .step = ours.id,
                    .title = ours.title,
                    .field = std::move(field),
                    .procedure = std::move(here),
                    .page = std::move(there),
                    .page_line = LineOf(theirs.source),
                    .procedure_at = ours.at});
  }

  void Compare(const Step& ours, const Step& theirs) {
    Differs(ours, theirs, "title", ours.title, theirs.title);
    Differs(ours, theirs, "description", ours.description, theirs.description);
    const std::string uses = ours.action ? ours.action->uses : "confirm";
    const std::string page_uses = theirs.action ? theirs.action->uses : "confirm";
    Differs(ours, theirs, "uses", uses, page_uses);
    if (uses != page_uses) return;
    if (ours.action) {
      std::set<std::string> names;
      for (const auto& argument : ours.action->with) names.insert(std::string(argument.key()));
      for (const auto& argument : theirs.action->with) names.insert(std::string(argument.key()));
      const auto value = [](const Step& step, const std::string& name) {
        const base::Json* found = step.action->with.if_contains(name);
        return found == nullptr ? std::string() : Text(*found);
      };
      for (const std::string& name : names)
        Differs(ours, theirs, "with." + name, value(ours, name), value(theirs, name));
      return;
    }
    CompareChecklist(ours, theirs);
  }

  // Item by item, so that one that was dropped is one line.
  void CompareChecklist(const Step& ours, const Step& theirs) {
    const auto& a = ours.confirm->checklist;
    const auto& b = theirs.confirm->checklist;
    for (const std::string& item : b)
      if (std::ranges::find(a, item) == a.end()) Differs(ours, theirs, "confirm.checklist", "", item);
    for (const std::string& item : a)
      if (std::ranges::find(b, item) == b.end()) Differs(ours, theirs, "confirm.checklist", item, "");
  }

  std::vector<const Step*> ours_;
  std::vector<const Step*> theirs_;
  std::vector<const Step*> partner_;  // of theirs_
  std::set<const Step*> taken_;
  std::vector<Difference> out_;
};

}  // namespace

std::vector<Difference> Diff(const Procedure& procedure, const Procedure& draft) {
  return Comparison(procedure, draft).Run();
}

}  // namespace slipway::sop
