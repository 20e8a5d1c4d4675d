"""fastinit for PyTorch: the functions of `torch.nn.init`, whole models, and shards of DTensors.

from fastinit import torch as init

init.kaiming_normal_(layer.weight)                                 # the seed comes from torch.manual_seed
init.kaiming_normal_(layer.weight, seed=0, stream="layer.weight")  # the same values in any sharding
"""

from __future__ import annotations

from fastinit.extras import explained

try:
    import torch  # noqa: F401 - only to see whether it is installed
except ModuleNotFoundError as error:
    raise explained(error, "torch") from None

from fastinit.torch.construction import build, by_name
from fastinit.torch.fixed import (
    constant,
    constant_,
    dirac,
    dirac_,
    eye,
    eye_,
    ones_,
    zeros_,
)
from fastinit.torch.functions import (
    calculate_gain,
    kaiming_normal,
    kaiming_normal_,
    kaiming_uniform,
    kaiming_uniform_,
    normal,
    normal_,
    orthogonal,
    orthogonal_,
    sparse,
    sparse_,
    trunc_normal_,
    uniform,
    uniform_,
    xavier_normal,
    xavier_normal_,
    xavier_uniform,
    xavier_uniform_,
)
from fastinit.torch.interception import accelerate
from fastinit.torch.model import init_model
from fastinit.torch.report import Report, report
from fastinit.torch.signal.calibrate import Calibration, calibrate
from fastinit.torch.signal.compare import compare
from fastinit.torch.signal.coordinates import coordinate_check
from fastinit.torch.signal.inputs import random_inputs
from fastinit.torch.signal.monitor import Monitor
from fastinit.torch.signal.probe import probe

__all__ = [
    "Calibration",
    "Monitor",
    "Report",
    "accelerate",
    "build",
    "by_name",
    "calculate_gain",
    "calibrate",
    "compare",
    "constant",
    "constant_",
    "coordinate_check",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "init_model",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "probe",
    "random_inputs",
    "report",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]


def __dir__() -> list[str]:
    return __all__
