#include "fleet/customer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/test_registry.h"

namespace slipway::fleet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The form of the document's appendix.
constexpr std::string_view kShort = R"json({
  "customer": { "name": "Acme Corp, Inc.", "industry": "technology", "size": "enterprise", "domain": "acme.example" },
  "database": { "host": "DB-A.example.com", "name": "securewatch_acme", "user": "acme_user", "password": "auto_generated_or_provided", "port": 5433 },
  "admin": { "email": "admin@acme.example", "name": "Ada", "password": "auto_generated_or_provided" },
  "seeding": { "include_sample_data": true, "sample_employee_count": 120, "include_sample_violations": true },
  "compliance": { "required_frameworks": ["SOC2", "ISO27001"], "industry_specific": true }
}
)json";

// The richer template.
constexpr std::string_view kRich = R"json({
  "customer": {
    "name": "Acme", "slug": "acme", "industry": "retail", "size": "standard", "domain": "acme.example",
    "contact": { "primary_email": "it@acme.example", "primary_name": "Ida", "phone": "+1 555 0100" }
  },
  "deployment": {
    "policy": "standard", "source": "stable_tags_only", "target_version": "v1.0.0", "environment": "production",
    "auto_update": true, "maintenance_window": { "day": "Saturday", "time": "02:00-06:00", "timezone": "UTC" }
  },
  "render": { "api_key": "rnd_s3cr3t-key", "region": "oregon" },
  "database": {
    "host": "db-a.example.com", "name": "acme", "user": "acme_user", "password": "s3cr3t-db",
    "url": "postgresql://acme_user:s3cr3t-db@db-a.example.com:5432/acme?sslmode=require"
  },
  "admin": { "email": "admin@acme.example", "name": "Ada", "password": "s3cr3t-admin" },
  "seeding": { "training_assignments": "auto_assign_mandatory" },
  "compliance": { "required_frameworks": ["SOC2"], "custom_requirements": [] },
  "branding": { "logo_url": "https://acme.example/logo.png", "primary_color": "#2d3748" },
  "features": { "training_management": true, "network_monitoring": false },
  "notifications": { "email_alerts": true, "slack_webhook": "https://hooks.slack.com/services/s3cr3t", "sms_alerts": false },
  "security": { "require_mfa": false, "session_timeout": 45, "password_policy": "standard" }
}
)json";

struct Read {
  CustomerConfig config;
  std::string said;
};

Read ReadOf(std::string_view text, std::string_view policies = "") {
  base::Diagnostics problems;
  std::optional<Policies> read;
  if (!policies.empty()) read = ReadPolicies(policies, "policies.json", problems);
  CustomerConfig config = ReadCustomer(text, "acme.json", read ? &*read : nullptr, problems);
  return {std::move(config), base::Render(problems, text)};
}

TEST(Customer, TheFormOfTheDocumentIsRead) {
  const auto [config, said] = ReadOf(kShort);
  EXPECT_EQ(said, "");
  EXPECT_EQ(config.slug, "acme-corp-inc");
  EXPECT_EQ(config.policy, "enterprise");  // as its size says
  EXPECT_EQ(config.environment, "production");
  EXPECT_EQ(config.database.host, "db-a.example.com");
  EXPECT_EQ(config.database.port, 5433);
  EXPECT_TRUE(config.generate_database_password);
  EXPECT_TRUE(config.generate_admin_password);
  EXPECT_EQ(config.seeding.employees, 120);
  EXPECT_THAT(config.frameworks, ElementsAre("SOC2", "ISO27001"));
  EXPECT_TRUE(config.in_clear.empty());
  EXPECT_TRUE(ReadOf(With(kShort, R"(, "password": "auto_generated_or_provided", "port")", R"(, "port")"))
                  .config.generate_database_password);
}

TEST(Customer, SecretsOfTheRicherTemplateAreNamedWithPlacesAndNotShown) {
  const auto [config, said] = ReadOf(kRich, kPolicies);
  std::vector<std::string> names;
  for (const ClearSecret& secret : config.in_clear) names.push_back(secret.name);
  EXPECT_THAT(names, ElementsAre("customer-acme-db", "customer-acme-db", "customer-acme-admin",
                                 "customer-acme-render", "customer-acme-slack"));
  EXPECT_EQ(said, R"(acme.json:10:26: warning: an API key of Render stands in clear
      = slipway fleet add keeps it as customer-acme-render; then take it out of this file
acme.json:12:82: warning: the password of the database stands in clear
      = slipway fleet add keeps it as customer-acme-db; then take it out of this file
acme.json:13:12: warning: the password in the URL of the database stands in clear
      = slipway fleet add keeps it as customer-acme-db; then take it out of this file
acme.json:15:72: warning: the password of the administrator stands in clear
      = slipway fleet add keeps it as customer-acme-admin; then take it out of this file
acme.json:20:61: warning: a Slack webhook stands in clear
      = slipway fleet add keeps it as customer-acme-slack; then take it out of this file
)");
  EXPECT_FALSE(config.generate_database_password);
  EXPECT_EQ(config.database.sslmode, "require");
  EXPECT_EQ(config.maintenance->window->days, std::vector<int>{6});
}

