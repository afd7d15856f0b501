#include <fmt/format.h>
#include <unistd.h>

#include "api/json.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

constexpr std::size_t kMost = 64 * 1024;

// All of the input; one line end at its end is not part of the value.
base::Result<base::Secret> Drain(int fd) {
  std::string value(kMost + 2, '\0');
  std::size_t size = 0;
  while (size < value.size()) {
    const ssize_t got = ::read(fd, value.data() + size, value.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::Fail(base::ErrorKind::kIo, base::ErrnoText(errno), "standard input");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  value.resize(size);
  if (value.ends_with('\n')) value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
  return base::Secret(std::move(value));
}

base::Result<base::Secret> ReadValue(const std::string& file, const std::string& name) {
  if (file.empty() || file == "-") {
    if (::isatty(STDIN_FILENO) == 1)
      return base::Invalid(
          "the value would stand on the screen while it is typed", "",
          "slipway secrets set " + name + " --from-file FILE, or … | slipway secrets set " + name);
    return Drain(STDIN_FILENO);
  }
  SLIPWAY_TRY(std::string value, base::ReadFile(file, kMost + 2));
  if (value.ends_with('\n')) value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
  return base::Secret(std::move(value));
}

Exit Told(Call& call, const Options& options, const api::SecretEntry& secret, const std::string& text) {
  if (options.json())
    call.out.Json(api::ToJson(secret));
  else
    call.out.Line(text, Style::kGood);
  return Exit::kSucceeded;
}

}  // namespace

Exit Secrets(Call& call) {
  Options options("secrets", "The names of the secrets, and where each is. Values are never shown.");
  options.Json();
  if (const auto over = Read(call, options)) return *over;
  const auto secrets = call.api.SecretNames();
  if (!secrets) return Fail(call.out, secrets.error());
  if (options.json()) {
    base::JsonArray list;
    for (const api::SecretEntry& secret : *secrets) list.push_back(api::ToJson(secret));
    call.out.Json(list);
    return Exit::kSucceeded;
  }
  Table table({"SECRET", "FROM", "BY"});
  for (const api::SecretEntry& secret : *secrets) table.Add({secret.name, secret.from, secret.by});
  if (table.empty())
    call.out.Line("no secrets");
  else
    table.Write(call.out);
  return Exit::kSucceeded;
}

Exit SecretsSet(Call& call) {
  api::SetSecretRequest request;
  std::string file;
  Options options(
      "secrets set",
      "Keeps a secret, encrypted in .slipway/secrets/. Its value comes from standard input or a file, never "
      "from the command line.");
  options.Required("NAME", request.name, "what `${{ secrets.NAME }}` calls it")
      .Text("--from-file", file, "FILE", "where the value is; `-` is standard input, the default")
      .Flag("--replace", request.replace, "in place of the value that is kept now")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  auto value = ReadValue(file, request.name);
  if (!value) return Fail(call.out, value.error());
  request.value = *std::move(value);
  const auto set = call.api.SetSecret(request);
  if (!set) return Fail(call.out, set.error());
  return Told(call, options, *set, fmt::format("secret {} is kept", set->name));
}

Exit SecretsRemove(Call& call) {
  std::string name;
  Options options("secrets remove", "Forgets a secret that slipway keeps.");
  options.Required("NAME", name, "its name").Json();
  if (const auto over = Read(call, options)) return *over;
  const auto removed = call.api.RemoveSecret(name);
  if (!removed) return Fail(call.out, removed.error());
  return Told(call, options, *removed, fmt::format("secret {} is forgotten", removed->name));
}

Exit SecretsWrite(Call& call) {
  std::string name, file;
  Options options("secrets write", "Writes the value of a secret into a new file that only you may read.");
  options.Required("NAME", name, "its name").Required("FILE", file, "a file that is not there yet").Json();
  if (const auto over = Read(call, options)) return *over;
  const auto written = call.api.WriteSecret(name, file);
  if (!written) return Fail(call.out, written.error());
  return Told(call, options, *written, fmt::format("secret {} is written to {}", name, file));
}

}  // namespace slipway::cli
