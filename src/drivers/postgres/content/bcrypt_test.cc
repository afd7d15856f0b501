#include "drivers/postgres/content/bcrypt.h"

#include <gmock/gmock.h>

namespace slipway::drivers::postgres {
namespace {

using base::Secret;

TEST(Bcrypt, TheHashIsOfThePasswordAndOfNoOther) {
  const Secret password("Tr0ub4dor-and-3");
  const std::string hash = Bcrypt(password, 10, base::SystemRandom()).value();
  EXPECT_THAT(hash, testing::StartsWith("$2b$10$"));
  EXPECT_EQ(hash.size(), 60u);
  EXPECT_TRUE(IsBcryptOf(hash, password));
  EXPECT_FALSE(IsBcryptOf(hash, Secret("Tr0ub4dor-and-4")));
  EXPECT_NE(Bcrypt(password, 10, base::SystemRandom()).value(), hash) << "the salt is new each time";
}

TEST(Bcrypt, KnowsAHashThatAnotherProgramMade) {
  // From the tests of Openwall's crypt_blowfish, the authors' own vector.
  EXPECT_TRUE(IsBcryptOf("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", Secret("U*U")));
  EXPECT_FALSE(IsBcryptOf("*0", Secret("*0")));
  EXPECT_FALSE(IsBcryptOf("", Secret("")));
}

}  // namespace
}  // namespace slipway::drivers::postgres
