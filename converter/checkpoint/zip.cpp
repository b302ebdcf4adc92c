#include "converter/checkpoint/zip.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr std::uint64_t kMostEntries = std::uint64_t{1} << 19;  // twice the tensors of a checkpoint

// The fixed parts of the records, and the signatures that they begin with.
constexpr std::uint64_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56, kLocator64Bytes = 20;
constexpr std::uint32_t kLocal = 0x04034B50, kCentral = 0x02014B50, kEnd = 0x06054B50, kEnd64 = 0x06064B50,
                        kLocator64 = 0x07064B50;
constexpr std::uint64_t kMostDescriptorBytes = 24;  // behind the contents, with sizes and checksum

// In place of a number that is in a 64-bit field elsewhere.
constexpr std::uint64_t kElsewhere16 = 0xFFFF, kElsewhere32 = 0xFFFFFFFF;
constexpr std::uint64_t kExtra64 = 1;  // the kind of extra field that has them

constexpr std::uint64_t kEncrypted = 1u << 0, kHasDescriptor = 1u << 3;  // flags
constexpr std::uint64_t kStored = 0;                                     // a method of compression

// Little-endian numbers of a record. The caller keeps within its bytes.
class Record {
 public:
  Record(const char *bytes, std::uint64_t size) : bytes_(bytes), size_(size) {}

  std::uint64_t u16(std::uint64_t at) const { return number<std::uint16_t>(at); }
  std::uint64_t u32(std::uint64_t at) const { return number<std::uint32_t>(at); }
  std::uint64_t u64(std::uint64_t at) const { return number<std::uint64_t>(at); }
  const char *bytes() const { return bytes_; }
  std::uint64_t size() const { return size_; }

 private:
  template <class Number>
  Number number(std::uint64_t at) const {
    Number value;
    std::memcpy(&value, bytes_ + at, sizeof value);
    return value;
  }

  const char *bytes_;
  std::uint64_t size_;
};

// The directory as the end of the archive describes it.
struct Directory {
  std::uint64_t entries, bytes, offset;
};

// An entry as the directory describes it.
struct Listed {
  std::string name;
  std::uint64_t flags, bytes, header;  // the offset of its own header
};

struct Range {
  std::uint64_t begin, end;
  const Listed *entry;
};

class ZipReader {
 public:
  explicit ZipReader(const InputFile &file) : file_(file) {}

  ZipEntries run() {
    const Directory directory = find_directory();
    list_entries(directory);
    ZipEntries entries;
    for (const Listed &entry : listed_) {
      const ZipEntry place = contents_of(entry, directory.offset);
      if (!entries.emplace(entry.name, place).second) refuse(entry, "occurs twice");
      ranges_.push_back({entry.header, place.offset + place.bytes, &entry});
    }
    check_ranges(directory.offset);
    return entries;
  }

 private:
  [[noreturn]] void refuse(const std::string &what) const { throw ConvertError(file_.path().string() + ": " + what); }
  [[noreturn]] void refuse(const Listed &entry, const std::string &what) const {
    refuse("entry " + in_quotes(entry.name) + " " + what);
  }
  [[noreturn]] void refuse_end() const {
    refuse(
        "is a PyTorch or zip archive without its directory at the end: it is cut short, or something follows; copy it "
        "again");
  }

  std::string bytes_at(std::uint64_t offset, std::uint64_t size) const {
    std::string bytes(size, '\0');
    file_.read(offset, bytes.data(), size);
    return bytes;
  }

  Directory find_directory() const {
    if (file_.size() < kEndBytes) refuse_end();
    const std::uint64_t at = file_.size() - kEndBytes;
    const std::string bytes = bytes_at(at, kEndBytes);
    const Record end(bytes.data(), bytes.size());
    if (end.u32(0) != kEnd || end.u16(20) != 0) refuse_end();
    if (end.u16(4) != 0 || end.u16(6) != 0 || end.u16(8) != end.u16(10))
      refuse("is one of several parts of a zip file");
    Directory directory = {end.u16(10), end.u32(12), end.u32(16)};
    const std::uint64_t end_of_directory = has_directory64(at) ? find_directory64(at, directory) : at;
    if (directory.offset > end_of_directory || directory.bytes != end_of_directory - directory.offset) {
      refuse("the zip directory does not end where the file ends");
    }
    if (directory.bytes > kMostIndexBytes || directory.entries > kMostEntries) {
      refuse("the zip directory is larger than that of any checkpoint");
    }
    return directory;
  }

  // PyTorch writes the 64-bit records in front of the last one even if they are not needed.
  bool has_directory64(std::uint64_t end) const {
    return end >= kLocator64Bytes + kEnd64Bytes &&
           Record(bytes_at(end - kLocator64Bytes, 4).data(), 4).u32(0) == kLocator64;
  }

