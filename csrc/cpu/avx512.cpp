// Compiled with AVX-512 F, DQ, BW and VL: only dispatch.cpp may call in here, after it has asked the processor.
#include "lanes/avx512.h"

#include "cpu/instruction_sets.h"

namespace fastinit {
constexpr LaneTable kAvx512TableValue = make_lane_table<Avx512Lanes>(kAvx512Narrow);
const LaneTable kAvx512Table = kAvx512TableValue;
}  // namespace fastinit
