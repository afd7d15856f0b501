// Secret values, from where slipway.yaml says they are. Read just before use, never kept.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "workspace/workspace.h"

namespace slipway::workspace {

// kInvalid: no such secret ("did you mean"), a value under 4 bytes or not UTF-8. kRefused: a file that others
// may read. kIo: the variable is not set, the file cannot be read. No message holds any of the value.
// Thread-safe.
base::Result<base::Secret> ReadSecret(const Workspace& workspace, std::string_view name);

// The value of `-p name=@file`, by the same rules: `path` is relative to the current folder, or absolute.
base::Result<base::Secret> ReadSecretFile(const std::filesystem::path& path, std::string_view name);

}  // namespace slipway::workspace
