// The instruction sets this build carries; each is one file that only instantiates the loop.
#pragma once

#include "fill_loop.h"

namespace fastinit {

extern const PieceTable kScalarTable;
#ifdef FASTINIT_AVX2
extern const PieceTable kAvx2Table;
#endif
#ifdef FASTINIT_AVX512
extern const PieceTable kAvx512Table;
#endif
#ifdef FASTINIT_NEON
extern const PieceTable kNeonTable;
#endif

// The piece functions in use.
const PieceTable& piece_table();

}  // namespace fastinit
