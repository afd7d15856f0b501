// A run as it goes: one line a step, written when the step is over, with how long it took. On a terminal the
// steps under way stand below, and their times move; off it there are only plain lines.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/watcher.h"
#include "base/clock.h"
#include "cli/interrupts.h"
#include "cli/terminal.h"

namespace slipway::cli {

enum class Loudness { kLines, kSilent };

class Live final : public api::Watcher {
 public:
  Live(Terminal& out, Loudness loudness) : out_(out), loud_(loudness == Loudness::kLines) {}
  ~Live() override;
  void OnEvent(const api::LogLine& line, const api::RunSummary& run, const api::StepView* step) override;
  void OnNotice(const std::string& text) override;
  bool Tick() override;

  bool interrupted() const { return interrupts_.Asked(); }

 private:
  void OfRun(const api::LogLine& line, const api::RunSummary& run);
  void Waits(const api::LogLine& line);
  void OfStep(const api::StepView& step);
  void Write(std::string_view text, Style style = Style::kPlain);
  void Draw();
  void Erase();

  Terminal& out_;
  const bool loud_;
  Interrupts interrupts_;
  std::string run_;
  std::map<std::string, std::string> told_;  // step instance -> the state last told
  std::map<std::string, api::StepView> under_way_;
  int drawn_ = 0;
  base::Time redrawn_{};
};

}  // namespace slipway::cli
