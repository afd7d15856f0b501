// `slipway fleet check`: all that is wrong with the files in which a fleet is kept.
#include "app/app.h"
#include "app/fleet_files.h"
#include "fleet/files.h"

namespace slipway::app {

api::Answer<api::CheckReport> App::FleetCheck(const std::vector<std::string>& names) {
  std::vector<fleet::File> files;
  for (const std::string& name : names) {
    SLIPWAY_TRY(fleet::File file, ReadFleetFile(name));
    files.push_back(std::move(file));
  }
  std::vector<base::Diagnostics> found = fleet::Check(files);
  api::CheckReport report;
  for (std::size_t i = 0; i < files.size(); ++i) {
    api::CheckedFile& checked = report.files.emplace_back();
    checked.file = files[i].name;
    checked.diagnostics = std::move(found[i]);
    checked.rendered = base::Render(checked.diagnostics, files[i].text);
  }
  return report;
}

}  // namespace slipway::app
