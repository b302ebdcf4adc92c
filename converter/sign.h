// Signs a blob that exists already.
#pragma once

#include <filesystem>

namespace tidbit::convert {

// Whether it is a file that begins like a blob.
bool is_blob(const std::filesystem::path &path);

// Writes a copy of a blob with a signature, which replaces one that it has. The result is what the converter would have
// written with this key. Every failure is a ConvertError and leaves no file behind.
void sign_blob(const std::filesystem::path &source, const std::filesystem::path &output,
               const std::filesystem::path &key_file);

}  // namespace tidbit::convert
