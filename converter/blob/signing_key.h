// An Ed25519 private key from a PEM file, and the signature of a finished blob.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "format/blob_format.h"

namespace tidbit::convert {

class SigningKey {
 public:
  // Reads what `openssl genpkey -algorithm ed25519` writes. Throws ConvertError.
  explicit SigningKey(const std::filesystem::path &path);
  // The same from the file's text; `name` is for errors.
  SigningKey(std::string_view pem, const std::string &name);
  ~SigningKey();  // wipes the key
  SigningKey(const SigningKey &) = delete;
  SigningKey &operator=(const SigningKey &) = delete;

  const std::uint8_t *public_key() const { return public_key_; }

  // The section without its signature: how it is stored until the rest of the blob is final.
  format::Signature unsigned_section() const;
  // The section for a blob that holds the unsigned section at `offset`.
  format::Signature sign(std::span<const std::byte> blob, std::uint64_t offset) const;

 private:
  void parse(std::string_view pem, const std::string &name);

  std::uint8_t public_key_[32];
  std::uint8_t secret_[64];
};

}  // namespace tidbit::convert
