// What must hold of every simulated log and world, whatever happened on the way.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "drivers/fake/world.h"
#include "journal/store.h"

namespace slipway::sim {

inline constexpr std::array kTables{journal::Table::kRun, journal::Table::kOpen, journal::Table::kLock,
                                    journal::Table::kHold, journal::Table::kLease};

// Each string names one thing that does not hold; empty = good.
//
// The log verifies as `audit verify` does it, its rows included; every effect was intended first, none
// happened twice unless its sheet says `repeat`, and none under a lease that was lost; every act that counts
// as done was done; a terminal run stays what it is, and holds no lock.
std::vector<std::string> BrokenInvariants(journal::Store& store, const drivers::FakeWorld& world);

}  // namespace slipway::sim
