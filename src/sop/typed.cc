// Commands whose meaning is certain, as actions of drivers.
#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "base/text.h"
#include "sop/commands.h"
#include "sql/effects.h"

namespace slipway::sop {

namespace {

using Words = std::vector<std::string>;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

// ---- curl

// One GET or HEAD whose answer is shown to a person: the look that http.check takes. Anything that sends,
// saves, measures or logs in by password is left to curl.
bool AsHttp(const Words& words, DraftStep& step) {
  std::string url;
  std::string method;
  Map headers;
  bool follow = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-H" || word == "--header") {
      if (++i == words.size()) return false;
      const std::size_t colon = words[i].find(':');
      if (colon == std::string::npos || words[i].starts_with("${{")) return false;
      headers.emplace_back(words[i].substr(0, colon),
                           base::Trim(std::string_view(words[i]).substr(colon + 1)));
    } else if (word == "-I" || word == "--head") {
      method = "HEAD";
    } else if (word == "-L" || word == "--location") {
      follow = true;
    } else if (word.starts_with("--")) {
      if (word != "--fail" && word != "--silent" && word != "--show-error") return false;
    } else if (word.starts_with('-')) {
      for (const char flag : word.substr(1)) {
        if (flag == 'I') method = "HEAD";
        if (flag == 'L') follow = true;
        if (!std::string_view("fsSIL").contains(flag)) return false;
      }
    } else if (url.empty()) {
      url = word;
    } else {
      return false;
    }
  }
  if (!url.starts_with("http://") && !url.starts_with("https://")) return false;
  step.uses = "http.check";
  std::ranges::sort(headers);
  step.with.push_back({"url", url});
  if (!method.empty()) step.with.push_back({"method", method});
  if (!headers.empty()) step.with.push_back({"headers", headers});
  if (follow) step.with.push_back({"follow", "true"});
  return true;
}

// ---- PostgreSQL

struct Client {
  std::string database;  // a template or a name; empty: not said
  std::string url;       // `${{ parameters.database_url }}`: which database it is, only a person can say
  std::vector<std::string> sql;
  std::vector<std::string> rest;  // options that are not understood
};

// psql and pg_dump share how they are told where to connect.
Client ReadClient(const Words& words) {
  Client client;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    const auto value = [&](std::string_view small, std::string_view large) -> std::optional<std::string> {
      if ((word == small || word == large) && i + 1 < words.size()) return words[++i];
      if (word.starts_with(std::string(large) + "=")) return word.substr(large.size() + 1);
      return std::nullopt;
    };
    if (value("-h", "--host") || value("-p", "--port") || value("-U", "--username")) continue;
    if (const auto database = value("-d", "--dbname")) {
      client.database = *database;
    } else if (const auto sql = value("-c", "--command")) {
      client.sql.push_back(*sql);
    } else if (word.starts_with("-")) {
      client.rest.push_back(word);
      if (!word.contains('=') && i + 1 < words.size() && !words[i + 1].starts_with("-") && word.size() == 2)
        ++i;
    } else if (client.database.empty() && client.url.empty()) {
      (word.contains("://") || word.contains("_url }}") ? client.url : client.database) = word;
    } else {
      client.rest.push_back(word);
    }
  }
  if (client.database.contains("://")) std::swap(client.database, client.url);
  return client;
}

// Only reads, by its first word and by what it calls.
bool IsReadingSql(std::string_view sql) {
  std::string text = Lower(base::Trim(sql));
  if (text.ends_with(';')) text.pop_back();
  if (text.contains(';') || text.contains("${{")) return false;
  if (!text.starts_with("select ") && !text.starts_with("select\n") && !text.starts_with("show "))
    return false;
  return !text.contains("for update") && !text.contains(" into ") && sql::CalledWithEffects(text).empty();
}

