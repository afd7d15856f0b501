// Everything that can be known now is resolved now, for every target: a name that one target of ten thousand
// lacks is told here, not in the middle of a rollout.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/compiler.h"
#include "plan/suggest.h"

namespace slipway::plan {

using base::Json;
using base::JsonObject;
using drivers::ArgumentSheet;
using drivers::ArgumentType;

namespace {

constexpr std::uint64_t kMaxFile = std::uint64_t{1} << 30;

std::string DriverOf(const drivers::ActionSheet& sheet) { return sheet.name.substr(0, sheet.name.find('.')); }

// Follows a path into what is known of a target; an error where a name is not there.
base::Status Exists(const JsonObject& scope, const expr::Reference& reference) {
  const Json* at = nullptr;
  for (const std::string& name : reference.path) {
    const JsonObject* members = at == nullptr ? &scope : at->if_object();
    if (members == nullptr) return {};
    const Json* next = members->if_contains(name);
    if (next == nullptr) {
      std::vector<std::string> names;
      for (const auto& member : *members) names.emplace_back(member.key());
      return base::Invalid("unknown name `" + expr::ToString(reference) + "`", "", Suggest(name, names));
    }
    at = next;
  }
  return {};
}

}  // namespace

void Found::Add(base::Error one, std::string_view on) {
  if (count++ > 0) return;
  error = std::move(one);
  target = on;
}

// One target at a time, and all that reads it: its names are looked up while they are at hand.
void Compiler::ResolveArguments() {
  struct Job {
    const StepUse* step;
    const Use* use;
    const Argument* argument;
    Found found;
    std::size_t next = 0;  // into step->targets
  };
  std::vector<Job> jobs;
  for (StepUse& step : steps_) {
    JudgeWhen(step);
    if (!step.runs) continue;
    for (const Use& use : step.uses) {
      for (const Argument& argument : use.arguments) jobs.push_back({&step, &use, &argument, {}});
      JsonObject none;
      AddDefaultConnection(use, none);
      AddDefaultFiles(use);
    }
  }
  SetTarget(kNoTarget);
  std::vector<Job*> many;
  for (Job& job : jobs) {
    if (job.argument->reads.target && job.step->phase->for_each) {
      many.push_back(&job);
    } else {
      ResolveArgument(*job.use, *job.argument, "", job.found);
    }
  }
  for (std::size_t index = 0; index < plan_.targets.size() && !many.empty(); ++index) {
    SetTarget(index);
    for (Job* job : many) {
      if (job->next == job->step->targets.size() || job->step->targets[job->next] != index) continue;
      ++job->next;
      ResolveArgument(*job->use, *job->argument, plan_.targets[index].id, job->found);
    }
  }
  SetTarget(kNoTarget);
  for (const Job& job : jobs)
    Tell(job.argument->at, "`" + job.argument->sheet->name + "` of " + job.use->sheet->name, job.found);
  CheckSecrets();
}

// Which targets the step may run on: all but those for which `when` is false already now.
void Compiler::JudgeWhen(StepUse& step) {
  if (step.phase->for_each) {
    step.targets.resize(plan_.targets.size());
    for (std::size_t i = 0; i < step.targets.size(); ++i) step.targets[i] = i;
  }
  if (!step.when || !step.when_reads.Known()) return;
  Found found;
  auto holds = [&](std::string_view on) {
    auto answer = step.when->Test(scope_);
    if (!answer) found.Add(answer.error(), on);
    return answer.value_or(false);
  };
  if (!step.phase->for_each || !step.when_reads.target) {
    SetTarget(kNoTarget);
    step.runs = holds("");
    if (!step.runs) step.targets.clear();
  } else {
    std::erase_if(step.targets, [&](std::size_t index) {
      SetTarget(index);
      return !holds(plan_.targets[index].id);
    });
    step.runs = !step.targets.empty();
  }
  Tell(step.step->when_at, "`when`", found);
}

void Compiler::ResolveArgument(const Use& use, const Argument& argument, std::string_view on, Found& found) {
  if (argument.reads.wrong) return;
  if (!argument.reads.Known()) {
    if (auto paths = CheckPaths(argument); !paths) found.Add(paths.error(), on);
    return;
  }
  auto value = ResolveValue(use, argument);
  const base::Status taken = value ? Take(use, argument, *value) : std::unexpected(value.error());
  if (!taken) found.Add(taken.error(), on);
}

void Compiler::Tell(base::Position at, const std::string& what, const Found& found) {
  if (!found.error) return;
  std::string text = what + ": " + found.error->what;
  if (!found.target.empty()) text += " (on target " + found.target;
  if (found.count > 1) text += fmt::format(" and {} more", found.count - 1);
  if (!found.target.empty()) text += ")";
  Error(at, std::move(text), found.error->next);
}

// Of a value that is not known yet, at least the names that are read of the target exist.
base::Status Compiler::CheckPaths(const Argument& argument) {
  for (const expr::Reference& reference : argument.value.References()) {
    const std::string& first = reference.path.front();
    if (reference.optional || (first != "target" && first != "environment" && first != "parameters"))
      continue;
    SLIPWAY_CHECK_OK(Exists(scope_, reference));
  }
  return {};
}

base::Result<Json> Compiler::ResolveValue(const Use&, const Argument& argument) {
  SLIPWAY_TRY(Json value, argument.value.Evaluate(scope_));
  if (value.is_null()) {
    if (argument.sheet->required || argument.sheet->type == ArgumentType::kConnection)
      return base::Invalid("it is required and has no value");
    return argument.sheet->fallback;
  }
  return drivers::Normalize(*argument.sheet, value);
}

// Connections and files become part of the plan.
base::Status Compiler::Take(const Use& use, const Argument& argument, const Json& value) {
  if (!value.is_string()) return {};
  const std::string_view text = base::View(value.get_string());
  if (argument.sheet->type == ArgumentType::kFile) return AddFile(text);
  if (argument.sheet->type == ArgumentType::kFiles) return AddFiles(text);
  if (argument.sheet->type == ArgumentType::kConnection) return AddConnection(use, text);
  if (argument.sheet->type == ArgumentType::kFolder) {
    SLIPWAY_CHECK_OK(base::Inside(workspace_.root, text));
  }
  return {};
}

base::Status Compiler::AddConnection(const Use& use, std::string_view name) {
  if (plan_.connections.contains(std::string(name))) {
    if (base::GetString(plan_.connections.at(std::string(name)), "driver") == DriverOf(*use.sheet)) return {};
  }
  const workspace::Connection* connection = workspace_.FindConnection(name);
  if (connection == nullptr || connection->driver != DriverOf(*use.sheet)) {
    std::vector<std::string> names;
    for (const workspace::Connection& known : workspace_.connections) {
      if (known.driver == DriverOf(*use.sheet)) names.push_back(known.name);
    }
    const std::string what =
        connection == nullptr ? "unknown connection `" + base::Printable(name) + "`"
                              : fmt::format("connection `{}` is one of driver {}", name, connection->driver);
    return base::Invalid(what, "", Suggest(name, names, "name it under `connections:` in slipway.yaml"));
  }
  plan_.connections.emplace(connection->name, connection->document);
  return {};
}

// An omitted connection is the only one of its driver. It is put into `with` and recorded; more or none is
// told once per use.
void Compiler::AddDefaultConnection(const Use& use, JsonObject& with) {
  for (const ArgumentSheet& sheet : use.sheet->arguments) {
    if (sheet.type != ArgumentType::kConnection || use.action->with.contains(sheet.name)) continue;
    std::vector<std::string> names;
    for (const workspace::Connection& known : workspace_.connections) {
      if (known.driver == DriverOf(*use.sheet)) names.push_back(known.name);
    }
    if (names.size() == 1) {
      with[sheet.name] = names.front();
      if (auto added = AddConnection(use, names.front()); !added) Error(use.action->at, added.error());
    } else if (names.empty()) {
      Error(use.action->at,
            fmt::format("{} needs a connection of driver {}", use.sheet->name, DriverOf(*use.sheet)),
            "name it under `connections:` in slipway.yaml; `slipway docs " + use.sheet->name + "` says how");
    } else {
      Error(use.action->at,
            fmt::format("{} needs `{}`: there are several of driver {}", use.sheet->name, sheet.name,
                        DriverOf(*use.sheet)),
            "one of " + base::Join(names, ", "));
    }
  }
}

// What stands in the sheet is read as well, so it is part of what is approved.
void Compiler::AddDefaultFiles(const Use& use) {
  for (const ArgumentSheet& sheet : use.sheet->arguments) {
    if (use.action->with.contains(sheet.name) || !sheet.fallback.is_string()) continue;
    const std::string_view path = base::View(sheet.fallback.get_string());
    base::Status added;
    if (sheet.type == ArgumentType::kFile) added = AddFile(path);
    if (sheet.type == ArgumentType::kFiles) added = AddFiles(path);
    if (!added) Error(use.action->at, added.error());
  }
}

base::Status Compiler::AddFile(std::string_view path) {
  const auto seen = seen_files_.find(std::string(path));
  if (seen != seen_files_.end()) return seen->second;
  auto read = [&]() -> base::Status {
    SLIPWAY_TRY(const std::filesystem::path inside, base::Inside(workspace_.root, path));
    std::error_code error;
    if (!std::filesystem::exists(inside, error)) {
      std::vector<std::string> names;
      for (std::filesystem::directory_iterator it(inside.parent_path(), error), end; !error && it != end;
           it.increment(error))
        names.push_back((std::filesystem::path(path).parent_path() / it->path().filename()).generic_string());
      std::ranges::sort(names);
      return base::Invalid("there is no file `" + base::Printable(path) + "` in the workspace", "",
                           Suggest(path, names));
    }
    SLIPWAY_TRY(const std::string bytes, base::ReadFile(inside, kMaxFile));
    plan_.files[std::string(path)] = base::Sha256Text(bytes);
    return {};
  };
  return seen_files_.emplace(path, read()).first->second;
}

// Hidden files are not part of it: an editor's copy must not void a plan.
base::Status Compiler::AddFiles(std::string_view folder) {
  const auto seen = seen_files_.find(std::string(folder));
  if (seen != seen_files_.end()) return seen->second;
  auto read = [&]() -> base::Status {
    SLIPWAY_TRY(const std::filesystem::path inside, base::Inside(workspace_.root, folder));
    std::error_code error;
    std::vector<std::string> files;
    for (std::filesystem::recursive_directory_iterator it(inside, error), end; !error && it != end;
         it.increment(error)) {
      const bool hidden = it->path().filename().string().starts_with('.');
      if (hidden && it->is_directory(error)) it.disable_recursion_pending();
      if (!hidden && !it->is_directory(error))
        files.push_back(
            (std::filesystem::path(folder) / it->path().lexically_relative(inside)).generic_string());
    }
    if (error)
      return base::Invalid("there is no folder `" + base::Printable(folder) + "` in the workspace", "",
                           base::ErrnoText(error.value()));
    for (const std::string& file : files) SLIPWAY_CHECK_OK(AddFile(file));
    return {};
  };
  return seen_files_.emplace(folder, read()).first->second;
}

// Every secret that is named must be one that slipway.yaml names, or that slipway keeps.
void Compiler::CheckSecrets() {
  std::vector<std::string> names = workspace_.kept_secrets;
  for (const auto& [name, reference] : workspace_.secrets) names.push_back(name);
  auto check = [&](const expr::Reference& reference, base::Position at, const std::string& where) {
    if (reference.path.front() != "secrets" || reference.path.size() < 2) return;
    if (std::ranges::find(names, reference.path[1]) != names.end()) return;
    Error(at, "unknown secret `" + reference.path[1] + "`" + where,
          Suggest(reference.path[1], names,
                  "slipway secrets set NAME, or name it under `secrets:` in slipway.yaml"));
  };
  for (const StepUse& step : steps_) {
    for (const Use& use : step.uses) {
      for (const Argument& argument : use.arguments) {
        for (const expr::Reference& reference : argument.value.References())
          check(reference, argument.at, "");
      }
    }
  }
  for (const auto& [name, document] : plan_.connections) {
    auto references = expr::ReferencesIn(Json(document));
    if (!references) {
      Error({}, "connection `" + name + "` in slipway.yaml: " + references.error().what,
            references.error().next);
      continue;
    }
    for (const expr::Reference& reference : *references) {
      if (reference.path.front() != "secrets")
        Error({}, "connection `" + name + "` in slipway.yaml reads `" + expr::ToString(reference) + "`",
              "only secrets can be read there");
      check(reference, {}, " in connection `" + name + "`");
    }
  }
}

}  // namespace slipway::plan
