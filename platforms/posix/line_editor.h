// Reads lines from standard input. On a terminal they can be edited, and earlier lines come back with the arrow keys;
// anything else is read as it is.
#pragma once

#include <stddef.h>

#include "posix/growing.h"

namespace tidbit::posix {

class LineEditor {
 public:
  enum class Result { line, end, interrupted, failed };

  LineEditor();
  ~LineEditor();

  bool is_terminal() const { return terminal_; }
  // The line, without its end, is in text() until the next call. `prompt` is ASCII and shown on a terminal only.
  Result read(const char *prompt);
  const char *text() const { return line_.data() != nullptr ? line_.data() : ""; }
  size_t bytes() const { return line_.count(); }
  // Makes the current line the newest of those that the arrow keys bring back.
  void remember();

 private:
  enum class Key : unsigned char {
    none,
    text,
    enter,
    left,
    right,
    start,
    end,
    up,
    down,
    backspace,
    erase,
    erase_word,
    cut_start,
    cut_end,
    clear,
    cancel,
    quit
  };
  struct Input {
    Key key;
    char text[4];
    size_t bytes;
  };
  struct Remembered {
    char *text;
    size_t bytes;
  };
  static constexpr size_t kMostRemembered = 100;

  Result read_plain();
  Result edit(const char *prompt);
  int next_byte(int milliseconds);
  Input next_key();
  Key key_of_escape();
  bool apply(const Input &input);
  void recall(size_t index);
  size_t before(size_t at) const;
  size_t behind(size_t at) const;
  void show(const char *prompt) const;

  bool terminal_;
  Growing<char> line_;
  size_t cursor_ = 0;    // bytes in front of it
  size_t recalled_ = 0;  // the remembered line that is shown; their number for a new one
  Growing<Remembered> remembered_;
  char buffer_[4096];
  size_t buffered_ = 0, taken_ = 0;
};

}  // namespace tidbit::posix
