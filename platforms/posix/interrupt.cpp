#include "posix/interrupt.h"

#include <signal.h>

#include "posix/unfinished_file.h"

namespace tidbit::posix {
namespace {

volatile sig_atomic_t flag = 0;

void set_flag(int signal_number) {
  if (flag != 0) {
    remove_unfinished();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
  }
  flag = 1;
}

}  // namespace

void catch_interrupts() {
  constexpr int kNumbers[] = {SIGINT, SIGTERM, SIGHUP};
  for (const int number : kNumbers) {
    struct sigaction action = {};
    sigaction(number, nullptr, &action);
    if (action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = set_flag;  // without SA_RESTART, so that a read waiting for a prompt returns
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
  }
}

bool interrupted() { return flag != 0; }

int poll_interrupt(void *) { return flag != 0 ? 1 : 0; }

}  // namespace tidbit::posix
