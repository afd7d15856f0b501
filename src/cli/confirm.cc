#include <fmt/format.h>

#include "api/json.h"
#include "base/text.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Confirm(Call& call) {
  api::ConfirmRequest request;
  std::vector<std::string> fields;
  std::vector<std::string> ticks;
  std::string check;
  Options options("confirm", "Answers a step that waits for a person. An answer counts once.");
  options.Required("RUN", request.run, "the run")
      .Required("STEP", request.step, "`step`, or `step@target`")
      .Texts("-f,--field", fields, "NAME=VALUE", "the answer to one field")
      .Texts("--tick", ticks, "N", "an item of the checklist that is done, from 1")
      .Text("--check", check, "all", "every item of the checklist is done")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  for (const std::string& text : fields) {
    auto pair = SplitPair(text, "--field");
    if (!pair) return Fail(call.out, pair.error());
    if (!request.fields.insert(*std::move(pair)).second)
      return Fail(call.out,
                  base::Error{base::ErrorKind::kInvalid, "a field is given twice: " + base::Quote(text)});
  }
  for (const std::string& text : ticks) {
    const auto number = base::ParseInteger(text);
    if (!number || *number < 1 || *number > 1'000'000)
      return Fail(call.out, base::Error{base::ErrorKind::kInvalid,
                                        "--tick wants the number of an item, not " + base::Quote(text), "",
                                        "--tick 1 for the first, --check all for all of them"});
    request.ticks.push_back(static_cast<int>(*number));
  }
  if (!check.empty() && check != "all")
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "--check knows only `all`", "",
                                      "--tick N for one item"});
  request.tick_all = check == "all";
  const auto answered = call.api.Confirm(request);
  if (!answered) return Fail(call.out, answered.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*answered));
    return Exit::kSucceeded;
  }
  call.out.Line(fmt::format("{} of {} is confirmed by {}", answered->step, answered->run, answered->actor),
                Style::kGood);
  if (!answered->driven) call.out.Line("  next: slipway resume " + answered->run);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