  // Returns where the directory must end. `end` is the offset of the last record.
  std::uint64_t find_directory64(std::uint64_t end, Directory &directory) const {
    const std::uint64_t at = end - kLocator64Bytes - kEnd64Bytes;
    const std::string bytes = bytes_at(at, kEnd64Bytes + kLocator64Bytes);
    const Record record(bytes.data(), kEnd64Bytes), locator(bytes.data() + kEnd64Bytes, kLocator64Bytes);
    if (record.u32(0) != kEnd64 || locator.u32(0) != kLocator64 || locator.u64(8) != at) refuse_end();
    if (record.u64(24) != record.u64(32)) refuse("is one of several parts of a zip file");
    const Directory wide = {record.u64(32), record.u64(40), record.u64(48)};
    const auto differ = [](std::uint64_t narrow, std::uint64_t elsewhere, std::uint64_t number) {
      return narrow != elsewhere && narrow != number;
    };
    if (differ(directory.entries, kElsewhere16, wide.entries) || differ(directory.bytes, kElsewhere32, wide.bytes) ||
        differ(directory.offset, kElsewhere32, wide.offset)) {
      refuse("the two ends of the zip directory differ");
    }
    directory = wide;
    return at;
  }

  void list_entries(const Directory &directory) {
    const std::string bytes = bytes_at(directory.offset, directory.bytes);
    std::uint64_t at = 0;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      if (bytes.size() - at < kCentralBytes) refuse("ends inside its zip directory");
      const Record fixed(bytes.data() + at, kCentralBytes);
      const std::uint64_t name = fixed.u16(28), extra = fixed.u16(30), comment = fixed.u16(32);
      if (fixed.u32(0) != kCentral) refuse("has a damaged zip directory");
      if (bytes.size() - at - kCentralBytes < name + extra + comment) refuse("ends inside its zip directory");
      const char *text = fixed.bytes() + kCentralBytes;
      list(fixed, std::string(text, name), Record(text + name, extra));
      at += kCentralBytes + name + extra + comment;
    }
    if (at != bytes.size()) refuse("has bytes behind the last entry of its zip directory");
  }

  void list(const Record &fixed, std::string name, const Record &extra) {
    Listed entry{std::move(name), fixed.u16(8), fixed.u32(24), fixed.u32(42)};
    if (entry.name.empty()) refuse("has a zip entry without a name");
    if (entry.flags & kEncrypted) refuse(entry, "is encrypted");
    if (fixed.u16(10) != kStored)
      refuse(entry, "is compressed, which torch.save never does; save the model's state_dict with it");
    std::uint64_t packed = fixed.u32(20);
    read_extra64(extra, entry, packed);
    if (packed != entry.bytes) refuse(entry, "is stored, but its two sizes differ");
    listed_.push_back(std::move(entry));
  }

  // The 64-bit field has those numbers, in this order, for which there was no room.
  void read_extra64(const Record &extra, Listed &entry, std::uint64_t &packed) const {
    if (entry.bytes != kElsewhere32 && packed != kElsewhere32 && entry.header != kElsewhere32) return;
    for (std::uint64_t at = 0; extra.size() - at >= 4;) {
      const std::uint64_t kind = extra.u16(at), size = extra.u16(at + 2);
      at += 4;
      if (size > extra.size() - at) break;
      if (kind == kExtra64) {
        std::uint64_t next = at;
        for (std::uint64_t *number : {&entry.bytes, &packed, &entry.header}) {
          if (*number != kElsewhere32) continue;
          if (at + size - next < 8) refuse(entry, "has no 64-bit size");
          *number = extra.u64(next);
          next += 8;
        }
        return;
      }
      at += size;
    }
    refuse(entry, "has no 64-bit size");
  }

  // Reads the entry's own header, which says where its contents begin.
  ZipEntry contents_of(const Listed &entry, std::uint64_t end) const {
    if (entry.header > end || end - entry.header < kLocalBytes + entry.name.size())
      refuse(entry, "lies outside the file");
    const std::string bytes = bytes_at(entry.header, kLocalBytes + entry.name.size());
    const Record local(bytes.data(), bytes.size());
    const bool same_name =
        local.u16(26) == entry.name.size() && bytes.compare(kLocalBytes, std::string::npos, entry.name) == 0;
    if (local.u32(0) != kLocal || !same_name || local.u16(8) != kStored || local.u16(6) != entry.flags) {
      refuse(entry, "is not where the zip directory says");
    }
    const auto agrees = [&](std::uint64_t size) {
      return size == entry.bytes || size == kElsewhere32 || (size == 0 && (entry.flags & kHasDescriptor) != 0);
    };
    if (!agrees(local.u32(18)) || !agrees(local.u32(22))) refuse(entry, "has another size than in the zip directory");
    const std::uint64_t offset = entry.header + bytes.size() + local.u16(28);
    if (offset > end || entry.bytes > end - offset) refuse(entry, "ends behind the end of the file");
    return {offset, entry.bytes};
  }

  // Between two entries there is at most what describes the first of them.
  void check_ranges(std::uint64_t directory) {
    std::sort(ranges_.begin(), ranges_.end(), [](const Range &a, const Range &b) { return a.begin < b.begin; });
    std::uint64_t end = 0, allowed = 0;
    for (const Range &range : ranges_) {
      if (range.begin < end) refuse(*range.entry, "overlaps another one");
      if (range.begin - end > allowed) refuse(*range.entry, "has a gap in front of it");
      end = range.end;
      allowed = (range.entry->flags & kHasDescriptor) != 0 ? kMostDescriptorBytes : 0;
    }
    if (directory - end > allowed) refuse("has a gap in front of its zip directory");
  }

  const InputFile &file_;
  std::vector<Listed> listed_;
  std::vector<Range> ranges_;
};

}  // namespace

ZipEntries read_zip(const InputFile &file) { return ZipReader(file).run(); }

}  // namespace tidbit::convert
