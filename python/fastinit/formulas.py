"""Every initializer's formula, by each name it goes by: shape and parameters -> what is drawn."""

from __future__ import annotations

from fastinit import closed_forms, initializers, matrices
from fastinit.options import Formula

FORMULAS = {
    name: Formula(function)
    for name, function in (
        *initializers.BY_NAME.items(),
        *((each.__name__, each) for each in (*matrices.ALL, *closed_forms.ALL)),
    )
}
# Those that draw nothing.
FIXED = frozenset(("zeros", "ones", "constant", "identity", "dirac", *(each.__name__ for each in closed_forms.ALL)))
