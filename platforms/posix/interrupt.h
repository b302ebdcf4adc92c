// Ctrl-C and termination requests set a flag, which long operations check.
#pragma once

namespace tidbit::posix {

// From now on SIGINT, SIGTERM and SIGHUP set the flag, unless they are ignored, as under nohup. The second signal
// removes an unfinished file and ends the process as usual.
void catch_interrupts();

bool interrupted();

// If it was Ctrl-C (SIGINT), as if it had not come. Returns whether it was.
bool forget_interrupt();

// A tidbit_poll hook: cancels the library's work once the flag is set.
int poll_interrupt(void *unused);

}  // namespace tidbit::posix
