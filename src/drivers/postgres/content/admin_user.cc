// postgres.admin_user: a person who may sign in to the product. The database gets a bcrypt hash of a password
// that is a secret of slipway's, made here where there is none.
#include <fmt/format.h>

#include <algorithm>

#include "base/password.h"
#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/content/archive_rows.h"
#include "drivers/postgres/content/bcrypt.h"
#include "drivers/postgres/content/seed.h"
#include "drivers/postgres/content/seeded.h"
#include "drivers/postgres/customers/provision.h"
#include "drivers/postgres/database/purpose.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {
namespace {

using base::Invalid;
using base::Json;
using base::JsonObject;
using base::Result;
using base::Secret;
using base::Status;

base::PasswordPolicy PolicyOf(const JsonObject& with) {
  return {base::GetInt(with, "min_length"), base::GetInt(with, "min_classes")};
}

// What the password must not hold.
std::vector<std::string> About(const JsonObject& with) {
  const std::string email = base::GetString(with, "email");
  return {email.substr(0, email.find('@')), base::GetString(with, "name")};
}

// The table's own name of a column.
std::string Column(const JsonObject& with, std::string_view what) {
  return QuoteName(base::GetString(base::GetObject(with, "columns"), what, what));
}

SqlResult<bool> HasUser(Session& session, const JsonObject& with) {
  SLIPWAY_TRY(const Rows found,
              session.Query(fmt::format("SELECT 1 FROM {} WHERE lower({}) = lower($1)",
                                        QuoteTable(base::GetString(with, "table")), Column(with, "email")),
                            {base::GetString(with, "email")}));
  return found.size() > 0;
}

Outcome Told(const JsonObject& with) {
  const std::string email = base::GetString(with, "email"), role = base::GetString(with, "role");
  return Done({{"email", email}, {"role", role}, {"kept_as", with.at("secret")}},
              fmt::format("{} may sign in as {}; the password is kept as {}", email, role,
                          base::GetString(with, "secret")));
}

class AdminUser {
 public:
  explicit AdminUser(PgCall& call) : call_(call), mark_(CallerName(call.context)) {}

  Outcome Run() {
    auto session = Session::Open(call_.context, call_.database());
    if (!session) return Stopped(session.error());
    if (auto ended = EndLeftovers(*session, mark_); !ended) return Stopped(ended.error());
    if (auto begun = BeginSeed(*session, call_.Text("owner")); !begun) return Stopped(begun.error());
    auto own = FindSeed(*session, mark_);
    if (!own) return Stopped(own.error());
    if (*own) return Told(call_.with());
    looked_ = true;
    auto there = HasUser(*session, call_.with());
    if (!there) return Stopped(there.error());
    if (*there) return Nothing(fmt::format("there is a user {} already", call_.Text("email")));
    auto password = AdminPassword(call_.with(), call_.context);
    if (!password) return Nothing(base::ToString(password.error()));
    session->masker().Add(*password);
    auto hash = Bcrypt(*password, call_.Integer("cost"), call_.context.random);
    if (!hash) return Nothing(base::ToString(hash.error()));
    return Insert(*session, *hash);
  }

 private:
  Outcome Insert(Session& session, const std::string& hash) {
    const JsonObject& with = call_.with();
    auto inserted =
        session.Query(fmt::format("INSERT INTO {} ({}, {}, {}, {}) VALUES ($1, $2, $3, $4)",
                                  QuoteTable(base::GetString(with, "table")), Column(with, "email"),
                                  Column(with, "name"), Column(with, "role"), Column(with, "password_hash")),
                      {call_.Text("email"), call_.Text("name"), call_.Text("role"), hash});
    if (!inserted) return Stopped(inserted.error());
    if (auto noted = call_.sink.Note({{"begun", true}}); !noted)
      return Nothing(base::ToString(noted.error()));
    Seed seed{mark_, "user " + call_.Text("email"), "", call_.Text("secret"), {}};
    if (auto committed = CommitSeed(session, seed); !committed) {
      if (committed.error().kind == SqlFailure::kLost)
        return Unknown(ToString(committed.error()), Evidence(committed.error()));
      return Stopped(committed.error());
    }
    return Told(with);
  }

  // Not done, and a password that was made for nobody is not kept either.
  Outcome Nothing(const std::string& reason, JsonObject evidence = {}) {
    auto forgotten = call_.context.secrets.Remove(call_.Text("secret"), mark_);
    if (!forgotten && forgotten.error().kind != base::ErrorKind::kRefused)
      return Failed(reason + "; " + base::ToString(forgotten.error()));
    return NotDone(reason, std::move(evidence));
  }

  // This transaction was not committed and never will be. Before it has looked, an earlier note says that one
  // of an attempt before it may have been.
  Outcome Stopped(const SqlError& error) {
    if (looked_) return Nothing(ToString(error), Evidence(error));
    return SeedStopped(call_, error, looked_);
  }

