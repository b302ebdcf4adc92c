// The tensors of a checkpoint by name and shape. What nobody asked for is an error in the end, so that no part
// of a model is dropped silently.
#pragma once

#include <functional>
#include <initializer_list>
#include <set>
#include <string>

#include "converter/checkpoint/checkpoint.h"

namespace tidbit::convert {

class TensorFinder {
 public:
  // Names may have one of these prefixes; the first is taken under which one of `probes` exists.
  TensorFinder(const Checkpoint &checkpoint, std::initializer_list<const char *> prefixes,
               std::initializer_list<const char *> probes);

  using Shape = std::vector<std::uint64_t>;

  // With the prefix in front of the name; throws where the tensor is missing or has another shape.
  const StoredTensor &take(const std::string &name, const Shape &shape);
  const StoredTensor *take_if(const std::string &name, const Shape &shape);
  const StoredTensor *look(const std::string &name) const;  // marks nothing, checks nothing
  // The same for names without a prefix.
  const StoredTensor *take_bare_if(const std::string &name, const Shape &shape);

  // Leaves out tensors by their whole name; returns how many.
  std::size_t leave_out(const std::function<bool(const std::string &)> &matches);

  std::string where() const;  // the checkpoint, for messages

  // Throws if a tensor is left.
  void finish() const;

 private:
  const StoredTensor *find(const std::string &whole_name) const;
  const StoredTensor *checked(const StoredTensor *tensor, const Shape &shape);

  const Checkpoint &checkpoint_;
  std::string prefix_;
  std::set<std::string> used_;
};

bool ends_with(const std::string &text, const std::string &end);

}  // namespace tidbit::convert
