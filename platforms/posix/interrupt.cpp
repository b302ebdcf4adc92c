#include "posix/interrupt.h"

#include <signal.h>

#include "posix/unfinished_file.h"

namespace tidbit::posix {
namespace {

volatile sig_atomic_t flag = 0;  // the signal's number

void end(int signal_number) {
  remove_unfinished();
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void set_flag(int signal_number) {
  if (flag != 0) end(signal_number);
  flag = signal_number;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action = {};
  sigaction(number, nullptr, &action);
  if (action.sa_handler == SIG_IGN) return;
  action = {};
  action.sa_handler = handler;  // without SA_RESTART, so that a read waiting for a prompt returns
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

}  // namespace

void catch_interrupts() {
  constexpr int kInterrupts[] = {SIGINT, SIGTERM, SIGHUP};
  for (const int number : kInterrupts) handle(number, set_flag);
  // These end the program as usual, but without leaving an unfinished file.
  constexpr int kEnds[] = {SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF};
  for (const int number : kEnds) handle(number, end);
}

bool interrupted() { return flag != 0; }

bool forget_interrupt() {
  if (flag != SIGINT) return false;
  flag = 0;
  return true;
}

int poll_interrupt(void *) { return flag != 0 ? 1 : 0; }

}  // namespace tidbit::posix
