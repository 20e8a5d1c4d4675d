// Fills on NVIDIA GPUs, as fill.h has them for the CPU. Without CUDA in the build, absent.cpp stands in.
//
// A launch is worked out first, by functions that touch no GPU, and then made: so tests can have the plan
// executed by something else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "fill.h"
#include "orthogonal.h"
#include "transformed.h"

namespace fastinit::cuda {

// A CUDA call failed, or there is no CUDA in this build. The text opens with the name of the error.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One launch: a kernel (by its address on the host and by a name), the grid and the one argument.
struct Launch {
  const void* kernel;
  const char* method;
  unsigned grid;  // 0: there is nothing to do
  unsigned block;
  std::vector<unsigned char> argument;
};
Launch plan_fill(const FillSpec& spec, void* target, int multiprocessors);
// The launches of a matrix, one after the other, with so many bytes of memory to work in.
std::uint64_t orthogonal_workspace(const OrthogonalSpec& spec, int multiprocessors);
std::vector<Launch> plan_orthogonal(const OrthogonalSpec& spec, void* target, void* workspace, int multiprocessors);
// The same of a draw and its transform.
std::uint64_t transform_workspace(const TransformedSpec& spec);
std::vector<Launch> plan_transformed(const TransformedSpec& spec, void* target, void* workspace, int multiprocessors);
Launch plan_pattern(void* target, std::uint64_t count, std::uint64_t bits, std::size_t item_bytes, int multiprocessors);

// `stream`: a cudaStream_t. Asynchronous; the current device stays what it was.
void fill(const FillSpec& spec, void* target, int device, void* stream);
void fill_orthogonal(const OrthogonalSpec& spec, void* target, int device, void* stream);
void fill_transformed(const TransformedSpec& spec, void* target, int device, void* stream);
void fill_pattern(void* target, std::uint64_t count, std::uint64_t bits, std::size_t item_bytes, int device,
                  void* stream);

int device_count();
int device_of(const void* address);  // which device's memory this is; -1: none's
const char* toolkit();               // such as "13.0"; "off" without CUDA

}  // namespace fastinit::cuda
