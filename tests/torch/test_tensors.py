"""The memory that a fill of a PyTorch tensor writes to: that and nothing else, seen by autograd, on any device."""

from __future__ import annotations

import itertools
import warnings
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit import cuda
from fastinit.distributions import Normal, Transformed, Uniform
from fastinit.formulas import FORMULAS
from fastinit.steps import Step
from tests.cuda.host import Host, gpus_without_cupy

torch = pytest.importorskip("torch")
import fastinit.torch as ours
from fastinit.torch import tensors
from tests.torch.draws import Draws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.torch

STANDARD = Normal(0.0, 1.0)
FILLS: dict[str, Callable[[Any], Any]] = {
    "normal_": lambda t: ours.normal_(t, seed=5),
    "kaiming_uniform_": lambda t: ours.kaiming_uniform_(t, seed=5),
    "sparse_": lambda t: ours.sparse_(t, 0.5, seed=5),
    "orthogonal_": lambda t: ours.orthogonal_(t, seed=5),
    "zeros_": ours.zeros_,
    "constant_": lambda t: ours.constant_(t, 0.25),
    "eye_": ours.eye_,
}


def values(shape: tuple[int, ...], **options: Any) -> np.ndarray[Any, Any]:
    return fastinit.normal(shape, seed=5, **options)


def fill(tensor: Any) -> Any:
    assert ours.normal_(tensor, seed=5) is tensor
    return tensor


class TestMemory:
    """Where values go."""

    @pytest.mark.parametrize("requires_grad", [False, True])
    def test_contiguous_memory_is_filled_without_another(self, requires_grad: bool) -> None:
        tensor = torch.zeros(300, 500, requires_grad=requires_grad)
        address = tensor.data_ptr()
        with Draws() as seen:
            for draw in (
                ours.normal_,
                ours.xavier_uniform_,
                ours.kaiming_normal_,
                ours.trunc_normal_,
            ):
                draw(tensor, seed=5)
            ours.constant_(tensor, 0.5)
        assert seen.kernels == []
        assert tensor.data_ptr() == address
        fill(tensor)
        np.testing.assert_array_equal(tensor.detach().numpy(), values((300, 500)))

    @pytest.mark.parametrize(
        "view",
        [
            lambda t: t.t(), lambda t: t[::2], lambda t: t[:, ::3], lambda t: t[1:-1, 2:-1],
            lambda t: t[2], lambda t: t[:, 2], lambda t: t[3:5], lambda t: t[2, 3],
            lambda t: t.view(3, 4, 10).permute(2, 0, 1), lambda t: t.as_strided((4, 5), (11, 2), 3),
            lambda t: t.unflatten(1, (2, 5)), lambda t: t[5:5], lambda t: t.diagonal(),
        ],
    )  # fmt: skip
    def test_views_have_values_by_index_and_nothing_beside_changes(self, view: Any) -> None:
        whole = torch.arange(120.0).view(12, 10)
        part = view(whole)
        before = whole.clone()
        expected = view(before)
        expected.copy_(torch.from_numpy(values(tuple(part.shape))))
        fill(part)
        assert torch.equal(whole, before)

    def test_channels_last(self) -> None:
        tensor = torch.empty(4, 3, 5, 5).to(memory_format=torch.channels_last)
        strides = tensor.stride()
        ours.kaiming_normal_(tensor, seed=5)
        assert tensor.stride() == strides
        np.testing.assert_array_equal(tensor.numpy(), fastinit.he_normal((4, 3, 5, 5), layout="torch", seed=5))

    @pytest.mark.parametrize("name", FILLS)
    def test_every_function_fills_transposed_tensors(self, name: str) -> None:
        tensor = torch.full((6, 5), 7.0).t()
        FILLS[name](tensor)
        assert torch.equal(tensor, FILLS[name](torch.full((5, 6), 7.0)))

    def test_memory_between_elements(self) -> None:
        """Elements that are not aligned to their size, and those whose sign PyTorch flips when it reads."""
        memory = bytearray(4 * 15 + 1)
        tensor = torch.frombuffer(memory, dtype=torch.float32, offset=1, count=15)
        np.testing.assert_array_equal(fill(tensor).numpy(), values((15,)))
        negative = torch._neg_view(torch.zeros(15))
        assert negative.is_neg()
        np.testing.assert_array_equal(fill(negative).resolve_neg().numpy(), values((15,)))

    def test_storage_is_shared(self) -> None:
        storage = torch.zeros(15).untyped_storage()
        one = torch.empty(0).set_(storage, 0, (3, 5))
        other = torch.empty(0).set_(storage, 0, (15,))
        fill(one)
        assert torch.equal(other, one.flatten())
        array = np.zeros((3, 5), np.float32)
        fill(torch.from_numpy(array))
        np.testing.assert_array_equal(array, values((3, 5)))

    def test_elements_that_share_memory_are_refused_in_pytorchs_words(self) -> None:
        base = torch.full((1, 5), 7.0)
        generator = fastinit.Generator(1)
        for tensor in (base.expand(3, 5), base.expand(2, 5).t()):
            with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
                ours.normal_(tensor, seed=generator)
        assert (base == 7).all()
        assert generator.next_stream() == 0


