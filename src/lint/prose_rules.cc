// What the text itself says: numbers that contradict, objectives nothing can meet, an order of keys that
// locks somebody out.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "lint/material.h"

namespace slipway::lint {
namespace {

bool Is(const std::string& text, const RE2& form) {
  return text.size() < 4096 && RE2::PartialMatch(text, form);
}

int ColumnOf(const std::string& line, std::string_view part) {
  const std::size_t byte = line.find(part);
  return byte == std::string::npos ? 1 : static_cast<int>(byte) + 1;
}

double HoursOf(double amount, std::string_view unit) {
  switch (unit.empty() ? '\0' : static_cast<char>(unit[0] | 0x20)) {
    case 's':
      return amount / 3600;
    case 'm':
      return amount / 60;
    case 'd':
      return amount * 24;
    case 'w':
      return amount * 24 * 7;
    default:
      return amount;
  }
}

class Prose {
 public:
  Prose(const Material& material, Findings& findings) : material_(material), findings_(findings) {}

  void Run() {
    for (const Line& line : material_.prose) {
      AllAtOnce(line);
      BurnRate(line);
    }
    Canary();
    Objectives();
    Keys();
  }

 private:
  void Tell(std::string_view rule, const Line& line, std::string_view at, std::string_view subject) {
    findings_.Tell(rule, {line.number, ColumnOf(line.text, at)}, subject);
  }

  void AllAtOnce(const Line& line) {
    static const RE2 kAll(
        R"((?i)\b(?:all|every|entire)\b[^.;]{0,40}\b(customers?|tenants?|nodes?|servers?|regions?|clusters?|users)\b[^.;]{0,40}\b(simultaneously|at once|at the same time|in parallel|concurrently)\b)");
    static const RE2 kNot(R"((?i)\b(never|not|avoid|don't)\b)");
    std::string who, how;
    if (line.text.size() < 4096 && RE2::PartialMatch(line.text, kAll, &who, &how) && !Is(line.text, kNot))
      Tell("all-at-once", line, who, "all " + who + " " + how);
  }

  // "2 % of the budget in 2 h", in days of 30.
  void BurnRate(const Line& line) {
    static const RE2 kRate(
        R"((?i)(\d+(?:\.\d+)?)\s*(?:%|percent)\s+of\s+(?:the\s+|an?\s+)?(?:monthly\s+|error\s+|30[- ]day\s+)*budget\s+in\s+(\d+(?:\.\d+)?)\s*(hours?|h|days?|d|minutes?|min)\b)");
    double percent = 0, amount = 0;
    std::string unit;
    if (line.text.size() >= 4096 || !RE2::PartialMatch(line.text, kRate, &percent, &amount, &unit)) return;
    const double hours = HoursOf(amount, unit);
    if (hours <= 0) return;
    constexpr std::array<std::pair<double, double>, 3> kPairs = {{{2, 1}, {5, 6}, {10, 72}}};
    for (const auto& [share, window] : kPairs)
      if (std::abs(share - percent) < 1e-9 && std::abs(window - hours) < 1e-9) return;
    const std::string pair = fmt::format("{:g}% in {:g}h of a budget of 30 days is a rate of {:.3g}x",
                                         percent, hours, percent / 100 * 30 * 24 / hours);
    Tell("burn-rate", line, fmt::format("{:g}", percent), pair);
  }

  // "10 percent, then all after 15 minutes", and an example that is named for other minutes.
  void Canary() {
    static const RE2 kText(R"((?i)(\d+)\s*(?:%|percent)\b.*\bafter\s+(\d+)\s*(minutes?|min|m|hours?|h)\b)");
    static const RE2 kName(R"((?:Canary|Linear)(\d+)Percent(?:Every)?(\d+)Minutes?)");
    struct Example {
      int percent = 0, minutes = 0;
      base::Position at;
    };
    std::vector<Example> examples;
    for (const Fragment& fragment : material_.fragments) {
      int number = 0;
      for (const std::string& row : base::Split(fragment.text, '\n')) {
        ++number;
        Example example;
        if (row.size() >= 4096 || !RE2::PartialMatch(row, kName, &example.percent, &example.minutes))
          continue;
        example.at = fragment.At({number, ColumnOf(row, "Percent")});
        examples.push_back(example);
      }
    }
    if (examples.empty()) return;
    for (const Line& line : material_.prose) {
      int percent = 0, minutes = 0;
      std::string unit;
      if (line.text.size() >= 4096 || !RE2::PartialMatch(line.text, kText, &percent, &minutes, &unit))
        continue;
      if (unit[0] == 'h' || unit[0] == 'H') minutes *= 60;
      for (const Example& example : examples)
        if (example.percent == percent && example.minutes != minutes)
          findings_.Tell(
              "number-contradicts", example.at,
              fmt::format("{} minutes here, {} in line {}", example.minutes, minutes, line.number));
    }
  }

  struct Said {
    double hours = 0;
    const Line* line = nullptr;
  };

