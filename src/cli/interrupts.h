// Ctrl-C while a run is driven: the first asks it to pause, the second ends the process on the spot, as a
// crash would; nothing is lost by either.
#pragma once

namespace slipway::cli {

// One at a time. The handlers of before come back when it is destroyed.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  bool Asked() const;  // at least once
};

}  // namespace slipway::cli
