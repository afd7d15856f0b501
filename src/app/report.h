// The report of a run: the page of its procedure, filled in with what is on record. It reads and changes
// nothing, and shows no bytes of any output: those are named by digest and size.
#pragma once

#include <string>

#include "api/failure.h"
#include "app/session.h"
#include "page/page.h"

namespace slipway::app {

// kInvalid: no such run. kIo: its plan or its events cannot be read.
api::Answer<page::Page> ReportPage(Session& session, const std::string& run);

}  // namespace slipway::app
