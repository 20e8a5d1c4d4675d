"""The experiments of docs/choosing.md: which initializer is right, and what happens with another one.

    python -m examples.choosing            # all of them: figures in docs/choosing/, outcomes in docs/choosing.md
    python -m examples.choosing.glorot     # one of them: its figure and its outcome

Each is a module with three functions: `run` returns numbers, `checks` compares them with the source's expectations, and
`draw` makes a figure of them. `shared.py` has the data, networks and checks; all need PyTorch and matplotlib.
"""

EXPERIMENTS = ("symmetry", "scale", "glorot", "he", "selu", "residual", "fans", "biases")
