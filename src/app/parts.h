// What the use cases are made of. main.cc fills it in; everything borrowed outlives the App.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "drivers/driver.h"
#include "journal/store.h"
#include "journal/view.h"
#include "process/spawner.h"

namespace slipway::app {

// What acts outside. Making it starts no process and touches no file.
struct Tools {
  process::Spawner& spawner;
  const drivers::Registry& drivers;
};

// Fresh models of the drivers for simulation, one world each. A driver that is missing has no model: its
// actions are simulated as done, and whether they are restored is unknown.
using MakeModels = std::function<std::vector<std::unique_ptr<drivers::Driver>>(drivers::Before before)>;

// Each is made when a verb first needs it: `docs` opens no store.
struct Parts {
  base::Clock& clock;
  base::Random& random;
  // `state_dir` is the workspace's `.slipway/`, empty outside of one. The same tools every time.
  std::function<Tools(const std::filesystem::path& state_dir)> tools;
  // Whether a store is there, whole or not. Makes none.
  std::function<bool(const std::filesystem::path& state_dir)> has_store;
  std::function<base::Result<std::unique_ptr<journal::Store>>(const std::filesystem::path& state_dir)>
      open_store;
  // What there is of a store that does not open, or may not be written.
  std::function<base::Result<std::unique_ptr<journal::View>>(const std::filesystem::path& state_dir)>
      open_as_it_is;
  MakeModels models;
  // What a person has to know, and that stops nothing: whole lines.
  std::function<void(std::string_view)> warn = [](std::string_view) {};
};

}  // namespace slipway::app
