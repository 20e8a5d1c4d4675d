// Three ways from random bits to a bfloat16 normal by look-up, for the CPU and for GPUs. They write different values.
//
// Interpolated: 16 bits an element. Bit 15 is the sign, p the others; |z| = base + slope (p mod 32) in fixed point.
// Cached:       16 bits an element. The table has the pattern of every p, or kAsk where p alone does not decide it.
// Alias:        32 bits an element. Walker's alias method: a column, a coin, a sign.
//
// The first two ask for 16 more bits r where p is too coarse: then z is the quantile of the 31 bits (p, r).
#pragma once

#include <cstdint>

// Interpolated: 1,024 cells of 32 p, an entry is base 2^17 (19 bits) above the cell's whole slope 2^17 (13 bits).
constexpr int kCells = 1024, kInCell = 32;
constexpr std::uint32_t kSlopeMask = 0x1FFF;
constexpr float kFixed = 0x1p-22f;  // of base and of slope (p mod 32), both times 32
constexpr std::uint32_t kFirst = 8 * kInCell, kLast = (kCells - 8) * kInCell;  // outside [kFirst, kLast): asks

// Cached: an entry of 16 bits for each p.
constexpr std::uint32_t kAsk = 0x8000;  // set where p does not decide

// Alias: column = bits 2 to 13 of the word, sign = bit 1, coin = the 18 bits above. An entry has a coin and another
// column in the same places; the smaller of word and entry has the column c that is drawn: the magnitude
// with the bits `least` + c.
constexpr std::uint32_t kColumns = 4096;
