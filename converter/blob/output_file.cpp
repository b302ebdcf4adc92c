#include "converter/blob/output_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

#include "converter/error.h"
#include "format/blob_format.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;

// The temporary files that exist, for the signal handler. A conversion has at most three: the blob, the report and a
// calibration's copy of the model.
struct Unfinished {
  char name[4096];
  std::atomic<bool> exists{false};  // only then is the name complete
};
Unfinished unfinished_files[8];
static_assert(std::atomic<bool>::is_always_lock_free);

Unfinished &free_entry() {
  for (Unfinished &file : unfinished_files) {
    if (!file.exists.load()) return file;
  }
  throw ConvertError("too many files are being written at a time");
}

void forget(const std::string &name) {
  for (Unfinished &file : unfinished_files) {
    if (file.exists.load() && name == file.name) file.exists.store(false);
  }
}

// Holds signals back until the end of a scope.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld &) = delete;
  SignalsHeld &operator=(const SignalsHeld &) = delete;

 private:
  sigset_t before_;
};

[[noreturn]] void fail(const fs::path &path, const std::string &what) {
  throw ConvertError(path.string() + ": " + what + ": " + std::strerror(errno));
}

void check_target(const fs::path &target) {
  if (target.filename().empty()) throw ConvertError(target.string() + ": is not a file name");
  if (fs::is_directory(target)) throw ConvertError(target.string() + ": is a directory");
  if (fs::exists(target) && !fs::is_regular_file(target))
    throw ConvertError(target.string() + ": is not a regular file");
  const fs::path parent = target.parent_path();
  if (!parent.empty() && !fs::is_directory(parent)) {
    throw ConvertError(target.string() + ": there is no directory " + parent.string());
  }
}

// The mode that open() would give a new file.
mode_t usual_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

OutputFile::OutputFile(const fs::path &target) : target_(target) {
  check_target(target);
  if (fs::exists(target)) target_ = fs::canonical(target);  // through a symbolic link, not over it
  std::string name = target_.string() + ".XXXXXX";
  if (name.size() >= sizeof Unfinished::name) throw ConvertError(target.string() + ": the name is too long");
  Unfinished &entry = free_entry();
  const SignalsHeld held;  // none may arrive before the new file's name is recorded
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail(target_, "cannot be created");
  temporary_ = name;
  std::memcpy(entry.name, name.c_str(), name.size() + 1);
  entry.exists.store(true);
  ::fchmod(descriptor_, usual_mode());
}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
  forget(temporary_);
}

void OutputFile::write(std::uint64_t offset, const void *data, std::size_t bytes) {
  const auto *from = static_cast<const char *>(data);
  while (bytes != 0) {
    const ssize_t written = ::pwrite(descriptor_, from, bytes, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(target_, "cannot be written");
    from += written;
    offset += static_cast<std::uint64_t>(written);
    bytes -= static_cast<std::size_t>(written);
  }
}

void OutputFile::write_padded(std::uint64_t offset, const void *data, std::size_t bytes) {
  static constexpr char kZeros[format::kAlignment] = {};
  write(offset, data, bytes);
  write(offset + bytes, kZeros, format::round_up(bytes, format::kAlignment) - bytes);
}

void OutputFile::finish() {
  if (::fsync(descriptor_) != 0) fail(target_, "cannot be written");
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(target_, "cannot be renamed to its final name");
  forget(temporary_);
  ::close(descriptor_);
  descriptor_ = -1;
}

void refuse_same_file(const fs::path &output, const fs::path &input) {
  std::error_code ignored;
  if (fs::is_regular_file(output, ignored) && fs::equivalent(output, input, ignored)) {
    throw ConvertError(output.string() + ": is an input file");
  }
}

void remove_unfinished_output() noexcept {
  for (Unfinished &file : unfinished_files) {
    if (file.exists.exchange(false)) ::unlink(file.name);
  }
}

}  // namespace tidbit::convert
