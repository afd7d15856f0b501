// Floor probes for the journal: the same work by bare SQLite and OpenSSL, with none of our code.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace floor_probe {

struct Rate {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
};

// Of every writer's waits in microseconds.
inline Rate RateOf(const std::vector<std::vector<double>>& waits, double seconds) {
  std::vector<double> all;
  for (const auto& w : waits) all.insert(all.end(), w.begin(), w.end());
  std::sort(all.begin(), all.end());
  return {static_cast<double>(all.size()) / seconds, all[all.size() / 2], all[all.size() * 99 / 100]};
}

// `writers` threads, each with one event outstanding, told when a shared FULL commit has its row, tree edge
// and state row.
Rate Append(const std::string& folder, int writers, int events_each, const std::string& body);

// Seconds to hash all records as leaves and fold them into one RFC 9162 root, in memory.
double HashInMemory(const std::vector<std::string>& records);

}  // namespace floor_probe
