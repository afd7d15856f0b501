// The parts of Load, one document each; private to this folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.h"
#include "workspace/workspace.h"

namespace slipway::workspace {

// Reads the text of slipway.yaml into `out`.
void ReadWorkspace(std::string_view text, const std::string& file, Workspace& out,
                   base::Diagnostics& problems);
void ReadCalendars(const base::YamlNode& node, class Reader& reader, Workspace& out);
Window ReadWindow(const base::YamlNode& node, class Reader& reader);  // `days`, `from`, `to`
// Reads the text of one targets file, after ReadWorkspace. Appends to `out.targets`; `places` says what stood
// in earlier files.
using TargetPlaces = std::unordered_map<std::string, std::string>;  // id -> `targets/a.yaml:3:5`
void ReadTargets(std::string_view text, const std::string& file, Workspace& out, TargetPlaces& places,
                 base::Diagnostics& problems);

std::vector<std::string> EnvironmentNames(const Workspace& workspace);
std::vector<std::string> CalendarNames(const Workspace& workspace);  // those that can be referred to

}  // namespace slipway::workspace
