// The headings of a page as a tree: by their level, and by their number where they have one (`5.1` stands
// below `5`, whatever its level says).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "markdown/document.h"

namespace slipway::sop {

struct Heading {
  const markdown::Section* section = nullptr;
  std::string number;  // `5.1`, `A`; empty: none
  std::string title;   // without it and without marks
  bool step = false;   // `Step 2: …`, or numbered from 1 below a heading without a number
  int parent = -1;     // index; -1: none
  std::vector<int> children;
};

// As many as the page has sections, in the same order; the first stands for what is before any heading.
std::vector<Heading> Outline(const markdown::Document& page);

// Several procedures stand below it, and it is none itself: `Rollback Procedures`, `Runbooks`.
bool IsContainer(const Heading& heading);

// What stands below it must hold, or must be done: its lists are checklists even without boxes.
bool IsChecklist(std::string_view title);

// `Step 2: Copy` → `Copy`; empty when the text does not begin like that.
std::string StepTitle(std::string_view text);

}  // namespace slipway::sop
