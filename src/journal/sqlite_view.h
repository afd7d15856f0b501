// A snapshot of the store's file over a connection of its own, held by a read transaction.
#pragma once

#include <memory>

#include "base/result.h"
#include "journal/file_lock.h"
#include "journal/sqlite_files.h"
#include "journal/view.h"

namespace slipway::journal {

// Takes the store's lock for opening and closing. `lock_file` is opened anew, so the view may outlive the
// store.
base::Result<std::unique_ptr<View>> OpenSqliteView(const StorePaths& paths, const StoreIdentity& identity);

}  // namespace slipway::journal
