// Cuts a fill into pieces and hands them to the threads.
#include "fill.h"

#include <algorithm>

#include "cpu/float_environment.h"
#include "cpu/instruction_sets.h"
#include "cpu/parallel.h"
#include "cpu/pattern.h"
#include "dtype.h"
#include "pieces.h"
#include "transformed.h"

namespace fastinit {
namespace {

// Below this size, another thread costs more than it saves.
constexpr std::uint64_t kSmallestPieceBytes = std::uint64_t{1} << 16;
// Two threads that write to the same new huge page would both clear it, so pieces end where huge pages end.
constexpr std::uint64_t kLargestPieceBytes = std::uint64_t{1} << 21;
// Larger targets do not stay in a core's cache, so stores bypass it.
constexpr std::uint64_t kStreamingBytes = std::uint64_t{1} << 21;
// So many pieces for each thread that one slow thread does not hold up the others.
constexpr std::uint64_t kPiecesPerThread = 8;

// Calls fill_range(first item, items) for the pieces of `count` items.
template <class FillRange>
bool split(void* target, std::uint64_t count, std::size_t item, Interrupt interrupt, const FillRange& fill_range) {
  const std::uint64_t bytes = count * item;
  const std::uint64_t threads =
      std::clamp<std::uint64_t>(bytes / kSmallestPieceBytes, 1, static_cast<std::uint64_t>(num_threads()));
  const std::uint64_t wanted = bytes / (kPiecesPerThread * threads);
  const auto pieces = Pieces::make(target, count, item, wanted, kSmallestPieceBytes, kLargestPieceBytes);
  return for_each_piece(
      pieces.size(), static_cast<int>(threads),
      [&](std::uint64_t k) {
        const DefaultFloatEnvironment guard;
        const Range range = pieces.range(k);
        fill_range(range.first, range.count);
      },
      interrupt);
}

}  // namespace

bool fill(const FillSpec& spec, void* target, Interrupt interrupt) {
  const std::uint64_t count = spec.size();
  if (count == 0) return true;
  const std::size_t item = item_bytes(spec.type);
  const DefaultFloatEnvironment guard;
  const PieceFunction fill_piece = piece_function(method_of(spec), spec.type);
  const bool streaming = count * item >= kStreamingBytes;
  auto* bytes = static_cast<unsigned char*>(target);
  return split(target, count, item, interrupt, [&](std::uint64_t first, std::uint64_t n) {
    fill_piece(spec, first, n, bytes + first * item, streaming);
  });
}

bool fill_transformed(const TransformedSpec& spec, void* target, Interrupt interrupt) {
  const std::uint64_t count = spec.base.size();
  if (count == 0) return true;
  const std::size_t item = item_bytes(spec.base.type);
  FillSpec drawn = spec.base;
  drawn.type = drawn_type(spec.base.type);
  const DefaultFloatEnvironment guard;
  const PieceFunction draw = piece_function(method_of(drawn), drawn.type);
  const TransformFunction write = transform_table().functions[static_cast<int>(spec.base.type)];
  auto* bytes = static_cast<unsigned char*>(target);
  return split(target, count, item, interrupt,
               [&](std::uint64_t first, std::uint64_t n) { write(spec, drawn, draw, first, n, bytes + first * item); });
}

bool fill_pattern(void* target, std::uint64_t count, std::uint64_t bits, std::size_t item, Interrupt interrupt) {
  if (count == 0) return true;
  const bool streaming = count * item >= kStreamingBytes;
  auto* bytes = static_cast<unsigned char*>(target);
  return split(target, count, item, interrupt, [&](std::uint64_t first, std::uint64_t n) {
    write_pattern(bytes + first * item, n * item, bits, item, streaming);
  });
}

}  // namespace fastinit
