// Rounding a value to its element type: once, to nearest even, overflow as a cast would (to infinity, or
// to NaN in float8_e4m3fn, which has no infinity). Pinned against ml_dtypes by tests/core/test_rounding.py.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "fill.h"

namespace fastinit {

// An element type: how it is stored, the lane that computes it, and its rounding to the low bits of a word.
template <ElementType>
struct Element;

template <class StoredType, bool kIsDouble = sizeof(StoredType) == 8>
struct Unrounded {
  using Stored = StoredType;
  static constexpr bool kDouble = kIsDouble;
  static constexpr int kLeastExponent = kIsDouble ? -1022 : -126;
  template <class Lane>
  [[gnu::always_inline]] static constexpr typename Lane::Word round(typename Lane::Real x) {
    return Lane::bits(x);
  }
};

// A float with kExponentBits and kMantissaBits below a sign bit. kOverflow is the code for all values past the largest
// finite one.
template <class StoredType, int kExponentBits, int kMantissaBits, std::uint32_t kOverflow>
struct Narrow {
  using Stored = StoredType;
  static constexpr bool kDouble = false;
  static constexpr int kLeastExponent = 2 - (1 << (kExponentBits - 1));
  static constexpr int kShift = 23 - kMantissaBits;
  static constexpr std::uint32_t kBiasGap = 127 - ((1u << (kExponentBits - 1)) - 1);  // float's bias minus this type's
  static constexpr std::uint32_t kMinNormal = (kBiasGap + 1) << 23;                   // as a float's bits

  template <class Lane, class Word = typename Lane::Word>
  [[gnu::always_inline]] static constexpr Word round(typename Lane::Real x) {
    const Word bits = Lane::bits(x);
    // Adds half a unit minus one, and one more if the last kept bit is odd. That carries exactly when nearest-even
    // rounds up.
    const auto carried = [](Word any) {
      const Word odd = Lane::template shift_right<kShift>(any) & Lane::set_word(1);
      return Lane::template shift_right<kShift>(any + odd + Lane::set_word((1u << (kShift - 1)) - 1));
    };
    // With float's own exponent range, subnormals, infinity and the sign need no special case.
    if constexpr (kBiasGap == 0) return carried(bits);

    const Word sign = bits & Lane::set_word(0x80000000u);
    const Word magnitude = bits ^ sign;
    // A subnormal is a multiple of one unit. Adding a float whose last bit is that unit rounds it.
    const Word unit = Lane::set_word((kBiasGap + 1 + kShift) << 23);
    const Word count = Lane::bits(Lane::from_bits(magnitude) + Lane::from_bits(unit)) - unit;
    const Word normal = carried(magnitude) - Lane::set_word(kBiasGap << kMantissaBits);
    const Word finite = Lane::select(magnitude - Lane::set_word(kMinNormal), count, normal);
    const Word overflow = Lane::set_word(kOverflow);
    const Word code = Lane::select(overflow - finite, overflow, finite);
    return code | Lane::template shift_right<32 - 8 * static_cast<int>(sizeof(Stored))>(sign);
  }
};

template <>
struct Element<ElementType::kUint32> : Unrounded<std::uint32_t> {};
template <>
struct Element<ElementType::kFloat64> : Unrounded<std::uint64_t> {};
template <>
struct Element<ElementType::kFloat32> : Unrounded<std::uint32_t> {};
template <>
struct Element<ElementType::kBfloat16> : Narrow<std::uint16_t, 8, 7, 0x7F80> {};
template <>
struct Element<ElementType::kFloat16> : Narrow<std::uint16_t, 5, 10, 0x7C00> {};
template <>
struct Element<ElementType::kFloat8E4m3fn> : Narrow<std::uint8_t, 4, 3, 0x7F> {};
template <>
struct Element<ElementType::kFloat8E5m2> : Narrow<std::uint8_t, 5, 2, 0x7C> {};

// The table above, for a type that is known only when the program runs.
struct ElementFacts {
  std::size_t bytes;
  bool is_wide;        // it takes two words and is computed in float64
  int least_exponent;  // of the normal numbers
};
template <class AnyElement>
constexpr ElementFacts facts_of() {
  return {sizeof(typename AnyElement::Stored), AnyElement::kDouble, AnyElement::kLeastExponent};
}
template <int... kTypes>
constexpr ElementFacts element_facts(ElementType type, std::integer_sequence<int, kTypes...>) {
  constexpr ElementFacts kFacts[] = {facts_of<Element<static_cast<ElementType>(kTypes)>>()...};
  return kFacts[static_cast<int>(type)];
}
constexpr ElementFacts element_facts(ElementType type) {
  return element_facts(type, std::make_integer_sequence<int, kElementTypes>());
}
constexpr std::size_t item_bytes(ElementType type) { return element_facts(type).bytes; }

}  // namespace fastinit
