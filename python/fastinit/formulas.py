"""The formulas of all initializers, by each of their names: shape and parameters -> distribution."""

from __future__ import annotations

from fastinit import closed_forms
from fastinit.functions import FUNCTIONS
from fastinit.options import Formula

# `random_bits` draws words, which no model has.
FORMULAS = {name: Formula(function) for name, function in FUNCTIONS.items() if name != "random_bits"}
# The initializers that draw nothing.
FIXED = frozenset(("zeros", "ones", "constant", "identity", "dirac", *(each.__name__ for each in closed_forms.ALL)))
