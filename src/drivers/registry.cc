#include <algorithm>
#include <utility>

#include "drivers/driver.h"

namespace slipway::drivers {

void Registry::Add(std::unique_ptr<Driver> driver) { drivers_.push_back(std::move(driver)); }

const ActionSheet* Registry::Sheet(std::string_view uses) const {
  for (const auto& driver : drivers_) {
    for (const ActionSheet& sheet : driver->Sheets())
      if (sheet.name == uses) return &sheet;
  }
  return nullptr;
}

Driver* Registry::Find(std::string_view uses) const {
  for (const auto& driver : drivers_) {
    for (const ActionSheet& sheet : driver->Sheets())
      if (sheet.name == uses) return driver.get();
  }
  return nullptr;
}

std::vector<const ActionSheet*> Registry::AllSheets() const {
  std::vector<const ActionSheet*> sheets;
  for (const auto& driver : drivers_)
    for (const ActionSheet& sheet : driver->Sheets()) sheets.push_back(&sheet);
  std::ranges::sort(sheets, {}, [](const ActionSheet* sheet) -> const std::string& { return sheet->name; });
  return sheets;
}

std::vector<std::string> Registry::ActionNames() const {
  std::vector<std::string> names;
  for (const ActionSheet* sheet : AllSheets()) names.push_back(sheet->name);
  return names;
}

}  // namespace slipway::drivers
