// Ctrl-C and termination as a flag that long work looks at.
#pragma once

namespace tidbit::posix {

// From now on SIGINT and SIGTERM set the flag; a second one ends the process as usual.
void catch_interrupts();

bool interrupted();

// A tidbit_poll: cancels the work of the library once the flag is set.
int poll_interrupt(void *unused);

}  // namespace tidbit::posix
