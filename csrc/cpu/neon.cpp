// NEON is part of every aarch64: nothing to ask the processor.
#include "lanes/neon.h"

#include "cpu/instruction_sets.h"

namespace fastinit {
constexpr PieceTable kNeonTableValue = make_piece_table<NeonLanes>();
const PieceTable kNeonTable = kNeonTableValue;
}  // namespace fastinit