class TestAutograd:
    """In place, without gradients, and noticed by backward."""

    def test_leaves_and_their_views(self) -> None:
        leaf = torch.nn.Parameter(torch.zeros(6, 5))
        fill(leaf)
        assert leaf.is_leaf
        assert leaf.requires_grad
        assert leaf.grad_fn is None
        fill(leaf[2:4])
        np.testing.assert_array_equal(leaf.detach()[2:4].numpy(), values((2, 5)))
        fill(leaf.data)
        np.testing.assert_array_equal(leaf.detach().numpy(), values((6, 5)))

    def test_results_of_operations_keep_their_history(self) -> None:
        leaf = torch.ones(3, 5, requires_grad=True)
        result = leaf * 2
        fill(result)
        assert result.grad_fn is not None
        result.sum().backward()
        assert (leaf.grad == 2).all()

    @pytest.mark.parametrize("is_contiguous", [True, False])
    @pytest.mark.parametrize("name", FILLS)
    def test_backward_notices(self, name: str, is_contiguous: bool) -> None:
        leaf = torch.ones(6, 6, requires_grad=True)
        result = leaf.exp() if is_contiguous else leaf.exp().t()
        version = result._version
        FILLS[name](result)
        assert result._version > version
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            result.sum().backward()

    def test_inference_tensors(self) -> None:
        with torch.inference_mode():
            tensor = torch.zeros(3, 5)
            for draw in FILLS.values():
                draw(tensor)
            fill(tensor)
            np.testing.assert_array_equal(tensor.numpy(), values((3, 5)))
            fill(tensor.t())
        before = tensor.clone()
        for name in ("normal_", "kaiming_uniform_", "sparse_", "orthogonal_"):
            draw = FILLS[name]
            with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside"):
                draw(tensor)
        generator = fastinit.Generator(1)
        with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside"):
            ours.normal_(tensor, seed=generator)
        assert generator.next_stream() == 0
        assert torch.equal(tensor, before)

    def test_modes_are_left_as_they_were(self) -> None:
        for draw in FILLS.values():
            draw(torch.empty(3, 5))
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


