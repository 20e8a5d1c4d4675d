// NEON is part of every aarch64: nothing to ask the processor.
#include "cpu/instruction_sets.h"
#include "lanes/neon.h"

namespace fastinit {
constexpr PieceTable kNeonNarrowValue = make_piece_table<NeonLanes, true>();
const PieceTable kNeonNarrow = kNeonNarrowValue;
}  // namespace fastinit
