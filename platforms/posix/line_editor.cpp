#include "posix/line_editor.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "posix/interrupt.h"

namespace tidbit::posix {
namespace {

constexpr size_t kMostLine = size_t{16} << 20;
constexpr int kInterruptedByte = -2;  // a signal came instead of a byte

// The terminal without its own editing, until the end of the block.
class RawTerminal {
 public:
  RawTerminal() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    raw.c_iflag &= ~static_cast<tcflag_t>(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
    raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | IEXTEN | ISIG);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    changed_ = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  }
  ~RawTerminal() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  RawTerminal(const RawTerminal &) = delete;
  RawTerminal &operator=(const RawTerminal &) = delete;

 private:
  termios before_ = {};
  bool changed_ = false;
};

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

size_t sequence_bytes(unsigned char lead) { return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

// Columns of a character: two for those of East Asia and for emoji, none for combining ones.
int columns_of(const char *text, size_t bytes) {
  const auto *b = reinterpret_cast<const unsigned char *>(text);
  uint32_t code = bytes == 1 ? b[0] : b[0] & (0x7Fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) code = code << 6 | (b[i] & 0x3Fu);
  if ((code >= 0x300 && code < 0x370) || code == 0x200D || (code >= 0xFE00 && code < 0xFE10)) return 0;
  const bool wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2E80 && code < 0xA4D0) ||
                    (code >= 0xAC00 && code < 0xD7A4) || (code >= 0xF900 && code < 0xFB00) ||
                    (code >= 0xFF00 && code < 0xFF61) || (code >= 0x1F300 && code < 0x1FB00) || code >= 0x20000;
  return wide ? 2 : 1;
}

int terminal_columns() {
  winsize size = {};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 8 ? size.ws_col : 80;
}

}  // namespace

