// What is said of a FillSpec in Python's words.
#pragma once

#include <string_view>

#include "fill.h"

namespace fastinit {

std::string_view name_of(ElementType type);

}  // namespace fastinit
