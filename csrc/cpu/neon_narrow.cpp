// NEON is part of every aarch64, so the processor need not be asked.
#include "cpu/instruction_sets.h"
#include "lanes/neon.h"

namespace fastinit {
constexpr PieceTable kNeonNarrowValue = make_piece_table<NeonLanes, true>();
const PieceTable kNeonNarrow = kNeonNarrowValue;
}  // namespace fastinit
