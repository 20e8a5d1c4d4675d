#include "lanes/scalar.h"

#include "cpu/instruction_sets.h"

namespace fastinit {
constexpr PieceTable kScalarTableValue = make_piece_table<ScalarLanes>();
const PieceTable kScalarTable = kScalarTableValue;
}  // namespace fastinit
