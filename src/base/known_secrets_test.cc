#include "base/known_secrets.h"

#include <gtest/gtest.h>

#include "base/diagnostic.h"

namespace slipway::base {
namespace {

TEST(KnownSecrets, AreToldByTheNameOfAValue) {
  for (const char* name :
       {"password", "db_password", "apiToken", "api_key", "api-key", "Authorization", "PWD"})
    EXPECT_TRUE(NamesSecret(name)) << name;
  for (const char* name : {"password_file", "token_ttl", "secrets", "passwordless", "key", ""})
    EXPECT_FALSE(NamesSecret(name)) << name;
}

TEST(KnownSecrets, AreFoundByTheirFormAndTheirPlaceIsTold) {
  const auto seen = FindSecret("url: postgresql://acme:hunter2@db.example.com:5432/acme");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->what, "a password in a URL");
  EXPECT_EQ(seen->at, 23u);
  EXPECT_EQ(FindSecret("rnd_0123456789abcdef")->what, "a Render API key");
  EXPECT_EQ(FindSecret("https://hooks.slack.com/services/T0/B0/x1")->what, "a Slack webhook");
  for (const char* text : {"postgresql://acme@db.example.com/acme", "https://u:${{ secrets.X }}@h/",
                           "rnd_short", "password=$PASSWORD", "https://hooks.slack.com/services/"})
    EXPECT_FALSE(FindSecret(text)) << text;
}

TEST(KnownSecrets, ALineThatMayHoldOneIsNotShown) {
  for (const char* line :
       {R"("password": "hunter2",)", "  api_key: abc", R"("url": "postgresql://u:a/b@c@h/d")",
        "{ token: 'x' }", R"("slack_webhook": "https://hooks.example.com/x")",
        R"(argv: [curl, -u, "admin:x"])", "argv: [deploy, --db-password, x]", "shell: mysql -px shop",
        R"(argv: [sshpass, -p, x, ssh, host])"}) {
    EXPECT_TRUE(MayHoldSecret(line)) << line;
    EXPECT_EQ(Render({{.file = "f", .at = {1, 2}, .what = "w"}}, line), "f:1:2: error: w\n");
  }
  for (const char* line :
       {"password: ${{ secrets.X }}", R"("password": "${{ secrets.X }}")",
        "password:", "when: ${{ parameters.token == 'x' }}", "key: { type: secret, required: true }",
        "http://127.0.0.1:8080/a?b=c:d", "argv: [mkdir, -p, folder]", R"(argv: [deploy, --token, "$TOKEN"])"})
    EXPECT_FALSE(MayHoldSecret(line)) << line;
}

}  // namespace
}  // namespace slipway::base
