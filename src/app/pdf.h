// A page of HTML as a PDF, by the Chromium that is installed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::app {

// The bytes of the PDF. It runs without a screen, without a network, with a profile that is thrown away, for
// at most a minute and one more for each MiB of the page, and has ended when this returns. kRefused: there is
// no Chromium in PATH. kIo: it did not make one.
base::Result<std::string> PdfOf(std::string_view html);

}  // namespace slipway::app
