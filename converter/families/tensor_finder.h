// Finds the tensors of a checkpoint by name and checks their shapes. A tensor that is never taken is an error, so that
// no part of a model is dropped silently.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "converter/checkpoint/checkpoint.h"
#include "converter/families/family.h"

namespace tidbit::convert {

// The name of an expert's or a head's tensor: its number in place of '@'.
std::string item_name(const std::string &name, std::uint32_t item);

class TensorFinder {
 public:
  // Chooses the prefix under which most tensors of layer 0 are stored. Throws if there are none.
  TensorFinder(const Checkpoint &checkpoint, const Names &names);

  using Shape = std::vector<std::uint64_t>;

  // The complete name for `name` in a row, with `suffix` in place of '*'.
  std::string global_name(const char *name, const char *suffix) const;
  std::string layer_name(const char *name, const char *suffix, std::uint32_t layer) const;

  // The functions below take complete names. Null means that there is no such tensor.
  const StoredTensor *find(const std::string &name) const;  // neither checks nor takes it
  // Throws if the tensor has another shape or an unsupported type.
  const StoredTensor *take_if(const std::string &name, const Shape &shape);

  // Takes all tensors that match the pattern and were not taken before. Returns how many there were.
  std::size_t leave_out(const char *pattern);

  // For the message about a missing tensor: the names of those that are there and most like it.
  std::string instead_of(const std::string &name) const;

  std::string where() const { return checkpoint_.source.string(); }  // for messages

  // Throws if a tensor was never taken.
  void finish() const;

 private:
  bool is_known(const std::string &name) const;

  const Checkpoint &checkpoint_;
  const Names &names_;
  std::string prefix_;
  std::set<std::string> used_;
};

}  // namespace tidbit::convert
