#include "app/planning.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "app/document.h"
#include "app/migrations.h"
#include "app/observe.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/private_folder.h"
#include "base/text.h"

namespace slipway::app {

namespace {

using base::Json;
using base::JsonObject;

constexpr std::size_t kFewestDigits = 12;
constexpr std::string_view kPrefix = "sha256:";

// A wrong value is refused before anything is done, and not shown.
base::Status CheckPattern(const procedure::Parameter& parameter, const base::Secret& value,
                          const std::string& file) {
  if (parameter.pattern.empty()) return {};
  if (RE2::FullMatch(value.Reveal(), RE2(parameter.pattern, RE2::Quiet))) return {};
  return base::Invalid(fmt::format("the value of the secret parameter {} does not match {}", parameter.name,
                                   parameter.pattern),
                       file, "correct the file; one newline at its end is not part of the value");
}

base::Status ReadSecretParameters(Session& session, const procedure::Procedure& procedure,
                                  const std::map<std::string, std::string>& given) {
  for (const procedure::Parameter& parameter : procedure.parameters) {
    if (parameter.type != procedure::ParameterType::kSecret) continue;
    const auto found = given.find(parameter.name);
    if (found == given.end() || found->second.size() < 2 || found->second.front() != '@')
      continue;  // the plan says what is wrong
    const std::string file = found->second.substr(1);
    auto value = workspace::ReadSecretFile(file, parameter.name);
    if (!value) {
      base::Error error = value.error();
      if (error.kind == base::ErrorKind::kIo) error.kind = base::ErrorKind::kInvalid;
      error.what = "secret parameter " + parameter.name + ": " + error.what;
      if (error.next.empty()) error.next = "-p " + parameter.name + "=@FILE, with the file that holds it";
      return std::unexpected(std::move(error));
    }
    SLIPWAY_CHECK_OK(CheckPattern(parameter, *value, file));
    const auto secrets = session.SecretValues();
    if (!secrets) return std::unexpected<base::Error>(secrets.error());
    (*secrets)->Add("parameters." + parameter.name, *std::move(value));
  }
  return {};
}

base::Status RequireStore(Session& session, const workspace::Workspace& workspace, const plan::Plan& plan) {
  const workspace::Environment* environment = workspace.FindEnvironment(plan.environment);
  if (environment == nullptr || environment->store.empty()) return {};
  SLIPWAY_TRY(journal::Store * store, session.Store());
  if (store->Id() == environment->store) return {};
  return base::Refused(fmt::format("{} is pinned to the store {}, and this is {}", plan.environment,
                                   environment->store, store->Id()),
                       "slipway.yaml", "work in the clone that holds that store");
}

std::filesystem::path PlanFile(const std::filesystem::path& state_dir, std::string_view digest) {
  return state_dir / "plans" / (std::string(digest.substr(kPrefix.size())) + ".json");
}

std::string Shown(const Json* value) {
  if (value == nullptr) return "nothing";
  std::string text = base::CanonicalJson(*value).value_or("?");
  if (text.size() > 80) text = text.substr(0, 80) + "…";
  return text;
}

// Of two documents: the first line that is not the same.
std::string FirstDifference(std::string_view was, std::string_view is) {
  const std::vector<std::string> a = base::Split(was, '\n');
  const std::vector<std::string> b = base::Split(is, '\n');
  std::size_t line = 0;
  while (line < a.size() && line < b.size() && a[line] == b[line]) ++line;
  const auto text = [&](const std::vector<std::string>& lines) {
    return line < lines.size() ? base::Quote(base::Trim(lines[line])) : "nothing";
  };
  return fmt::format(" changed at line {}: was {}, is {}", line + 1, text(a), text(b));
}

void Compare(const std::string& path, const Json* was, const Json* is, std::vector<std::string>& out) {
  if (was != nullptr && is != nullptr && *was == *is) return;
  const auto below = [&](std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
  };
  if (was != nullptr && is != nullptr && was->is_object() && is->is_object()) {
    for (const auto& member : was->get_object())
      Compare(below(member.key()), &member.value(), is->get_object().if_contains(member.key()), out);
    for (const auto& member : is->get_object()) {
      if (!was->get_object().contains(member.key()))
        Compare(below(member.key()), nullptr, &member.value(), out);
    }
    return;
  }
  if (was != nullptr && is != nullptr && was->is_array() && is->is_array()) {
    const base::JsonArray& a = was->get_array();
    const base::JsonArray& b = is->get_array();
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      const Json* first = i < a.size() ? &a[i] : nullptr;
      const Json* second = i < b.size() ? &b[i] : nullptr;
      std::string name = std::to_string(i + 1);
      const Json* named = first != nullptr ? first : second;
      if (named->is_object() && named->get_object().contains("id"))
        name = base::GetString(named->get_object(), "id");
      Compare(below(name), first, second, out);
    }
    return;
  }
  const bool prose = (was != nullptr && was->is_string() && was->get_string().size() > 200) ||
                     (is != nullptr && is->is_string() && is->get_string().size() > 200);
  if (prose && was != nullptr && is != nullptr && was->is_string() && is->is_string())
    out.push_back(path + FirstDifference(base::View(was->get_string()), base::View(is->get_string())));
  else if (prose)
    out.push_back(path + " changed");
  else
    out.push_back(fmt::format("{} was {}, is {}", path, Shown(was), Shown(is)));
}

}  // namespace

