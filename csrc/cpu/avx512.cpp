// Compiled with AVX-512 F, DQ, BW and VL: only dispatch.cpp may call in here, after it has asked the processor.
#include "lanes/avx512.h"

#include "cpu/instruction_sets.h"

namespace fastinit {
constexpr PieceTable kAvx512TableValue = make_piece_table<Avx512Lanes>();
const PieceTable kAvx512Table = kAvx512TableValue;
}  // namespace fastinit