  PgCall& call_;
  const std::string mark_;
  bool looked_ = false;
};

Outcome Run(PgCall& call) { return AdminUser(call).Run(); }

Outcome Probe(PgCall& call) {
  auto seed = LookForSeed(call);
  if (!seed) return Unknown(ToString(seed.error()));
  return *seed ? Told(call.with())
               : NotDone(fmt::format("there is no user {} of this step", call.Text("email")));
}

Result<Prepared> Prepare(Prepared given, Context& context) {
  SLIPWAY_TRY(Prepared prepared, CompleteAdminUser(std::move(given), context));
  const JsonObject& with = prepared.action.with;
  const std::string name = base::GetString(with, "secret");
  if (const auto kept = context.secrets.Get(name)) {
    if (auto good = base::CheckPassword(*kept, PolicyOf(with), About(with)); !good)
      return base::Refused(good.error().what, "secret " + name, "slipway secrets set " + name + " --replace");
  }
  SLIPWAY_TRY(Session session, OpenForPurpose(context, with));
  auto there = HasUser(session, with);
  if (!there) return std::unexpected(base::Error(there.error()));
  if (*there)
    return base::Refused(fmt::format("there is a user {} already", base::GetString(with, "email")),
                         session.where());
  return prepared;
}

Status CheckUser(const JsonObject& with) {
  const std::string email = base::GetString(with, "email");
  const std::size_t at = email.find('@');
  if (at == 0 || at == email.npos || at + 1 == email.size() ||
      email.find_first_of(" \t\r\n\"<>@", at + 1) != email.npos)
    return Invalid(base::Quote(email) + " is no address", "email", "write it like admin@example.com");
  if (base::GetString(with, "name").empty()) return Invalid("`name` is empty");
  if (!base::IsId(base::GetString(with, "secret")))
    return Invalid(base::Quote(base::GetString(with, "secret")) + " is no name of a secret", "secret",
                   "a lower-case letter, then lower-case letters, digits, `-` or `_`, at most 64");
  const std::vector<std::string> parts = base::Split(base::GetString(with, "table"), '.');
  if (parts.size() > 2) return Invalid("`table` is a name, with a schema before it or without");
  for (const std::string& part : parts) SLIPWAY_CHECK_OK(CheckName("table", part));
  for (const auto& [column, name] : base::GetObject(with, "columns")) {
    static constexpr std::string_view kColumns[] = {"email", "name", "role", "password_hash"};
    if (std::ranges::find(kColumns, std::string_view(column)) == std::end(kColumns))
      return Invalid(base::Quote(std::string(column)) + " is none of email, name, role, password_hash",
                     "columns");
    SLIPWAY_CHECK_OK(CheckName("column", base::View(name.get_string())));
  }
  const auto between = [&](std::string_view key, std::int64_t least, std::int64_t most) -> Status {
    const std::int64_t value = base::GetInt(with, key);
    if (value >= least && value <= most) return {};
    return Invalid(fmt::format("`{}` is a number from {} to {}", key, least, most));
  };
  SLIPWAY_CHECK_OK(between("min_length", 8, 40));
  SLIPWAY_CHECK_OK(between("min_classes", 1, 4));
  return between("cost", 10, 14);
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.admin_user";
  sheet.summary =
      "Makes a user of the product whose password is a secret of slipway's, stored as a bcrypt hash.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kAutomatic;
  sheet.undo_text =
      "postgres.take_back deletes the user and the password that was made for it, and refuses where the user "
      "was changed";
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database."),
      {.name = "email",
       .description = "Under which the user signs in; there must be none.",
       .required = true},
      {.name = "name", .description = "The user's name.", .required = true},
      {.name = "role", .description = "What the user may do in the product.", .fallback = "admin"},
      {.name = "secret",
       .description =
           "The name of the secret with the password; where nothing is kept under it, one is made and kept.",
       .required = true,
       .pinned = true},
      Argument("min_length", ArgumentType::kInteger, "How many characters a password has at least, 8 to 40.",
               12),
      Argument("min_classes", ArgumentType::kInteger,
               "Of lower case, upper case, digits and others a password has at least so many, 1 to 4.", 3),
      Argument("cost", ArgumentType::kInteger, "The cost of bcrypt, 10 to 14; one more takes twice as long.",
               12),
      {.name = "table",
       .description = "The table of the users, with a schema before it or without.",
       .fallback = "users"},
      {.name = "columns",
       .type = ArgumentType::kMap,
       .description =
           "What its columns `email`, `name`, `role` and `password_hash` are called, where it is otherwise."},
      PurposeArgument(),
      {.name = "owner",
       .description = "The database role that inserts; the owner of the database when omitted."}};
  sheet.outputs = {{"email", "Under which the user signs in."},
                   {"role", "What the user may do."},
                   {"kept_as", "The name of the password's secret."}};
  sheet.example =
      "id: admin\ntitle: Make the administrator\nuses: postgres.admin_user\n"
      "with: { database: acme, email: ops@acme.example, name: Ada Byron, secret: customer-acme-admin }\n";
  return sheet;
}

}  // namespace

Result<Secret> AdminPassword(const JsonObject& with, Context& context) {
  const base::PasswordPolicy policy = PolicyOf(with);
  const std::string name = base::GetString(with, "secret");
  Secret made = NewPassword(context.random);
  while (!base::CheckPassword(made, policy, About(with))) made = NewPassword(context.random);
  auto kept = context.secrets.Put(name, made, CallerName(context));
  // Somebody gave one beforehand.
  if (!kept && kept.error().kind == base::ErrorKind::kRefused) kept = context.secrets.Get(name);
  if (!kept) return kept;
  if (auto good = base::CheckPassword(*kept, policy, About(with)); !good)
    return base::Refused(good.error().what, "secret " + name, "slipway secrets set " + name + " --replace");
  return kept;
}

Result<Prepared> CompleteAdminUser(Prepared prepared, const Context& context) {
  const JsonObject& with = prepared.action.with;
  SLIPWAY_CHECK_OK(CheckUser(with));
  const std::string name = base::GetString(with, "secret");
  prepared.prior = {{"user", "absent"}};
  JsonObject undo = TakeBackArguments(with, context);
  undo["forget"] = name;
  prepared.undo = Action{"postgres.take_back", std::move(undo)};
  return prepared;
}

PgAction AdminUserAction() {
  return {.sheet = Sheet(), .prepare = Prepare, .run = Run, .probe = Probe, .restored = TakenBack};
}

}  // namespace slipway::drivers::postgres
