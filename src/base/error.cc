#include "base/result.h"

namespace slipway::base {

std::string ToString(const Error& error) {
  std::string text = error.what;
  if (!error.where.empty()) text += " (" + error.where + ")";
  if (!error.next.empty()) text += "; next: " + error.next;
  return text;
}

}  // namespace slipway::base
