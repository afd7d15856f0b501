#include "sop/diff.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "markdown/document.h"
#include "procedure/page.h"
#include "sop/draft.h"
#include "sop/printed.h"

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

// Its phases, and below each its steps.
template <typename Phases>
std::vector<std::string> IdsOf(const Phases& phases) {
  std::vector<std::string> ids;
  for (const auto& phase : phases) {
    ids.push_back("the phase " + base::Quote(phase.id));
    for (const auto& step : phase.steps) ids.push_back("the step " + base::Quote(step.id));
  }
  return ids;
}

// Printed and read back, so that two ways of writing the same are one.
base::Result<base::YamlNode> Normal(const Procedure& procedure) {
  SLIPWAY_TRY(const markdown::Document page,
              markdown::Read(procedure::PrintPage(procedure), procedure.metadata.id));
  SLIPWAY_TRY(const Draft draft, FromPrinted(page));
  const std::vector<std::string> ours = IdsOf(procedure.phases), read = IdsOf(draft.phases);
  if (const auto [one, other] = std::ranges::mismatch(ours, read); one != ours.end() || other != read.end())
    return base::Invalid("its printed page is not read back as the same: " +
                             (one != ours.end() ? *one + " is lost" : *other + " is not its own"),
                         procedure.metadata.id);
  auto tree = base::ParseYaml(Yaml(draft));
  if (!tree) return base::Invalid(tree.error().what, procedure.metadata.id);
  return *std::move(tree);
}

base::Json JsonOf(const base::YamlNode& node) {
  switch (node.kind) {
    case base::YamlNode::Kind::kScalar:
      return base::Json(node.scalar);
    case base::YamlNode::Kind::kSequence: {
      base::JsonArray out;
      for (const base::YamlNode& item : node.items) out.push_back(JsonOf(item));
      return out;
    }
    case base::YamlNode::Kind::kMapping: {
      base::JsonObject out;
      for (const base::YamlMember& member : node.members) out[member.first.scalar] = JsonOf(member.second);
      return out;
    }
  }
  return nullptr;
}

// `with.argv` and what stands there.
using Keys = std::map<std::string, std::string>;

void Flatten(const base::YamlNode& node, const std::string& at, Keys& keys) {
  if (node.kind == base::YamlNode::Kind::kMapping && !node.members.empty()) {
    for (const base::YamlMember& member : node.members)
      Flatten(member.second, (at.empty() ? "" : at + ".") + member.first.scalar, keys);
    return;
  }
  keys[at] = node.kind == base::YamlNode::Kind::kScalar ? node.scalar
                                                        : base::CanonicalJson(JsonOf(node)).value_or("");
}

Keys KeysOf(const base::YamlNode& node, std::initializer_list<std::string_view> without) {
  Keys keys;
  Flatten(node, "", keys);
  std::erase_if(keys, [&](const auto& key) {
    return std::ranges::any_of(without, [&](std::string_view name) {
      return key.first == name || key.first.starts_with(std::string(name) + ".");
    });
  });
  return keys;
}

