// Secret values, from where slipway.yaml says they are, else from those that slipway keeps
// (workspace/kept_secrets.h). Read just before use.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "workspace/kept_secrets.h"
#include "workspace/workspace.h"

namespace slipway::workspace {

// kInvalid: no such secret ("did you mean"), a value under 4 bytes or not UTF-8. kRefused: a file that others
// may read. kIo: the variable is not set, the file cannot be read. No message holds any of the value.
// Thread-safe.
base::Result<base::Secret> ReadSecret(const Workspace& workspace, std::string_view name);

// A value that can be a secret: UTF-8 text of at least 4 bytes, or it could not be masked. kInvalid.
base::Status CheckSecretValue(const base::Secret& value, std::string_view name);

// What slipway keeps for this workspace.
KeptSecrets KeptSecretsOf(const Workspace& workspace);

// Keeps the value for `by`, and answers what is kept: where `by` kept one before, that one. kRefused: the
// name stands in slipway.yaml, or is kept for somebody else.
base::Result<base::Secret> KeepSecret(const Workspace& workspace, std::string_view name,
                                      const base::Secret& value, std::string_view by);
// Removes what is kept for `by`; what is not there is gone already. kRefused: it is kept for somebody else.
base::Status ForgetSecret(const Workspace& workspace, std::string_view name, std::string_view by);

// The value of `-p name=@file`, by the same rules: `path` is relative to the current folder, or absolute.
base::Result<base::Secret> ReadSecretFile(const std::filesystem::path& path, std::string_view name);

}  // namespace slipway::workspace
