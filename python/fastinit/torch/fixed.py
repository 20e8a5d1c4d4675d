"""The functions of `torch.nn.init` without randomness. They write the same values as PyTorch's, in less time."""

from __future__ import annotations

import contextlib
import math

import torch
from torch.nn import init

from fastinit.distributions import Constant
from fastinit.formulas import FORMULAS
from fastinit.torch.drop_in import drop_in
from fastinit.torch.sharding import is_dtensor
from fastinit.torch.tensors import check_memory, fill, is_fillable, without_gradient

# For fewer elements PyTorch's own fill with one value is faster, and it writes the same bits.
_LEAST_CONSTANT = 2**16
# Kept here, because a user may later assign fastinit's function to PyTorch's name.
_pytorchs_dirac = init.dirac_


@drop_in
def constant_(tensor: torch.Tensor, val: float) -> torch.Tensor:
    """Fills a tensor of any dtype with one value.

    Args:
        tensor: Any shape, filled in place.
        val: The value.

    Raises:
        RuntimeError: The dtype cannot hold the value, as in PyTorch.

    Example:
        >>> constant_(torch.empty(2), 0.5)
        tensor([0.5000, 0.5000])
    """
    return _constant(tensor, val)


@drop_in
def ones_(tensor: torch.Tensor) -> torch.Tensor:
    """Fills a tensor of any dtype with ones.

    Args:
        tensor: Any shape, filled in place.

    Example:
        >>> ones_(torch.empty(2))
        tensor([1., 1.])
    """
    return _constant(tensor, 1.0)


@drop_in
def zeros_(tensor: torch.Tensor) -> torch.Tensor:
    """Fills a tensor of any dtype with zeros.

    Args:
        tensor: Any shape, filled in place.

    Example:
        >>> zeros_(torch.empty(2))
        tensor([0., 0.])
    """
    if _is_large(tensor):
        return fill(tensor, Constant(0.0))
    _memory_of(tensor).zero_()
    return tensor


def _constant(tensor: torch.Tensor, val: float) -> torch.Tensor:
    if _is_large(tensor) and type(val) is float and not math.isnan(val):
        with contextlib.suppress(ValueError):  # the dtype cannot hold the value: PyTorch raises its error below
            return fill(tensor, Constant(val))
    _memory_of(tensor).fill_(val)
    return tensor


def _memory_of(tensor: torch.Tensor) -> torch.Tensor:
    """Returns the tensor for PyTorch to write to, after a check: PyTorch writes to the null pointer if it was freed."""
    check_memory(tensor)
    return without_gradient(tensor)


def _is_large(tensor: torch.Tensor) -> bool:
    return tensor.numel() >= _LEAST_CONSTANT and tensor.is_cpu and is_fillable(tensor)


@drop_in
def eye_(tensor: torch.Tensor) -> torch.Tensor:
    """Fills a matrix with ones on the main diagonal and zeros elsewhere.

    Args:
        tensor: Two dimensions, filled in place.

    Raises:
        ValueError: The tensor does not have two dimensions, as in PyTorch.

    Example:
        >>> eye_(torch.empty(2, 3))
        tensor([[1., 0., 0.],
                [0., 1., 0.]])
    """
    rows, columns = tensor.size()
    if is_dtensor(tensor):
        return fill(tensor, FORMULAS["identity"]((rows, columns)))
    torch.eye(rows, columns, out=_memory_of(tensor))
    return tensor


@drop_in
def dirac_(tensor: torch.Tensor, groups: int = 1) -> torch.Tensor:
    """Fills a convolution kernel so that the convolution returns its input.

    Args:
        tensor: (out, in, *kernel), three to five dimensions, filled in place.
        groups: A divisor of `out`; each group of outputs repeats the inputs.

    Raises:
        ValueError: The number of dimensions is not three to five, or `groups` does not divide `out`, as in PyTorch.

    Source:
        Zagoruyko and Komodakis, DiracNets, 2017, section 3.

    Example:
        >>> dirac_(torch.empty(1, 1, 3))
        tensor([[[0., 1., 0.]]])
    """
    if not is_fillable(tensor):
        return _pytorchs_dirac(tensor, groups)
    sizes = tuple(tensor.size())
    return fill(tensor, FORMULAS["dirac"](sizes, groups=groups, layout="torch"))


# PyTorch's deprecated names, which give PyTorch's warning.
constant = init._make_deprecate(constant_)
eye = init._make_deprecate(eye_)
dirac = init._make_deprecate(dirac_)

# doctest skips decorated functions, because it believes that they come from another module.
__test__ = {name: value for name, value in dict(globals()).items() if name.endswith("_") and "__" not in name}
