#include "drivers/postgres/session/session.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "drivers/postgres/session/resolve.h"

namespace slipway::drivers::postgres {
namespace {

using base::Duration;
using base::Time;

constexpr Duration kCancelPatience{300};  // to deliver the request to cancel
constexpr Duration kLastWord{500};        // for the server to say what became of the statement
constexpr Duration kLeftoverPatience{10'000};
constexpr Duration kLeftoverTick{20};
constexpr std::size_t kLongestText = 600;  // of anything the server says, in bytes
constexpr std::size_t kMostNotices = 100;
constexpr std::size_t kLongestIdentifier = 63;

struct ConnectionDeleter {
  void operator()(pg_conn* connection) const { PQfinish(connection); }
};
using ConnectionPtr = std::unique_ptr<pg_conn, ConnectionDeleter>;

// One printable line of bounded length.
std::string OneLine(std::string_view text) {
  std::string line;
  for (const std::string& part : base::Split(text, '\n')) {
    const std::string_view words = base::Trim(part);
    if (!words.empty()) line += (line.empty() ? "" : "; ") + std::string(words);
  }
  line = base::Printable(line);
  if (line.size() > kLongestText) {
    line.resize(kLongestText);
    while (!base::IsUtf8(line)) line.pop_back();
    line += "…";
  }
  while (line.ends_with('.')) line.pop_back();
  return line;
}

constexpr std::string_view kNotLetIn = "28";  // the class of SQLSTATEs
constexpr std::string_view kWrongPassword = "28P01";

// libpq tells of a certificate that was not taken and not why.
std::string WhyTlsFails(const Connection& wanted) {
  std::string hint = "`sslmode` (" + wanted.sslmode + ")";
  if (wanted.sslrootcert.empty())
    return hint + " of this connection in slipway.yaml, and `ssl` of the server";
  return hint + " and `sslrootcert` (" + base::Printable(wanted.sslrootcert) +
         ") of this connection in slipway.yaml; whether the server's certificate is of that authority and "
         "has not expired";
}

// libpq gives the SQLSTATE of a refused connection in its text only, in the form `FATAL:  28P01: password …`
// that PQERRORS_VERBOSE is documented to have. Cuts the code and all before it, and the server's source line.
struct Refusal {
  std::string state;
  std::string message;
};
Refusal ReadRefusal(std::string_view text) {
  Refusal refusal;
  for (const std::string& line : base::Split(text, '\n')) {
    if (line.starts_with("LOCATION:")) continue;
    for (std::size_t at = line.find(":  "); at != std::string::npos; at = line.find(":  ", at + 1)) {
      const std::string_view rest = std::string_view(line).substr(at + 3);
      const std::string_view code = rest.substr(0, 5);
      const bool is_code =
          rest.size() > 6 && rest.substr(5, 2) == ": " &&
          std::ranges::all_of(code, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
      if (is_code) refusal = {std::string(code), std::string(rest.substr(7))};
    }
  }
  if (refusal.state.empty()) refusal.message = text;
  return refusal;
}

// The line on which the character at `position` (from 1) stands.
int LineOf(std::string_view sql, int position) {
  int line = 1, seen = 1;
  for (std::size_t i = 0; i < sql.size() && seen < position; ++i) {
    if (sql[i] == '\n') ++line;
    if (i + 1 < sql.size() && (static_cast<unsigned char>(sql[i + 1]) & 0xC0) != 0x80) ++seen;
  }
  return line;
}

bool IsFatal(const pg_result* result) {
  const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity != nullptr && std::string_view(severity) != "ERROR";
}

}  // namespace

struct Session::Impl {
  const Context* context = nullptr;
  ConnectionPtr connection;
  mutable base::Masker masker;
  mutable std::optional<base::Secret> password;  // until something is to be masked: most sessions say nothing
  std::string where;
  std::vector<std::string> notices;
  const std::string* copy = nullptr;  // what COPY FROM stdin gets; null: there is none
  bool stopping = false;              // the server was asked to cancel the statement under way
  Time last_word{};                   // until when it may answer that
  Duration watch_every{};
  std::function<void()> watch;  // empty: nobody looks
  Time next_look{};

  bool Stopped() const { return context->cancel.cancelled() || context->clock.Now() >= context->deadline; }

  base::Masker& Masks() const {
    if (password) masker.Add(*std::exchange(password, std::nullopt));
    return masker;
  }

  SqlError Error(SqlFailure kind, std::string_view message) const {
    SqlError error;
    error.kind = kind;
    error.message = OneLine(Masks().Mask(message));
    error.where = where;
    error.severed = kind != SqlFailure::kStatement;
    return error;
  }

  // True: the socket is ready. False: `until` has come, or (where it is listened to) the call is cancelled.
  bool Await(short events, Time until, bool listen) const {
    while (true) {
      const Duration left = until - context->clock.Now();
      pollfd fds[2] = {{PQsocket(connection.get()), events, 0}, {context->cancel.fd(), POLLIN, 0}};
      const int wait = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
      const int got = poll(fds, listen ? 2 : 1, wait);
      if (got < 0 && errno != EINTR) return false;
      if (got > 0 && fds[0].revents != 0) return true;
      if ((listen && context->cancel.cancelled()) || left.count() <= 0) return false;
    }
  }

  using Taker = std::function<void(const Rows& row)>;

  SqlStatus Connect(const Connection& wanted, const std::string& database);
  static void TakeNotice(void* self, const pg_result* notice);
  SqlStatus Send(const std::string& sql, const std::function<int(pg_conn*)>& send);
  SqlStatus Flush();
  SqlStatus GiveCopy();
  SqlResult<pg_result*> Next();
  SqlResult<Rows> Finish(const std::string& sql, const Taker& take = [](const Rows&) {});
  void AskToCancel() const;
  void Sever() { connection.reset(); }
  SqlError FromResult(const std::string& sql, const pg_result* result) const;
};

namespace {

// What is not named here would come from the environment or from files.
ConnectionPtr Start(const Connection& wanted, const std::string& database, const std::string& name,
                    const std::vector<std::string>& addresses) {
  static constexpr const char* kNone = "/nonexistent";
  const std::vector<std::string> hosts(std::max<std::size_t>(addresses.size(), 1), wanted.host);
  const std::pair<const char*, std::string> parameters[] = {
      {"host", base::Join(hosts, ",")},
      {"hostaddr", base::Join(addresses, ",")},
      {"port", wanted.port},
      {"user", wanted.user},
      {"password", wanted.password.Reveal()},
      {"passfile", kNone},
      {"dbname", database},
      {"application_name", name},
      {"client_encoding", "UTF8"},
      // Migrations are cut into statements as the standard has it, whatever the database or the role says.
      {"options", "-c statement_timeout=0 -c standard_conforming_strings=on"},
      {"sslmode", wanted.sslmode},
      {"sslrootcert", wanted.sslrootcert.empty() ? kNone : wanted.sslrootcert},
      {"sslcert", kNone},
      {"sslkey", kNone},
      {"sslcrl", kNone},
      {"sslcrldir", kNone},
      {"gssencmode", "disable"},
      {"channel_binding", "prefer"},
      {"target_session_attrs", "any"},
      {"keepalives_idle", "30"},
      {"keepalives_interval", "10"},
      {"keepalives_count", "3"},
  };
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : parameters) {
    keys.push_back(key);
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  return ConnectionPtr(PQconnectStartParams(keys.data(), values.data(), 0));
}

}  // namespace

SqlStatus Session::Impl::Connect(const Connection& wanted, const std::string& database) {
  const Time until = std::min(context->deadline, context->clock.Now() + wanted.connect_timeout);
  std::vector<std::string> addresses;
  if (!wanted.host.starts_with('/')) {
    auto found = Addresses(wanted.host, until - context->clock.Now(), [this] { return Stopped(); });
    if (!found) return std::unexpected(Error(SqlFailure::kUnreachable, found.error().what));
    addresses = *std::move(found);
  }
  connection = Start(wanted, database, CallerName(*context), addresses);
  if (!connection) return std::unexpected(Error(SqlFailure::kUnreachable, "out of memory"));
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  PQsetNoticeReceiver(connection.get(), TakeNotice, this);
  bool in_tls = false;
  PostgresPollingStatusType state =
      PQstatus(connection.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    if (!Await(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until, true)) {
      if (Stopped()) return std::unexpected(Error(SqlFailure::kStopped, "stopped while connecting"));
      return std::unexpected(
          Error(SqlFailure::kUnreachable,
                "the server did not answer within " + base::FormatDuration(wanted.connect_timeout)));
    }
    in_tls = PQstatus(connection.get()) == CONNECTION_SSL_STARTUP;
    state = PQconnectPoll(connection.get());
  }
  if (state == PGRES_POLLING_FAILED) {
    const Refusal refusal = ReadRefusal(PQerrorMessage(connection.get()));
    SqlError error =
        Error(refusal.state.empty() ? SqlFailure::kUnreachable : SqlFailure::kRefused, refusal.message);
    error.state = refusal.state;
    if (error.state.starts_with(kNotLetIn)) {
      error.hint =
          error.state == kWrongPassword
              ? "`user` and `password` of this connection in slipway.yaml, and the secret that it names"
              : "`user` and `sslmode` of this connection in slipway.yaml, and pg_hba.conf of the server";
    } else if (in_tls) {
      error.hint = WhyTlsFails(wanted);
    }
    return std::unexpected(std::move(error));
  }
  PQsetnonblocking(connection.get(), 1);
  return {};
}

void Session::Impl::TakeNotice(void* self, const pg_result* notice) {
  auto* impl = static_cast<Impl*>(self);
  const char* text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  if (text != nullptr && impl->notices.size() < kMostNotices)
    impl->notices.push_back(OneLine(impl->Masks().Mask(text)));
}

SqlError Session::Impl::FromResult(const std::string& sql, const pg_result* result) const {
  auto field = [&](int code) -> std::string {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? "" : OneLine(Masks().Mask(text));
  };
  SqlError error = Error(SqlFailure::kStatement, field(PG_DIAG_MESSAGE_PRIMARY));
  if (error.message.empty()) error.message = OneLine(Masks().Mask(PQresultErrorMessage(result)));
  error.state = field(PG_DIAG_SQLSTATE);
  error.detail = field(PG_DIAG_MESSAGE_DETAIL);
  error.hint = field(PG_DIAG_MESSAGE_HINT);
  error.context = field(PG_DIAG_CONTEXT);
  error.position = static_cast<int>(base::ParseInteger(field(PG_DIAG_STATEMENT_POSITION)).value_or(0));
  if (error.position > 0) error.line = LineOf(sql, error.position);
  HideRows(error);
  return error;
}

// The request goes to the server over a connection of its own, which libpq cannot bound in time.
void Session::Impl::AskToCancel() const {
  PGcancel* request = PQgetCancel(connection.get());
  if (request == nullptr) return;
  Aside(
      [request] {
        char ignored[256];
        PQcancel(request, ignored, sizeof ignored);
        PQfreeCancel(request);
      },
      kCancelPatience, [] { return false; });
}

SqlStatus Session::Impl::Send(const std::string& sql, const std::function<int(pg_conn*)>& send) {
  if (!connection || PQstatus(connection.get()) != CONNECTION_OK)
    return std::unexpected(Error(SqlFailure::kUnreachable, "the connection is closed"));
  if (Stopped()) return std::unexpected(Error(SqlFailure::kStopped, "stopped before the statement was sent"));
  stopping = false;
  next_look = watch ? context->clock.Now() + watch_every : Time::max();
  if (sql.contains('\0'))
    return std::unexpected(Error(SqlFailure::kStatement, "the statement has a NUL byte"));
  if (send(connection.get()) != 1) {
    SqlError error = Error(SqlFailure::kLost, PQerrorMessage(connection.get()));
    Sever();
    return std::unexpected(std::move(error));
  }
  return Flush();
}

SqlStatus Session::Impl::Flush() {
  int left = 0;
  while ((left = PQflush(connection.get())) > 0) {
    if (!Await(POLLIN | POLLOUT, context->deadline, true)) {
      // Half a message is never carried out, and COPY only with its end.
      SqlError error = Error(SqlFailure::kStopped, "stopped before the statement was sent");
      Sever();
      return std::unexpected(std::move(error));
    }
    if (PQconsumeInput(connection.get()) != 1) break;
  }
  return {};
}

SqlStatus Session::Impl::GiveCopy() {
  constexpr std::size_t kPiece = 64 * 1024;
  for (std::size_t at = 0; at < copy->size(); at += kPiece) {
    const std::size_t size = std::min(kPiece, copy->size() - at);
    if (PQputCopyData(connection.get(), copy->data() + at, static_cast<int>(size)) < 0) break;
    SLIPWAY_CHECK_OK(Flush());
  }
  PQputCopyEnd(connection.get(), nullptr);
  return Flush();
}

// The next answer to the statement under way; null at its end. Once the call is stopped, the server is asked
// to cancel the statement and has half a second for its last word.
SqlResult<pg_result*> Session::Impl::Next() {
  while (PQisBusy(connection.get()) != 0) {
    if (Await(POLLIN, stopping ? last_word : std::min(context->deadline, next_look), !stopping)) {
      if (PQconsumeInput(connection.get()) != 1) break;
      continue;
    }
    if (!stopping && !Stopped()) {
      watch();
      next_look = context->clock.Now() + watch_every;
      continue;
    }
    if (stopping) {
      Sever();
      return std::unexpected(
          Error(SqlFailure::kLost, "stopped, and the server did not say what became of the statement"));
    }
    stopping = true;
    AskToCancel();
    last_word = context->clock.Now() + kLastWord;
  }
  return PQgetResult(connection.get());
}

SqlResult<Rows> Session::Impl::Finish(const std::string& sql, const Taker& take) {
  Rows last;
  std::optional<SqlError> failure;
  bool fatal = false;
  while (true) {
    SLIPWAY_TRY(pg_result * result, Next());
    if (result == nullptr) break;
    Rows rows(result);
    switch (PQresultStatus(result)) {
      case PGRES_SINGLE_TUPLE:
        take(rows);
        break;
      case PGRES_COPY_IN:
        if (copy != nullptr) {
          SLIPWAY_CHECK_OK(GiveCopy());
          break;
        }
        [[fallthrough]];
      case PGRES_COPY_OUT:
      case PGRES_COPY_BOTH:
        Sever();
        return std::unexpected(Error(SqlFailure::kLost, "COPY from or to the client is not taken here"));
      case PGRES_FATAL_ERROR:
      case PGRES_BAD_RESPONSE:
        fatal = fatal || IsFatal(result);
        if (!failure) failure = FromResult(sql, result);
        break;
      case PGRES_EMPTY_QUERY:
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_NONFATAL_ERROR:
      case PGRES_PIPELINE_SYNC:
      case PGRES_PIPELINE_ABORTED:
        last = std::move(rows);
        break;
    }
  }
  const bool alive = PQstatus(connection.get()) == CONNECTION_OK && !fatal;
  if (!failure && alive) return last;
  if (!failure) failure = Error(SqlFailure::kLost, PQerrorMessage(connection.get()));
  if (!alive) {
    failure->kind = SqlFailure::kLost;
    failure->severed = true;
    Sever();
  } else if (stopping && failure->state == kQueryCanceled) {
    failure->kind = SqlFailure::kStopped;
    failure->message = "stopped: the server cancelled the statement";
  }
  return std::unexpected(*std::move(failure));
}

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

SqlResult<Session> Session::Open(const Context& context, std::string_view database) {
  auto impl = std::make_unique<Impl>();
  impl->context = &context;
  auto connection = ReadConnection(context);
  if (!connection) {
    SqlError error = impl->Error(SqlFailure::kUnreachable, connection.error().what);
    error.hint = connection.error().next;
    return std::unexpected(std::move(error));
  }
  const std::string name(database.empty() ? connection->database : database);
  impl->where = fmt::format("database {} of {}", base::Printable(name), base::Printable(connection->Where()));
  if (connection->has_password) impl->password = connection->password;
  if (impl->Stopped()) return std::unexpected(impl->Error(SqlFailure::kStopped, "stopped before connecting"));
  if (auto connected = impl->Connect(*connection, name); !connected) {
    impl->Sever();
    return std::unexpected(std::move(connected).error());
  }
  return Session(std::move(impl));
}

SqlResult<Rows> Session::Query(const std::string& sql, Parameters parameters) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  SLIPWAY_CHECK_OK(impl_->Send(sql, [&](pg_conn* connection) {
    return PQsendQueryParams(connection, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                             nullptr, nullptr, 0);
  }));
  return impl_->Finish(sql);
}

SqlResult<Rows> Session::Execute(const std::string& sql) {
  SLIPWAY_CHECK_OK(
      impl_->Send(sql, [&](pg_conn* connection) { return PQsendQuery(connection, sql.c_str()); }));
  return impl_->Finish(sql);
}

SqlResult<std::int64_t> Session::Stream(const std::string& sql, Parameters parameters, const Take& take) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  SLIPWAY_CHECK_OK(impl_->Send(sql, [&](pg_conn* connection) {
    return PQsendQueryParams(connection, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                             nullptr, nullptr, 0) == 1
               ? PQsetSingleRowMode(connection)
               : 0;
  }));
  std::int64_t count = 0;
  bool wants = true;
  SLIPWAY_CHECK_OK(impl_->Finish(sql, [&](const Rows& row) {
    ++count;
    if (wants) wants = take(row);
  }));
  return count;
}

SqlResult<std::int64_t> Session::CopyIn(const std::string& sql, const std::string& data) {
  impl_->copy = &data;
  auto rows = Execute(sql);
  impl_->copy = nullptr;
  if (!rows) return std::unexpected(std::move(rows).error());
  return rows->affected();
}

void Session::Watch(base::Duration every, std::function<void()> look) {
  impl_->watch_every = every;
  impl_->watch = std::move(look);
}

SqlResult<std::vector<std::string>> Session::Columns(const std::string& sql) {
  SLIPWAY_CHECK_OK(impl_->Send(
      sql, [&](pg_conn* connection) { return PQsendPrepare(connection, "", sql.c_str(), 0, nullptr); }));
  SLIPWAY_CHECK_OK(impl_->Finish(sql));
  SLIPWAY_CHECK_OK(
      impl_->Send(sql, [](pg_conn* connection) { return PQsendDescribePrepared(connection, ""); }));
  SLIPWAY_TRY(const Rows described, impl_->Finish(sql));
  std::vector<std::string> columns;
  for (int i = 0; i < described.columns(); ++i) columns.emplace_back(described.Column(i));
  return columns;
}

SqlResult<std::string> Session::Verifier(const std::string& role, const base::Secret& password) {
  char* text = PQencryptPasswordConn(impl_->connection.get(), password.Reveal().c_str(), role.c_str(),
                                     "scram-sha-256");
  if (text == nullptr)
    return std::unexpected(impl_->Error(SqlFailure::kStatement, "the password cannot be encrypted"));
  std::string verifier = text;
  PQfreemem(text);
  return verifier;
}

const std::string& Session::where() const { return impl_->where; }

int Session::version() const { return PQserverVersion(impl_->connection.get()); }

std::string Session::version_text() const {
  const char* text = PQparameterStatus(impl_->connection.get(), "server_version");
  return text == nullptr ? "" : text;
}

bool Session::tls() const { return PQsslInUse(impl_->connection.get()) != 0; }

std::string Session::tls_version() const {
  const char* text = tls() ? PQsslAttribute(impl_->connection.get(), "protocol") : nullptr;
  return text == nullptr ? "" : text;
}

int Session::pid() const { return PQbackendPID(impl_->connection.get()); }

base::Masker& Session::masker() { return impl_->Masks(); }

std::vector<std::string> Session::TakeNotices() { return std::exchange(impl_->notices, {}); }

const Context& Session::context() const { return *impl_->context; }

bool Pause(const Context& context, Duration how_long) {
  pollfd cancelled{context.cancel.fd(), POLLIN, 0};
  const Duration left = std::min(how_long, context.deadline - context.clock.Now());
  if (left.count() > 0) poll(&cancelled, 1, static_cast<int>(left.count()));
  return !context.cancel.cancelled() && context.clock.Now() < context.deadline;
}

SqlStatus EndLeftovers(Session& session, const std::string& name) {
  const Context& context = session.context();
  const Time until = std::min(context.deadline, context.clock.Now() + kLeftoverPatience);
  while (true) {
    SLIPWAY_TRY(const Rows left, session.Query("SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity "
                                               "WHERE application_name = $1 AND pid <> pg_backend_pid()",
                                               {name}));
    if (left.size() == 0) return {};
    if (context.clock.Now() >= until) {
      SqlError error;
      error.kind = SqlFailure::kUnreachable;
      error.message = fmt::format("backend {} of an earlier attempt does not end", left.Text(0, 0));
      error.where = session.where();
      return std::unexpected(std::move(error));
    }
    Pause(context, kLeftoverTick);
  }
}

std::string QuoteName(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string QuoteText(std::string_view text) {
  std::string quoted = text.contains('\\') ? " E'" : "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

base::Status CheckName(std::string_view what, std::string_view name) {
  if (name.empty()) return base::Invalid(fmt::format("the name of a {} is empty", what), std::string(what));
  if (name.size() > kLongestIdentifier)
    return base::Invalid(
        fmt::format("{} is too long for a {}: PostgreSQL cuts names after 63 bytes", base::Quote(name), what),
        std::string(what));
  if (name.contains('\0') || !base::IsUtf8(name))
    return base::Invalid(fmt::format("{} is no name of a {}", base::Quote(name), what), std::string(what));
  return {};
}

}  // namespace slipway::drivers::postgres