  // The longest time between two backups that the page promises, and what it promises to lose at most.
  void Objectives() {
    static const RE2 kRpo(
        R"((?i)\bRPO\b[^\w]*(?:of|is|=|:)?[^\w]*(\d+(?:\.\d+)?)\s*(minutes?|min|m|hours?|h|days?|d)\b)");
    static const RE2 kGap(
        R"((?i)\b(hourly|daily|nightly|weekly)\b[^.]{0,40}\b(backup|dump|snapshot)s?\b|\b(?:backup|dump|snapshot)s?\b[^.]{0,40}\b(hourly|daily|nightly|weekly)\b)");
    static const RE2 kLatest(R"((?i)\brestore\b.*\b(latest|last|most recent)\b.*\b(backup|dump|snapshot)\b)");
    static const RE2 kLog(
        R"((?i)\b(point[- ]in[- ]time|PITR|WAL|binlog|log shipping|continuous archiving)\b)");
    std::optional<Said> objective, gap;
    bool latest = false, log = false;
    for (const Line& line : material_.prose) {
      double amount = 0;
      std::string unit, often, what, other;
      if (line.text.size() >= 4096) continue;
      if (!objective && RE2::PartialMatch(line.text, kRpo, &amount, &unit))
        objective = Said{HoursOf(amount, unit), &line};
      if (!gap && RE2::PartialMatch(line.text, kGap, &often, &what, &other)) {
        const char c = static_cast<char>((often.empty() ? other : often)[0] | 0x20);
        gap = Said{c == 'h' ? 1.0 : c == 'w' ? 168.0 : 24.0, &line};
      }
      latest = latest || Is(line.text, kLatest);
      log = log || Is(line.text, kLog);
    }
    if (!objective || !gap || objective->hours >= gap->hours || (log && !latest)) return;
    Tell("objective-unreachable", *objective->line, "RPO",
         fmt::format("{:g}h, with a backup every {:g}h in line {}{}", objective->hours, gap->hours,
                     gap->line->number, latest ? " and a recovery from the latest one" : ""));
  }

  // A new key is made and used, published, and only then handed on.
  void Keys() {
    static const RE2 kMade(
        R"((?i)\b(generate|create|new)\b.{0,20}\bnew key\b|\bgenerate\b.{0,20}\bkey\b|\bnew key\b)");
    static const RE2 kUsed(R"((?i)\bencrypt\w*\b.*\bnew key\b)");
    static const RE2 kPublished(R"((?i)\b(push|publish|commit|upload|save)\b)");
    static const RE2 kHanded(R"((?i)\b(distribute|copy|send|install|hand)\b.{0,20}\bkeys?\b)");
    int section = -1;
    const Line *used = nullptr, *published = nullptr;
    for (const Line& line : material_.prose) {
      if (line.section != section && std::exchange(section, line.section) != line.section && !near_)
        used = published = nullptr;
      if (Is(line.text, kHanded) && published != nullptr) {
        Tell("key-before-holders", *published, "",
             "it is published here, and handed on only in line " + std::to_string(line.number));
        used = published = nullptr;
      } else if (Is(line.text, kHanded)) {
        used = nullptr;
      } else if (Is(line.text, kUsed)) {
        used = &line;
      } else if (used != nullptr && Is(line.text, kPublished)) {
        published = &line;
      }
      if (used != nullptr && line.number > used->number + 20) used = published = nullptr;
    }
  }

  const Material& material_;
  Findings& findings_;
  const bool near_ = true;
};

}  // namespace

void ProseRules(const Material& material, Findings& findings) { Prose(material, findings).Run(); }

std::vector<Claim> Claims(const Material& material) {
  static const RE2 kObjective(
      R"((?i)\b(RTO|RPO)\b[^\w]*(?:of|is|=|:)?[^\w]*(\d+(?:\.\d+)?)\s*(minutes?|min|m|hours?|h|days?|d)\b)");
  static const RE2 kImmutable(R"((?i)\bimmutable\b[^.]{0,20}\btags?\b|\btags?\b[^.]{0,20}\bimmutable\b)");
  std::vector<Claim> claims;
  const auto add = [&](Claim claim) {
    if (std::ranges::find(claims, claim.about, &Claim::about) == claims.end())
      claims.push_back(std::move(claim));
  };
  for (const Line& line : material.prose) {
    std::string name, unit;
    double amount = 0;
    if (line.text.size() >= 4096) continue;
    if (RE2::PartialMatch(line.text, kObjective, &name, &amount, &unit))
      add({name,
           fmt::format("{:g}", HoursOf(amount, unit)),
           fmt::format("{} {:g} {}", name, amount, unit),
           {line.number, ColumnOf(line.text, name)}});
    if (Is(line.text, kImmutable))
      add({"tags", "immutable", "immutable tags", {line.number, ColumnOf(line.text, "immutable")}});
  }
  static const RE2 kLatest(R"(image:\s*["']?\S+:latest\b)");
  for (const Fragment& fragment : material.fragments) {
    int number = 0;
    for (const std::string& row : base::Split(fragment.text, '\n')) {
      ++number;
      if (Is(row, kLatest))
        add({"tags", "latest", "the tag `latest`", fragment.At({number, ColumnOf(row, "image")})});
    }
  }
  return claims;
}

}  // namespace slipway::lint
