// Arguments that several sheets of the postgres driver share.
#pragma once

#include <string>

#include "drivers/action.h"

namespace slipway::drivers::postgres {

ArgumentSheet ConnectionArgument();
ArgumentSheet DatabaseArgument(std::string description);
ArgumentSheet CustomerArgument();  // `name`: whose backups count
ArgumentSheet Argument(std::string name, ArgumentType type, std::string description, base::Json fallback);
// `connections_warn` and `connections_fail`: above which share of the server's connections.
void AddConnectionArguments(ActionSheet& sheet);

}  // namespace slipway::drivers::postgres