// What a page that people wrote can say of a step, beside whether there is one.
bool IsProse(std::string_view field) {
  return field == "title" || field == "description" || field == "uses" || field.starts_with("with.") ||
         field == "confirm.checklist";
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
  Comparison(const Procedure& procedure, const base::YamlNode& ours_tree, const Procedure& draft,
             const base::YamlNode& theirs_tree, PageSays says)
      : procedure_(procedure),
        draft_(draft),
        trees_{ours_tree, theirs_tree},
        says_(says),
        ours_(StepsOf(procedure)),
        theirs_(StepsOf(draft)) {
    partner_.assign(theirs_.size(), nullptr);
    Index(procedure, ours_tree);
    Index(draft, theirs_tree);
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
    ComparePhases();
    CompareDocument();
    return std::move(out_);
  }

 private:
  // Where the keys of each step stand.
  void Index(const Procedure& procedure, const base::YamlNode& tree) {
    const base::YamlNode& phases = *tree.Find("phases");
    for (std::size_t i = 0; i < procedure.phases.size(); ++i)
      for (std::size_t k = 0; k < procedure.phases[i].steps.size(); ++k)
        nodes_[&procedure.phases[i].steps[k]] = {&phases.items[i].Find("steps")->items[k],
                                                 &procedure.phases[i]};
  }

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
  // Of a step, a phase or the document, `about` says which.
  void Differs(const Difference& about, const std::string& field, const std::string& here,
               const std::string& there) {
    if (here == there) return;
    Difference difference = about;
    const bool beyond = says_ == PageSays::kProse && there.empty() && !IsProse(field);
    difference.kind = beyond ? Difference::Kind::kBeyond : Difference::Kind::kChanged;
    difference.field = field;
    difference.procedure = here;
    difference.page = there;
    out_.push_back(std::move(difference));
  }

  void CompareKeys(const Difference& about, const Keys& ours, const Keys& theirs) {
    std::set<std::string> names;
    for (const auto& [name, value] : ours) names.insert(name);
    for (const auto& [name, value] : theirs) names.insert(name);
    const auto value = [](const Keys& keys, const std::string& name) {
      const auto found = keys.find(name);
      return found == keys.end() ? std::string() : found->second;
    };
    for (const std::string& name : names)
      if (name != "confirm.checklist") Differs(about, name, value(ours, name), value(theirs, name));
  }

  void Compare(const Step& ours, const Step& theirs) {
    const Difference about{
        .step = ours.id, .title = ours.title, .page_line = LineOf(theirs.source), .procedure_at = ours.at};
    const std::string uses = ours.action ? ours.action->uses : "confirm";
    const std::string page_uses = theirs.action ? theirs.action->uses : "confirm";
    Keys here = KeysOf(*nodes_.at(&ours).node, {"id", "source", "uses"});
    Keys there = KeysOf(*nodes_.at(&theirs).node, {"id", "source", "uses"});
    if (uses != page_uses) {  // what each of them is told is then another thing
      for (Keys* keys : {&here, &there})
        std::erase_if(*keys, [](const auto& key) {
          return key.first.starts_with("with.") || key.first.starts_with("confirm");
        });
    }
    Differs(about, "uses", uses, page_uses);
    CompareKeys(about, here, there);
    const procedure::Phase& phase = *nodes_.at(&ours).phase;
    const procedure::Phase& page_phase = *nodes_.at(&theirs).phase;
    if (PartnerOf(page_phase) != &phase) Differs(about, "phase", phase.id, page_phase.id);
    if (ours.confirm && theirs.confirm) CompareChecklist(about, ours, theirs);
  }

  // Item by item, so that one that was dropped is one line.
  void CompareChecklist(const Difference& about, const Step& ours, const Step& theirs) {
    const auto& a = ours.confirm->checklist;
    const auto& b = theirs.confirm->checklist;
    const std::size_t before = out_.size();
    for (const std::string& item : b)
      if (std::ranges::find(a, item) == a.end()) Differs(about, "confirm.checklist", "", item);
    for (const std::string& item : a)
      if (std::ranges::find(b, item) == b.end()) Differs(about, "confirm.checklist", item, "");
    if (out_.size() == before) Differs(about, "confirm.checklist", base::Join(a, "\n"), base::Join(b, "\n"));
  }

  // The phase of the procedure that is the page's; nullptr: it has none such.
  const procedure::Phase* PartnerOf(const procedure::Phase& theirs) const {
    for (const procedure::Phase& phase : procedure_.phases)
      if (phase.id == theirs.id) return &phase;
    for (const procedure::Phase& phase : procedure_.phases)
      if (phase.title == theirs.title) return &phase;
    return procedure_.phases.size() == 1 && draft_.phases.size() == 1 ? &procedure_.phases[0] : nullptr;
  }

  void ComparePhases() {
    for (std::size_t i = 0; i < draft_.phases.size(); ++i) {
      const procedure::Phase* ours = PartnerOf(draft_.phases[i]);
      if (ours == nullptr) continue;
      const auto place = static_cast<std::size_t>(ours - procedure_.phases.data());
      CompareKeys({.step = ours->id,
                   .title = ours->title,
                   .page_line = LineOf(draft_.phases[i].steps[0].source),
                   .procedure_at = ours->at},
                  KeysOf(trees_[0].get().Find("phases")->items[place], {"id", "steps"}),
                  KeysOf(trees_[1].get().Find("phases")->items[i], {"id", "steps"}));
    }
  }

  // What names the document and where it came from is no difference, and whether it is published is not on a
  // page.
  void CompareDocument() {
    static const std::initializer_list<std::string_view> kWithout{
        "apiVersion", "kind", "phases", "metadata.id", "metadata.source", "metadata.status"};
    Keys theirs = KeysOf(trees_[1], kWithout);
    if (says_ == PageSays::kProse) theirs.erase("on_failure");  // import's word, not the page's
    Keys ours = KeysOf(trees_[0], kWithout);
    if (says_ == PageSays::kProse && ours["on_failure"] == "pause") ours.erase("on_failure");
    CompareKeys({.step = procedure_.metadata.id,
                 .title = procedure_.metadata.title,
                 .page_line = LineOf(draft_.metadata.source),
                 .procedure_at = {1, 1}},
                ours, theirs);
  }

  struct Place {
    const base::YamlNode* node = nullptr;
    const procedure::Phase* phase = nullptr;
  };

  const Procedure& procedure_;
  const Procedure& draft_;
  std::array<std::reference_wrapper<const base::YamlNode>, 2> trees_;  // the procedure's and the page's
  const PageSays says_;
  std::map<const Step*, Place> nodes_;
  std::vector<const Step*> ours_;
  std::vector<const Step*> theirs_;
  std::vector<const Step*> partner_;  // of theirs_
  std::set<const Step*> taken_;
  std::vector<Difference> out_;
};

}  // namespace

base::Result<std::vector<Difference>> Diff(const Procedure& procedure, const Procedure& draft,
                                           PageSays says) {
  SLIPWAY_TRY(const base::YamlNode ours, Normal(procedure));
  SLIPWAY_TRY(const base::YamlNode theirs, Normal(draft));
  return Comparison(procedure, ours, draft, theirs, says).Run();
}

}  // namespace slipway::sop
