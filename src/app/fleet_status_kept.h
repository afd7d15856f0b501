// The answer of `slipway fleet status`, kept from one time to the next: with thousands of customers most of
// its time is spent reading targets that have not changed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "api/fleet.h"
#include "journal/store.h"

namespace slipway::app {

// Everything that the answer is made of but the time: this program, the files of the workspace, the log, the
// environment.
base::Result<std::string> KeyOfStatus(const std::filesystem::path& root, journal::Store& store,
                                      const std::string& environment);

// nullopt: none is kept of that key, or a window has opened or shut since, or it is more than an hour old.
std::optional<std::vector<api::FleetCustomer>> ReadKeptStatus(const std::filesystem::path& state,
                                                              const std::string& key, base::Time now);

// In the folder `cache` of `state`, where there is a store; that it cannot be written is no error.
void KeepStatus(const std::filesystem::path& state, const std::string& key, base::Time now,
                const std::vector<api::FleetCustomer>& customers);

}  // namespace slipway::app
