// Every session of tests/golden/cli, word for word. SLIPWAY_UPDATE_GOLDEN=1 writes down what is said now.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "cli/transcript.h"

namespace slipway::tests {
namespace {

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SLIPWAY_SOURCE_DIR "/tests/golden/cli")) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The first lines that are not the same, each with what was expected.
std::string Difference(const std::string& expected, const std::string& said) {
  const std::vector<std::string> a = base::Split(expected, '\n');
  const std::vector<std::string> b = base::Split(said, '\n');
  std::string out;
  int shown = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) && shown < 12; ++i) {
    const std::string was = i < a.size() ? a[i] : "(nothing)";
    const std::string is = i < b.size() ? b[i] : "(nothing)";
    if (was == is) continue;
    out += "line " + std::to_string(i + 1) + "\n  expected: " + was + "\n  said:     " + is + "\n";
    ++shown;
  }
  return out;
}

class Session : public testing::TestWithParam<std::string> {};

TEST_P(Session, SaysWhatItSaid) {
  const std::filesystem::path file = SLIPWAY_SOURCE_DIR "/tests/golden/cli/" + GetParam() + ".txt";
  const auto expected = base::ReadFile(file);
  ASSERT_TRUE(expected) << file;
  const std::string said = Replay(*expected);
  if (std::getenv("SLIPWAY_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(base::WriteFileAtomic(file, said));
    return;
  }
  EXPECT_TRUE(said == *expected) << Difference(*expected, said);
}

INSTANTIATE_TEST_SUITE_P(Cli, Session, testing::ValuesIn(Names()),
                         [](const testing::TestParamInfo<std::string>& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace slipway::tests
