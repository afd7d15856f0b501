// A certificate authority and a server's certificate for tests of TLS, made with OpenSSL.
#pragma once

#include <filesystem>
#include <string>

namespace slipway::tests {

// Writes ca.crt of `authority`, and server.crt with server.key (0600) for `localhost` and 127.0.0.1, signed
// by that CA. Throws std::runtime_error.
void MakeCertificates(const std::filesystem::path& folder, const std::string& authority = "test CA");

}  // namespace slipway::tests
