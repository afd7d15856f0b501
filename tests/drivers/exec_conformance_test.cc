#include <fstream>

#include "drivers/conformance.h"
#include "drivers/exec/exec.h"

namespace slipway::drivers {
namespace {

using base::JsonArray;
using base::JsonObject;

// The world is one file.
class ExecStage final : public Stage {
 public:
  ExecStage() { Write("old"); }
  Driver& driver() override { return driver_; }
  std::string World() override {
    std::ifstream file(dir() / "cell");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Half(const Prepared&) override { Write("ha"); }

 private:
  void Write(const std::string& text) { std::ofstream(dir() / "cell") << text; }

  process::Spawner spawner_{dir() / ".slipway"};
  ExecDriver driver_{spawner_};
};

Action Shell(std::string uses, std::string text, JsonObject env = {}) {
  return {std::move(uses), {{"shell", text}, {"env", env}, {"grace", 100}}};
}

std::vector<Case> ExecCases() {
  auto stage = [] { return std::make_unique<ExecStage>(); };
  // Plain, split over two writes, in JSON and in base64.
  const std::string tell =
      "printf %s \"$T\"; printf %s \"${T:0:9}\"; sleep 0.05; printf '%s\\n' \"${T:9}\"; printf %s \"$T\" | "
      "base64 -w0; "
      "echo \"$T\" >&2";
  const JsonObject secret{{"T", "${{ secrets.T }}"}};
  auto both = [](Action action) {
    action.with["argv"] = JsonArray{"true"};
    return action;
  };
  return {{.name = "Run",
           .stage = stage,
           .action = Shell("exec.run", "printf new > cell"),
           .undo = Shell("exec.run", "printf old > cell"),
           .fails = Shell("exec.run", "echo no room left >&2; exit 1"),
           .refused = both(Shell("exec.run", "true")),
           .secret = Shell("exec.run", tell, secret),
           .absent = {"json", "lines"},  // of a call with `parse`
           .half = true},
          {.name = "Check",
           .stage = stage,
           .action = Shell("exec.check", "grep -q old cell"),
           .fails = Shell("exec.check", "grep -q new cell"),
           .refused = both(Shell("exec.check", "true")),
           .secret = Shell("exec.check", tell, secret),
           .absent = {"json", "lines", "checks"}}};
}

INSTANTIATE_TEST_SUITE_P(Exec, Conformance, testing::ValuesIn(ExecCases()), CaseName);

}  // namespace
}  // namespace slipway::drivers
