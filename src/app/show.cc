// Reading runs: the list, one, its log.
#include <algorithm>

#include "app/app.h"
#include "app/describe.h"
#include "app/driving.h"
#include "app/history.h"
#include "app/views.h"
#include "base/text.h"

namespace slipway::app {

namespace {

// `step`, or `step@target`; a step alone means it on every target.
bool Concerns(const api::LogLine& line, const std::string& step) {
  return step.empty() || line.step == step || line.step.starts_with(step + "@");
}

base::Error NoStep(const engine::RunState& state, const std::string& step) {
  std::vector<std::string> keys;
  for (const auto& [key, instance] : state.instances) keys.push_back(key);
  const auto near = base::DidYouMean(step, keys);
  return {base::ErrorKind::kInvalid, "nothing is on record of the step " + base::Quote(step), state.id,
          near ? "slipway log " + state.id + " " + *near : "slipway show " + state.id};
}

void Gather(journal::Store& store, const api::LogLine& line, std::vector<api::Attachment>& out) {
  const auto gather = [&](const base::Json& item) {
    if (!item.is_object()) return;
    const base::JsonObject& o = item.get_object();
    api::Attachment attachment{.step = line.step,
                               .attempt = static_cast<int>(base::GetInt(line.data, "attempt")),
                               .name = base::GetString(o, "name"),
                               .digest = base::GetString(o, "digest"),
                               .size = base::GetInt(o, "size"),
                               .bytes = "",
                               .missing = ""};
    if (auto bytes = store.Blob(attachment.digest))
      attachment.bytes = *std::move(bytes);
    else
      attachment.missing = base::ToString(bytes.error());
    out.push_back(std::move(attachment));
  };
  for (const base::Json& item : base::GetArray(line.data, "attachments")) gather(item);
  if (line.type != "confirmed") return;
  for (const auto& field : base::GetObject(line.data, "fields")) gather(field.value());
}

}  // namespace

api::Answer<std::vector<api::RunSummary>> App::Runs(const api::RunQuery& query) {
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  SLIPWAY_TRY(std::vector<api::RunSummary> runs, AllRuns(*store));
  // One that slipway.yaml no longer names may have runs all the same.
  if (!query.environment.empty() &&
      std::ranges::find(runs, query.environment, &api::RunSummary::environment) == runs.end())
    SLIPWAY_CHECK_OK(session_.Environment(query.environment));
  std::erase_if(runs, [&](const api::RunSummary& run) {
    return (!query.state.empty() && run.state != query.state) ||
           (!query.environment.empty() && run.environment != query.environment);
  });
  std::ranges::reverse(runs);
  if (query.limit > 0 && runs.size() > static_cast<std::size_t>(query.limit))
    runs.resize(static_cast<std::size_t>(query.limit));
  return runs;
}

api::Answer<api::RunDetails> App::Show(const std::string& run) {
  SLIPWAY_TRY(api::RunReport report, ReportOn(session_, run));
  return std::move(report.run);
}

api::Answer<api::RunLog> App::Log(const std::string& run, const std::string& step, bool attachments) {
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  SLIPWAY_TRY(const auto events, store->ReadRun(run, 0));
  SLIPWAY_TRY(const engine::RunState state, engine::LoadRun(*store, run));
  api::RunLog log;
  for (const journal::Event& event : events) {
    api::LogLine line = LineOf(event);
    if (!Concerns(line, step)) continue;
    if (attachments) Gather(*store, line, log.attachments);
    log.lines.push_back(std::move(line));
  }
  if (log.lines.empty()) return std::unexpected(NoStep(state, step));
  return log;
}

}  // namespace slipway::app
