"""Opens a checkpoint as README says and runs it forward: python .ci/check_transformers.py FOLDER"""

from __future__ import annotations

import sys

import torch
from transformers import AutoModelForCausalLM


def main(folder: str) -> None:
    model, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    faults = {kind: names for kind, names in report.items() if names}
    assert not faults, faults
    with torch.no_grad():
        logits = model(torch.arange(4)[None]).logits.float()
    assert torch.isfinite(logits).all()
    assert 0.1 < logits.std() < 10, logits.std()
    print(f"{type(model).__name__}: opened and run, logits with a std of {logits.std():.2f}")


if __name__ == "__main__":
    main(sys.argv[1])
