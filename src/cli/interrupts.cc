#include "cli/interrupts.h"

#include <signal.h>
#include <unistd.h>

#include <cstring>

namespace slipway::cli {

namespace {

volatile sig_atomic_t asked = 0;
struct sigaction old_int;
struct sigaction old_term;

void OnSignal(int) {
  static constexpr char kFirst[] =
      "\nslipway: pausing after the steps under way; press again to stop at once\n";
  static constexpr char kSecond[] = "\nslipway: stopped; go on with: slipway resume\n";
  if (asked == 0) {
    asked = 1;
    [[maybe_unused]] const auto written = write(STDERR_FILENO, kFirst, sizeof kFirst - 1);
    return;
  }
  [[maybe_unused]] const auto written = write(STDERR_FILENO, kSecond, sizeof kSecond - 1);
  _exit(130);
}

}  // namespace

Interrupts::Interrupts() {
  asked = 0;
  struct sigaction action;
  std::memset(&action, 0, sizeof action);
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &old_int);
  sigaction(SIGTERM, &action, &old_term);
}

Interrupts::~Interrupts() {
  sigaction(SIGINT, &old_int, nullptr);
  sigaction(SIGTERM, &old_term, nullptr);
}

bool Interrupts::Asked() const { return asked != 0; }

}  // namespace slipway::cli
