// Has a map this key already? A scan while there are few, a hash table once there are many. Private to base/.
#pragma once

#include <string>
#include <unordered_set>

#include "base/yaml.h"

namespace slipway::base {

class KnownKeys {
 public:
  // The earlier key of that name; null when it is new, and then it is known from now on. To be called once
  // for each key of one mapping, before it is added to it.
  const YamlNode* Find(const YamlNode& mapping, const std::string& key) {
    if (mapping.members.size() >= kFew) {
      if (keys_.empty()) {
        for (const YamlMember& member : mapping.members) keys_.insert(member.first.scalar);
      }
      if (keys_.insert(key).second) return nullptr;
    }
    for (const YamlMember& member : mapping.members) {
      if (member.first.scalar == key) return &member.first;
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t kFew = 8;
  std::unordered_set<std::string> keys_;
};

}  // namespace slipway::base
