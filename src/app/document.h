// Reading a procedure from its file.
#pragma once

#include <string>

#include "api/failure.h"
#include "app/session.h"
#include "base/diagnostic.h"
#include "procedure/readable.h"

namespace slipway::app {

// kInvalid: with every error of the file, those of its actions as well.
api::Answer<procedure::Procedure> ReadProcedure(Session& session, const std::string& file);

// Every error of a document, in order of place: those of its text, and those of its actions that do not
// follow from them. `workspace` may be null.
base::Diagnostics ErrorsOf(Session& session, const workspace::Workspace* workspace,
                           const procedure::Readable& read);

// The error of a file that cannot be read, with the one that may have been meant.
enum class Wanted { kProcedure, kPage };
base::Error Missing(base::Error error, const std::string& file, Wanted wanted = Wanted::kProcedure);

// kInvalid with every diagnostic rendered: `3 errors (deploy.yaml)`.
api::Failure Broken(const base::Diagnostics& diagnostics, const std::string& text, const std::string& file);

}  // namespace slipway::app
