"""The argument `device`: its names, and whether they agree with an array's place."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from fastinit import checks

_RULE = 'be "cpu", "cuda" or "cuda:N"'
_MOST_DIGITS = 9  # of the number of a device

# The names from which type checkers know an array's class. Any other "cuda:N" is allowed too.
CpuName: TypeAlias = Literal["cpu"]
CudaName: TypeAlias = Literal["cuda", "cuda:0", "cuda:1", "cuda:2", "cuda:3", "cuda:4", "cuda:5", "cuda:6", "cuda:7"]


class FrameworkDevice(Protocol):
    """The devices of PyTorch for type checkers. Those of CuPy, which has no types, may be anything."""

    @property
    def type(self) -> str: ...


DeviceLike: TypeAlias = str | FrameworkDevice


class DefaultDevice(str):
    """The default of `device`: the CPU, or where `out` is. An explicit "cpu" is a plain str."""

    __slots__ = ()


DEFAULT_DEVICE = DefaultDevice("cpu")


class Device(NamedTuple):
    """A device that was asked for; a CUDA device without a number is the current one."""

    is_cuda: bool
    number: int | None = None

    def __str__(self) -> str:
        number = "" if self.number is None else f":{self.number}"
        return f"cuda{number}" if self.is_cuda else "cpu"

    def agrees_with(self, number: int | None) -> bool:
        """Whether memory is on this device. `number` is None for memory of the CPU."""
        return self.is_cuda == (number is not None) and self.number in (None, number)


CPU = Device(is_cuda=False)
CUDA = Device(is_cuda=True)


def device_of(value: Any) -> Device:
    """Returns the device that `value` names. It need not exist.

    Args:
        value: "cpu", "cuda", "cuda:N", or the device of a framework.

    Raises:
        TypeError: `value` is neither text nor a device.
        ValueError: Another name.

    Example:
        >>> device_of("cuda:1")
        Device(is_cuda=True, number=1)
    """
    if value is DEFAULT_DEVICE or (isinstance(value, str) and value == "cpu"):  # an array compares by element
        return CPU
    kind = type(value)
    if not isinstance(value, str) and "device" not in kind.__name__.lower():
        raise TypeError(checks.text("device", _RULE, value))
    is_cupy = kind.__module__.partition(".")[0] == "cupy"
    name = f"cuda:{value.id}" if is_cupy else str(value)  # the text of a cupy.cuda.Device has another form
    if name in ("cpu", "cuda"):  # "cpu": torch.device("cpu")
        return CPU if name == "cpu" else CUDA
    prefix, _, number = name.partition(":")
    if prefix != "cuda" or not (number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS):
        raise ValueError(checks.text("device", _RULE, value))
    return Device(is_cuda=True, number=int(number))
