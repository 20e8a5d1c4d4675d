// Fills on NVIDIA GPUs, like those of fill.h for the CPU. A build without CUDA has absent.cpp instead.
//
// Functions that touch no GPU plan a launch, and others make it. Tests can therefore execute a plan by other means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "fill.h"
#include "orthogonal.h"
#include "transformed.h"

namespace fastinit::cuda {

// A CUDA call failed, or this build has no CUDA. The text begins with the name of the error.
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
// The launches of a matrix, one after the other, with the bytes of memory that they need to work in.
std::uint64_t orthogonal_workspace(const OrthogonalSpec& spec, int multiprocessors);
std::vector<Launch> plan_orthogonal(const OrthogonalSpec& spec, void* target, void* workspace, int multiprocessors);
// The launches of a draw and its transform, in the same form.
std::uint64_t transform_workspace(const TransformedSpec& spec);
std::vector<Launch> plan_transformed(const TransformedSpec& spec, void* target, void* workspace, int multiprocessors);
Launch plan_pattern(void* target, std::uint64_t count, std::uint64_t bits, std::size_t item_bytes, int multiprocessors);

// `stream`: a cudaStream_t. The call is asynchronous and leaves the current device as it was.
void fill(const FillSpec& spec, void* target, int device, void* stream);
void fill_orthogonal(const OrthogonalSpec& spec, void* target, int device, void* stream);
void fill_transformed(const TransformedSpec& spec, void* target, int device, void* stream);
void fill_pattern(void* target, std::uint64_t count, std::uint64_t bits, std::size_t item_bytes, int device,
                  void* stream);

int device_count();
int device_of(const void* address);  // which device's memory this is; -1: none's
const char* toolkit();               // such as "13.0"; "off" without CUDA

}  // namespace fastinit::cuda