api::Answer<plan::Plan> MakePlan(Session& session, const api::ProcedureRequest& request) {
  SLIPWAY_TRY(const procedure::Procedure procedure, ReadProcedure(session, request.file));
  SLIPWAY_TRY(const workspace::Workspace* workspace, session.Workspace());
  plan::Request wanted;
  wanted.procedure = &procedure;
  wanted.workspace = workspace;
  wanted.environment = request.environment;
  wanted.parameters.insert(request.parameters.begin(), request.parameters.end());
  wanted.only = request.only;
  wanted.sheets = session.drivers().AllSheets();
  SLIPWAY_CHECK_OK(ReadSecretParameters(session, procedure, wanted.parameters));
  std::optional<api::Failure> blind;
  wanted.observe = [&](const std::vector<plan::Observation>& observations) {
    auto seen = Observe(session, observations);
    if (!seen) blind = seen.error();
    return seen ? *std::move(seen) : plan::Facts();
  };
  auto plan = plan::Compile(wanted);
  if (blind) return std::unexpected(*std::move(blind));
  if (!plan) return std::unexpected(Broken(plan.error(), procedure.text, request.file));
  SLIPWAY_CHECK_OK(RequireVersions(*plan));
  SLIPWAY_CHECK_OK(RequireStore(session, *workspace, *plan));
  return *std::move(plan);
}

base::Status GiveSecrets(Session& session, const procedure::Procedure& procedure,
                         const std::vector<std::pair<std::string, std::string>>& given) {
  for (const auto& [name, value] : given) {
    const auto parameter = std::ranges::find(procedure.parameters, name, &procedure::Parameter::name);
    if (parameter == procedure.parameters.end() || parameter->type != procedure::ParameterType::kSecret) {
      return base::Invalid(base::Quote(name) + " is no secret parameter; the others are in the plan already",
                           "-p");
    }
    if (!value.starts_with('@'))
      return base::Invalid("the secret parameter " + name + " comes from a file", "-p",
                           "-p " + name + "=@FILE");
  }
  return ReadSecretParameters(session, procedure, {given.begin(), given.end()});
}

