// Mutations that keep checksums right. Without them nearly every mutant of a blob or a session image would be refused
// at its checksum, and nothing behind it would ever be reached.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidbit::fuzz {

// Bytes of the blob's header; all of them where the data is no blob.
std::size_t header_bytes(const std::uint8_t *blob, std::size_t size);

// Writes the checksums of a blob's sections and of its header, or those of a session image, anew.
void reseal_blob(std::uint8_t *blob, std::size_t size);
void reseal_image(std::uint8_t *image, std::size_t size);

// Lets libFuzzer mutate [begin, end) and leaves the rest where it is.
void mutate_window(std::uint8_t *data, std::size_t begin, std::size_t end);

// A mutation of data with a head that matters more than its length says: mostly the head, sometimes a window of the
// rest, sometimes everything. Returns the new size.
std::size_t mutate_with_head(std::uint8_t *data, std::size_t size, std::size_t most, std::size_t head, unsigned seed);

}  // namespace tidbit::fuzz