// The database's name where the command says it, else a parameter: a URL is no argument of these actions.
void AddDatabase(const Client& client, DraftStep& step, std::vector<DraftParameter>& parameters) {
  if (!client.database.empty()) {
    step.with.push_back({"database", client.database});
    return;
  }
  if (std::ranges::find(parameters, "database", &DraftParameter::name) == parameters.end())
    parameters.push_back(
        {.name = "database",
         .pattern = "[A-Za-z0-9_.-]+",
         .description = client.url.starts_with("${{") ? "the name of the database" : client.url});
  step.with.push_back({"database", "${{ parameters.database }}"});
}

bool AsQuery(const Words& words, DraftStep& step, std::vector<DraftParameter>& parameters) {
  const Client client = ReadClient(words);
  if (client.sql.size() != 1 || !client.rest.empty()) return false;
  const std::string sql(base::Trim(client.sql[0]));
  const bool lists_tables = sql == "\\dt" || sql.starts_with("\\dt ");
  if (!lists_tables && !IsReadingSql(sql)) return false;
  step.uses = lists_tables ? "postgres.verify" : "postgres.query";
  AddDatabase(client, step, parameters);
  if (!lists_tables) step.with.push_back({"sql", sql});
  return true;
}

bool AsBackup(const Argv& argv, DraftStep& step, std::vector<DraftParameter>& parameters) {
  Client client = ReadClient(argv.words);
  std::erase_if(client.rest, [](std::string_view option) {
    return option.starts_with("--format=") || option.starts_with("--file=") || option == "-Fc" ||
           option == "-F" || option == "-f";
  });
  if (!client.rest.empty() || !client.sql.empty()) return false;  // a part of the database, or no data
  step.uses = "postgres.backup";
  AddDatabase(client, step, parameters);
  parameters.push_back({.name = "backup_key",
                        .type = "secret",
                        .description = "what the backup is encrypted with, at least 32 bytes"});
  step.with.push_back({"key", "${{ parameters.backup_key }}"});
  return true;
}

}  // namespace

bool AsTyped(const Argv& argv, DraftStep& step, std::vector<DraftParameter>& parameters) {
  if (argv.words.empty()) return false;
  const std::string& name = argv.words[0];
  if (name == "pg_dump") return AsBackup(argv, step, parameters);
  if (!argv.output.empty()) return false;
  if (name == "curl") return AsHttp(argv.words, step);
  return name == "psql" && AsQuery(argv.words, step, parameters);
}

bool OnlyReads(const Words& words) {
  const auto is = [&](std::size_t i, std::initializer_list<std::string_view> any) {
    return i < words.size() && std::ranges::find(any, words[i]) != any.end();
  };
  if (words.empty()) return false;
  if (is(0, {"ls", "cat", "head", "grep", "diff", "jq", "ping", "df", "du", "ps", "stat", "wc", "test", "pwd",
             "whoami", "dig", "nslookup"}))
    return words[0] != "ping" || words.size() > 2;  // without a count it never ends
  if (is(0, {"tail"}))
    return std::ranges::none_of(words,
                                [](std::string_view w) { return w == "-f" || w == "-F" || w == "--follow"; });
  if (is(0, {"git"})) return is(1, {"log", "status", "diff", "show", "describe", "rev-parse", "ls-remote"});
  if (is(0, {"kubectl"}))
    return is(1, {"get", "describe", "logs", "top", "version"}) ||
           (is(1, {"rollout"}) && is(2, {"status", "history"}));
  if (is(0, {"docker"})) return is(1, {"ps", "images", "inspect", "logs", "version"});
  if (is(0, {"systemctl"})) return is(1, {"status", "is-active", "is-enabled", "show"});
  if (is(0, {"aws"}))
    return (is(1, {"s3"}) && is(2, {"ls"})) ||
           (words.size() > 2 && (words[2].starts_with("get-") || words[2].starts_with("list-") ||
                                 words[2].starts_with("head-") || words[2].starts_with("describe-")));
  return false;
}

}  // namespace slipway::sop
