// Every number of the configuration, by the table of fields: what is out of its range is refused, what is in range but
// not computed yet is unsupported, each with the offset of the field; and all reserved bytes must be zero.
#include "format/fields.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/support/forged_blob.h"
#include "tests/support/tiny_model.h"

namespace tidbit::test {
namespace {

using format::Field;
using format::FieldType;

template <class Body>
void each_field(Body body) {
  for (const Field &f : format::kConfigFields) {
    body(f, [&](ForgedBlob &b) { return reinterpret_cast<std::byte *>(&b.config()) + f.offset; });
  }
  for (const Field &f : format::kKindFields) {
    body(f, [&](ForgedBlob &b) { return reinterpret_cast<std::byte *>(b.kinds()) + f.offset; });
  }
}

void store(std::byte *at, FieldType type, std::uint32_t value) {
  std::memcpy(at, &value, type == FieldType::byte ? 1 : 4);
}

template <class Where>
void expect_status(const Field &field, Where where, std::uint32_t value, tidbit_status expected) {
  ForgedBlob blob(build_blob(tiny_llama()));
  std::byte *at = where(blob);
  store(at, field.type, value);
  std::uint64_t fault = 0;
  EXPECT_EQ(blob.open(&fault), expected) << field.name << " = " << value;
  EXPECT_EQ(fault, blob.offset_of(at)) << field.name;
}

TEST(Fields, OutOfRangeIsRefusedAtItsOffset) {
  each_field([](const Field &f, auto where) {
    switch (f.type) {
      case FieldType::byte:
        if (f.high < 255) expect_status(f, where, f.high + 1, TIDBIT_ERR_CONFIG);
        expect_status(f, where, 255, TIDBIT_ERR_CONFIG);
        break;
      case FieldType::count:
        expect_status(f, where, f.high + 1, TIDBIT_ERR_CONFIG);
        expect_status(f, where, 0xFFFFFFFF, TIDBIT_ERR_CONFIG);
        if (f.positive) expect_status(f, where, 0, TIDBIT_ERR_CONFIG);
        break;
      case FieldType::real:
        for (const float value : {INFINITY, -INFINITY, NAN}) {
          expect_status(f, where, std::bit_cast<std::uint32_t>(value), TIDBIT_ERR_CONFIG);
        }
        if (f.positive) expect_status(f, where, std::bit_cast<std::uint32_t>(-1.0f), TIDBIT_ERR_CONFIG);
        break;
      case FieldType::token:
        expect_status(f, where, 50, TIDBIT_ERR_CONFIG);
        expect_status(f, where, 0xFFFFFFFE, TIDBIT_ERR_CONFIG);
        break;
    }
  });
}

TEST(Fields, ValueThatIsNotComputedYetIsUnsupportedAtItsOffset) {
  each_field([](const Field &f, auto where) {
    if (f.type == FieldType::real) {
      if (f.computed == format::kAnyReal) return;
      expect_status(f, where, std::bit_cast<std::uint32_t>(0.5f), TIDBIT_ERR_UNSUPPORTED);
    } else if (f.type != FieldType::token && f.computed < f.high) {
      expect_status(f, where, f.computed + 1, TIDBIT_ERR_UNSUPPORTED);
      expect_status(f, where, f.high, TIDBIT_ERR_UNSUPPORTED);
    }
  });
}

template <class Change>
void expect_refused_at(Change change, tidbit_status expected = TIDBIT_ERR_CONFIG) {
  ForgedBlob blob(build_blob(tiny_llama()));
  const void *field = change(blob);
  std::uint64_t fault = 0;
  EXPECT_EQ(blob.open(&fault), expected);
  EXPECT_EQ(fault, blob.offset_of(field));
}

TEST(Fields, ReservedBytesMustBeZero) {
  expect_refused_at([](ForgedBlob &b) { return &(b.header().reserved[1] = 1) - 1; });
  expect_refused_at([](ForgedBlob &b) {
    b.config().reserved[16] = 1;
    return b.config().reserved;
  });
  expect_refused_at([](ForgedBlob &b) { return &(b.stack().reserved = 1); });
  expect_refused_at([](ForgedBlob &b) {
    b.header().stacks[1].layers = 1;
    return b.header().stacks + 1;
  });
  expect_refused_at([](ForgedBlob &b) {
    b.kinds()[0].reserved[25] = 1;
    return b.kinds()[0].reserved;
  });
  expect_refused_at([](ForgedBlob &b) {
    b.sections()[0].reserved = 1;
    return b.sections();
  });
  expect_refused_at([](ForgedBlob &b) { return &(b.config().end_tokens[7] = 1); });
  expect_refused_at([](ForgedBlob &b) {
    b.config().family[15] = 'x';
    return b.config().family;
  });
}

TEST(Fields, NumbersThatDoNotFitTogetherAreRefused) {
  expect_refused_at([](ForgedBlob &b) { return &(b.kinds()[0].kv_heads = 3); });
  expect_refused_at([](ForgedBlob &b) { return &(b.config().default_context = 97); });
  expect_refused_at([](ForgedBlob &b) { return &(b.kinds()[0].rotary_dim = 7); });
  expect_refused_at([](ForgedBlob &b) { return &(b.kinds()[0].rotary_dim = 10); });
  expect_refused_at([](ForgedBlob &b) { return &(b.config().rotary_pairs = 0); });
  expect_refused_at([](ForgedBlob &b) { return &(b.kinds()[0].value_dim = 4); }, TIDBIT_ERR_UNSUPPORTED);
  // A decoder is no encoder, and none of its layers is one of an encoder.
  expect_refused_at([](ForgedBlob &b) {
    b.stack().type = format::StackType::encoder;
    return &b.config().head;
  });
  expect_refused_at([](ForgedBlob &b) { return &(b.config().head = format::Head::pooling); });
  expect_refused_at([](ForgedBlob &b) { return &(b.config().head = format::Head::classifier); },
                    TIDBIT_ERR_UNSUPPORTED);
  expect_refused_at([](ForgedBlob &b) { return &(b.config().pooling = format::Pooling::mean); });
  expect_refused_at([](ForgedBlob &b) { return &(b.config().unit_length = 1); });
  expect_refused_at([](ForgedBlob &b) { return &(b.kinds()[0].mask = format::Mask::bidirectional); });
}

}  // namespace
}  // namespace tidbit::test
