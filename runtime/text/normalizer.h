// Runs the normalizer of the section over a text.
#pragma once

#include "text/merge.h"
#include "text/steps.h"
#include "text/tables.h"

namespace tidbit {

// True if every number of the program is in range, so that it can be run. The header must have been checked.
bool valid_normalizer(const std::byte *section);

// Works on the text as code points, in the memory that merging uses later: two arrays, from which and to which each
// step writes in turn. An invalid byte is a character of its own, above all others.
class Normalizer {
 public:
  Normalizer(const Tables &tables, const Workspace &workspace, Steps &steps);

  // Writes the result to `out`. False if it is longer than `capacity`, or if the memory is too small on the way.
  bool run(const char *text, std::uint32_t size, char *out, std::uint32_t capacity, std::uint32_t *out_size);

 private:
  struct Found {
    std::uint32_t characters = 0;  // that were replaced; 0: there is none
    std::uint32_t kind = 0;
    std::uint32_t argument = 0;
  };

  bool read(const char *text, std::uint32_t size);
  bool write(char *out, std::uint32_t capacity, std::uint32_t *out_size);
  void put(std::uint32_t character);
  void put_text(std::uint32_t text);
  void step(const std::uint32_t *step);
  void swap();

  void map(const std::uint32_t *step);
  void map_clusters(const std::uint32_t *step);
  std::uint32_t cluster_end(const std::uint32_t *step, std::uint32_t begin, std::uint32_t *bytes);
  Found find(const std::uint32_t *step, std::uint32_t at, std::uint32_t end, bool shortest);
  Found find_chain(std::uint32_t node, std::uint32_t at, std::uint32_t end, bool shortest);
  std::uint32_t next_node(std::uint32_t node, std::uint32_t character) const;
  void put_found(const Found &found, std::uint32_t at);

  void order(const std::uint32_t *step);
  void sort(std::uint32_t begin, std::uint32_t end);
  void compose(const std::uint32_t *step);
  std::uint32_t composition(const std::uint32_t *step, std::uint32_t first, std::uint32_t second) const;

  bool any_in_set(const std::uint32_t *step);
  void strip(std::uint32_t ends);
  void prepend(std::uint32_t text);
  void replace(const std::uint32_t *step);
  std::uint32_t symbol(const std::uint32_t *step, std::uint32_t character) const;
  bool match_at(const std::uint32_t *step, std::uint32_t begin, std::uint32_t *end);

  const Tables &tables_;
  Steps &steps_;
  const std::uint32_t *data_;
  std::uint32_t data_count_;
  std::uint32_t *from_;
  std::uint32_t *to_;
  std::uint32_t room_;  // characters in each array
  std::uint32_t count_ = 0;
  std::uint32_t put_count_ = 0;
  std::uint64_t look_ahead_ = 0;
  bool full_ = false;
};

}  // namespace tidbit
