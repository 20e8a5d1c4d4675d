"""Times whole calls on a GPU by the host's clock: one small matrix, and all parameters of a model."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = 64
CALLS = 200
LLAMA_8B = {  # Llama-3.1-8B's sizes
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "tie_word_embeddings": False,
}


def _attempt(label: str, prepare: Callable[[], Callable[[], Any]], repeats: int, calls: int) -> dict[str, Any]:
    """The seconds per call in each of `repeats` rounds after a first one, or the reason why there are none."""
    import cupy

    about: dict[str, Any] = {"label": label, "samples": []}
    try:
        run = prepare()
        run()
        for _ in range(repeats):
            cupy.cuda.runtime.deviceSynchronize()
            start = time.perf_counter()
            for _ in range(calls):
                run()
            cupy.cuda.runtime.deviceSynchronize()
            about["samples"].append((time.perf_counter() - start) / calls)
    except ImportError as error:
        return about | {"status": "not installed", "reason": str(error)}
    except Exception as error:  # noqa: BLE001  whatever a peer raises is a line of the report
        return about | {"status": "failed", "reason": f"{type(error).__name__}: {error}"}
    return about | {"status": "measured"}


def latency(repeats: int) -> list[dict[str, Any]]:
    """Measures a 64 x 64 He-normal matrix in float32."""

    def fresh() -> Callable[[], Any]:
        import fastinit

        return lambda: fastinit.he_normal((SIDE, SIDE), seed=1, stream=2, device="cuda")

    def into_cupy() -> Callable[[], Any]:
        import cupy

        import fastinit

        out = cupy.empty((SIDE, SIDE), cupy.float32)
        return lambda: fastinit.he_normal(None, out=out, seed=1, stream=2)

    def into_torch() -> Callable[[], Any]:
        import torch

        import fastinit

        out = torch.empty(SIDE, SIDE, device="cuda")
        return lambda: fastinit.he_normal(None, out=out, seed=1, stream=2, layout="torch")

    def by_torch() -> Callable[[], Any]:
        import torch

        out = torch.empty(SIDE, SIDE, device="cuda")
        return lambda: torch.nn.init.kaiming_normal_(out)

    def by_cupy() -> Callable[[], Any]:
        import cupy

        generator = cupy.random.Generator(cupy.random.Philox4x3210(1))
        return lambda: generator.standard_normal((SIDE, SIDE), dtype=cupy.float32) * 0.1767767

    subjects = {
        'fastinit he_normal, device="cuda"': fresh,
        "fastinit he_normal, out= of CuPy": into_cupy,
        "fastinit he_normal, out= of PyTorch": into_torch,
        "torch nn.init.kaiming_normal_": by_torch,
        "cupy Generator(Philox4x3210), scaled": by_cupy,
    }
    return [_attempt(label, prepare, repeats, CALLS) for label, prepare in subjects.items()]


def model(repeats: int) -> list[dict[str, Any]]:
    """Measures all parameters of a Llama of 8 billion in bfloat16, in memory that exists."""
    held: list[Any] = []

    def llama() -> Any:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        if not held:
            with torch.device("meta"):
                made = LlamaForCausalLM(LlamaConfig(**LLAMA_8B)).to(torch.bfloat16)
            held.append(made.to_empty(device="cuda"))
        return held[0]

    def by_fastinit() -> Callable[[], Any]:
        from fastinit.torch import init_model

        made = llama()
        return lambda: init_model(made, seed=0)

    def by_rules() -> Callable[[], Any]:
        from fastinit.torch import init_model

        made = llama()
        rules = [
            {"match": "*norm.weight", "init": "ones"},
            {"match": "*", "init": "normal", "std": 0.02},
        ]
        return lambda: init_model(made, seed=0, recipe=rules)

    def by_torch() -> Callable[[], Any]:
        import torch

        made = llama()

        @torch.no_grad()
        def fill() -> None:
            for parameter in made.parameters():
                if parameter.ndim == 1:
                    parameter.fill_(1.0)
                else:
                    parameter.normal_(0.0, 0.02)

        return fill

    subjects = {
        "fastinit init_model, the model's own code": by_fastinit,
        "fastinit init_model, two rules": by_rules,
        "torch normal_ and fill_ of each parameter, no more": by_torch,
    }
    return [_attempt(label, prepare, repeats, 1) for label, prepare in subjects.items()]
