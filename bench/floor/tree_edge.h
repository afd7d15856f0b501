// The right edge of an RFC 9162 tree over bare OpenSSL, for the floor probes.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace floor_probe {

using Hash = std::array<unsigned char, 32>;

class Hasher {
 public:
  Hash operator()(char prefix, const void* a, std::size_t n, const void* b = nullptr, std::size_t m = 0) {
    Hash hash;
    EVP_DigestInit_ex2(context_, type_, nullptr);
    EVP_DigestUpdate(context_, &prefix, 1);
    EVP_DigestUpdate(context_, a, n);
    if (b != nullptr) EVP_DigestUpdate(context_, b, m);
    EVP_DigestFinal_ex(context_, hash.data(), nullptr);
    return hash;
  }

 private:
  EVP_MD* type_ = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context_ = EVP_MD_CTX_new();
};

struct Edge {
  std::array<Hash, 63> peak{};
  std::uint64_t size = 0;
  void Add(Hasher& hasher, Hash hash) {
    std::size_t level = 0;
    for (; (size >> level & 1) != 0; ++level) hash = hasher(1, peak[level].data(), 32, hash.data(), 32);
    peak[level] = hash;
    ++size;
  }
};

}  // namespace floor_probe
