// The steps of opening a blob, in order. Each relies on those before it.
#pragma once

#include "format/model.h"

namespace tidbit {

// Why a blob is refused, and at which byte.
struct Refusal {
  tidbit_status status = TIDBIT_OK;
  std::uint64_t offset = 0;
};

// Shared by all steps. A check returns true if all is well; `return refuse(field);` ends it with an error.
class Check {
 public:
  Check(Model &m, Refusal &r) : model(m), refusal_(r) {}

 protected:
  bool refuse(const void *field, tidbit_status status = TIDBIT_ERR_CONFIG) {
    return refuse_at(offset_of(field), status);
  }
  bool refuse_at(std::uint64_t offset, tidbit_status status);  // false

  std::uint64_t offset_of(const void *field) const {
    return static_cast<std::uint64_t>(static_cast<const std::byte *>(field) - model.blob);
  }

  Model &model;

 private:
  Refusal &refusal_;
};

// open.cpp: magic number, version, sizes and checksum of the header, required features; sets the tables of the model.
bool check_header(std::uint64_t size, Model &model, Refusal &refusal);

// check_fields.cpp: the numbers of the model, of its stack and of each kind of layer.
bool check_fields(Model &model, Refusal &refusal);

// check_sections.cpp: the places of the sections and the contents of the small ones; sets the rest of the model.
bool check_sections(Model &model, Refusal &refusal);

// check_tensors.cpp: every tensor that the configuration needs is there, in its shape, inside its section.
bool check_tensors(Model &model, Refusal &refusal);

bool all_zero(const void *data, std::size_t bytes);

}  // namespace tidbit
