#include "fleet/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/text.h"
#include "fleet/target_text.h"

namespace slipway::fleet {
namespace {

// `db.example.com` -> `db-example-com`, with the port where it is not the usual one; an id.
std::string NameOf(const std::string& host, int port) {
  std::string name;
  for (const char c : host) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain || (!name.empty() && name.back() != '-')) name += plain ? c : '-';
  }
  if (name.empty() || !(name.front() >= 'a' && name.front() <= 'z')) name = "db-" + name;
  while (name.ends_with('-')) name.pop_back();
  if (port != 5432) name += fmt::format("-{}", port);
  return name;
}

// Stands behind the name of a server where two would have the same, or where it would be too long.
std::string Distinct(const std::string& name, const std::string& server) {
  constexpr std::size_t kLongestId = 64, kHash = 8;
  const std::string hash = base::Hex(base::AsBytes(base::Sha256({server})));
  return name.substr(0, kLongestId - kHash - 1) + "-" + hash.substr(0, kHash);
}

class Importer {
 public:
  Importer(const Registry& registry, const Policies* policies) : registry_(registry), policies_(policies) {
    for (const RegisteredCustomer& customer : registry.customers) customers_.push_back(&customer);
    std::ranges::sort(customers_, {},
                      [](const RegisteredCustomer* c) { return std::string_view(c->slug.value); });
  }

  Imported Run() {
    FindServers();
    CountRings();
    out_.targets = fmt::format(
        "# The customers of {}, written by `slipway fleet import`.\n"
        "# Change them there and import them again with --replace.\n"
        "apiVersion: slipway/v1\nkind: Targets\ntargets:\n",
        FileName());
    for (const RegisteredCustomer* customer : customers_) {
      AddTarget(*customer);
      AddSecret(*customer);
      out_.slugs.push_back(customer->slug.value);
    }
    return std::move(out_);
  }

 private:
  using Address = std::pair<std::string, int>;

  std::string FileName() const {
    return base::Printable(registry_.file.substr(registry_.file.rfind('/') + 1));
  }
  const Policy* PolicyOf(const RegisteredCustomer& customer) const {
    return policies_ == nullptr ? nullptr : policies_->Find(customer.policy.value);
  }
  void FindServers();
  void CountRings();
  void AddTarget(const RegisteredCustomer& customer);
  void AddAttributes(const RegisteredCustomer& customer);
  void AddSecret(const RegisteredCustomer& customer);
  void Line(int indent, std::string_view key, std::string_view value) {
    if (!value.empty()) out_.targets += fmt::format("{:{}}{}: {}\n", "", indent, key, Scalar(value));
  }

  const Registry& registry_;
  const Policies* policies_;
  std::vector<const RegisteredCustomer*> customers_;  // in order of slug
  std::map<Address, std::string> names_;              // of the servers
  Imported out_;
};

void Importer::FindServers() {
  static constexpr std::array<std::string_view, 6> kModes = {"",        "disable",   "prefer",
                                                             "require", "verify-ca", "verify-full"};
  const auto strictness = [&](const std::string& mode) {
    return std::ranges::find(kModes, mode) - kModes.begin();
  };
  std::map<Address, std::string> modes;
  for (const RegisteredCustomer* customer : customers_) {
    const DatabaseUrl& url = *customer->database.value;
    std::string& mode = modes[{url.host, url.port}];
    if (strictness(url.sslmode) > strictness(mode)) mode = url.sslmode;
  }
  std::map<std::string, int> uses;
  for (const auto& [address, mode] : modes) ++uses[NameOf(address.first, address.second)];
  for (const auto& [address, mode] : modes) {
    std::string name = NameOf(address.first, address.second);
    if (uses[name] > 1 || !base::IsId(name))
      name = Distinct(name, fmt::format("{}:{}", address.first, address.second));
    names_[address] = name;
    out_.servers.push_back({name, address.first, address.second, mode});
  }
  std::ranges::sort(out_.servers, {}, &Server::connection);
}

