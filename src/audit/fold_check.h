// What the events say: each is read, compared with the columns beside it, and folded into the engine's rows.
//
// The work is done on a thread of its own beside the hashing, in bounded portions. Problems come with Finish.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "audit/blob_refs.h"
#include "audit/report.h"
#include "journal/projection.h"
#include "journal/view.h"

namespace slipway::audit {

class FoldCheck {
 public:
  explicit FoldCheck(journal::Projection* projection);
  ~FoldCheck();
  FoldCheck(const FoldCheck&) = delete;
  FoldCheck& operator=(const FoldCheck&) = delete;

  void Add(const journal::RawEvent& event);

  // Waits for the rest; then the rows and blobs that should stand can be compared.
  void Finish(Report& report);
  base::Status CompareRows(journal::View& view, Report& report);
  const BlobReferences& blobs() const { return blobs_; }

 private:
  // Some hundred events in one buffer.
  struct Portion {
    struct Item {
      std::int64_t seq = 0;
      std::size_t run_size = 0;
      std::size_t bytes_size = 0;
    };
    std::vector<Item> items;
    std::string text;  // run and bytes of each, one after another
  };

  void Hand();
  void Work();
  void Check(std::int64_t seq, std::string_view run, std::string_view bytes);

  journal::Projection* const projection_;
  Portion filling_;  // the caller's

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Portion> full_;    // guarded by mutex_
  std::vector<Portion> spare_;  // guarded by mutex_
  bool closed_ = false;         // guarded by mutex_

  // The worker's until it has ended.
  std::vector<Problem> problems_;
  std::int64_t more_problems_ = 0;
  bool foldable_ = true;
  BlobReferences blobs_;

  std::thread worker_;
};

}  // namespace slipway::audit