base::Status RequireSecrets(const engine::RunState& state, const plan::Plan& plan,
                            const std::vector<std::pair<std::string, std::string>>& given,
                            std::string_view verb) {
  const bool back = verb == "rollback";
  for (const procedure::Parameter& parameter : plan.procedure.parameters) {
    if (parameter.type != procedure::ParameterType::kSecret) continue;
    const auto same = [&](const auto& pair) { return pair.first == parameter.name; };
    if (std::ranges::any_of(given, same)) continue;
    const std::string name = "parameters." + parameter.name;
    bool used = parameter.required && !back;
    for (const auto& [key, instance] : state.instances) {
      if (used || !back || !instance.act.Intended()) continue;
      const procedure::Step* step = procedure::FindStep(plan.procedure, instance.step);
      used =
          boost::json::serialize(drivers::ToJson(instance.act.prepared)).find(name) != std::string::npos ||
          (step != nullptr && boost::json::serialize(step->undo.action.with).find(name) != std::string::npos);
    }
    if (!used) continue;
    return base::Invalid(
        fmt::format("{} uses the secret parameter {}, which no log holds", state.id, parameter.name), "",
        fmt::format("slipway {} {} -p {}=@FILE", verb, state.id, parameter.name));
  }
  return {};
}

base::Status KeepPlan(Session& session, const plan::Plan& plan) {
  SLIPWAY_TRY(const auto state_dir, session.StateDir());
  const auto file = PlanFile(state_dir, plan.digest);
  SLIPWAY_CHECK_OK(base::MakePrivateFolder(file.parent_path()));
  std::error_code unknown;
  if (std::filesystem::exists(file, unknown)) return {};
  return base::WriteFileAtomic(file, plan.bytes, 0600);
}

std::vector<std::string> KeptPlans(Session& session) {
  constexpr std::size_t kMost = 20;
  const auto state_dir = session.StateDir();
  if (!state_dir) return {};
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> found;
  std::error_code error;
  for (std::filesystem::directory_iterator it(*state_dir / "plans", error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    const auto at = it->last_write_time(gone);
    if (!gone) found.emplace_back(at, it->path().stem().string().substr(0, kFewestDigits));
  }
  std::ranges::sort(found, std::ranges::greater());
  std::vector<std::string> plans;
  for (auto& [at, digits] : found) {
    if (plans.size() < kMost) plans.push_back(std::move(digits));
  }
  return plans;
}

std::vector<std::string> Differences(const plan::Plan& was, const plan::Plan& is, std::size_t limit) {
  const auto a = base::ParseJson(was.bytes);
  const auto b = base::ParseJson(is.bytes);
  std::vector<std::string> all;
  if (a && b) Compare("", &*a, &*b, all);
  if (all.size() > limit) {
    const std::size_t more = all.size() - limit;
    all.resize(limit);
    all.push_back(fmt::format("and {} more", more));
  }
  return all;
}

base::Status RequireReviewed(Session& session, const plan::Plan& plan, const std::string& reviewed) {
  std::string digits = reviewed.starts_with(kPrefix) ? reviewed.substr(kPrefix.size()) : reviewed;
  const bool hex =
      std::ranges::all_of(digits, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!hex || digits.size() < kFewestDigits || digits.size() > 64) {
    return base::Invalid(
        base::Quote(reviewed) + " is no digest", "--plan",
        fmt::format("give it as `slipway plan` prints it, or its first {} digits", kFewestDigits));
  }
  if (std::string_view(plan.digest).substr(kPrefix.size()).starts_with(digits)) return {};
  std::string why = "the plan it was is not known in this workspace, so what differs cannot be said";
  SLIPWAY_TRY(const auto state_dir, session.StateDir());
  if (digits.size() < 64) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(state_dir / "plans", error)) {
      const std::string name = entry.path().stem().string();
      if (name.starts_with(digits)) digits = name;
    }
  }
  const std::string digest = std::string(kPrefix) + digits;
  if (digits.size() == 64) {
    if (const auto bytes = base::ReadFile(PlanFile(state_dir, digest), std::uint64_t{1} << 30)) {
      if (const auto was = plan::FromBytes(*bytes, digest))
        why = base::Join(Differences(*was, plan, 8), "; ");
    }
  }
  return base::Refused(fmt::format("the plan is not the one that was reviewed: {}", why), plan.digest,
                       "review it with `slipway plan`, then run it with --plan " + plan.digest);
}

}  // namespace slipway::app
