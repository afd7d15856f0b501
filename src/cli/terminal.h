// Where the command line writes. Every text goes through base::Printable, so that nothing a procedure, a
// server or a log says can move the cursor or colour the screen.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace slipway::cli {

enum class Style { kPlain, kGood, kBad, kCare, kQuiet };

class Terminal {
 public:
  Terminal(std::FILE* out, std::FILE* err);

  bool interactive() const { return interactive_; }  // a person looks on
  int width() const;                                 // columns

  void Line(std::string_view text, Style style = Style::kPlain);
  void Lines(std::string_view text);  // one or many, each ended or not
  void Json(const base::Json& json);
  void Raw(std::string_view bytes);  // to a file or pipe as it is, to a screen line by line
  void Warn(std::string_view text);  // to stderr
  void ErrLines(std::string_view text);
  // `slipway: error: <what> (<where>)` and the next command on a line of its own.
  void Error(const base::Error& error);

  // The last `count` lines are taken back; only when interactive.
  void Rewind(int count);
  void Flush();
  // Something could not be written where it was wanted, such as on a full disk. A reader that went away is
  // none.
  bool Lost();

 private:
  std::FILE* out_;
  std::FILE* err_;
  bool interactive_ = false;
  bool colours_ = false;
};

}  // namespace slipway::cli
