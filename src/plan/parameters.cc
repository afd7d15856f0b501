// Parameters: as typed on the command line, or their defaults, in the type the procedure gives them.
#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "plan/compiler.h"
#include "plan/suggest.h"

namespace slipway::plan {

using base::Json;
using base::JsonObject;
using procedure::Parameter;
using procedure::ParameterType;

namespace {

bool IsDate(std::string_view text) {
  static const RE2 pattern(R"(\d{4}-\d{2}-\d{2})");
  if (!RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern)) return false;
  return workspace::ParseInstant(text, "UTC", workspace::Edge::kStart).has_value();
}

bool Matches(std::string_view text, const std::string& pattern) {
  const RE2 expression(pattern, RE2::Quiet);
  return expression.ok() && RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
}

template <typename Value>
base::Result<Json> AsJson(const base::Result<Value>& value) {
  if (!value) return std::unexpected(value.error());
  return Json(*value);
}

// A value of a type that needs neither the workspace nor the parameter's own list.
base::Result<Json> ReadPlain(ParameterType type, const std::string& text) {
  switch (type) {
    case ParameterType::kInteger:
      return AsJson(base::ParseInteger(text));
    case ParameterType::kBoolean:
      return AsJson(base::ParseBoolean(text));
    case ParameterType::kDuration: {
      SLIPWAY_TRY(const base::Duration duration, base::ParseDuration(text));
      return Json(std::int64_t{duration.count()});
    }
    case ParameterType::kPercentage:
      return AsJson(base::ParsePercentage(text));
    case ParameterType::kDate:
      if (!IsDate(text))
        return base::Invalid("`" + base::Printable(text) + "` is no date", "", "write 2027-03-31");
      return Json(text);
    case ParameterType::kString:
    case ParameterType::kEnum:
    case ParameterType::kRelease:
    case ParameterType::kSecret:
      return Json(text);
  }
  return Json();
}

std::string HowToGive(const Parameter& parameter, const workspace::Workspace& workspace) {
  if (parameter.type == ParameterType::kSecret) return "-p " + parameter.name + "=@FILE";
  std::string how = "-p " + parameter.name + "=…";
  if (parameter.type == ParameterType::kEnum) how += " (one of " + base::Join(parameter.values, ", ") + ")";
  if (parameter.type == ParameterType::kRelease) {
    const std::vector<std::string> names = workspace::ReleaseNames(workspace);
    how += names.empty() ? " (releases/ is empty)" : " (releases/ has " + Abbreviate(names, 12) + ")";
  }
  return how;
}

}  // namespace

void Compiler::ReadParameters() {
  std::vector<std::string> names;
  for (const Parameter& parameter : procedure_.parameters) names.push_back(parameter.name);
  std::set<std::string> meant;
  for (const auto& [name, text] : request_.parameters) {
    if (std::ranges::find(names, name) != names.end()) continue;
    if (auto near = base::DidYouMean(name, names)) meant.insert(*std::move(near));
    Error({}, "unknown parameter `" + base::Printable(name) + "`",
          Suggest(name, names, names.empty() ? "the procedure has no parameters" : ""));
  }
  for (const Parameter& parameter : procedure_.parameters) {
    const auto given = request_.parameters.find(parameter.name);
    const std::size_t before = problems_.size();
    Json& value = plan_.parameters[parameter.name];
    if (given != request_.parameters.end()) {
      value = ReadParameter(parameter, given->second);
    } else if (parameter.fallback) {
      value = ReadParameter(parameter, *parameter.fallback);
    } else if (parameter.required && meant.contains(parameter.name)) {
      wrong_parameters_.insert(parameter.name);
    } else if (parameter.required) {
      Error(parameter.at, "parameter `" + parameter.name + "` has no value",
            HowToGive(parameter, workspace_));
    }
    if (problems_.size() > before) wrong_parameters_.insert(parameter.name);
  }
  scope_["parameters"] = plan_.parameters;
}

Json Compiler::ReadParameter(const Parameter& parameter, const std::string& text) {
  if (parameter.type == ParameterType::kSecret) {
    // Not even a wrong value is repeated: it may be the secret.
    if (text.size() < 2 || text.front() != '@')
      Error(parameter.at,
            "secret parameter `" + parameter.name + "` is given on the command line, where others can see it",
            HowToGive(parameter, workspace_));
    return nullptr;
  }
  const std::string what = "parameter `" + parameter.name + "`";
  if (!base::IsUtf8(text) || text.find('\0') != std::string::npos) {
    Error(parameter.at, what + " is not UTF-8 text");
    return nullptr;
  }
  if (!parameter.pattern.empty() && !Matches(text, parameter.pattern)) {
    Error(parameter.at, what + ": `" + base::Printable(text) + "` does not match " + parameter.pattern);
    return nullptr;
  }
  if (parameter.type == ParameterType::kRelease) return ReadRelease(parameter, text);
  if (parameter.type == ParameterType::kEnum &&
      std::ranges::find(parameter.values, text) == parameter.values.end()) {
    Error(parameter.at, what + " cannot be `" + base::Printable(text) + "`", Suggest(text, parameter.values));
    return nullptr;
  }
  auto value = ReadPlain(parameter.type, text);
  if (!value) {
    Error(parameter.at, what + ": " + value.error().what, value.error().next);
    return nullptr;
  }
  return std::move(*value);
}

Json Compiler::ReadRelease(const Parameter& parameter, const std::string& version) {
  auto release = workspace::LoadRelease(workspace_, version);
  if (!release) {
    Error(parameter.at,
          "parameter `" + parameter.name + "`: " + release.error().what +
              (release.error().where.empty() ? "" : " (" + release.error().where + ")"),
          release.error().next);
    return nullptr;
  }
  plan_.releases[parameter.name] = {release->version, release->path, release->digest};
  return JsonObject{{"version", release->version}, {"digest", release->digest}, {"path", release->path}};
}

}  // namespace slipway::plan
