// Time to take away what a call has made, once its own time is over.
#pragma once

#include "drivers/driver.h"

namespace slipway::drivers::postgres {

// The context of the same call, not cancelled and with most of a second left: a driver returns within about
// one after its deadline. `never` outlives it.
Context TimeToTidy(const Context& context, const CancelToken& never);

}  // namespace slipway::drivers::postgres
