// The choice of the class that draws a fill, and tables of functions by class and element type, with which all code
// dispatches.
#pragma once

#include <cstdint>
#include <utility>

#include "distributions.h"

namespace fastinit {

struct Method {
  int place;         // the place of the class in `Methods`
  const char* name;  // the name of the class
};
Method method_of(const FillSpec& spec);

template <class Function>
struct MethodTable {
  struct Row {
    Function functions[kElementTypes];  // null if the class cannot draw the element type
  };
  Row rows[Methods::kSize];

  Function function(const Method& method, ElementType type) const {
    return rows[method.place].functions[static_cast<int>(type)];
  }
};

// Makes a table by a `Maker`, which has a lane type `Lane`, the type `Function`, and `make<Class, kType>()`.
template <class Maker>
class MakeTable {
  using Table = MethodTable<typename Maker::Function>;
  using Types = std::make_integer_sequence<int, kElementTypes>;

 public:
  static constexpr Table make() { return make_rows(Methods{}); }

 private:
  template <template <class> class... Classes>
  static constexpr Table make_rows(ClassList<Classes...>) {
    return {{make_row<Classes>(Types{})...}};
  }
  template <template <class> class Class, int... kTypes>
  static constexpr typename Table::Row make_row(std::integer_sequence<int, kTypes...>) {
    return {{make_entry<Class, static_cast<ElementType>(kTypes)>()...}};
  }
  template <template <class> class Class, ElementType kType>
  static constexpr typename Maker::Function make_entry() {
    if constexpr (go_together(Class<typename Maker::Lane>::kDistribution, kType)) {
      return Maker::template make<Class, kType>();
    } else {
      return nullptr;
    }
  }
};

}  // namespace fastinit
