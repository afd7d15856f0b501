#include "cli/verb.h"

namespace slipway::cli {

Exit FleetCheck(Call& call) {
  std::vector<std::string> files;
  Options options(
      "fleet check",
      "Says all that is wrong with the files in which a fleet is kept: customers.json, "
      "deployment-policies.json, a customer's configuration. Together they are checked against one "
      "another.");
  options.Rest("FILE", files, "the files").Json();
  if (const auto over = Read(call, options)) return *over;
  const auto report = call.api.FleetCheck(files);
  if (!report) return Fail(call.out, report.error());
  return TellChecked(call, *report, options.json());
}

}  // namespace slipway::cli
