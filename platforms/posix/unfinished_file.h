// The name of a file that is being written, so that it can be removed by whatever ends the process.
#pragma once

namespace tidbit::posix {

// `path` must stay valid until forget_unfinished().
void remember_unfinished(const char *path);
void forget_unfinished();

// Removes the file if there is one. May be called from a signal handler.
void remove_unfinished();

}  // namespace tidbit::posix
