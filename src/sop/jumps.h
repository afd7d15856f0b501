// Where a page sends whoever follows it elsewhere: `Proceed to SOP 3`, `on failure, execute section 4.2`. No
// key of a procedure goes on with another one or at another step, so these stay prose, and are told. Private
// to sop/.
#pragma once

#include <string>
#include <vector>

#include "markdown/document.h"
#include "sop/outline.h"

namespace slipway::sop {

struct Jump {
  int line = 0;
  int section = 0;          // index of the heading it stands below
  std::string to;           // as the page writes it: `SOP 3`
  std::vector<int> target;  // indexes of the headings that this names; none, one, or it is not known which
};

// In paragraphs, items and comments of code.
std::vector<Jump> Jumps(const markdown::Document& page, const std::vector<Heading>& headings);

}  // namespace slipway::sop
