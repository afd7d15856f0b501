#include "app/kept.h"

#include "base/file.h"
#include "base/private_folder.h"

namespace slipway::app {

namespace {

constexpr std::uint64_t kMostBytes = 64ULL << 20;

std::filesystem::path FileOf(const std::filesystem::path& state, const std::string& name) {
  return state / "cache" / (name + ".json");
}

}  // namespace

std::optional<base::JsonObject> ReadKept(const std::filesystem::path& state, const std::string& name,
                                         const std::string& key) {
  const auto text = base::ReadFile(FileOf(state, name), kMostBytes);
  if (!text) return std::nullopt;
  auto json = base::ParseJson(*text);
  if (!json || !json->is_object() || base::GetString(json->get_object(), "key") != key) return std::nullopt;
  return std::move(json->get_object());
}

void Keep(const std::filesystem::path& state, const std::string& name, const std::string& key,
          base::JsonObject kept) {
  std::error_code error;
  if (!std::filesystem::exists(state, error)) return;
  kept["key"] = key;
  const auto text = base::CanonicalJson(kept);
  if (base::MakePrivateFolder(state / "cache") && text)
    static_cast<void>(base::WriteFileAtomic(FileOf(state, name), *text, 0600));
}

}  // namespace slipway::app
