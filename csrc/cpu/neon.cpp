// NEON is part of every aarch64, so the processor need not be asked.
#include "lanes/neon.h"

#include "cpu/instruction_sets.h"

namespace fastinit {
constexpr LaneTable kNeonTableValue = make_lane_table<NeonLanes>(kNeonNarrow);
const LaneTable kNeonTable = kNeonTableValue;
}  // namespace fastinit
