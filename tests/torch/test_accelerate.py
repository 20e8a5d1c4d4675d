"""`accelerate`: existing code draws from fastinit, in the order of its draws, and is unchanged otherwise."""

from __future__ import annotations

import contextlib
import re
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit import checks
from fastinit.distributions import Normal, TruncatedNormal, Uniform
from fastinit.fill import draw

torch = pytest.importorskip("torch")
import fastinit.torch as ours
from fastinit.torch import tensors
from tests.torch.draws import Draws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

init, nn = torch.nn.init, torch.nn
pytestmark = pytest.mark.torch

STANDARD, UNIT = Normal(0.0, 1.0), Uniform(0.0, 1.0)


@pytest.fixture(autouse=True)
def torchs_generator() -> Iterator[None]:
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        yield


def drawn(spec: Any, shape: Any, stream: int = 0, dtype: str = "float32", seed: int = 3) -> Any:
    """What fastinit draws, as a tensor."""
    sizes = checks.shape(shape)
    values = draw(spec, sizes, dtype=dtype, seed=seed, stream=stream).owner
    if dtype == "bfloat16":
        return torch.from_numpy(values.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(values)


def empty(*shape: int, **options: Any) -> Any:
    return torch.full(shape, 7.0, **options)


TEN = Uniform(-1.0, 10.0)
SHIFTED = Normal(1.0, 0.5)
CALLS: list[tuple[str, Callable[[], Any], Any]] = [
    ("normal_", lambda: empty(3, 5).normal_(), STANDARD),
    ("normal_(place)", lambda: empty(3, 5).normal_(1.0, 0.5), SHIFTED),
    ("normal_(name)", lambda: empty(3, 5).normal_(std=0.5, mean=1), SHIFTED),
    ("normal_(mixed)", lambda: empty(3, 5).normal_(1, std=torch.tensor(0.5)), SHIFTED),
    ("uniform_", lambda: empty(3, 5).uniform_(), UNIT),
    ("uniform_(place)", lambda: empty(3, 5).uniform_(-1, 10), TEN),
    ("uniform_(name)", lambda: empty(3, 5).uniform_(**{"to": 10, "from": -1}), TEN),
    ("bfloat16", lambda: empty(3, 5).bfloat16().normal_(), STANDARD),
    ("float64", lambda: empty(3, 5).double().uniform_(-1, 10), TEN),
    ("transposed", lambda: empty(5, 3).t().normal_(), STANDARD),
    ("leaf without gradient", lambda: no_grad(lambda: nn.Parameter(empty(3, 5)).normal_()), STANDARD),
    ("data", lambda: nn.Parameter(empty(3, 5)).data.normal_(), STANDARD),
    ("init.normal_", lambda: init.normal_(nn.Parameter(empty(3, 5)), 1, std=0.5), SHIFTED),
    ("init.uniform_", lambda: init.uniform_(nn.Parameter(empty(3, 5)), b=10, a=-1), TEN),
    ("init.trunc_normal_", lambda: init.trunc_normal_(nn.Parameter(empty(3, 5)), 0, 0.5, -1, 1),
     TruncatedNormal(0.0, 0.5, -2.0, 2.0)),
    ("init.xavier_normal_", lambda: init.xavier_normal_(nn.Parameter(empty(3, 5))), Normal(0.0, 0.5)),
    ("init.kaiming_normal_", lambda: init.kaiming_normal_(empty(3, 8)), Normal(0.0, 0.5)),
    ("init.kaiming_uniform_", lambda: init.kaiming_uniform_(nn.Parameter(empty(3, 6)), nonlinearity="relu"),
     Uniform(-1.0, 1.0)),
    ("randn", lambda: torch.randn(3, 5), STANDARD),
    ("randn(size)", lambda: torch.randn((3, 5)), STANDARD),
    ("randn(size=)", lambda: torch.randn(size=(3, 5), dtype=torch.float64), STANDARD),
    ("randn(device)", lambda: torch.randn([3, 5], device="cpu", requires_grad=True), STANDARD),
    ("randn(out)", lambda: torch.randn(3, 5, out=empty(3, 5)), STANDARD),
    ("randn(out, resized)", lambda: torch.randn(3, 5, out=torch.empty(0)), STANDARD),
    ("randn()", lambda: torch.randn(()), STANDARD),
    ("rand", lambda: torch.rand(3, 5, dtype=torch.bfloat16), UNIT),
    ("rand(layout)", lambda: torch.rand(3, 5, layout=torch.strided, pin_memory=False), UNIT),
    ("randn_like", lambda: torch.randn_like(empty(3, 5)), STANDARD),
    ("randn_like(dtype)", lambda: torch.randn_like(empty(3, 5), dtype=torch.float64), STANDARD),
    ("rand_like", lambda: torch.rand_like(input=empty(3, 5), requires_grad=True), UNIT),
    ("randn_like(format)", lambda: torch.randn_like(empty(2, 3, 4, 5).to(
        memory_format=torch.channels_last)), STANDARD),
    ("rand_like(format)", lambda: torch.rand_like(empty(2, 3, 4, 5),
        memory_format=torch.channels_last), UNIT),
    ("normal", lambda: torch.normal(1.0, 0.5, (3, 5)), SHIFTED),
    ("normal(size=)", lambda: torch.normal(mean=1, std=0.5, size=(3, 5), dtype=torch.float64), SHIFTED),
    ("normal(out)", lambda: torch.normal(1.0, 0.5, size=(3, 5), out=empty(3, 5)), SHIFTED),
]  # fmt: skip


def no_grad(call: Callable[[], Any]) -> Any:
    with torch.no_grad():
        return call()


def form(tensor: Any) -> tuple[Any, ...]:
    return (
        type(tensor), tensor.shape, tensor.dtype, tensor.device, tensor.stride(),
        tensor.requires_grad, tensor.is_leaf,
    )  # fmt: skip


class TestCalls:
    """Single draws."""

    @pytest.mark.parametrize(("call", "spec"), [c[1:] for c in CALLS], ids=[c[0] for c in CALLS])
    def test_draw_is_fastinits_and_the_rest_pytorchs(self, call: Any, spec: Any) -> None:
        plain = call()
        state = torch.get_rng_state()
        with ours.accelerate(seed=3), Draws() as seen:
            torch.ones(3)
            first, second = call(), call()
        assert form(first) == form(plain)
        dtype = str(plain.dtype).removeprefix("torch.")
        for stream, tensor in enumerate((first, second)):
            assert torch.equal(tensor.detach(), drawn(spec, tuple(plain.shape), stream, dtype))
        assert seen.count == 0
        assert torch.equal(torch.get_rng_state(), state)

    @pytest.mark.parametrize(
        "call",
        [
            lambda: torch.randperm(9), lambda: torch.randint(9, (9,)), lambda: torch.bernoulli(empty(9) / 9),
            lambda: torch.randn(9, dtype=torch.complex64), lambda: empty(9).exponential_(),
            lambda: torch.normal(torch.zeros(9), torch.ones(9)), lambda: torch.normal(torch.zeros(9)),
            lambda: torch.normal(0.0, torch.ones(9)), lambda: empty(9).to(torch.complex64).normal_(),
            lambda: (nn.Parameter(empty(9)) * 1).normal_(), lambda: init.normal_(empty(9), std=float("inf")),
        ],
    )  # fmt: skip
    def test_what_fastinit_does_not_draw_stays_pytorchs(self, call: Any) -> None:
        torch.manual_seed(7)
        plain = call()
        torch.manual_seed(7)
        generator = fastinit.Generator(3)
        with ours.accelerate(seed=generator):
            accelerated = call()
        assert form(accelerated) == form(plain)
        assert torch.equal(accelerated.detach(), plain.detach())
        assert generator.next_stream() == 0

    @pytest.mark.filterwarnings("ignore:mean is more than 2 std")
    def test_a_cut_too_far_out_is_pytorchs_on_fastinits_uniform_draws(self) -> None:
        state, made = torch.get_rng_state(), []
        for _ in range(2):
            with ours.accelerate(seed=3):
                made.append(init.trunc_normal_(empty(99), 0.0, 0.01, 0.2, 0.21))
        assert torch.equal(*made)
        assert torch.equal(torch.get_rng_state(), state)
        assert ((made[0] >= 0.2) & (made[0] <= 0.21)).all()

    @pytest.mark.parametrize(
        "call",
        [
            lambda: torch.randn(-1), lambda: torch.randn("x"), lambda: torch.randn(3, dtype=torch.int64),
            lambda: torch.randn(2, 3, 4, 5, memory_format=torch.channels_last),
            lambda: torch.randn(3, out=nn.Parameter(empty(3))), lambda: torch.randn(3, out=empty(3).long()),
            lambda: torch.rand_like(3), lambda: torch.randn_like(torch.zeros(3, dtype=torch.long)),
            lambda: empty(3).normal_(0, -1), lambda: empty(3).normal_(0, 1, 2), lambda: empty(3).normal_(x=1),
            lambda: empty(3).normal_("a"), lambda: empty(3).uniform_(2, 1), lambda: empty(3).long().normal_(),
            lambda: empty(3).half().uniform_(0, 1e6), lambda: nn.Parameter(empty(3)).normal_(),
            lambda: nn.Parameter(empty(3)).uniform_(), lambda: empty(1).expand(3).normal_(),
            lambda: torch.normal(0.0, -1.0, (3,)), lambda: torch.normal(0.0, 1.0), lambda: torch.normal("a"),
            lambda: init.normal_(empty(3), 0.0, -1.0), lambda: init.xavier_normal_(empty(3)),
            lambda: init.kaiming_uniform_(empty(3, 5), mode="x"), lambda: init.kaiming_uniform_(empty(3)),
            lambda: init.uniform_(empty(3), 2.0, 1.0), lambda: init.trunc_normal_(empty(3), std=0.0),
            lambda: init.trunc_normal_(empty(3), a=2.0, b=1.0), lambda: init.orthogonal_(empty(3)),
            lambda: init.normal_(nn.UninitializedParameter()), lambda: init.uniform_(3.0),
            lambda: nn.Linear(-1, 3), lambda: nn.Linear(3, "x"),
        ],
    )  # fmt: skip
    def test_errors_are_pytorchs(self, call: Any) -> None:
        with pytest.raises(Exception) as theirs:
            call()
        generator = fastinit.Generator(3)
        with ours.accelerate(seed=generator), pytest.raises(Exception) as mine:
            call()
        assert type(mine.value) is type(theirs.value)
        seen, wanted = (re.sub("0x[0-9a-f]+", "ADDRESS", str(error.value)) for error in (mine, theirs))
        assert seen == wanted
        assert generator.next_stream() == 0

    def test_zeros_of_either_sign_are_told_apart(self) -> None:
        with ours.accelerate(seed=3):
            for stream, mean in enumerate((0.0, -0.0)):
                seen = init.normal_(empty(9), mean, 0.0)
                wanted = fastinit.normal(9, mean=mean, std=0.0, seed=3, stream=stream)
                assert (np.signbit(seen.numpy()) == np.signbit(wanted)).all()

    def test_functions_in_place_of_pytorchs_are_called(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def normal_(tensor: Any, *_: Any) -> Any:
            return tensor

        monkeypatch.setattr(init, "normal_", normal_)
        with ours.accelerate(seed=3):
            assert (init.normal_(torch.full((9,), 7.0)) == 7).all()

    @pytest.mark.parametrize(
        ("call", "spec"),
        [
            (lambda g: empty(9).normal_(generator=g), STANDARD),
            (lambda g: empty(9).uniform_(0, 1, generator=g), UNIT),
            (lambda g: torch.randn(9, generator=g), STANDARD),
            (lambda g: torch.rand(9, generator=g), UNIT),
            (lambda g: torch.normal(0.0, 1.0, (9,), generator=g), STANDARD),
            (lambda g: init.normal_(empty(9), generator=g), STANDARD),
            (lambda g: init.trunc_normal_(empty(9), generator=g), TruncatedNormal(0.0, 1.0)),
            (lambda g: init.kaiming_uniform_(empty(9, 6), nonlinearity="relu", generator=g), Uniform(-1.0, 1.0)),
        ],
    )  # fmt: skip
    def test_generator_in_the_code_gives_the_seed(self, call: Any, spec: Any) -> None:
        ours_too = fastinit.Generator(3)
        generator, again = (torch.Generator().manual_seed(7) for _ in range(2))
        with ours.accelerate(seed=ours_too):
            first, second = call(generator), call(generator)
        for tensor in (first, second):
            seed = tensors.draw_seed(again)
            assert torch.equal(tensor, drawn(spec, tuple(tensor.shape), seed=seed))
        assert ours_too.next_stream() == 0


def of(module: Any) -> dict[str, Any]:
    return {name: p.detach().clone() for name, p in module.named_parameters()}


def build(make: Callable[[], Any], **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of nested tensors, which says nothing here
        with ours.accelerate(**options) if options else contextlib.nullcontext():
            return make()


MODULES: dict[str, Callable[[], Any]] = {
    "Linear": lambda: nn.Linear(25, 30),
    "Bilinear": lambda: nn.Bilinear(5, 6, 7),
    "Conv2d": lambda: nn.Conv2d(4, 8, 3, groups=2),
    "ConvTranspose1d": lambda: nn.ConvTranspose1d(4, 8, 3),
    "Embedding": lambda: nn.Embedding(30, 20, padding_idx=3),
    "LSTM": lambda: nn.LSTM(5, 7, num_layers=2, bidirectional=True),
    "GRUCell": lambda: nn.GRUCell(5, 7),
    "MultiheadAttention": lambda: nn.MultiheadAttention(12, 3),
    "MultiheadAttention of other sizes": lambda: nn.MultiheadAttention(12, 3, kdim=5, vdim=6, add_bias_kv=True),
    "Transformer": lambda: nn.Transformer(16, 2, 1, 1, 32),
    "BatchNorm2d": lambda: nn.BatchNorm2d(5),
    "AdaptiveLogSoftmax": lambda: nn.AdaptiveLogSoftmaxWithLoss(20, 50, [10, 30]),
}  # fmt: skip


class TestModules:
    """Constructors."""

    @pytest.mark.parametrize("name", MODULES)
    def test_draws_are_fastinits_in_their_order(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """PyTorch's own draws, each replaced by fastinit's of the next stream, make the same module."""
        with monkeypatch.context() as patch:
            stream = iter(range(1000))

            def normal(self: Any, mean: float = 0, std: float = 1, **_: Any) -> Any:
                return self.copy_(drawn(Normal(mean, std), tuple(self.shape), next(stream)))

            def uniform(self: Any, low: float = 0, high: float = 1, **_: Any) -> Any:
                spec = Uniform(low, high)
                return self.copy_(drawn(spec, tuple(self.shape), next(stream)))

            patch.setattr(torch.Tensor, "normal_", normal)
            patch.setattr(torch.Tensor, "uniform_", uniform)
            expected = of(build(MODULES[name]))
        state = torch.get_rng_state()
        with Draws() as seen:
            module = build(MODULES[name], seed=3)
        assert seen.count == 0
        assert torch.equal(torch.get_rng_state(), state)
        plain = build(MODULES[name])
        for key, values in of(module).items():
            torch.testing.assert_close(values, expected[key], rtol=1e-6, atol=0)
        assert {k: form(p) for k, p in module.named_parameters()} == {k: form(p) for k, p in plain.named_parameters()}

    def test_matrices_are_pytorchs_on_fastinits_draws(self) -> None:
        with ours.accelerate(seed=3):
            weight = init.orthogonal_(empty(6, 4))
            sparse = init.sparse_(empty(20, 4), 0.5)
        q, r = torch.linalg.qr(drawn(Normal(0.0, 1.0), (6, 4), 0))
        torch.testing.assert_close(weight, q * r.diagonal().sign())
        values = drawn(Normal(0.0, 0.01), (20, 4), 1)
        assert ((sparse == values) | (sparse == 0)).all()
        assert ((sparse == 0).sum(0) == 10).all()


class TestSeeds:
    """Who gives them, and how streams go on."""

    def test_none_lets_manual_seed_govern(self) -> None:
        models = []
        for seed in (7, 7, 8):
            torch.manual_seed(seed)
            with ours.accelerate():
                models.append(of(nn.Linear(25, 30)))
        assert torch.equal(models[0]["weight"], models[1]["weight"])
        assert not torch.equal(models[0]["weight"], models[2]["weight"])
        assert not torch.equal(models[0]["weight"][0], models[0]["weight"][1])
        torch.manual_seed(7)
        seeds = [tensors.draw_seed(None) for _ in range(2)]
        assert torch.equal(models[0]["weight"], drawn(Uniform(-0.2, 0.2), (30, 25), seed=seeds[0]))
        assert torch.equal(models[0]["bias"], drawn(Uniform(-0.2, 0.2), (30,), seed=seeds[1]))

    def test_generator_goes_on_from_block_to_block(self) -> None:
        generator = fastinit.Generator(3)
        for stream in range(3):
            with ours.accelerate(seed=generator):
                assert torch.equal(torch.randn(9), drawn(STANDARD, 9, stream))

    def test_int_starts_anew_in_each_block(self) -> None:
        for _ in range(2):
            with ours.accelerate(seed=3):
                assert torch.equal(torch.randn(9), drawn(STANDARD, 9))

    def test_nested_blocks(self) -> None:
        with ours.accelerate(seed=3):
            assert torch.equal(torch.randn(9), drawn(STANDARD, 9, 0))
            with ours.accelerate(seed=4):
                assert torch.equal(torch.randn(9), drawn(STANDARD, 9, 0, seed=4))
                inner = init.trunc_normal_(empty(9))
                assert torch.equal(inner, drawn(TruncatedNormal(0.0, 1.0), 9, 1, seed=4))
            outer = init.trunc_normal_(empty(9))
            assert torch.equal(outer, drawn(TruncatedNormal(0.0, 1.0), 9, 1))
            assert torch.equal(torch.randn(9), drawn(STANDARD, 9, 2))

    def test_decorator(self) -> None:
        @ours.accelerate(seed=3)
        def make() -> Any:
            return torch.randn(9)

        for _ in range(2):
            assert torch.equal(make(), drawn(STANDARD, 9))

    @pytest.mark.parametrize(
        ("seed", "kind"),
        [(-1, ValueError), (2**64, ValueError), ("x", TypeError), (1.5, TypeError)],
    )
    def test_wrong_seeds(self, seed: Any, kind: type[Exception]) -> None:
        with pytest.raises(kind, match="`seed` must be an int"), ours.accelerate(seed=seed):
            pytest.fail("the block must not run")
        assert init._no_grad_trunc_normal_.__module__ == init.__name__


class TestModes:
    """Beside PyTorch's own modes, in either order."""

    def test_meta(self) -> None:
        generator = fastinit.Generator(3)
        accelerate, meta = ours.accelerate, torch.device("meta")
        with accelerate(seed=generator), meta:
            inner = [torch.randn(9), nn.Linear(3, 5).weight, init.trunc_normal_(empty(9))]
        with meta, accelerate(seed=generator):
            outer = [torch.randn(9), nn.Linear(3, 5).weight, init.trunc_normal_(empty(9))]
        assert all(tensor.is_meta for tensor in inner + outer)
        assert generator.next_stream() == 0

    @pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
    def test_gradient_modes(self, mode: Any) -> None:
        expected = of(build(lambda: nn.Linear(25, 30), seed=3))
        with mode(), ours.accelerate(seed=3):
            inner = nn.Linear(25, 30)
        with ours.accelerate(seed=3), mode():
            outer = nn.Linear(25, 30)
        for model in (inner, outer):
            assert torch.equal(model.weight, expected["weight"])
            assert torch.equal(model.bias, expected["bias"])

    def test_fake_tensors(self) -> None:
        from torch._subclasses import FakeTensor, FakeTensorMode

        generator = fastinit.Generator(3)
        with ours.accelerate(seed=generator), FakeTensorMode():
            made = [torch.randn(9), nn.Linear(3, 5).weight, init.trunc_normal_(empty(9))]
        assert all(isinstance(tensor, FakeTensor) for tensor in made)
        assert generator.next_stream() == 0

    def test_default_dtype(self) -> None:
        torch.set_default_dtype(torch.float64)
        try:
            with ours.accelerate(seed=3):
                assert torch.equal(torch.randn(9), drawn(STANDARD, 9, dtype="float64"))
        finally:
            torch.set_default_dtype(torch.float32)


class TestRestoring:
    """After a block everything is PyTorch's again."""

    def functions(self) -> list[Any]:
        return [*vars(init).values(), *(getattr(torch, n) for n in ("randn", "rand", "normal"))]

    def test_functions_are_the_same_objects(self) -> None:
        before = self.functions()
        with ours.accelerate(seed=3):
            assert init._no_grad_trunc_normal_ not in before
        assert all(a is b for a, b in zip(before, self.functions(), strict=True))

    def test_exceptions_go_through(self) -> None:
        before = self.functions()
        with pytest.raises(KeyError, match="mine"), ours.accelerate(seed=3):
            raise KeyError("mine")
        assert all(a is b for a, b in zip(before, self.functions(), strict=True))
        torch.manual_seed(7)
        plain = torch.randn(9)
        torch.manual_seed(7)
        with pytest.raises(KeyError), ours.accelerate(seed=3):
            raise KeyError("mine")
        assert torch.equal(torch.randn(9), plain)

    def test_other_threads_do_not_notice(self) -> None:
        torch.manual_seed(7)
        plain = [torch.randn(9), init.trunc_normal_(empty(9)), nn.Linear(3, 5).weight.detach()]
        inside, done = threading.Event(), threading.Event()
        seen: list[Any] = []

        def other() -> None:
            inside.wait(60)
            torch.manual_seed(7)
            seen.extend((torch.randn(9), init.trunc_normal_(empty(9)), nn.Linear(3, 5).weight.detach()))
            done.set()

        thread = threading.Thread(target=other)
        thread.start()
        with ours.accelerate(seed=3):
            first = torch.randn(9)
            inside.set()
            assert done.wait(60)
            truncated = init.trunc_normal_(empty(9))
        thread.join()
        assert all(torch.equal(a, b) for a, b in zip(seen, plain, strict=True))
        assert torch.equal(first, drawn(STANDARD, 9, 0))
        assert torch.equal(truncated, drawn(TruncatedNormal(0.0, 1.0), 9, 1))

    def test_overlapping_blocks_of_threads(self) -> None:
        before = self.functions()
        barrier = threading.Barrier(3)
        drawn_by: dict[int, list[Any]] = {}

        def work(seed: int) -> None:
            for turn in range(3):
                if turn == seed % 3:  # blocks end and begin at different times
                    barrier.wait(60)
                with ours.accelerate(seed=seed):
                    made = [init.trunc_normal_(empty(99)), torch.randn(99)]
                    if turn != seed % 3:
                        barrier.wait(60)
                drawn_by[seed] = made

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for seed, (truncated, normal) in drawn_by.items():
            assert torch.equal(truncated, drawn(TruncatedNormal(0.0, 1.0), 99, 0, seed=seed))
            assert torch.equal(normal, drawn(STANDARD, 99, 1, seed=seed))
        assert len(drawn_by) == 3
        assert all(a is b for a, b in zip(before, self.functions(), strict=True))
