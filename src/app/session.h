// The workspace a command is given in, and what it is made of: each part opened when it is first needed, and
// only then.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/failure.h"
#include "app/parts.h"
#include "engine/engine.h"
#include "journal/memory_store.h"
#include "workspace/secrets.h"
#include "workspace/workspace.h"

namespace slipway::app {

// Secrets as slipway.yaml says where they are, and those given with `-p name=@file` under
// `parameters.NAME`. Thread-safe once the run has begun.
class Secrets final : public drivers::SecretSource {
 public:
  explicit Secrets(const workspace::Workspace& workspace) : workspace_(workspace) {}
  base::Result<base::Secret> Get(std::string_view name) override;
  base::Result<base::Secret> Put(std::string_view name, const base::Secret& value,
                                 std::string_view by) override {
    return workspace::KeepSecret(workspace_, name, value, by);
  }
  base::Status Remove(std::string_view name, std::string_view by) override {
    return workspace::ForgetSecret(workspace_, name, by);
  }
  void Add(std::string name, base::Secret value) {
    given_.insert_or_assign(std::move(name), std::move(value));
  }

 private:
  const workspace::Workspace& workspace_;
  std::map<std::string, base::Secret, std::less<>> given_;
};

class Session {
 public:
  explicit Session(Parts parts);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  base::Clock& clock() { return parts_.clock; }
  const drivers::Registry& drivers() { return Outside().drivers; }
  const std::string& actor();

  base::Result<std::filesystem::path> Root();  // the nearest folder upwards with a slipway.yaml
  base::Result<std::filesystem::path> StateDir();
  api::Answer<const workspace::Workspace*> Workspace();
  // The same, with `text` in the place of the file of targets `file`, whether it is written yet or not.
  api::Answer<const workspace::Workspace*> WorkspaceWith(const std::string& file, const std::string& text);
  // What acting on a run on record takes: slipway.yaml. The plan holds the run's targets, so a file of
  // targets/ with an error is told once and left out; an inline window in it can then not be judged.
  api::Answer<const workspace::Workspace*> Settings();
  // kInvalid: slipway.yaml names no such environment.
  api::Answer<const workspace::Environment*> Environment(const std::string& name);
  base::Result<journal::Store*> Store();
  // Whether the workspace has one. Makes none.
  base::Result<bool> HasStore();
  // For what only looks: where the workspace has no store, an empty one in memory, so that looking makes
  // none.
  base::Result<journal::Store*> StoreToRead();
  // The log as it lies on disk, of a store that does not open any more as well; `fault` then says why not.
  struct StoredLog {
    std::unique_ptr<journal::View> view;
    std::string fault;
  };
  base::Result<StoredLog> Log();
  api::Answer<Secrets*> SecretValues();
  Tools Outside();

  // All that it takes to drive a run.
  api::Answer<engine::Parts*> Engine();

 private:
  Parts parts_;
  std::string actor_;
  std::optional<std::filesystem::path> root_;
  api::Answer<void> Load();  // fills `loaded_`

  std::optional<workspace::Loaded> loaded_;
  bool warned_ = false;
  std::unique_ptr<journal::Store> store_;
  std::optional<journal::MemoryDisk> nothing_;
  std::unique_ptr<journal::Store> empty_;
  std::unique_ptr<Secrets> secrets_;
  std::unique_ptr<engine::Notifier> notifier_;
  std::unique_ptr<engine::ThreadWorkers> workers_;
  std::optional<engine::Parts> engine_;
};

}  // namespace slipway::app
