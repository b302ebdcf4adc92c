#include "posix/unfinished_file.h"

#include <unistd.h>

#include "posix/atomic.h"

namespace tidbit::posix {
namespace {

Atomic<const char *> unfinished(nullptr);

}  // namespace

void remember_unfinished(const char *path) { unfinished.store(path); }

void forget_unfinished() { unfinished.store(nullptr); }

void remove_unfinished() {
  if (const char *path = unfinished.load()) unlink(path);
  forget_unfinished();
}

}  // namespace tidbit::posix
