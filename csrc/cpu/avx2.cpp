// Compiled with AVX2 and FMA: only dispatch.cpp may call in here, after it has asked the processor.
#include "lanes/avx2.h"

#include "cpu/instruction_sets.h"

namespace fastinit {
constexpr LaneTable kAvx2TableValue = make_lane_table<Avx2Lanes>(kAvx2Narrow);
const LaneTable kAvx2Table = kAvx2TableValue;
}  // namespace fastinit
