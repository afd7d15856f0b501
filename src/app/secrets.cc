#include <algorithm>

#include "app/app.h"
#include "base/file.h"
#include "base/text.h"
#include "workspace/secrets.h"

namespace slipway::app {

namespace {

api::SecretEntry Kept(std::string name, std::string by) { return {std::move(name), "kept", std::move(by)}; }

}  // namespace

api::Answer<std::vector<api::SecretEntry>> App::SecretNames() {
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Settings());
  std::vector<api::SecretEntry> entries;
  for (const auto& [name, reference] : workspace->secrets)
    entries.push_back({name, reference.env.empty() ? "file " + reference.file : "env " + reference.env, ""});
  const workspace::KeptSecrets kept = workspace::KeptSecretsOf(*workspace);
  for (const std::string& name : kept.Names()) {
    if (workspace->secrets.contains(name)) continue;  // slipway.yaml comes first
    auto secret = kept.Find(name);
    entries.push_back(Kept(name, !secret ? base::ToString(secret.error()) : *secret ? (*secret)->by : ""));
  }
  std::ranges::sort(entries, {}, &api::SecretEntry::name);
  return entries;
}

api::Answer<api::SecretEntry> App::SetSecret(const api::SetSecretRequest& request) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Settings());
  if (workspace->secrets.contains(request.name))
    return std::unexpected(base::Error{base::ErrorKind::kRefused,
                                       "slipway.yaml says where secret " + base::Quote(request.name) + " is",
                                       "slipway.yaml", "put the value there, or take the line out"});
  const workspace::KeptSecrets kept = workspace::KeptSecretsOf(*workspace);
  const workspace::KeptSecret secret{request.value, "user " + session_.actor()};
  const base::Status done =
      request.replace ? kept.Replace(request.name, secret) : kept.Create(request.name, secret);
  if (!done && done.error().kind == base::ErrorKind::kConflict)
    return std::unexpected(base::Error{base::ErrorKind::kRefused,
                                       "secret " + base::Quote(request.name) + " is kept already", "",
                                       "slipway secrets set " + request.name + " --replace"});
  SLIPWAY_CHECK_OK(done);
  return Kept(request.name, secret.by);
}

api::Answer<api::SecretEntry> App::RemoveSecret(const std::string& name) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Settings());
  const workspace::KeptSecrets kept = workspace::KeptSecretsOf(*workspace);
  if (!kept.Has(name)) {
    const std::vector<std::string> names = kept.Names();
    const auto near = base::DidYouMean(name, names);
    return std::unexpected(base::Error{base::ErrorKind::kInvalid,
                                       "slipway keeps no secret " + base::Quote(name), "",
                                       near ? "slipway secrets remove " + *near : "slipway secrets"});
  }
  SLIPWAY_CHECK_OK(kept.Erase(name));
  return Kept(name, "");
}

api::Answer<api::SecretEntry> App::WriteSecret(const std::string& name, const std::string& file) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Settings());
  SLIPWAY_TRY(const base::Secret value, workspace::ReadSecret(*workspace, name));
  const base::Status written = base::WriteFileNew(file, value.Reveal(), 0600);
  if (!written && written.error().kind == base::ErrorKind::kConflict)
    return std::unexpected(
        base::Error{base::ErrorKind::kRefused, written.error().what, file, "name a new file"});
  SLIPWAY_CHECK_OK(written);
  return api::SecretEntry{name, "", ""};
}

}  // namespace slipway::app
