#include "posix/interrupt.h"

#include <signal.h>

namespace tidbit::posix {
namespace {

volatile sig_atomic_t flag = 0;

void set_flag(int) { flag = 1; }

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = set_flag;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // no SA_RESTART, so that a read waiting for a prompt returns
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return flag != 0; }

int poll_interrupt(void *) { return flag != 0 ? 1 : 0; }

}  // namespace tidbit::posix