class TestKinds:
    """Subclasses, layouts, and tensors without memory."""

    def test_subclasses_without_dispatch_of_their_own(self) -> None:
        class Weight(torch.Tensor):
            pass

        tensor = torch.zeros(3, 5).as_subclass(Weight)
        assert isinstance(fill(tensor), Weight)
        np.testing.assert_array_equal(tensor.numpy(), values((3, 5)))

        class Special(torch.nn.Parameter):
            pass

        parameter = Special(torch.zeros(3, 5))
        assert type(fill(parameter)) is Special
        np.testing.assert_array_equal(parameter.detach().numpy(), values((3, 5)))

    def test_wrappers_are_refused(self) -> None:
        class Wrapper(torch.Tensor):
            @staticmethod
            def __new__(cls, inner: Any) -> Any:
                return torch.Tensor._make_wrapper_subclass(cls, inner.shape, dtype=inner.dtype)

            def __init__(self, inner: Any) -> None:
                self.inner = inner

            @classmethod
            def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                raise AssertionError(func)

        generator = fastinit.Generator(1)
        with pytest.raises(TypeError, match=r"`tensor` must be a dense tensor or DTensor of .* Wrapper'"):
            ours.normal_(Wrapper(torch.zeros(3, 5)), seed=generator)
        assert generator.next_stream() == 0

    def test_nested_tensors_are_refused(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tensor = torch.nested.nested_tensor([torch.zeros(2, 3), torch.zeros(3, 3)])
        with pytest.raises(TypeError, match="`tensor` must be a dense tensor"):
            ours.normal_(tensor, seed=1)

    @pytest.mark.parametrize("name", FILLS)
    def test_fake_tensors_are_left_alone(self, name: str) -> None:
        from torch._subclasses import FakeTensorMode

        state = torch.get_rng_state()
        with FakeTensorMode():
            tensor = torch.empty(3, 5)
            assert FILLS[name](tensor) is tensor
            assert ours.normal_(tensor) is tensor
        assert torch.equal(torch.get_rng_state(), state)

    @pytest.mark.parametrize("name", FILLS)
    def test_meta_tensors_are_left_alone(self, name: str) -> None:
        tensor = torch.empty(3, 5, device="meta")
        assert FILLS[name](tensor) is tensor

    def test_other_default_devices_do_not_matter(self) -> None:
        tensor = torch.zeros(6, 5)
        with torch.device("meta"):
            for part in (tensor, tensor.t()):
                ours.normal_(part)
                ours.orthogonal_(part)
                ours.sparse_(part, 0.5)
                ours.normal_(part, seed=5)
        np.testing.assert_array_equal(tensor.t().numpy(), values((5, 6)))


class OnGpu(torch.Tensor):
    """A tensor of the CPU's memory that says it is on the second GPU."""

    is_cuda = True
    is_cpu = False
    device = torch.device("cuda:1")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with gpus_without_cupy(monkeypatch) as machine:
        monkeypatch.setattr(
            torch.cuda, "current_stream",
            lambda device: SimpleNamespace(cuda_stream=machine.streams[device.index]),
        )  # fmt: skip
        monkeypatch.setattr(
            tensors, "_memory_on",
            lambda device, t: torch.empty(t.shape).as_subclass(torch.Tensor if device == "cpu" else OnGpu),
        )  # fmt: skip
        yield machine


class TestCuda:
    """What arrives at the launch; tests/cuda/host.py says what stands for the GPU."""

    def on_gpu(self, *shape: int) -> Any:
        return torch.zeros(shape).as_subclass(OnGpu)

    def test_address_device_and_current_stream(self, host: Host) -> None:
        tensor = self.on_gpu(3, 5)
        ours.normal_(tensor, 1.0, 0.5, seed=9, stream=7)
        (launch,) = host.launches
        assert launch.address == tensor.data_ptr()
        assert launch.drawn == ("normal", "float32", 9, 7, 15)
        assert launch[1:] == (1, host.streams[1])
        expected = fastinit.normal((3, 5), mean=1.0, std=0.5, seed=9, stream=7)
        np.testing.assert_array_equal(tensor.as_subclass(torch.Tensor).numpy(), expected)
        host.streams[1] = 0x7777
        ours.uniform_(tensor, seed=9)
        assert host.launches[1].stream == 0x7777

    def test_strided_tensors_are_drawn_there_and_copied_there(self, host: Host) -> None:
        tensor = self.on_gpu(6, 5)
        ours.normal_(tensor.t(), seed=5)
        (launch,) = host.launches
        assert launch.device == 1
        assert launch.address != tensor.data_ptr()
        np.testing.assert_array_equal(tensor.as_subclass(torch.Tensor).t().numpy(), values((5, 6)))

    def test_matrices_are_computed_on_the_cpu_and_copied(self, host: Host) -> None:
        for name, options in (("sparse", {"sparsity": 0.5}), ("dirac", {"layout": "torch"})):
            shape = (6, 5) if name == "sparse" else (6, 5, 3)
            tensor = self.on_gpu(*shape)
            tensors.fill(tensor, FORMULAS[name](shape, **options), seed=5)
            expected = getattr(fastinit, name)(shape, seed=5, **options)
            np.testing.assert_array_equal(tensor.as_subclass(torch.Tensor).numpy(), expected)
        assert not host.launches

    def test_seed_is_the_cpus(self, host: Host) -> None:
        """The same values after the same manual_seed on any device."""
        drawn = []
        for tensor in (self.on_gpu(3, 5), torch.zeros(3, 5)):
            with torch.random.fork_rng(devices=()):
                torch.manual_seed(7)
                drawn.append(ours.normal_(tensor).as_subclass(torch.Tensor))
        assert torch.equal(*drawn)
        assert len(host.launches) == 1

    def test_build_without_cuda_says_what_to_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cuda, "is_built", lambda: False)
        generator = fastinit.Generator(1)
        with pytest.raises(RuntimeError) as caught:
            ours.normal_(self.on_gpu(3, 5), seed=generator)
        assert str(caught.value) == (
            "`tensor` must be on the CPU in a build without CUDA, got 'cuda:1'; fill on "
            'device="cpu" and copy: the values do not depend on the device'
        )
        assert generator.next_stream() == 0
        for draw in (ours.zeros_, ours.ones_):  # which need none
            draw(self.on_gpu(300, 300))
        sparse = ours.sparse_(self.on_gpu(6, 5), 0.5, seed=5).as_subclass(torch.Tensor)
        np.testing.assert_array_equal(sparse, fastinit.sparse((6, 5), sparsity=0.5, seed=5))
        ours.dirac_(self.on_gpu(6, 5, 3))


