// Who asks. Until there are identities nobody has checked it, and the log says so.
#pragma once

#include <string>

namespace slipway::app {

std::string CurrentActor();  // `user@host, unverified`

}  // namespace slipway::app
