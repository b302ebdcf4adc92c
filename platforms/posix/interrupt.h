// Ctrl-C and termination requests set a flag, which long operations check.
#pragma once

namespace tidbit::posix {

// From now on SIGINT and SIGTERM set the flag; the second signal of a kind ends the process as usual.
void catch_interrupts();

bool interrupted();

// A tidbit_poll hook: cancels the library's work once the flag is set.
int poll_interrupt(void *unused);

}  // namespace tidbit::posix
