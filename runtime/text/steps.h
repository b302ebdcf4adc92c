// Counts the steps of a call, for its budget and its poll hook. A step is a small bounded amount of work.
#pragma once

#include "base/types.h"
#include "tidbit/tidbit.h"

namespace tidbit {

class Steps {
 public:
  explicit Steps(const tidbit_tokenize_options &options) : options_(options) {}

  // To be called before each step. False if the call must end: so does every later call.
  bool take() { return --left_ != 0 || renew(); }
  bool ended() const { return ended_; }

 private:
  bool renew();

  const tidbit_tokenize_options &options_;
  std::uint32_t used_ = 0;  // of the budget
  std::uint32_t left_ = 1;  // calls of take() up to the next renew(), and one
  bool ended_ = false;
};

}  // namespace tidbit
