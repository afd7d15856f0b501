#include "postgres/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace slipway::tests {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void Check(bool good) {
  if (!good) throw std::runtime_error("OpenSSL could not make a certificate");
}

void Extend(X509* certificate, X509* issuer, int name, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, name, value);
  Check(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate Issue(const char* name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, long serial) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1,
                             -1, 0);
  X509* by = issuer == nullptr ? certificate.get() : issuer;
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(by));
  if (issuer == nullptr) {
    Extend(certificate.get(), by, NID_basic_constraints, "critical,CA:TRUE");
    Extend(certificate.get(), by, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    Extend(certificate.get(), by, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  }
  Check(X509_sign(certificate.get(), issuer_key, EVP_sha256()) > 0);
  return certificate;
}

template <typename Writer>
void Write(const std::filesystem::path& path, Writer write) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
  Check(file != nullptr && write(file.get()) == 1);
  std::filesystem::permissions(path,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace

void MakeCertificates(const std::filesystem::path& folder, const std::string& authority) {
  const Key ca_key(EVP_EC_gen("P-256"), EVP_PKEY_free), key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  Check(ca_key && key);
  const Certificate ca = Issue(authority.c_str(), ca_key.get(), nullptr, ca_key.get(), 1);
  const Certificate server = Issue("localhost", key.get(), ca.get(), ca_key.get(), 2);
  Write(folder / "ca.crt", [&](std::FILE* file) { return PEM_write_X509(file, ca.get()); });
  Write(folder / "server.crt", [&](std::FILE* file) { return PEM_write_X509(file, server.get()); });
  Write(folder / "server.key", [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace slipway::tests
