// Ed25519 public keys as people have them.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace tidbit::cli {

// Takes the text of a PEM file (SubjectPublicKeyInfo, as written by `openssl pkey -pubout`). False if it is none.
bool parse_public_key(const char *pem, size_t bytes, uint8_t (&key)[32]);

// Takes 64 hexadecimal digits or the name of a PEM file. Returns an exit code, and prints an error unless it is kOk.
int read_public_key(const char *argument, uint8_t (&key)[32]);

}  // namespace tidbit::cli
