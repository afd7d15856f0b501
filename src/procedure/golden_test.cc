// tests/golden/procedure/*.yaml, each with the text that it must give beside it: `errors-…` what Parse says,
// `page-…` the printed page. SLIPWAY_UPDATE_GOLDEN=1 writes the expected files anew;
// read the difference before committing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "procedure/page.h"

namespace slipway::procedure {
namespace {

std::vector<std::string> Inputs() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SLIPWAY_SOURCE_DIR "/tests/golden/procedure"))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
  std::ranges::sort(names);
  return names;
}

std::string Outcome(const std::string& name, std::string_view text) {
  auto parsed = Parse(text, name + ".yaml");
  if (!parsed) return base::Render(parsed.error(), text);
  if (name.starts_with("page-")) return PrintPage(*parsed);
  return "accepted\n";
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, GivesTheExpectedText) {
  const std::string path = std::string(SLIPWAY_SOURCE_DIR "/tests/golden/procedure/") + GetParam();
  const auto text = base::ReadFile(path + ".yaml");
  ASSERT_TRUE(text);
  const std::string actual = Outcome(GetParam(), *text);
  if (std::getenv("SLIPWAY_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(base::WriteFileAtomic(path + ".txt", actual));
    return;
  }
  const auto expected = base::ReadFile(path + ".txt");
  ASSERT_TRUE(expected);
  EXPECT_EQ(actual, *expected);
}

INSTANTIATE_TEST_SUITE_P(Procedure, Golden, testing::ValuesIn(Inputs()), [](const auto& test) {
  std::string name = test.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace slipway::procedure
