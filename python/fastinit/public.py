"""All public names for arrays, which `fastinit` takes over through `__all__`."""
# ruff: noqa: F401

from __future__ import annotations

from fastinit import functions as _functions  # it makes methods of the functions below
from fastinit.closed_forms import (
    delta,
    hadamard,
    hadamard_identity,
    modulo,
    ramp,
    sincos,
    sincos_2d,
    triangular,
)
from fastinit.fans import compute_fans, get_default_layout, set_default_layout
from fastinit.gains import gain
from fastinit.initializers import (
    constant,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    kaiming_normal,
    kaiming_uniform,
    lecun_normal,
    lecun_uniform,
    normal,
    ones,
    random_bits,
    truncated_normal,
    uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
    zeros,
)
from fastinit.matrices import delta_orthogonal, dirac, identity, orthogonal, sparse
from fastinit.random import Generator, manual_seed
from fastinit.runtime import build_info, get_num_threads, set_num_threads
from fastinit.shards import Shard
