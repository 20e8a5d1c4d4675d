// A sketch of a narrow generator: a bfloat16 normal from 16 bits, by look-up and linear interpolation.
// Half of a word: bit 15 is the sign, the others p. Cell p / 32 of 1,024 gives |z| = base + slope (p mod 32).
// The first cell (|z| < 0.0013) and the last eight (|z| > 2.6) are for a further word to refine.
#pragma once

#include <cstdint>

constexpr int kCells = 1024, kInCell = 32;
constexpr std::uint32_t kFirst = kInCell, kLast = (kCells - 8) * kInCell;
struct Cell {
  float base, slope;
};
