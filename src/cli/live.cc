#include "cli/live.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/moment.h"
#include "cli/table.h"

namespace slipway::cli {

namespace {

constexpr int kMostUnderWay = 8;  // lines below; a fleet has more than fits
constexpr std::size_t kNameWidth = 28;
constexpr std::size_t kActionWidth = 18;

std::string KeyOf(const api::StepView& step) {
  return step.target.empty() ? step.id : step.id + "@" + step.target;
}

struct Mark {
  std::string_view word;
  Style style;
};

// Empty: the step is under way.
Mark MarkOf(const std::string& state) {
  if (state == "succeeded") return {"ok", Style::kGood};
  if (state == "failed") return {"FAILED", Style::kBad};
  if (state == "skipped") return {"skipped", Style::kQuiet};
  if (state == "waiting") return {"waits", Style::kCare};
  if (state == "unknown") return {"UNKNOWN", Style::kCare};
  if (state == "undone") return {"undone", Style::kGood};
  if (state == "undo_failed") return {"UNDO FAILED", Style::kBad};
  if (state == "left_in_place") return {"left", Style::kCare};
  return {"", Style::kPlain};
}

std::string LineOf(std::string_view mark, const api::StepView& step, const std::string& took) {
  std::string line = fmt::format("  {}  {}  {}  {}", Padded(mark, 8), Padded(KeyOf(step), kNameWidth),
                                 Padded(step.action, kActionWidth), took);
  if (step.attempts > 1) line += fmt::format("  ({} attempts)", step.attempts);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

Live::~Live() {
  Erase();
  out_.Flush();
}

void Live::OnEvent(const api::LogLine& line, const api::RunSummary& run, const api::StepView* step) {
  if (!loud_) return;
  Erase();
  if (run_.empty()) {
    run_ = run.id;
    Write(fmt::format("{}  {} {} in {}  plan {}", run.id, run.procedure, run.version, run.environment,
                      Short(run.plan)));
  }
  if (step == nullptr)
    OfRun(line, run);
  else
    OfStep(*step);
  Draw();
  out_.Flush();
}

void Live::OnNotice(const std::string& text) {
  if (!loud_) return;
  Erase();
  Write(text, Style::kCare);
  out_.Flush();
}

void Live::OfRun(const api::LogLine& line, const api::RunSummary&) {
  if (line.type == "rollback_started") Write("  " + line.text, Style::kCare);
  if (line.type == "target_refused" || line.type == "hold_placed") Write("  " + line.text, Style::kCare);
  if (line.type == "run_waiting" && out_.interactive()) Waits(line);
}

// A person sits there and the command stays: they are told at once what it waits for.
void Live::Waits(const api::LogLine& line) {
  Write("  " + line.text, Style::kCare);
  for (const base::Json& item : base::GetArray(line.data, "on")) {
    if (!item.is_object()) continue;
    if (const std::string next = base::GetString(item.get_object(), "next"); !next.empty())
      Write("  next: " + next);
  }
}

void Live::OfStep(const api::StepView& step) {
  const std::string key = KeyOf(step);
  const Mark mark = MarkOf(step.state);
  if (mark.word.empty()) {
    under_way_[key] = step;
    told_.erase(key);
    return;
  }
  under_way_.erase(key);
  std::string& told = told_[key];
  if (told == step.state) return;
  told = step.state;
  const bool back = step.state == "undone" || step.state == "undo_failed" || step.state == "left_in_place";
  Write(LineOf(mark.word, step, back ? "" : Took(step.started_at, step.finished_at)), mark.style);
  if (step.state != "succeeded" && !step.reason.empty()) Write("            " + step.reason);
}

void Live::Write(std::string_view text, Style style) { out_.Line(text, style); }

void Live::Draw() {
  if (!out_.interactive()) return;
  const base::Time now = base::SystemClock().Now();
  const auto width = static_cast<std::size_t>(std::max(out_.width() - 1, 20));
  for (const auto& [key, step] : under_way_) {
    if (drawn_ == kMostUnderWay) {
      out_.Line(fmt::format("  … and {} more", under_way_.size() - kMostUnderWay), Style::kQuiet);
      ++drawn_;
      break;
    }
    const std::string line = base::Printable(
        LineOf(step.state == "undoing" ? "undoing" : "…", step, Took(step.started_at, std::optional(now))));
    // A line that wraps could not be taken back.
    std::size_t end = 0;
    for (std::size_t columns = 0; end < line.size(); ++end) {
      if ((static_cast<unsigned char>(line[end]) & 0xC0) != 0x80 && columns++ == width) break;
    }
    out_.Line(line.substr(0, end), Style::kQuiet);
    ++drawn_;
  }
  redrawn_ = now;
}

void Live::Erase() {
  out_.Rewind(drawn_);
  drawn_ = 0;
}

bool Live::Tick() {
  if (loud_ && out_.interactive() && !under_way_.empty() &&
      base::SystemClock().Now() - redrawn_ > base::Duration{200}) {
    Erase();
    Draw();
    out_.Flush();
  }
  return interrupts_.Asked();
}

}  // namespace slipway::cli
