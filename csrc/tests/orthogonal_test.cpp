// Orthogonal matrices: the bits are the same whatever the instruction set, the threads, the part and its order in
// memory.
#include "orthogonal.h"

#include <atomic>
#include <string>
#include <vector>

#include "dtype.h"
#include "tests/check.h"
#include "tests/specs.h"
#include "tests/tests.h"

namespace fastinit::test {
namespace {

Box whole(std::uint64_t size) {
  Box box{};
  box.run = size;
  return box;
}

OrthogonalSpec matrix(ElementType type, std::uint64_t length, std::uint64_t count) {
  OrthogonalSpec spec{};
  spec.type = type;
  spec.seed = 0x0123456789ABCDEF;
  spec.stream = 0xFEDCBA9876543210;
  spec.gain = 1.5;
  spec.length = length;
  spec.count = count;
  spec.elements = whole(length);
  spec.vectors = whole(count);
  spec.element_stride = count;
  spec.vector_stride = 1;
  return spec;
}

std::string describe(const OrthogonalSpec& spec) {
  return std::string(instruction_set()) + ", " + std::to_string(num_threads()) +
         " threads: " + kElementTypeNames[static_cast<int>(spec.type)] + " " + std::to_string(spec.length) + " x " +
         std::to_string(spec.count);
}

std::vector<unsigned char> drawn(const OrthogonalSpec& spec) {
  const std::size_t bytes = spec.elements.size() * spec.vectors.size() * item_bytes(spec.type);
  GuardedMemory target(bytes, item_bytes(spec.type));
  check(fill_orthogonal(spec, target.data()), "a fill that nobody stops ends: " + describe(spec));
  check(target.guards_untouched(), "wrote outside its target: " + describe(spec));
  return {target.data(), target.data() + bytes};
}

// Compares some rows and columns with those of the whole, and then the same with columns as rows of the target.
void check_part(const OrthogonalSpec& all, const std::vector<unsigned char>& expected, const Box& elements,
                const Box& vectors) {
  OrthogonalSpec part = all;
  part.elements = elements;
  part.vectors = vectors;
  const std::size_t item = item_bytes(all.type);
  for (const bool by_rows : {true, false}) {
    part.element_stride = by_rows ? vectors.size() : 1;
    part.vector_stride = by_rows ? 1 : elements.size();
    const std::vector<unsigned char> found = drawn(part);
    bool same = true;
    for (std::uint64_t e = 0; e < elements.size(); ++e) {
      for (std::uint64_t v = 0; v < vectors.size(); ++v) {
        const std::uint64_t at = e * part.element_stride + v * part.vector_stride;
        const std::uint64_t from = elements.index_of(e) * all.count + vectors.index_of(v);
        same = same && std::memcmp(&found[at * item], &expected[from * item], item) == 0;
      }
    }
    check(same, "a part is not that of the whole: " + describe(part));
  }
}

}  // namespace

void test_orthogonal() {
  struct Size {
    std::uint64_t length, count;
  };
  for (const Size size : {Size{1, 1}, {2, 1}, {31, 31}, {33, 32}, {70, 65}, {203, 130}}) {
    for (const ElementType type : float_types()) {
      const OrthogonalSpec spec = matrix(type, size.length, size.count);
      set_instruction_set("scalar");
      set_num_threads(1);
      const std::vector<unsigned char> expected = drawn(spec);
      for (const std::string& set : runnable_sets()) {
        set_instruction_set(set.c_str());
        for (const int threads : {1, 3}) {
          set_num_threads(threads);
          check(drawn(spec) == expected, "other bits than one scalar thread's: " + describe(spec));
        }
      }
      if (size.length < 70) continue;
      Box some = whole(40);
      some.start = 3;
      Box scattered = whole(5);  // one of each sixteen
      scattered.start = 2;
      scattered.rank = 1;
      scattered.extents[0] = 4;
      scattered.strides[0] = 16;
      Box one = whole(1);
      one.start = size.count - 1;
      for (const Box& vectors : {some, scattered, one}) {
        check_part(spec, expected, whole(size.length), vectors);
        check_part(spec, expected, scattered, vectors);
      }
    }
  }
}

std::vector<unsigned char> orthogonal_bytes() {
  std::vector<unsigned char> bytes;
  for (const ElementType type : float_types()) {
    const std::vector<unsigned char> one = drawn(matrix(type, 70, 65));
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  return bytes;
}

// Strips for many threads, and an interrupt that is asked now and then: the work must continue where it stopped.
void test_orthogonal_interrupt() {
  const OrthogonalSpec spec = matrix(ElementType::kFloat32, 500, 500);
  set_instruction_set("scalar");
  for (const int threads : {1, 2}) {
    set_num_threads(threads);
    std::atomic<int> asked{0};
    const Interrupt stop{[](void* context) { return ++*static_cast<std::atomic<int>*>(context) > 0; }, &asked};
    const Interrupt go_on{[](void* context) { return ++*static_cast<std::atomic<int>*>(context) < 0; }, &asked};
    std::vector<float> stopped(500 * 500), resumed(500 * 500), plain(500 * 500);
    check(!fill_orthogonal(spec, stopped.data(), stop) && asked == 1,
          "a matrix that is stopped says so, and asks once");
    asked = 0;
    check(fill_orthogonal(spec, resumed.data(), go_on) && asked > 0, "a matrix asks, and goes on when told to");
    fill_orthogonal(spec, plain.data());
    check(resumed == plain, "a matrix that was asked about has the same values");
  }
}

}  // namespace fastinit::test