class TestDTensors:
    """On a mesh of one process; tests with more are in test_sharding."""

    @pytest.fixture
    def mesh(self) -> Iterator[Any]:
        distributed = torch.distributed
        distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
        try:
            yield distributed.device_mesh.init_device_mesh("cpu", (1,))
        finally:
            distributed.destroy_process_group()

    def test_values_and_versions(self, mesh: Any) -> None:
        from torch.distributed.tensor import Shard, distribute_tensor

        for name, draw in FILLS.items():
            plain = draw(torch.full((6, 5), 7.0))
            shards = distribute_tensor(torch.full((6, 5), 7.0), mesh, [Shard(0)])
            version = shards._version
            assert draw(shards) is shards
            assert torch.equal(shards.to_local(), plain), name
            assert shards._version > version, name

    def test_partial_sums_are_refused_before_a_generator_moves(self, mesh: Any) -> None:
        from torch.distributed.tensor import DTensor, Partial

        tensor = DTensor.from_local(torch.zeros(6, 5), mesh, [Partial()])
        generator = fastinit.Generator(1)
        with pytest.raises(ValueError, match="`tensor` must be sharded or replicated"):
            ours.normal_(tensor, seed=generator)
        assert generator.next_stream() == 0


def test_seeds_of_generators_differ() -> None:
    generator = torch.Generator().manual_seed(1)
    seeds = [tensors.draw_seed(generator) for _ in range(100)]
    assert len(set(seeds)) == 100
    assert all(a != b for a, b in itertools.pairwise(seeds))


@pytest.mark.parametrize(
    "negated",
    [
        lambda: torch._neg_view(torch.zeros(6)),
        lambda: torch.zeros(6, dtype=torch.complex64).conj().imag,
    ],
)
def test_negated_views_get_the_right_signs_or_are_refused(negated: Any) -> None:
    expected = fastinit.normal(6, seed=1)
    assert (ours.normal_(negated(), seed=1).resolve_neg().numpy() == expected).all()
    with ours.accelerate(seed=1):
        assert (negated().normal_().resolve_neg().numpy() == expected).all()
    plain = torch._neg_view(torch.zeros(6))
    with pytest.raises(ValueError, match="`out` must hold its values as they are, got a negated view"):
        fastinit.normal(None, out=plain, seed=1)
    assert not plain.any()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_a_transformed_draw_fills_any_strides(dtype: str) -> None:
    spec = Transformed(Uniform(1.0, 16.0), (Step("log"),))
    expected = torch.from_numpy(
        fastinit.uniform((6, 5), low=1.0, high=16.0, seed=3, dtype="float32").astype("f8")
    ).log()
    tensor = torch.zeros(5, 6, dtype=getattr(torch, dtype)).T
    tensors.fill(tensor, spec, seed=3)
    if dtype != "float64":
        torch.testing.assert_close(tensor.double(), expected, rtol=1e-2 if dtype == "bfloat16" else 1e-6, atol=0.0)
    whole = torch.zeros(6, 5, dtype=getattr(torch, dtype))
    tensors.fill(whole, spec, seed=3)
    assert torch.equal(tensor, whole)


def test_a_refused_transform_moves_no_generator() -> None:
    generator = torch.Generator().manual_seed(1)
    before = generator.get_state()
    with pytest.raises(ValueError, match="float32's range"):
        tensors.fill(torch.zeros(3), Transformed(Uniform(1.0, 100.0), (Step("exp"),)), generator)
    assert torch.equal(generator.get_state(), before)
