"""Initializers whose elements depend on each other: any part of the tensor needs the whole.

`index` and `out` work as everywhere, but the whole tensor is computed first, where it will be: by NumPy, or
by CuPy on a GPU. What needs LAPACK or cuSOLVER (orthogonal matrices) is reproducible on one machine and
library only.
"""
# A formula leaves its `**options` to `@initializer`, and `shape` too where there are no fans.
# ruff: noqa: ARG001

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from fastinit import checks, fans
from fastinit.devices import CPU, CUDA
from fastinit.distributions import Bits, Normal, WholeTensor
from fastinit.fill import draw
from fastinit.options import Options, Shape, initializer

if TYPE_CHECKING:
    from fastinit.dtypes import ElementType

Matrix = NDArray[Any]


@initializer
def orthogonal(shape: Shape, *, gain: float = 1.0, layout: str = "keras", **options: Unpack[Options]) -> WholeTensor:
    """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

    A tensor of more dimensions is seen as the matrix of its output axis and all others. The same values
    come out on one machine with one LAPACK only, and others on a GPU.

    Args:
        shape: Two or more sizes, of the whole tensor; None for that of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel).
        **options: The shared arguments.

    Source:
        Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
        ICLR 2014; made uniform as by Mezzadri, Notices of the AMS 54(5), 2007, section 5.

    Example:
        >>> w = orthogonal((8, 3), dtype="float64", seed=1)
        >>> bool(np.allclose(w.T @ w, np.eye(3)))
        True
    """
    sizes = _sizes(shape, 2, None)
    factor = checks.finite("gain", gain)
    out_axis = fans.LAYOUTS[checks.choice("layout", layout, fans.LAYOUTS)][1]
    split = 1 if out_axis == 0 else -1
    rows, columns = math.prod(sizes[:split]), math.prod(sizes[split:])

    def compute(element: ElementType, seed: int, stream: int, xp: Any) -> Matrix:
        return _orthonormal(rows, columns, factor, element, seed, stream, xp).reshape(sizes)

    return WholeTensor(compute)


