// The instruction sets this build carries; each is one file that only instantiates the loop.
#pragma once

#include "fill_loop.h"
#include "reflections.h"
#include "transform_loop.h"

namespace fastinit {

struct LaneTable {
  PieceTable pieces;
  OrthogonalTable orthogonal;
  TransformTable transforms;
};
template <class Lanes>
constexpr LaneTable make_lane_table() {
  return {make_piece_table<Lanes>(), make_orthogonal_table<Lanes>(), make_transform_table<Lanes>()};
}

extern const LaneTable kScalarTable;
#ifdef FASTINIT_AVX2
extern const LaneTable kAvx2Table;
#endif
#ifdef FASTINIT_AVX512
extern const LaneTable kAvx512Table;
#endif
#ifdef FASTINIT_NEON
extern const LaneTable kNeonTable;
#endif

// The functions in use.
const PieceTable& piece_table();
const OrthogonalTable& orthogonal_table();
const TransformTable& transform_table();

}  // namespace fastinit
