// Keys, signatures and messages of any bytes: the library and libsodium agree. The same bytes as the text of a key file
// give a key or an error.
#include <sodium.h>

#include <string>

#include "cli/public_key.h"
#include "converter/blob/signing_key.h"
#include "converter/error.h"
#include "tidbit/tidbit.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  std::uint8_t key[32];
  const char *text = reinterpret_cast<const char *>(data);
  tidbit::cli::parse_public_key(text, size, key);
  try {
    const tidbit::convert::SigningKey signing({text, size}, "key");
  } catch (const tidbit::convert::ConvertError &) {
  }
  if (size < 96) return 0;
  const std::uint8_t *signature = data + 32, *message = data + 96;
  const bool expected = crypto_sign_verify_detached(signature, message, size - 96, data) == 0;
  if ((tidbit_ed25519(nullptr, signature, data, message, size - 96) == 0) != expected) __builtin_trap();
  return 0;
}
