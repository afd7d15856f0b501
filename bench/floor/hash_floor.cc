#include <chrono>

#include "floor/journal_floor.h"
#include "floor/tree_edge.h"

namespace floor_probe {

double HashInMemory(const std::vector<std::string>& records) {
  Hasher hasher;
  Edge edge;
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& record : records) edge.Add(hasher, hasher(0, record.data(), record.size()));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace floor_probe
