"""Detects that PyTorch records operations into a graph, which would lack values that are written through a pointer."""

from __future__ import annotations

import sys


def is_traced() -> bool:
    """Whether `torch.jit.trace`, `make_fx` or `torch.export` is recording in this thread."""
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    if torch._C._get_tracing_state() is not None or torch.compiler.is_exporting():
        return True
    if not torch._C._len_torch_dispatch_stack() and torch._ops.mode_stack_state_for_pre_dispatch().get(0) is None:
        return False  # there is no mode that could belong to a trace
    # Until it is imported, no mode of it can exist.
    proxies = sys.modules.get("torch.fx.experimental.proxy_tensor")
    return proxies is not None and proxies.get_proxy_mode() is not None
