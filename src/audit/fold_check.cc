#include "audit/fold_check.h"

#include <cstring>
#include <map>

namespace slipway::audit {
namespace {

constexpr std::size_t kPortion = 256;
constexpr std::size_t kMaxPortions = 8;
// Only events with this in their bytes are searched for blobs. memmem: twice as fast as
// std::string_view::find here.
constexpr std::string_view kDigest = "sha256:";

}  // namespace

FoldCheck::FoldCheck(journal::Projection* projection)
    : projection_(projection), worker_([this] { Work(); }) {}

FoldCheck::~FoldCheck() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  if (worker_.joinable()) worker_.join();
}

void FoldCheck::Add(const journal::RawEvent& event) {
  filling_.items.push_back({event.seq, event.run.size(), event.bytes.size()});
  filling_.text += event.run;
  filling_.text += event.bytes;
  if (filling_.items.size() >= kPortion || filling_.text.size() > (1u << 20)) Hand();
}

void FoldCheck::Hand() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return full_.size() < kMaxPortions; });
  full_.push_back(std::move(filling_));
  if (spare_.empty()) {
    filling_ = Portion();
  } else {
    filling_ = std::move(spare_.back());
    spare_.pop_back();
  }
  lock.unlock();
  changed_.notify_all();
}

void FoldCheck::Work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !full_.empty(); });
    if (full_.empty()) return;
    Portion portion = std::move(full_.front());
    full_.pop_front();
    lock.unlock();
    changed_.notify_all();
    std::string_view rest = portion.text;
    for (const auto& item : portion.items) {
      Check(item.seq, rest.substr(0, item.run_size), rest.substr(item.run_size, item.bytes_size));
      rest.remove_prefix(item.run_size + item.bytes_size);
    }
    portion.items.clear();
    portion.text.clear();
    lock.lock();
    spare_.push_back(std::move(portion));
  }
}

void FoldCheck::Check(std::int64_t seq, std::string_view run, std::string_view bytes) {
  const auto problem = [&](std::string what) {
    if (problems_.size() < 50) {
      problems_.push_back({seq, "", std::move(what)});
    } else {
      ++more_problems_;
    }
  };
  const auto event = journal::Decode(bytes);
  if (!event) {
    problem("its bytes are no event: " + event.error().what);
    foldable_ = false;
    return;
  }
  if (event->seq != seq)
    problem("its bytes say it is event " + std::to_string(event->seq) + ": it was moved");
  if (event->run != run) {
    problem("the column beside it says run `" + std::string(run) + "`, its bytes say `" + event->run + "`");
  }
  if (::memmem(bytes.data(), bytes.size(), kDigest.data(), kDigest.size()) != nullptr) {
    FindBlobs(*event, blobs_);
  }
  if (projection_ == nullptr || !foldable_) return;
  if (const base::Status applied = projection_->Apply(*event); !applied) {
    problem("does not follow from the events before it: " + applied.error().what);
    foldable_ = false;
  }
}

void FoldCheck::Finish(Report& report) {
  Hand();
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  worker_.join();
  for (Problem& problem : problems_) report.AddEvent(problem.seq, std::move(problem.what));
  report.more_problems += more_problems_;
}

base::Status FoldCheck::CompareRows(journal::View& view, Report& report) {
  if (projection_ == nullptr) return {};
  if (!foldable_) {
    report.Add("rows", "not compared: the events cannot be folded");
    return {};
  }
  using journal::Table;
  std::map<std::pair<Table, std::string>, std::string> expected;
  SLIPWAY_CHECK_OK(projection_->Rows([&](Table table, std::string_view key, std::string_view value) {
    expected[{table, std::string(key)}] = std::string(value);
  }));
  for (const Table table : journal::kTables) {
    SLIPWAY_TRY(const auto rows, view.Rows(table));
    for (const journal::Row& row : rows) {
      const std::string where = std::string(ToString(table)) + " " + row.key;
      const auto found = expected.find({table, row.key});
      if (found == expected.end()) {
        report.Add(where, "no event accounts for this row");
        continue;
      }
      if (found->second != row.value) report.Add(where, "the row differs from what its events say");
      expected.erase(found);
      ++report.rows;
    }
  }
  for (const auto& [at, value] : expected) {
    report.Add(std::string(ToString(at.first)) + " " + at.second, "the row is missing");
  }
  return {};
}

}  // namespace slipway::audit
