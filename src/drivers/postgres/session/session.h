// A session with a PostgreSQL server that ends at a deadline, or at once when the call is cancelled. libpq
// stays behind this header.
//
// Every wait is a poll on the socket beside the call's cancel token and its deadline. When either comes, the
// server is asked to cancel the statement, and what it answers within half a second decides what is known of
// it; then the connection is closed. One thread; made for one call, whose Context it borrows.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "drivers/driver.h"
#include "drivers/postgres/session/connection.h"
#include "drivers/postgres/session/error.h"
#include "drivers/postgres/session/rows.h"

struct pg_conn;

namespace slipway::drivers::postgres {

using Parameters = std::span<const std::optional<std::string>>;

class Session {
 public:
  // A session with `database` of the call's connection; empty: the one the connection itself names. The
  // application_name is CallerName. kUnreachable, kRefused, kStopped; no message holds the password.
  static SqlResult<Session> Open(const Context& context, std::string_view database = "");

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // One statement; `$1` stands for the first parameter, nullopt for NULL. COPY is refused.
  SqlResult<Rows> Query(const std::string& sql, Parameters parameters = {});
  SqlResult<Rows> Query(const std::string& sql,
                        std::initializer_list<std::optional<std::string>> parameters) {
    return Query(sql, Parameters(parameters.begin(), parameters.size()));
  }
  // Several statements in one message, in one transaction unless they say otherwise; the answer of the last.
  // After an error nothing behind it was carried out.
  SqlResult<Rows> Execute(const std::string& sql);
  // One statement whose rows are taken one by one as they come; answers their number. False from `take` means
  // that it needs no more of them, they are still counted.
  using Take = std::function<bool(const Rows& row)>;
  SqlResult<std::int64_t> Stream(const std::string& sql, Parameters parameters, const Take& take);
  // COPY … FROM stdin with its data, in the format that the statement says; answers the rows copied.
  SqlResult<std::int64_t> CopyIn(const std::string& sql, const std::string& data);
  // From now on `look` is called, on this thread, each time a statement has been under way for `every` more.
  // It may use another session, never this one.
  void Watch(base::Duration every, std::function<void()> look);
  // The columns that the statement would answer, without carrying it out.
  SqlResult<std::vector<std::string>> Columns(const std::string& sql);

  // What a role's password is stored as (SCRAM-SHA-256, RFC 5803), computed here: the password itself never
  // goes over the wire nor into the server's log.
  SqlResult<std::string> Verifier(const std::string& role, const base::Secret& password);

  const std::string& where() const;  // `database acme of db.example.com:5432`
  int version() const;               // 150004 = 15.4
  std::string version_text() const;  // `15.4 (Debian 15.4-1)`
  bool tls() const;
  std::string tls_version() const;         // `TLSv1.3`; empty without TLS
  int pid() const;                         // of its backend
  base::Masker& masker();                  // hides the connection's password; takes more secrets to hide
  std::vector<std::string> TakeNotices();  // what the server remarked since the last call, at most 100
  const Context& context() const;

  struct Impl;

 private:
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Waits, or less when the call is cancelled or out of time; false: it is.
bool Pause(const Context& context, base::Duration how_long);

// Ends the backends that show themselves as `name` (of a call that may have died) and waits until they are
// gone, so that an earlier attempt can no longer act. To be called with the attempt's first session.
SqlStatus EndLeftovers(Session& session, const std::string& name);

// `name` as an identifier and `text` as a literal of SQL. A name over 63 bytes would be cut by the server.
std::string QuoteName(std::string_view name);
std::string QuoteText(std::string_view text);
base::Status CheckName(std::string_view what, std::string_view name);

}  // namespace slipway::drivers::postgres
