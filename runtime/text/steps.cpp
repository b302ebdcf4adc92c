#include "text/steps.h"

namespace tidbit {

bool Steps::renew() {
  std::uint32_t next = TIDBIT_TOKENIZE_STEPS;
  if (options_.budget != 0) {
    const std::uint32_t rest = options_.budget - used_;
    next = rest < next ? rest : next;
    used_ += next;
  }
  ended_ = ended_ || next == 0 || (options_.poll != nullptr && options_.poll(options_.poll_user) != 0);
  left_ = ended_ ? 1 : next;
  return !ended_;
}

}  // namespace tidbit