@initializer
def delta_orthogonal(
    shape: Shape, *, gain: float = 1.0, layout: str = "keras", **options: Unpack[Options]
) -> WholeTensor:
    """Draws a convolution kernel that is orthogonal at its centre and zero around it.

    Args:
        shape: Three to five sizes with out >= in, of the whole tensor; None for that of `out`.
        gain: Finite; see `fastinit.gain`.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel).
        **options: The shared arguments.

    Source:
        Xiao et al., Dynamical isometry and a mean field theory of CNNs, ICML 2018, algorithm 1.

    Example:
        >>> w = delta_orthogonal((3, 4, 4), dtype="float64", seed=1)
        >>> bool(np.allclose(w[1] @ w[1].T, np.eye(4))), int(np.count_nonzero(w[0]))
        (True, 0)
    """
    sizes = _sizes(shape, 3, 5)
    factor = checks.finite("gain", gain)
    inputs, outputs, kernel = _channels(sizes, layout)
    if outputs < inputs:
        raise ValueError(checks.text("shape", "have no more inputs than outputs", shape))

    def compute(element: ElementType, seed: int, stream: int, xp: Any) -> Matrix:
        matrix = _orthonormal(outputs, outputs, factor, element, seed, stream, xp)[:inputs]
        tensor: Matrix = xp.zeros(sizes, matrix.dtype)
        if tensor.size:
            _channels_view(tensor, layout, xp)[tuple((n - 1) // 2 for n in kernel)] = matrix
        return tensor

    return WholeTensor(compute)


@initializer
def identity(shape: Shape, *, gain: float = 1.0, **options: Unpack[Options]) -> WholeTensor:
    """Returns a matrix with `gain` on its main diagonal. `seed` and `stream` are not used.

    Args:
        shape: Two sizes, of the whole matrix; None for that of `out`.
        gain: Finite.
        **options: The shared arguments.

    Source:
        Le, Jaitly and Hinton, A simple way to initialize recurrent networks of rectified linear units,
        2015, section 2.

    Example:
        >>> identity((2, 3), gain=2.0).tolist()
        [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    """
    rows, columns = _sizes(shape, 2, 2)
    factor = checks.finite("gain", gain)

    def compute(element: ElementType, seed: int, stream: int, xp: Any) -> Matrix:
        matrix: Matrix = factor * xp.eye(rows, columns, dtype=_arithmetic(element))
        return matrix

    return WholeTensor(compute, is_random=False)


@initializer
def dirac(shape: Shape, *, groups: int = 1, layout: str = "keras", **options: Unpack[Options]) -> WholeTensor:
    """Returns a convolution kernel that hands its input through. `seed` and `stream` are not used.

    Args:
        shape: Three to five sizes, of the whole tensor; None for that of `out`.
        groups: At least 1, a divisor of the number of outputs; each group hands the inputs through.
        layout: "keras" for (*kernel, in, out), "torch" for (out, in, *kernel).
        **options: The shared arguments.

    Source:
        Zagoruyko and Komodakis, DiracNets, 2017, section 3, as in `torch.nn.init.dirac_`.

    Example:
        >>> dirac((3, 2, 2))[1].tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    sizes = _sizes(shape, 3, 5)
    inputs, outputs, kernel = _channels(sizes, layout)
    count = checks.integer("groups", groups, 1, checks.UINT64 - 1)
    if outputs % count:
        rule = f"divide the number of outputs, {outputs}"
        raise ValueError(checks.text("groups", rule, groups))

    def compute(element: ElementType, seed: int, stream: int, xp: Any) -> Matrix:
        tensor: Matrix = xp.zeros(sizes, _arithmetic(element))
        if tensor.size:
            centre = _channels_view(tensor, layout, xp)[tuple(n // 2 for n in kernel)]
            group = outputs // count
            for first in range(0, outputs, group):
                diagonal = xp.arange(min(group, inputs))
                centre[diagonal, first + diagonal] = 1
        return tensor

    return WholeTensor(compute, is_random=False)


@initializer
def sparse(shape: Shape, *, sparsity: float, std: float = 0.01, **options: Unpack[Options]) -> WholeTensor:
    """Draws a normal matrix and sets the same share of every column to zero.

    Args:
        shape: Two sizes, of the whole matrix; None for that of `out`.
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
    rows, columns = _sizes(shape, 2, 2)
    share = checks.finite("sparsity", sparsity)
    if not 0 <= share <= 1:
        raise ValueError(checks.text("sparsity", "be in [0, 1]", sparsity))
    zeros = math.ceil(share * rows)
    values = Normal(0.0, std)

    def compute(element: ElementType, seed: int, stream: int, xp: Any) -> Matrix:
        sizes = (rows, columns)
        # Rounded later, like all matrices, to the values that a draw in the narrow type has.
        matrix = _draw(values, sizes, xp, dtype=_arithmetic(element), seed=seed, stream=stream)
        ranks = _draw(Bits(), sizes, xp, seed=seed, stream=_stream_of_zeros(stream))
        if matrix.size:
            chosen = xp.argsort(ranks, axis=0, kind="stable")[:zeros]
            matrix[chosen, xp.arange(columns)] = 0
        return matrix

    return WholeTensor(compute)


def _orthonormal(rows: int, columns: int, gain: float, element: ElementType, seed: int, stream: int, xp: Any) -> Matrix:
    dtype = _arithmetic(element)
    normal = _draw(Normal(0.0, 1.0), (rows, columns), xp, dtype=dtype, seed=seed, stream=stream)
    return orthonormalized(normal, gain, xp)


def orthonormalized(normal: Matrix, gain: float, xp: Any) -> Matrix:
    """Makes a normal matrix orthonormal, times `gain`: QR, with the signs that make the result uniform.

    Args:
        normal: (rows, columns), an array of `xp`.
        gain: Factor.
        xp: NumPy, CuPy or PyTorch.
    """
    rows, columns = normal.shape
    q, r = xp.linalg.qr(normal if rows >= columns else normal.T)
    diagonal = xp.diagonal(r)
    factor = xp.full_like(diagonal, gain)
    q *= xp.where(diagonal < 0, -factor, factor)
    matrix: Matrix = q if rows >= columns else q.T
    return matrix


def _draw(spec: Bits | Normal, shape: tuple[int, ...], xp: Any, **options: Any) -> Matrix:
    """Draws where `xp`, NumPy or CuPy, computes."""
    place = CPU if xp is np else CUDA
    matrix: Matrix = draw(spec, shape, device=place, **options).owner
    return matrix


def _arithmetic(element: ElementType) -> np.dtype[Any]:
    return np.dtype(np.float64 if element.wide else np.float32)


def _sizes(shape: Shape, fewest: int, most: int | None) -> tuple[int, ...]:
    sizes = checks.shape(shape)
    if len(sizes) < fewest or (most is not None and len(sizes) > most):
        count = {None: f"{fewest} or more", fewest: f"{fewest}"}.get(most, f"{fewest} to {most}")
        raise ValueError(checks.text("shape", f"have {count} dimensions", shape))
    return sizes


def _channels(sizes: tuple[int, ...], layout: str) -> tuple[int, int, tuple[int, ...]]:
    """Inputs, outputs and the kernel's sizes."""
    in_axis, out_axis = fans.LAYOUTS[checks.choice("layout", layout, fans.LAYOUTS)]
    kernel = sizes[:-2] if layout == "keras" else sizes[2:]
    return sizes[in_axis], sizes[out_axis], kernel


def _channels_view(tensor: Matrix, layout: str, xp: Any) -> Matrix:
    """The tensor as (*kernel, in, out)."""
    view: Matrix = xp.moveaxis(tensor, fans.LAYOUTS[layout], (-2, -1))
    return view


def _stream_of_zeros(stream: int) -> int:
    """A stream of its own for the places of zeros, so that they do not depend on the values."""
    text = stream.to_bytes(8, "little")
    digest = hashlib.blake2b(text, digest_size=8, person=b"fastinit sparse").digest()
    return int.from_bytes(digest, "little")


# doctest takes a decorated function for another module's.
__test__ = {f.__name__: f for f in (orthogonal, delta_orthogonal, identity, dirac, sparse)}
