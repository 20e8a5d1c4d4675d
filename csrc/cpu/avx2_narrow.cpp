// Compiled with AVX2 and FMA: only dispatch.cpp may call in here, after it has asked the processor.
#include "cpu/instruction_sets.h"
#include "lanes/avx2.h"

namespace fastinit {
constexpr PieceTable kAvx2NarrowValue = make_piece_table<Avx2Lanes, true>();
const PieceTable kAvx2Narrow = kAvx2NarrowValue;
}  // namespace fastinit
