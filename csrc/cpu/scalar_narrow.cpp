#include "cpu/instruction_sets.h"
#include "lanes/scalar.h"

namespace fastinit {
constexpr PieceTable kScalarNarrowValue = make_piece_table<ScalarLanes, true>();
const PieceTable kScalarNarrow = kScalarNarrowValue;
}  // namespace fastinit
