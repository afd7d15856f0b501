#include "app/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include "app/actor.h"
#include "app/notify.h"
#include "base/diagnostic.h"
#include "base/text.h"
#include "process/ledger.h"

namespace slipway::app {

namespace {

constexpr std::size_t kMostWorkers = 64;
constexpr base::Duration kOrphanPatience{30'000};

api::Failure Wrong(const workspace::LoadErrors& errors, const std::filesystem::path& root) {
  std::string details;
  std::size_t count = 0;
  for (const auto& [text, diagnostics] : errors) {
    details += base::Render(diagnostics, text);
    count += diagnostics.size();
  }
  return {{base::ErrorKind::kInvalid,
           fmt::format("the workspace has {} {}", count, count == 1 ? "error" : "errors"), root.string(),
           count == 1 ? "correct it, and ask again" : "correct them, and ask again"},
          std::move(details)};
}

}  // namespace

base::Result<base::Secret> Secrets::Get(std::string_view name) {
  if (const auto given = given_.find(name); given != given_.end()) return given->second;
  if (constexpr std::string_view kParameter = "parameters."; name.starts_with(kParameter)) {
    const std::string parameter(name.substr(kParameter.size()));
    return base::Invalid("the secret parameter " + parameter + " is not given", "",
                         "-p " + parameter + "=@FILE");
  }
  return workspace::ReadSecret(workspace_, name);
}

Session::Session(Parts parts) : parts_(std::move(parts)) {}
Session::~Session() = default;

const std::string& Session::actor() {
  if (actor_.empty()) actor_ = CurrentActor();
  return actor_;
}

base::Result<std::filesystem::path> Session::Root() {
  if (!root_) {
    std::error_code error;
    const std::filesystem::path here = std::filesystem::current_path(error);
    if (error) return base::Fail(base::ErrorKind::kIo, "the current folder is gone: " + error.message());
    SLIPWAY_TRY(root_, workspace::FindRoot(here));
  }
  return *root_;
}

base::Result<std::filesystem::path> Session::StateDir() {
  SLIPWAY_TRY(const auto root, Root());
  return root / ".slipway";
}

api::Answer<void> Session::Load() {
  if (loaded_) return {};
  SLIPWAY_TRY(const auto root, Root());
  auto loaded = workspace::LoadWhatCanBeRead(root);
  if (!loaded) return std::unexpected(Wrong(loaded.error(), root));
  loaded_ = *std::move(loaded);
  return {};
}

api::Answer<const workspace::Workspace*> Session::Workspace() {
  SLIPWAY_CHECK_OK(Load());
  if (!loaded_->left_out.empty()) return std::unexpected(Wrong(loaded_->left_out, loaded_->workspace.root));
  return &loaded_->workspace;
}

api::Answer<const workspace::Workspace*> Session::WorkspaceWith(const std::string& file,
                                                                const std::string& text) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, Workspace());
  if (auto put = workspace::PutTargets(loaded_->workspace, file, text); !put)
    return std::unexpected(Wrong(put.error(), workspace->root));
  return workspace;
}

api::Answer<const workspace::Workspace*> Session::Settings() {
  SLIPWAY_CHECK_OK(Load());
  if (!loaded_->left_out.empty() && !warned_) {
    warned_ = true;
    const api::Failure wrong = Wrong(loaded_->left_out, loaded_->workspace.root);
    parts_.warn(wrong.details + "slipway: warning: " + wrong.what +
                "; what is on record goes on without those files of targets/\n");
  }
  return &loaded_->workspace;
}

api::Answer<const workspace::Environment*> Session::Environment(const std::string& name) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, Settings());
  if (const auto* found = workspace->FindEnvironment(name)) return found;
  std::vector<std::string> names;
  for (const workspace::Environment& environment : workspace->environments) names.push_back(environment.name);
  const auto near = base::DidYouMean(name, names);
  return std::unexpected(base::Error{base::ErrorKind::kInvalid,
                                     "there is no environment " + base::Quote(name), "slipway.yaml",
                                     near ? "-e " + *near : "one of " + base::Join(names, ", ")});
}

base::Result<journal::Store*> Session::Store() {
  if (!store_) {
    SLIPWAY_TRY(const auto dir, StateDir());
    SLIPWAY_TRY(store_, parts_.open_store(dir));
  }
  return store_.get();
}

base::Result<bool> Session::HasStore() {
  if (store_) return true;
  SLIPWAY_TRY(const auto dir, StateDir());
  return parts_.has_store(dir);
}

base::Result<journal::Store*> Session::StoreToRead() {
  SLIPWAY_TRY(const bool here, HasStore());
  if (here) return Store();
  if (!empty_) {
    nothing_.emplace(parts_.random);
    empty_ = journal::OpenMemoryStore(*nothing_, "nothing");
  }
  return empty_.get();
}

base::Result<Session::StoredLog> Session::Log() {
  StoredLog log;
  SLIPWAY_TRY(const auto dir, StateDir());
  if (::access(dir.c_str(), W_OK) != 0) {
    SLIPWAY_TRY(log.view, parts_.open_as_it_is(dir));
    return log;
  }
  const auto store = Store();
  if (store) {
    SLIPWAY_TRY(log.view, (*store)->OpenView());
    return log;
  }
  auto view = parts_.open_as_it_is(dir);
  if (store.error().kind != base::ErrorKind::kIo || !view) return std::unexpected(store.error());
  log.view = *std::move(view);
  log.fault = store.error().what;
  return log;
}

api::Answer<Secrets*> Session::SecretValues() {
  if (!secrets_) {
    SLIPWAY_TRY(const workspace::Workspace* workspace, Settings());
    secrets_ = std::make_unique<Secrets>(*workspace);
  }
  return secrets_.get();
}

Tools Session::Outside() { return parts_.tools(StateDir().value_or(std::filesystem::path())); }

api::Answer<engine::Parts*> Session::Engine() {
  if (!engine_) {
    SLIPWAY_TRY(const workspace::Workspace* workspace, Settings());
    SLIPWAY_TRY(const auto root, Root());
    SLIPWAY_TRY(const auto state_dir, StateDir());
    const Tools outside = Outside();
    SLIPWAY_TRY(journal::Store * store, Store());
    SLIPWAY_TRY(Secrets * secrets, SecretValues());
    workers_ = std::make_unique<engine::ThreadWorkers>(parts_.clock, kMostWorkers);
    notifier_ = MakeNotifier({parts_.clock, parts_.random, outside.drivers, *secrets, *workspace,
                              outside.spawner, root, state_dir});
    engine_.emplace(engine::Parts{.store = *store,
                                  .drivers = outside.drivers,
                                  .clock = parts_.clock,
                                  .random = parts_.random,
                                  .workers = *workers_,
                                  .secrets = *secrets,
                                  .workspace = workspace,
                                  .root = root,
                                  .state_dir = state_dir,
                                  .notifier = notifier_.get(),
                                  .orphans_gone = [state_dir] {
                                    return process::AwaitLeftovers(state_dir, kOrphanPatience).has_value();
                                  }});
  }
  return &*engine_;
}

}  // namespace slipway::app