TEST(Customer, WhatIsRequiredIsAskedForAllAtOnce) {
  EXPECT_EQ(ReadOf("{\n\"customer\": {},\n\"database\": {},\n\"admin\": {}\n}").said,
            R"(acme.json:2:13: error: customer needs `name`
    2 | "customer": {},
      |             ^
acme.json:2:13: error: customer needs `industry`
    2 | "customer": {},
      |             ^
acme.json:2:13: error: customer needs `size`
    2 | "customer": {},
      |             ^
acme.json:3:13: error: database needs `host`
    3 | "database": {},
      |             ^
acme.json:3:13: error: database needs `name`
    3 | "database": {},
      |             ^
acme.json:3:13: error: database needs `user`
    3 | "database": {},
      |             ^
acme.json:4:10: error: admin needs `email`
    4 | "admin": {}
      |          ^
acme.json:4:10: error: admin needs `name`
    4 | "admin": {}
      |          ^
)");
}

TEST(Customer, WhatIsWrongIsNamed) {
  const auto said = [](std::string_view from, std::string_view to) {
    return ReadOf(With(kRich, from, to), kPolicies).said;
  };
  EXPECT_THAT(said("\"slug\": \"acme\"", "\"slug\": \"Acme\""), HasSubstr("`Acme` is no slug"));
  EXPECT_THAT(said("\"retail\"", "\"retial\""), HasSubstr("did you mean `retail`?"));
  EXPECT_THAT(said("\"policy\": \"standard\"", "\"policy\": \"standart\""),
              HasSubstr("unknown policy `standart`"));
  EXPECT_THAT(said("\"production\"", "\"prod\""), HasSubstr("unknown environment `prod`"));
  EXPECT_THAT(said("stable_tags_only", "main_branch"), HasSubstr("production is never given a branch"));
  EXPECT_THAT(said("v1.0.0", "v9.0.0"), HasSubstr("policy standard does not support v9.0.0"));
  EXPECT_THAT(said("it@acme", "it-acme"), HasSubstr("`it-acme.example` is no address"));
  EXPECT_THAT(said("@db-a.example.com:5432", "@db-b.example.com:5433"),
              AllOf(HasSubstr("the URL names another host"), HasSubstr("the URL names another port")));
  EXPECT_THAT(said("acme_user:s3cr3t-db@", "acme_user:s3cr3t-xx@"),
              AllOf(HasSubstr("the URL names another password"), Not(HasSubstr("s3cr3t-"))));
  EXPECT_THAT(said("\"password\": \"s3cr3t-db\"", "\"password\": 123456"),
              AllOf(HasSubstr("password must be a text in quotes"), Not(HasSubstr("123456"))));
  EXPECT_THAT(said("#2d3748", "postgresql://u:s3cr3t@h/d"),
              AllOf(HasSubstr("a password in a URL stands in clear"), Not(HasSubstr("s3cr3t"))));
  EXPECT_THAT(said("\"password\": \"s3cr3t-admin\"", "\"pasword\": \"s3cr3t-admin\""),
              AllOf(HasSubstr("unknown key `pasword` in admin"), Not(HasSubstr("s3cr3t"))));
  EXPECT_THAT(said("\"branding\"", "\"brandign\""), HasSubstr("did you mean `branding`?"));
  EXPECT_THAT(said("\"require_mfa\": false", "\"require_mfa\": {}"), HasSubstr("must be a text, a number"));
}

TEST(Customer, ASlugFollowsFromAName) {
  EXPECT_EQ(DeriveSlug("ABC SecureWatch"), "abc-securewatch");
  EXPECT_EQ(DeriveSlug("  A & B -- Co.  "), "a-b-co");
  EXPECT_EQ(DeriveSlug("日本"), "");
  EXPECT_THAT(ReadOf(With(kShort, "Acme Corp, Inc.", "日本")).said,
              HasSubstr("no slug follows from this name"));
}

}  // namespace
}  // namespace slipway::fleet
