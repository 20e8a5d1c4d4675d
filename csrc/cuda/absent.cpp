// A build without CUDA: every function reports that it is missing.
#include "cuda/cuda.h"

namespace fastinit::cuda {
namespace {
[[noreturn]] void fail() { throw Error("this build of fastinit has no CUDA"); }
}  // namespace

Launch plan_fill(const FillSpec&, void*, int) { fail(); }
std::uint64_t orthogonal_workspace(const OrthogonalSpec&, int) { fail(); }
std::vector<Launch> plan_orthogonal(const OrthogonalSpec&, void*, void*, int) { fail(); }
std::uint64_t transform_workspace(const TransformedSpec&) { fail(); }
std::vector<Launch> plan_transformed(const TransformedSpec&, void*, void*, int) { fail(); }
Launch plan_pattern(void*, std::uint64_t, std::uint64_t, std::size_t, int) { fail(); }
void fill(const FillSpec&, void*, int, void*) { fail(); }
void fill_orthogonal(const OrthogonalSpec&, void*, int, void*) { fail(); }
void fill_transformed(const TransformedSpec&, void*, int, void*) { fail(); }
void fill_pattern(void*, std::uint64_t, std::uint64_t, std::size_t, int, void*) { fail(); }
int device_count() { fail(); }
int device_of(const void*) { fail(); }
const char* toolkit() { return "off"; }

}  // namespace fastinit::cuda
