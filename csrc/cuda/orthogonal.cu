// Plans the two launches of an orthogonal matrix and makes them.
#include <algorithm>

#include "cpu/float_environment.h"
#include "cuda/launch.h"
#include "cuda/matrix_kernels.h"

namespace fastinit::cuda {
namespace {

// Strips that are worked on at a time. With several, a multiprocessor waits less for memory, but each needs memory for
// its rows.
constexpr std::uint64_t kStripsPerMultiprocessor = 4;

struct Kernels {
  const void* make;
  const void* write;
  std::size_t scalar_bytes;
};
template <ElementType kType>
Kernels kernels_of() {
  constexpr ElementType kScalar = Element<kType>::kDouble ? ElementType::kFloat64 : ElementType::kFloat32;
  return {reinterpret_cast<const void*>(&reflector_kernel<kScalar>),
          reinterpret_cast<const void*>(&orthogonal_kernel<kType>), Element<kType>::kDouble ? 8u : 4u};
}
template <int... kTypes>
Kernels kernels_for(ElementType type, std::integer_sequence<int, kTypes...>) {
  Kernels found{};
  const auto look = [&](auto one) {
    constexpr ElementType kType = decltype(one)::value;
    if constexpr (kType != ElementType::kUint32) {
      if (type == kType) found = kernels_of<kType>();
    }
  };
  (look(std::integral_constant<ElementType, static_cast<ElementType>(kTypes)>{}), ...);
  return found;
}
Kernels kernels_for(ElementType type) { return kernels_for(type, std::make_integer_sequence<int, kElementTypes>()); }

struct Sizes {
  std::uint64_t blocks;           // of reflectors
  std::uint64_t reflector_bytes;  // of all blocks
  std::uint64_t grid;             // strips at work
  std::uint64_t strip_bytes;      // of all strips at work
};
Sizes sizes_of(const OrthogonalSpec& spec, std::size_t scalar_bytes, int multiprocessors) {
  if (spec.elements.size() == 0 || spec.vectors.size() == 0) return {};
  const ReflectorLayout layout{spec.length};
  const std::uint64_t strips = (spec.vectors.size() + kStripColumns - 1) / kStripColumns;
  const std::uint64_t grid = std::min(strips, static_cast<std::uint64_t>(multiprocessors) * kStripsPerMultiprocessor);
  const std::uint64_t blocks = spec.blocks();
  return {blocks, layout.start(blocks) * scalar_bytes, grid,
          grid * ReflectorLayout::rounded(spec.length) * kStripColumns * scalar_bytes};
}

}  // namespace

std::uint64_t orthogonal_workspace(const OrthogonalSpec& spec, int multiprocessors) {
  const Sizes sizes = sizes_of(spec, kernels_for(spec.type).scalar_bytes, multiprocessors);
  return sizes.reflector_bytes + sizes.strip_bytes;
}

std::vector<Launch> plan_orthogonal(const OrthogonalSpec& spec, void* target, void* workspace, int multiprocessors) {
  const DefaultFloatEnvironment guard;
  const Kernels kernels = kernels_for(spec.type);
  const Sizes sizes = sizes_of(spec, kernels.scalar_bytes, multiprocessors);
  const OrthogonalArguments arguments{spec,
                                      Schedule::make(spec.seed, spec.stream),
                                      target,
                                      workspace,
                                      static_cast<unsigned char*>(workspace) + sizes.reflector_bytes,
                                      sizes.blocks};
  const std::uint64_t makers = std::min<std::uint64_t>(sizes.blocks, std::uint64_t{1} << 20);
  return {make_launch(kernels.make, "reflectors", makers, kMakeThreads, arguments),
          make_launch(kernels.write, "orthogonal", sizes.grid, kApplyThreads, arguments)};
}

void fill_orthogonal(const OrthogonalSpec& spec, void* target, int device, void* stream) {
  const OnDevice current(device);
  const int multiprocessors = multiprocessors_of(device);
  const std::uint64_t bytes = orthogonal_workspace(spec, multiprocessors);
  if (bytes == 0) return;
  run_in_workspace(bytes, stream,
                   [&](void* workspace) { return plan_orthogonal(spec, target, workspace, multiprocessors); });
}

}  // namespace fastinit::cuda
