#include "lanes/scalar.h"

#include "cpu/instruction_sets.h"

namespace fastinit {
constexpr LaneTable kScalarTableValue = make_lane_table<ScalarLanes>(kScalarNarrow);
const LaneTable kScalarTable = kScalarTableValue;
}  // namespace fastinit
