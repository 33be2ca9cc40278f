// SPDX-License-Identifier: BSD-3-Clause
#include "simt_host/ptx_model.hpp"

#include <string>

#include "simt_host/banks.hpp"

namespace pyconv::simt {
namespace {

constexpr int kRowBytes = 16;
constexpr int kRows = 8;

// What a lane brings to ldmatrix.
struct MatrixLoad {
  uint32_t* matrices;
  int count;
  bool transposed;
  int64_t first_byte, words;
  int word;
};

// A word that a lane gets must have been written before, as seen by that lane.
uint32_t read_as(int lane, const MatrixLoad& row, int word) {
  Thread* const caller = current;
  current = caller - caller->lane() + lane;
  check_shared(row.first_byte, 4, row.word + word, row.words, /*write=*/false);
  current = caller;
  uint32_t value;
  std::memcpy(&value, shared_memory() + row.first_byte + (row.word + word) * 4, sizeof value);
  return value;
}

uint32_t half_of(uint32_t word, int element) { return word >> (16 * (element % 2)) & 0xffffu; }

void load_matrix(const MatrixLoad* const* loads, int matrix) {
  const MatrixLoad* const* rows = loads + matrix * kRows;
  int64_t bytes[kRows];
  for (int r = 0; r < kRows; ++r) {
    bytes[r] = rows[r]->first_byte + static_cast<int64_t>(rows[r]->word) * 4;
    if (bytes[r] % kRowBytes != 0) {
      fail("ldmatrix: row " + std::to_string(r) + " of matrix " + std::to_string(matrix) +
           " begins at byte " + std::to_string(bytes[r]) + ": misaligned");
    }
  }
  count_phase(bytes, kRows, kRowBytes);
  for (int lane = 0; lane < kWarp; ++lane) {
    uint32_t& got = loads[lane]->matrices[matrix];
    if (!loads[lane]->transposed) {
      got = read_as(lane, *rows[lane / 4], lane % 4);
      continue;
    }
    const int column = lane / 4;
    const int first = lane % 4 * 2;
    got = half_of(read_as(lane, *rows[first], column / 2), column) |
          half_of(read_as(lane, *rows[first + 1], column / 2), column) << 16;
  }
}

void load_all(const void* const* deposits) {
  const auto* loads = reinterpret_cast<const MatrixLoad* const*>(deposits);
  const bool noted = note_accesses(false);
  for (int matrix = 0; matrix < loads[0]->count; ++matrix) load_matrix(loads, matrix);
  note_accesses(noted);
}

// What a lane brings to mma.
struct Fragments {
  float* d;
  const uint32_t* a;
  const uint32_t* b;
  Multiplicand type;
  int words;  // of a row of A
};

// Element i of a word; a tf32 word is one element. The instruction may not depend on the bits that
// a tf32 lacks, so they must have been rounded away.
double element(uint32_t word, int i, Multiplicand type) {
  switch (type) {
    case Multiplicand::kFloat16:
      return number_of(float16_to_float32(half_of(word, i)));
    case Multiplicand::kBfloat16:
      return number_of(half_of(word, i) << 16);
    default:
      if ((word & 0x1fffu) != 0 && (word & 0x7fffffffu) <= 0x7f800000u) {
        fail("mma: an operand has more bits than tf32; round it by to_tf32 before");
      }
      return number_of(word);
  }
}

// Products are exact in double; their sum, in rising order, is rounded once as it joins d. The
// device's own order and rounding inside an instruction are not documented.
void multiply_all(const void* const* deposits) {
  const auto* lanes = reinterpret_cast<const Fragments* const*>(deposits);
  const Multiplicand type = lanes[0]->type;
  const int words = lanes[0]->words;
  const int each = type == Multiplicand::kTf32 ? 1 : 2;
  double a[16][16], b[8][16];
  for (int lane = 0; lane < kWarp; ++lane) {
    const int g = lane / 4, t = lane % 4;
    for (int half = 0; half < words / 4; ++half) {
      for (int i = 0; i < each; ++i) {
        const int k = (half * 4 + t) * each + i;
        a[g][k] = element(lanes[lane]->a[2 * half], i, type);
        a[g + 8][k] = element(lanes[lane]->a[2 * half + 1], i, type);
        b[g][k] = element(lanes[lane]->b[half], i, type);
      }
    }
  }
  for (int lane = 0; lane < kWarp; ++lane) {
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + i / 2 * 8;
      const int column = lane % 4 * 2 + i % 2;
      double sum = 0;
      for (int k = 0; k < words * each; ++k) sum += a[row][k] * b[column][k];
      float& d = lanes[lane]->d[i];
      d = static_cast<float>(static_cast<double>(d) + sum);
    }
  }
}

}  // namespace

void load_matrices(uint32_t* matrices, int count, bool transposed, int64_t first_byte,
                   int64_t words, int word, const char* file, int line) {
  const MatrixLoad mine{matrices, count, transposed, first_byte, words, word};
  meet_instruction(Meeting::kLdmatrix, &mine, load_all, file, line);
}

void multiply_fragments(float* d, const uint32_t* a, const uint32_t* b, Multiplicand type,
                        int words, const char* file, int line) {
  const Fragments mine{d, a, b, type, words};
  meet_instruction(Meeting::kMma, &mine, multiply_all, file, line);
}

}  // namespace pyconv::simt
