// Compiled with AVX2 and FMA: only dispatch.cpp may call in here, after it has asked the processor.
#include "lanes/avx2.h"

#include "cpu/instruction_sets.h"
#include "lanes/pack.h"

namespace fastinit {
constexpr PieceTable kAvx2TableValue = make_piece_table<Interleaved<Avx2Lanes, 2>>();
const PieceTable kAvx2Table = kAvx2TableValue;
}  // namespace fastinit
