"""What only a build with CUDA has."""

from __future__ import annotations

from tests.cuda.ptx import kernels

collect_ignore = [] if kernels.BUILT else ["test_bits.py", "test_interpreted.py"]
