// The instruction sets in this build. Each has two files that only instantiate the loop.
#pragma once

#include "fill_loop.h"
#include "reflections.h"
#include "transform_loop.h"

namespace fastinit {

struct LaneTable {
  PieceTable pieces;         // for the types that are not narrow
  const PieceTable* narrow;  // for the narrow types
  OrthogonalTable orthogonal;
  TransformTable transforms;
};
template <class Lanes>
constexpr LaneTable make_lane_table(const PieceTable& narrow) {
  return {make_piece_table<Lanes, false>(), &narrow, make_orthogonal_table<Lanes>(), make_transform_table<Lanes>()};
}

extern const LaneTable kScalarTable;
extern const PieceTable kScalarNarrow;
#ifdef FASTINIT_AVX2
extern const LaneTable kAvx2Table;
extern const PieceTable kAvx2Narrow;
#endif
#ifdef FASTINIT_AVX512
extern const LaneTable kAvx512Table;
extern const PieceTable kAvx512Narrow;
#endif
#ifdef FASTINIT_NEON
extern const LaneTable kNeonTable;
extern const PieceTable kNeonNarrow;
#endif

// The functions of the chosen instruction set.
PieceFunction piece_function(const Method& method, ElementType type);
const OrthogonalTable& orthogonal_table();
const TransformTable& transform_table();

}  // namespace fastinit
