#include "cli/public_key.h"

#include <string.h>

#include "cli/console.h"
#include "posix/mapped_file.h"

namespace tidbit::cli {
namespace {

constexpr size_t kMostBytes = 4096;

// RFC 8410: the algorithm 1.3.101.112, and a bit string without unused bits.
constexpr unsigned char kPrefix[] = {0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr size_t kDerBytes = sizeof kPrefix + 32;

int digit_value(const char *digits, char c) {
  const char *found = c == 0 ? nullptr : strchr(digits, c);
  return found == nullptr ? -1 : static_cast<int>(found - digits);
}

bool parse_hex(const char *text, uint8_t (&key)[32]) {
  if (strlen(text) != 64) return false;
  for (size_t i = 0; i < 64; ++i) {
    const char c = text[i];
    const int value = digit_value("0123456789abcdef", c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    if (value < 0) return false;
    key[i / 2] = static_cast<uint8_t>(key[i / 2] << 4 | value);
  }
  return true;
}

// The first occurrence of `word` in [from, end), or null.
const char *find(const char *from, const char *end, const char *word) {
  const size_t bytes = strlen(word);
  for (; static_cast<size_t>(end - from) >= bytes; ++from) {
    if (memcmp(from, word, bytes) == 0) return from;
  }
  return nullptr;
}

// Base64 of exactly kDerBytes, with one '=' at its end, and white space anywhere.
bool decode(const char *text, const char *end, unsigned char (&der)[kDerBytes]) {
  constexpr size_t kDigits = (8 * kDerBytes + 5) / 6;
  uint32_t bits = 0, held = 0;
  size_t digits = 0, bytes = 0, padding = 0;
  for (; text != end; ++text) {
    if (digit_value(" \r\n\t", *text) >= 0) continue;
    if (*text == '=' && digits == kDigits && padding++ == 0) continue;
    const int value = digit_value("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", *text);
    if (value < 0 || padding > 0 || ++digits > kDigits) return false;
    bits = bits << 6 | static_cast<uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    der[bytes++] = static_cast<unsigned char>(bits >> held);
  }
  return digits == kDigits && padding == 1 && (bits & ((1u << held) - 1)) == 0;
}

}  // namespace

bool parse_public_key(const char *pem, size_t bytes, uint8_t (&key)[32]) {
  constexpr char kBegin[] = "-----BEGIN PUBLIC KEY-----";
  const char *begin = find(pem, pem + bytes, kBegin);
  if (begin == nullptr) return false;
  begin += sizeof kBegin - 1;
  const char *end = find(begin, pem + bytes, "-----END PUBLIC KEY-----");
  unsigned char der[kDerBytes] = {};
  if (end == nullptr || !decode(begin, end, der) || memcmp(der, kPrefix, sizeof kPrefix) != 0) return false;
  memcpy(key, der + sizeof kPrefix, sizeof key);
  return true;
}

int read_public_key(const char *argument, uint8_t (&key)[32]) {
  if (parse_hex(argument, key)) return kOk;
  posix::MappedFile file;
  if (const char *reason = file.map(argument)) {
    return data_error("--key %s: neither 64 hexadecimal digits nor a file: %s", argument, reason);
  }
  if (file.bytes() <= kMostBytes && parse_public_key(static_cast<const char *>(file.data()), file.bytes(), key)) {
    return kOk;
  }
  return data_error("--key %s: is not an Ed25519 public key in PEM; make it with 'openssl pkey -in key.pem -pubout'",
                    argument);
}

}  // namespace tidbit::cli
