#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "api/json.h"
#include "base/bytes.h"
#include "base/text.h"
#include "cli/moment.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

std::string Releases(const api::TargetEntry& target) {
  if (target.releases.empty()) return "-";
  if (target.releases.size() == 1) return target.releases.begin()->second;
  std::string text;
  for (const auto& [parameter, version] : target.releases) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", parameter, version);
  }
  return text;
}

std::string Shown(const base::Json& value) {
  if (!value.is_string()) return boost::json::serialize(value);
  const std::string text(base::View(value.get_string()));
  return base::ParseDigest(text) ? Short(text) : base::Printable(text);
}

std::string Facts(const api::TargetEntry& target) {
  std::string text;
  for (const auto& [name, fact] : target.facts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, Shown(fact.value));
  return text;
}

}  // namespace

Exit Targets(Call& call) {
  std::string environment;
  Options options("targets", "What runs where, as the log tells it.");
  options.Text("-e,--environment", environment, "ENV", "only what is there").Json();
  if (const auto over = Read(call, options)) return *over;
  const auto targets = call.api.Targets(environment);
  if (!targets) return Fail(call.out, targets.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*targets));
    return Exit::kSucceeded;
  }
  Table table({"TARGET", "KIND", "RELEASE", "SINCE", "BY", "HELD BY", "FACTS", "NOTE"});
  for (const api::TargetEntry& target : *targets) {
    table.Add({target.id, target.kind, Releases(target), Moment(target.since), target.run, target.held_by,
               Facts(target), target.note},
              target.note.empty() ? Style::kPlain : Style::kCare);
  }
  if (table.empty())
    call.out.Line("no targets");
  else
    table.Write(call.out);
  return Exit::kSucceeded;
}

Exit TargetsAdopt(Call& call) {
  api::AdoptRequest request;
  Options options("targets adopt", "Puts on record what runs on a target already; changes nothing there.");
  options.Required("TARGET", request.target, "its id")
      .Required("RELEASE", request.release, "a release of this workspace")
      .Text("--reason", request.reason, "TEXT", "how you know")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  const auto adopted = call.api.Adopt(request);
  if (!adopted) return Fail(call.out, adopted.error());
  if (options.json())
    call.out.Json(api::ToJson(*adopted));
  else
    call.out.Line(fmt::format("{} runs {}, as you say", adopted->id, Releases(*adopted)), Style::kGood);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
