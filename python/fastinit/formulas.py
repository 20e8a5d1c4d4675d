"""Every initializer's formula, by each name it goes by: shape and parameters -> what is drawn."""

from __future__ import annotations

from fastinit import initializers, matrices
from fastinit.options import Formula

_MATRICES = (
    matrices.orthogonal,
    matrices.delta_orthogonal,
    matrices.identity,
    matrices.dirac,
    matrices.sparse,
)
FORMULAS = {
    name: Formula(function)
    for name, function in (*initializers.BY_NAME.items(), *((each.__name__, each) for each in _MATRICES))
}
