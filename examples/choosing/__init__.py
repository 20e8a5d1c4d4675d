"""Experiments behind docs/choosing.md: which initializer, and what happens with another.

    python -m examples.choosing            # all of them: figures in docs/choosing/, outcomes in docs/choosing.md
    python -m examples.choosing.glorot     # one of them: its figure, and what it found

Each is a module with `run`, which returns numbers, `checks`, which compares them with what the source expects, and
`draw`, which makes a figure of them. `shared.py` has the data, networks and checks; all need PyTorch and matplotlib.
"""

EXPERIMENTS = ("symmetry", "scale", "glorot", "he", "selu", "residual", "fans", "biases")
