// Describes a FillSpec in the words of Python.
#pragma once

#include <string_view>

#include "fill.h"

namespace fastinit {

std::string_view name_of(ElementType type);

}  // namespace fastinit
