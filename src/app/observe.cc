#include "app/observe.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace slipway::app {

namespace {

constexpr base::Duration kPatience{15'000};  // for one target: a plan is made while a person waits
constexpr std::size_t kAtOnce = 16;

class NoSink final : public drivers::Sink {
 public:
  base::Status Note(base::JsonObject) override { return {}; }
};

struct Surroundings {
  base::Clock& clock;
  base::Random& random;
  const drivers::Registry& drivers;
  drivers::SecretSource& secrets;
  const workspace::Workspace& workspace;
  std::filesystem::path root;
  std::filesystem::path state_dir;
};

const base::JsonObject* ConnectionOf(const Surroundings& around, const plan::Observation& observation) {
  for (const drivers::ArgumentSheet& argument : around.drivers.Sheet(observation.uses)->arguments) {
    if (argument.type != drivers::ArgumentType::kConnection) continue;
    const auto* found = around.workspace.FindConnection(base::GetString(observation.with, argument.name));
    return found == nullptr ? nullptr : &found->document;
  }
  return nullptr;
}

base::JsonObject Unreachable(std::string reason) {
  return base::JsonObject{{"unreachable", std::move(reason)}};
}

drivers::Outcome Look(const Surroundings& around, const plan::Observation& observation) {
  const drivers::CancelToken never;
  drivers::Context context{.clock = around.clock,
                           .random = around.random,
                           .cancel = never,
                           .deadline = around.clock.Now() + kPatience,
                           .secrets = around.secrets,
                           .workspace = around.root,
                           .state_dir = around.state_dir,
                           .connection = ConnectionOf(around, observation),
                           .instance = "plan/" + observation.step + "@" + observation.target,
                           .epoch = 0};
  drivers::Driver* driver = around.drivers.Find(observation.uses);
  const auto prepared = driver->Prepare({observation.uses, observation.with}, context);
  if (!prepared) {
    // Of a peer that did not answer nobody knows what it would have said.
    const std::string why = base::ToString(prepared.error());
    return prepared.error().kind == base::ErrorKind::kIo ? drivers::Unknown(why) : drivers::NotDone(why);
  }
  if (around.drivers.Sheet(observation.uses)->effect != drivers::Effect::kReads)
    return drivers::Done(prepared->prior);
  NoSink sink;
  return driver->Run(*prepared, {}, sink, context);
}

}  // namespace

base::Result<plan::Observation> ObservationOf(Session& session, const workspace::Workspace& workspace,
                                              std::string target, std::string step, std::string_view uses,
                                              base::JsonObject with) {
  const drivers::ActionSheet* sheet = session.drivers().Sheet(uses);
  if (sheet == nullptr)
    return base::Fail(base::ErrorKind::kInternal, fmt::format("there is no action {}", uses));
  const std::string_view driver = uses.substr(0, uses.find('.'));
  const bool connects = std::ranges::find(sheet->arguments, drivers::ArgumentType::kConnection,
                                          &drivers::ArgumentSheet::type) != sheet->arguments.end();
  if (connects && base::GetString(with, "connection").empty()) {
    const auto only = std::ranges::find(workspace.connections, driver, &workspace::Connection::driver);
    if (only != workspace.connections.end()) with["connection"] = only->name;
  }
  SLIPWAY_TRY(with, drivers::NormalizeAll(*sheet, with, false));
  return plan::Observation{std::move(target), std::move(step), std::string(uses), std::move(with)};
}

api::Answer<std::vector<drivers::Outcome>> Foresee(Session& session,
                                                   const std::vector<plan::Observation>& steps) {
  std::vector<drivers::Outcome> seen(steps.size());
  if (steps.empty()) return seen;
  SLIPWAY_TRY(engine::Parts * parts, session.Engine());
  const Surroundings around{parts->clock,      parts->random, parts->drivers,  parts->secrets,
                            *parts->workspace, parts->root,   parts->state_dir};
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < steps.size(); i = next++) seen[i] = Look(around, steps[i]);
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < std::min(kAtOnce, steps.size()); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return seen;
}

api::Answer<plan::Facts> Observe(Session& session, const std::vector<plan::Observation>& observations) {
  SLIPWAY_TRY(std::vector<drivers::Outcome> seen, Foresee(session, observations));
  plan::Facts facts;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    const bool done = seen[i].verdict == drivers::Verdict::kDone;
    facts[observations[i].target][observations[i].step] =
        done ? std::move(seen[i].outputs) : Unreachable(std::move(seen[i].reason));
  }
  return facts;
}

}  // namespace slipway::app
