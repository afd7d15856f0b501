#include <algorithm>
#include <filesystem>

#include "app/app.h"
#include "app/document.h"
#include "app/history.h"
#include "app/pdf.h"
#include "app/report.h"
#include "base/file.h"
#include "procedure/page.h"

namespace slipway::app {

namespace {

struct Named {
  page::Page page;
  std::string name;  // of the file, where none was given
};

api::Answer<Named> PageOfFile(Session& session, const std::string& file) {
  SLIPWAY_TRY(const procedure::Procedure procedure, ReadProcedure(session, file));
  return Named{procedure::PageOf(procedure), procedure.metadata.id};
}

api::Answer<Named> PageOfRun(Session& session, const std::string& run) {
  SLIPWAY_TRY(page::Page page, ReportPage(session, run));
  return Named{std::move(page), run};
}

api::Answer<api::PrintedPage> Written(const std::string& file, const std::string& bytes, bool chosen) {
  if (chosen) {
    if (auto written = base::WriteFileAtomic(file, bytes); !written) {
      written.error().next = "-o FILE, with a file in a folder that is there";
      return std::unexpected(std::move(written).error());
    }
  } else if (const auto written = base::WriteFileNew(file, bytes); !written) {
    base::Error error = written.error();
    if (error.kind == base::ErrorKind::kConflict) {
      error = {base::ErrorKind::kRefused, "there is a file of that name, and it may be another one", file,
               "-o FILE says where to write, over what is there"};
    }
    return std::unexpected(std::move(error));
  }
  return api::PrintedPage{"", file, static_cast<std::int64_t>(bytes.size())};
}

}  // namespace

api::Answer<api::PrintedPage> App::Print(const api::PrintRequest& request) {
  std::error_code ignored;
  if (std::filesystem::equivalent(request.what, request.out, ignored))
    return std::unexpected(base::Error{base::ErrorKind::kRefused, "its page would be written over it",
                                       request.out, "-o FILE, with another name"});
  const bool run = NumberOf(request.what) > 0 && !std::filesystem::exists(request.what, ignored);
  SLIPWAY_TRY(const Named page, run ? PageOfRun(session_, request.what) : PageOfFile(session_, request.what));
  std::string bytes;
  switch (request.format) {
    case api::PrintRequest::Format::kMarkdown:
      bytes = page::ToMarkdown(page.page);
      break;
    case api::PrintRequest::Format::kHtml:
      bytes = page::ToHtml(page.page);
      break;
    case api::PrintRequest::Format::kPdf: {
      SLIPWAY_TRY(bytes, PdfOf(page::ToHtml(page.page)));
      if (request.out.empty()) return Written(page.name + ".pdf", bytes, false);
      break;
    }
  }
  if (!request.out.empty()) return Written(request.out, bytes, true);
  return api::PrintedPage{std::move(bytes), "", 0};
}

}  // namespace slipway::app
