// Compiled with AVX-512 F, DQ, BW and VL: only dispatch.cpp may call in here, after it has asked the processor.
#include "cpu/instruction_sets.h"
#include "lanes/avx512.h"

namespace fastinit {
constexpr PieceTable kAvx512NarrowValue = make_piece_table<Avx512Lanes, true>();
const PieceTable kAvx512Narrow = kAvx512NarrowValue;
}  // namespace fastinit