LineEditor::LineEditor() : terminal_(isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {}

LineEditor::~LineEditor() {
  for (size_t i = 0; i < remembered_.count(); ++i) free(remembered_[i].text);
}

// The next byte; -1 at the end, or if none comes in this time. No limit if it is negative.
int LineEditor::next_byte(int milliseconds) {
  if (taken_ == buffered_) {
    pollfd file = {STDIN_FILENO, POLLIN, 0};
    // A signal may come just before the wait, which it then does not end.
    constexpr int kLook = 200;
    while (::poll(&file, 1, milliseconds < 0 ? kLook : milliseconds) <= 0) {
      if (interrupted()) return kInterruptedByte;
      if (milliseconds >= 0) return -1;
    }
    const ssize_t count = ::read(STDIN_FILENO, buffer_, sizeof buffer_);
    if (count < 0 && errno == EINTR) return kInterruptedByte;
    if (count <= 0) return -1;
    buffered_ = static_cast<size_t>(count);
    taken_ = 0;
  }
  return static_cast<unsigned char>(buffer_[taken_++]);
}

LineEditor::Result LineEditor::read(const char *prompt) {
  line_.cut(0);
  return terminal_ ? edit(prompt) : read_plain();
}

LineEditor::Result LineEditor::read_plain() {
  while (true) {
    const int byte = next_byte(-1);
    if (byte == kInterruptedByte && interrupted()) return Result::interrupted;
    if (byte == kInterruptedByte) continue;
    if (byte < 0) return line_.count() > 0 ? Result::line : Result::end;
    if (byte == '\n') break;
    const char c = static_cast<char>(byte);
    if (line_.count() == kMostLine || !line_.append(&c, 1)) return Result::failed;
  }
  if (line_.count() > 0 && line_[line_.count() - 1] == '\r') line_.cut(line_.count() - 1);
  return Result::line;
}

// Behind the byte of the escape key.
LineEditor::Key LineEditor::key_of_escape() {
  constexpr int kPatience = 50;
  const int kind = next_byte(kPatience);
  if (kind != '[' && kind != 'O') return Key::none;
  int number = 0, byte = next_byte(kPatience);
  while ((byte >= '0' && byte <= '9') || byte == ';') {
    if (byte != ';') number = (number * 10 + byte - '0') % 1000;
    byte = next_byte(kPatience);
  }
  switch (byte) {
    case 'A':
      return Key::up;
    case 'B':
      return Key::down;
    case 'C':
      return Key::right;
    case 'D':
      return Key::left;
    case 'H':
      return Key::start;
    case 'F':
      return Key::end;
    case '~':
      return number == 1 || number == 7   ? Key::start
             : number == 4 || number == 8 ? Key::end
             : number == 3                ? Key::erase
                                          : Key::none;
    default:
      return Key::none;
  }
}

LineEditor::Input LineEditor::next_key() {
  const int byte = next_byte(-1);
  if (byte == kInterruptedByte) return {interrupted() ? Key::cancel : Key::none, "", 0};
  if (byte < 0) return {Key::quit, "", 0};
  constexpr Key kControls[32] = {Key::none,  Key::start, Key::left,      Key::cancel,    Key::quit,  Key::end,
                                 Key::right, Key::none,  Key::backspace, Key::text,      Key::enter, Key::cut_end,
                                 Key::clear, Key::enter, Key::down,      Key::none,      Key::up,    Key::none,
                                 Key::none,  Key::none,  Key::none,      Key::cut_start, Key::none,  Key::erase_word};
  if (byte == 27) return {key_of_escape(), "", 0};
  if (byte == 127) return {Key::backspace, "", 0};
  if (byte < 32 && kControls[byte] != Key::text) return {kControls[byte], "", 0};
  Input input = {Key::text, {static_cast<char>(byte == '\t' ? ' ' : byte)}, 1};
  for (const size_t bytes = sequence_bytes(static_cast<unsigned char>(byte)); input.bytes < bytes; ++input.bytes) {
    const int more = next_byte(-1);
    if (more < 0 || !is_continuation(static_cast<char>(more))) return {Key::none, "", 0};
    input.text[input.bytes] = static_cast<char>(more);
  }
  return is_continuation(input.text[0]) ? Input{Key::none, "", 0} : input;
}

// The places of the characters around a place.
size_t LineEditor::before(size_t at) const {
  if (at > 0) --at;
  while (at > 0 && is_continuation(line_[at])) --at;
  return at;
}
size_t LineEditor::behind(size_t at) const {
  if (at < line_.count()) ++at;
  while (at < line_.count() && is_continuation(line_[at])) ++at;
  return at;
}

void LineEditor::recall(size_t index) {
  if (index > remembered_.count()) return;
  recalled_ = index;
  line_.cut(0);
  if (index < remembered_.count()) line_.append(remembered_[index].text, remembered_[index].bytes);
  cursor_ = line_.count();
}

// False if there is no memory.
bool LineEditor::apply(const Input &input) {
  size_t from = cursor_;
  switch (input.key) {
    case Key::text:
      if (line_.count() + input.bytes > kMostLine || !line_.insert(cursor_, input.text, input.bytes)) return false;
      cursor_ += input.bytes;
      return true;
    case Key::left:
      cursor_ = before(cursor_);
      return true;
    case Key::right:
      cursor_ = behind(cursor_);
      return true;
    case Key::start:
      cursor_ = 0;
      return true;
    case Key::end:
      cursor_ = line_.count();
      return true;
    case Key::up:
      recall(recalled_ > 0 ? recalled_ - 1 : 0);
      return true;
    case Key::down:
      recall(recalled_ + 1);
      return true;
    case Key::erase:
      line_.remove(cursor_, behind(cursor_) - cursor_);
      return true;
    case Key::cut_end:
      line_.cut(cursor_);
      return true;
    case Key::backspace:
      from = before(cursor_);
      break;
    case Key::cut_start:
      from = 0;
      break;
    case Key::erase_word:
      while (from > 0 && line_[from - 1] == ' ') --from;
      while (from > 0 && line_[from - 1] != ' ') --from;
      break;
    default:
      return true;
  }
  line_.remove(from, cursor_ - from);
  cursor_ = from;
  return true;
}

// Shows the part of the line around the cursor that fits on the terminal.
void LineEditor::show(const char *prompt) const {
  const int room = terminal_columns() - static_cast<int>(strlen(prompt)) - 2;
  size_t first = cursor_, last = cursor_;
  int columns = 0, to_cursor = 0;
  for (size_t at = cursor_; at > 0; at = first) {
    const size_t character = before(at);
    const int width = columns_of(line_.data() + character, at - character);
    if (columns + width > room) break;
    first = character;
    columns += width;
  }
  to_cursor = columns;
  while (last < line_.count()) {
    const size_t next = behind(last);
    const int width = columns_of(line_.data() + last, next - last);
    if (columns + width > room) break;
    columns += width;
    last = next;
  }
  printf("\r\033[K%s%.*s\r\033[%dC", prompt, static_cast<int>(last - first), line_.data() + first,
         static_cast<int>(strlen(prompt)) + to_cursor);
  fflush(stdout);
}

LineEditor::Result LineEditor::edit(const char *prompt) {
  const RawTerminal raw;
  cursor_ = 0;
  recalled_ = remembered_.count();
  if (!line_.reserve(1)) return Result::failed;
  Result result = Result::line;
  while (true) {
    if (taken_ == buffered_) show(prompt);  // not for each character of a text that is pasted
    const Input input = next_key();
    if (input.key == Key::enter) break;
    if (input.key == Key::cancel) result = Result::interrupted;
    if (input.key == Key::quit && line_.count() == 0) result = Result::end;
    if (input.key == Key::clear) printf("\033[H\033[2J");
    if (!apply(input.key == Key::quit ? Input{Key::erase, "", 0} : input)) result = Result::failed;
    if (result != Result::line) break;
  }
  cursor_ = line_.count();
  show(prompt);
  printf("\n");
  fflush(stdout);
  return result;
}

void LineEditor::remember() {
  if (!terminal_ || line_.count() == 0) return;
  const size_t count = remembered_.count();
  if (count > 0 && remembered_[count - 1].bytes == line_.count() &&
      memcmp(remembered_[count - 1].text, line_.data(), line_.count()) == 0) {
    return;
  }
  const Remembered line = {static_cast<char *>(malloc(line_.count())), line_.count()};
  if (line.text == nullptr) return;
  memcpy(line.text, line_.data(), line_.count());
  if (!remembered_.append(&line, 1)) return free(line.text);
  if (remembered_.count() <= kMostRemembered) return;
  free(remembered_[0].text);
  remembered_.remove(0, 1);
}

}  // namespace tidbit::posix
