"""Initializers of matrices: tensors whose elements depend on each other or on their place."""
# A formula leaves its `**options` to `@initializer`, and `shape` too where there are no fans.
# ruff: noqa: ARG001

from __future__ import annotations

import math
from typing import Unpack

from fastinit import checks, fans
from fastinit.fans import Layout  # noqa: TC001 - `@initializer` resolves it
from fastinit.options import Options, Shape, initializer
from fastinit.structures import DeltaOrthogonal, Dirac, Identity, Orthogonal, Sparse, channels


@initializer
def orthogonal(shape: Shape, *, gain: float = 1.0, layout: Layout = "keras", **options: Unpack[Options]) -> Orthogonal:
    """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

    A tensor of more dimensions is seen as the matrix of its output axis and all others. It is a product of
    Householder reflections of normals, so that it has the same bits on every machine, and every row or column
    (whichever are fewer) is drawn by itself: `index` costs the share of those that it touches.

    Args:
        shape: Two or more sizes, of the whole tensor; None for the shape of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        **options: The shared arguments.

    Source:
        Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
        ICLR 2014; uniform as by Stewart, The efficient generation of random orthogonal matrices, SIAM Journal
        on Numerical Analysis 17(3), 1980.

    Example:
        >>> import numpy as np
        >>> w = orthogonal((8, 3), dtype="float64", seed=1)
        >>> bool(np.allclose(w.T @ w, np.eye(3)))
        True
    """
    sizes = checks.sizes(shape, 2, None)
    _, out_axis = fans.LAYOUTS[checks.choice("layout", layout, fans.LAYOUTS)]
    return Orthogonal(sizes, out_axis, out_axis != 0, checks.finite("gain", gain))


@initializer
def delta_orthogonal(
    shape: Shape, *, gain: float = 1.0, layout: Layout = "keras", **options: Unpack[Options]
) -> DeltaOrthogonal:
    """Draws a convolution kernel that is orthogonal at its centre and zero elsewhere.

    Args:
        shape: Three to five sizes with out >= in, of the whole tensor; None for the shape of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        **options: The shared arguments.

    Source:
        Xiao et al., Dynamical isometry and a mean field theory of CNNs, ICML 2018, algorithm 1.

    Example:
        >>> import numpy as np
        >>> w = delta_orthogonal((3, 4, 4), dtype="float64", seed=1)
        >>> bool(np.allclose(w[1] @ w[1].T, np.eye(4))), int(np.count_nonzero(w[0]))
        (True, 0)
    """
    sizes = checks.sizes(shape, 3, 5)
    factor = checks.finite("gain", gain)
    inputs, outputs, _ = channels(sizes, checks.choice("layout", layout, fans.LAYOUTS))
    if outputs < inputs:
        raise ValueError(checks.text("shape", "have no more inputs than outputs", shape))
    return DeltaOrthogonal(sizes, layout, factor)


@initializer
def identity(shape: Shape, *, gain: float = 1.0, **options: Unpack[Options]) -> Identity:
    """Returns a matrix with `gain` on its main diagonal. `seed` and `stream` are not used.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        gain: Finite.
        **options: The shared arguments.

    Source:
        Le, Jaitly and Hinton, A simple way to initialize recurrent networks of rectified linear units,
        2015, section 2.

    Example:
        >>> identity((2, 3), gain=2.0).tolist()
        [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    """
    return Identity(checks.sizes(shape, 2, 2), checks.finite("gain", gain))


@initializer
def dirac(shape: Shape, *, groups: int = 1, layout: Layout = "keras", **options: Unpack[Options]) -> Dirac:
    """Returns a kernel with which a convolution returns its input. `seed` and `stream` are not used.

    Args:
        shape: Three to five sizes, of the whole tensor; None for the shape of `out`.
        groups: At least 1, a divisor of the number of outputs; each group returns the inputs.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel). Without it, what
            `fastinit.set_default_layout` chose, which is "keras" at first.
        **options: The shared arguments.

    Source:
        Zagoruyko and Komodakis, DiracNets, 2017, section 3, as in `torch.nn.init.dirac_`.

    Example:
        >>> dirac((3, 2, 2))[1].tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    sizes = checks.sizes(shape, 3, 5)
    _, outputs, _ = channels(sizes, checks.choice("layout", layout, fans.LAYOUTS))
    count = checks.integer("groups", groups, 1, checks.UINT64 - 1)
    if outputs % count:
        rule = f"divide the number of outputs, {outputs}"
        raise ValueError(checks.text("groups", rule, groups))
    return Dirac(sizes, layout, count)


@initializer
def sparse(shape: Shape, *, sparsity: float, std: float = 0.01, **options: Unpack[Options]) -> Sparse:
    """Draws a normal matrix and sets the same share of every column to zero.

    Args:
        shape: Two sizes, of the whole matrix; None for the shape of `out`.
        sparsity: Share of each column that is zero, in [0, 1]; rounded up to whole elements.
        std: Standard deviation of the other elements, finite and >= 0.
        **options: The shared arguments.

    Source:
        Martens, Deep learning via Hessian-free optimization, ICML 2010, section 5, as in
        `torch.nn.init.sparse_`.

    Example:
        >>> w = sparse((10, 4), sparsity=0.25, seed=1)
        >>> (w == 0).sum(axis=0).tolist()
        [3, 3, 3, 3]
    """
    sizes = checks.sizes(shape, 2, 2)
    share = checks.finite("sparsity", sparsity)
    if not 0 <= share <= 1:
        raise ValueError(checks.text("sparsity", "be in [0, 1]", sparsity))
    return Sparse(sizes, math.ceil(share * sizes[0]), std)


ALL = (orthogonal, delta_orthogonal, identity, dirac, sparse)

# doctest takes a decorated function for another module's.
__test__ = {f.__name__: f for f in ALL}
