#include "app/app.h"
#include "app/document.h"
#include "procedure/page.h"

namespace slipway::app {

api::Answer<std::string> App::Print(const std::string& file) {
  SLIPWAY_TRY(const procedure::Procedure procedure, ReadProcedure(session_, file));
  return procedure::PrintPage(procedure);
}

}  // namespace slipway::app
