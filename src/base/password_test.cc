#include "base/password.h"

#include <gmock/gmock.h>

namespace slipway::base {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Said(const std::string& password, const PasswordPolicy& policy = {},
                 const std::vector<std::string>& about = {"ada.byron", "Ada Byron"}) {
  const auto good = CheckPassword(Secret(password), policy, about);
  return good ? "" : good.error().what;
}

TEST(PasswordPolicy, SaysWhatIsWrongAndNeverThePassword) {
  EXPECT_EQ(Said("Correct-horse-9"), "");
  EXPECT_THAT(Said("Short-9"), HasSubstr("under 12 characters"));
  EXPECT_THAT(Said("onlylowercaseletters"), HasSubstr("under 3 of lower case"));
  EXPECT_THAT(Said("ADA.BYRON-was-9-here"), HasSubstr("own name or address"));
  EXPECT_THAT(Said("x9-Ada Byron-x9"), HasSubstr("own name or address"));
  EXPECT_THAT(Said("With-a-tab\t-9-in"), HasSubstr("control character"));
  EXPECT_THAT(Said("Not-utf8-\xff-9-in"), HasSubstr("UTF-8"));
  EXPECT_THAT(Said("Aa9-" + std::string(69, 'x')), HasSubstr("over 72 bytes"));
  EXPECT_EQ(Said("Aa9-" + std::string(68, 'x')), "");
  for (const std::string password : {"Short-9", "onlylowercaseletters", "ADA.BYRON-was-9-here"})
    EXPECT_THAT(Said(password), Not(HasSubstr(password)));
}

TEST(PasswordPolicy, CountsCharactersAndNotBytes) {
  EXPECT_THAT(Said("Grün-9-ß-Ø"), HasSubstr("under 12 characters")) << "13 bytes, 10 characters";
  EXPECT_EQ(Said("Grün-9-ß-Ø-é"), "");
  EXPECT_EQ(Said("aaaaaaaa", {8, 1}), "");
}

}  // namespace
}  // namespace slipway::base
