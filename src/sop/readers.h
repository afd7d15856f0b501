// Which steps of a procedure read the file that a command of another one writes. Private to sop/.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sop/draft.h"

namespace slipway::sop {

class Readers {
 public:
  explicit Readers(const std::vector<const DraftStep*>& steps);  // in their order

  // Why the command of `writer`, one of the steps, has to stay what it is: who reads its file, or that this
  // cannot be known. Empty: nobody reads it.
  std::string Of(const DraftStep& writer) const;

 private:
  void TakeWords(const DraftStep& step, const std::string& text);

  std::map<std::string, int> words_;  // the names without folders that steps mention: the line of the first
  std::map<std::string, int> open_;   // … those that end in `*`, up to there
  std::map<const DraftStep*, std::size_t> places_;
  std::map<std::size_t, int> restores_;  // places of steps that restore from a file nobody knows: their line
};

}  // namespace slipway::sop