void Importer::CountRings() {
  std::map<std::string, std::int64_t> counts;
  for (const RegisteredCustomer* customer : customers_) ++counts[customer->policy.value];
  for (const std::string& name : Rings(policies_)) {
    Ring ring{.name = name, .customers = counts[name]};
    if (const Policy* policy = policies_ == nullptr ? nullptr : policies_->Find(name)) {
      ring.batch_percent = policy->minor.batch_percent;
      if (policy->minor.delay) ring.delay = policy->minor.delay->length;
    }
    out_.rings.push_back(std::move(ring));
  }
}

void Importer::AddTarget(const RegisteredCustomer& customer) {
  const Policy* policy = PolicyOf(customer);
  out_.targets += fmt::format("  - id: {}\n    kind: customer\n", customer.slug.value);
  out_.targets +=
      fmt::format("    labels: {{ ring: {0}, industry: {1}, size: {2}, policy: {0} }}\n",
                  Scalar(customer.policy.value), Scalar(customer.industry), Scalar(customer.size));
  AddAttributes(customer);
  const auto& own = customer.maintenance;
  const auto& maintenance = own || policy == nullptr ? own : policy->maintenance;
  if (!maintenance) return;
  if (maintenance->window) out_.targets += "    window: " + WindowText(*maintenance->window) + "\n";
  Line(4, "time_zone", maintenance->time_zone);
}

void Importer::AddAttributes(const RegisteredCustomer& customer) {
  const Policy* policy = PolicyOf(customer);
  const DatabaseUrl& url = *customer.database.value;
  const auto source =
      customer.source.value || policy == nullptr ? customer.source.value : policy->source.value;
  const auto automatic = customer.auto_update.value || policy == nullptr ? customer.auto_update.value
                                                                         : std::optional(policy->auto_update);
  out_.targets += "    attributes:\n";
  Line(6, "name", customer.name);
  Line(6, "connection", names_.at({url.host, url.port}));
  Line(6, "database", url.database);
  Line(6, "role", url.role);
  Line(6, "version", base::ToString(*customer.current.value));
  Line(6, "target_version", base::ToString(*customer.target.value));
  if (source) Line(6, "source", ToString(*source));
  if (automatic) Line(6, "auto_update", *automatic ? "true" : "false");
  Line(6, "proven_within", ProvenWithin(policy));
  if (customer.contact_name.empty() && customer.contact_email.empty()) return;
  out_.targets += "      contact:\n";
  Line(8, "name", customer.contact_name);
  Line(8, "email", customer.contact_email);
}

void Importer::AddSecret(const RegisteredCustomer& customer) {
  const DatabaseUrl& url = *customer.database.value;
  if (!url.has_password()) return;
  const std::string& slug = customer.slug.value;
  out_.secrets.push_back({SecretName(slug, "db"), fmt::format("the password of {}'s database", slug),
                          registry_.file, customer.database.at, url.password});
}

}  // namespace

Imported Import(const Registry& registry, const Policies* policies) {
  return Importer(registry, policies).Run();
}

std::string ConnectionName(const std::string& host, int port) {
  const std::string name = NameOf(host, port);
  return base::IsId(name) ? name : Distinct(name, fmt::format("{}:{}", host, port));
}

std::string ConnectionLine(const Server& server) {
  const std::string port = server.port == 5432 ? "" : fmt::format(", port: {}", server.port);
  const std::string mode = server.sslmode.empty() ? "" : ", sslmode: " + server.sslmode;
  // The secret is called like the connection: an id of 64 leaves no room for more.
  return fmt::format(
      "{0}: {{ driver: postgres, host: {1}{2}, user: slipway, password: \"${{{{ secrets.{0} }}}}\"{3} }}",
      server.connection, Scalar(server.host), port, mode);
}

}  // namespace slipway::fleet
