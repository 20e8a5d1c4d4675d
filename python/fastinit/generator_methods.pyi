"""The initializers as methods of `Generator`. Made by tools/make_stubs.py."""
# fmt: off

import numpy as np
from collections.abc import Sequence
from typing import Any, SupportsFloat, SupportsIndex, overload
from numpy.typing import NDArray
from fastinit.shards import Shard
from fastinit.typing import Axes, CpuName, CudaArray, CudaName, DType, DeviceLike, DistributionName, Index, Layout, Mode, Order, Out, Shape, Sizes, Stream

class Methods:
    """Every initializer, drawn from the next stream of a generator."""

    @overload
    def zeros(
        self, shape: Sizes, *, dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Returns a tensor of zeros. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.zeros` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def zeros(
        self, shape: Sizes, *, dtype: DType = "float32", device: CudaName, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Returns a tensor of zeros. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.zeros` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def zeros(
        self, shape: Shape, *, dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns a tensor of zeros. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.zeros` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def zeros(
        self, shape: Sizes, *, dtype: DType = "float32", device: DeviceLike, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Returns a tensor of zeros. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.zeros` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def ones(
        self, shape: Sizes, *, dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Returns a tensor of ones. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.ones` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def ones(
        self, shape: Sizes, *, dtype: DType = "float32", device: CudaName, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Returns a tensor of ones. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.ones` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def ones(
        self, shape: Shape, *, dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns a tensor of ones. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.ones` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def ones(
        self, shape: Sizes, *, dtype: DType = "float32", device: DeviceLike, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Returns a tensor of ones. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.ones` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def constant(
        self, shape: Sizes, value: SupportsFloat, *, dtype: DType = "float32", device: CpuName = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> NDArray[Any]:
        """Returns a tensor of one value. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.constant` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def constant(
        self, shape: Sizes, value: SupportsFloat, *, dtype: DType = "float32", device: CudaName,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> CudaArray:
        """Returns a tensor of one value. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.constant` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def constant(
        self, shape: Shape, value: SupportsFloat, *, dtype: DType = "float32", device: DeviceLike = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns a tensor of one value. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.constant` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def constant(
        self, shape: Sizes, value: SupportsFloat, *, dtype: DType = "float32", device: DeviceLike,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> Any:
        """Returns a tensor of one value. `seed` and `stream` are accepted like everywhere, and not used.

        Takes all arguments of `fastinit.constant` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def normal(
        self, shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, dtype: DType = "float32",
        device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Draws from a normal distribution.

        Takes all arguments of `fastinit.normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def normal(
        self, shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, dtype: DType = "float32",
        device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Draws from a normal distribution.

        Takes all arguments of `fastinit.normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def normal(
        self, shape: Shape, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, dtype: DType = "float32",
        device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws from a normal distribution.

        Takes all arguments of `fastinit.normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def normal(
        self, shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, dtype: DType = "float32",
        device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Draws from a normal distribution.

        Takes all arguments of `fastinit.normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def uniform(
        self, shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, dtype: DType = "float32",
        device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Draws from a uniform distribution.

        Takes all arguments of `fastinit.uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def uniform(
        self, shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, dtype: DType = "float32",
        device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Draws from a uniform distribution.

        Takes all arguments of `fastinit.uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def uniform(
        self, shape: Shape, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, dtype: DType = "float32",
        device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws from a uniform distribution.

        Takes all arguments of `fastinit.uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def uniform(
        self, shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, dtype: DType = "float32",
        device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Draws from a uniform distribution.

        Takes all arguments of `fastinit.uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def truncated_normal(
        self, shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, lower: SupportsFloat = -2.0,
        upper: SupportsFloat = 2.0, dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Draws from a normal distribution whose values outside two bounds are left out.

        Takes all arguments of `fastinit.truncated_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def truncated_normal(
        self, shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, lower: SupportsFloat = -2.0,
        upper: SupportsFloat = 2.0, dtype: DType = "float32", device: CudaName, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Draws from a normal distribution whose values outside two bounds are left out.

        Takes all arguments of `fastinit.truncated_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def truncated_normal(
        self, shape: Shape, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, lower: SupportsFloat = -2.0,
        upper: SupportsFloat = 2.0, dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws from a normal distribution whose values outside two bounds are left out.

        Takes all arguments of `fastinit.truncated_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def truncated_normal(
        self, shape: Sizes, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, lower: SupportsFloat = -2.0,
        upper: SupportsFloat = 2.0, dtype: DType = "float32", device: DeviceLike, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Draws from a normal distribution whose values outside two bounds are left out.

        Takes all arguments of `fastinit.truncated_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def variance_scaling(
        self, shape: Sizes, *, scale: SupportsFloat = 1.0, mode: Mode = "fan_in",
        distribution: DistributionName = "normal", layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> NDArray[Any]:
        """Draws with mean 0 and variance scale / fan, whatever the distribution.

        Takes all arguments of `fastinit.variance_scaling` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def variance_scaling(
        self, shape: Sizes, *, scale: SupportsFloat = 1.0, mode: Mode = "fan_in",
        distribution: DistributionName = "normal", layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CudaName,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> CudaArray:
        """Draws with mean 0 and variance scale / fan, whatever the distribution.

        Takes all arguments of `fastinit.variance_scaling` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def variance_scaling(
        self, shape: Shape, *, scale: SupportsFloat = 1.0, mode: Mode = "fan_in",
        distribution: DistributionName = "normal", layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws with mean 0 and variance scale / fan, whatever the distribution.

        Takes all arguments of `fastinit.variance_scaling` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def variance_scaling(
        self, shape: Sizes, *, scale: SupportsFloat = 1.0, mode: Mode = "fan_in",
        distribution: DistributionName = "normal", layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> Any:
        """Draws with mean 0 and variance scale / fan, whatever the distribution.

        Takes all arguments of `fastinit.variance_scaling` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def glorot_normal(
        self, shape: Sizes, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
        in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
        dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

        Takes all arguments of `fastinit.glorot_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def glorot_normal(
        self, shape: Sizes, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
        in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
        dtype: DType = "float32", device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

        Takes all arguments of `fastinit.glorot_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def glorot_normal(
        self, shape: Shape, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
        in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
        dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

        Takes all arguments of `fastinit.glorot_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def glorot_normal(
        self, shape: Sizes, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
        in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
        dtype: DType = "float32", device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

        Takes all arguments of `fastinit.glorot_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def glorot_uniform(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> NDArray[Any]:
        """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

        Takes all arguments of `fastinit.glorot_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def glorot_uniform(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CudaName,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> CudaArray:
        """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

        Takes all arguments of `fastinit.glorot_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def glorot_uniform(
        self, shape: Shape, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

        Takes all arguments of `fastinit.glorot_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def glorot_uniform(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> Any:
        """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

        Takes all arguments of `fastinit.glorot_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def xavier_normal(
        self, shape: Sizes, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
        in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
        dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

        Takes all arguments of `fastinit.xavier_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def xavier_normal(
        self, shape: Sizes, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
        in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
        dtype: DType = "float32", device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

        Takes all arguments of `fastinit.xavier_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def xavier_normal(
        self, shape: Shape, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
        in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
        dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

        Takes all arguments of `fastinit.xavier_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def xavier_normal(
        self, shape: Sizes, *, truncated: bool = False, gain: SupportsFloat = 1.0, layout: Layout = "keras",
        in_axis: Axes | None = None, out_axis: Axes | None = None, batch_axis: Axes = (),
        dtype: DType = "float32", device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Draws normally with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_normal`.

        Takes all arguments of `fastinit.xavier_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def xavier_uniform(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> NDArray[Any]:
        """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

        Takes all arguments of `fastinit.xavier_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def xavier_uniform(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CudaName,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> CudaArray:
        """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

        Takes all arguments of `fastinit.xavier_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def xavier_uniform(
        self, shape: Shape, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

        Takes all arguments of `fastinit.xavier_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def xavier_uniform(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> Any:
        """Draws uniformly with variance 2 gain^2 / (fan_in + fan_out). Also called `xavier_uniform`.

        Takes all arguments of `fastinit.xavier_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def he_normal(
        self, shape: Sizes, *, mode: Mode = "fan_in", truncated: bool = False,
        negative_slope: SupportsFloat = 0.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> NDArray[Any]:
        """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

        Takes all arguments of `fastinit.he_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def he_normal(
        self, shape: Sizes, *, mode: Mode = "fan_in", truncated: bool = False,
        negative_slope: SupportsFloat = 0.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CudaName,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> CudaArray:
        """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

        Takes all arguments of `fastinit.he_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def he_normal(
        self, shape: Shape, *, mode: Mode = "fan_in", truncated: bool = False,
        negative_slope: SupportsFloat = 0.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

        Takes all arguments of `fastinit.he_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def he_normal(
        self, shape: Sizes, *, mode: Mode = "fan_in", truncated: bool = False,
        negative_slope: SupportsFloat = 0.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> Any:
        """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

        Takes all arguments of `fastinit.he_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def he_uniform(
        self, shape: Sizes, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0,
        layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
        batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

        Takes all arguments of `fastinit.he_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def he_uniform(
        self, shape: Sizes, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0,
        layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
        batch_axis: Axes = (), dtype: DType = "float32", device: CudaName, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

        Takes all arguments of `fastinit.he_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def he_uniform(
        self, shape: Shape, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0,
        layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
        batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

        Takes all arguments of `fastinit.he_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def he_uniform(
        self, shape: Sizes, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0,
        layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
        batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

        Takes all arguments of `fastinit.he_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def kaiming_normal(
        self, shape: Sizes, *, mode: Mode = "fan_in", truncated: bool = False,
        negative_slope: SupportsFloat = 0.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> NDArray[Any]:
        """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

        Takes all arguments of `fastinit.kaiming_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def kaiming_normal(
        self, shape: Sizes, *, mode: Mode = "fan_in", truncated: bool = False,
        negative_slope: SupportsFloat = 0.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CudaName,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> CudaArray:
        """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

        Takes all arguments of `fastinit.kaiming_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def kaiming_normal(
        self, shape: Shape, *, mode: Mode = "fan_in", truncated: bool = False,
        negative_slope: SupportsFloat = 0.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

        Takes all arguments of `fastinit.kaiming_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def kaiming_normal(
        self, shape: Sizes, *, mode: Mode = "fan_in", truncated: bool = False,
        negative_slope: SupportsFloat = 0.0, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> Any:
        """Draws normally with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_normal`.

        Takes all arguments of `fastinit.kaiming_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def kaiming_uniform(
        self, shape: Sizes, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0,
        layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
        batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

        Takes all arguments of `fastinit.kaiming_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def kaiming_uniform(
        self, shape: Sizes, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0,
        layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
        batch_axis: Axes = (), dtype: DType = "float32", device: CudaName, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

        Takes all arguments of `fastinit.kaiming_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def kaiming_uniform(
        self, shape: Shape, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0,
        layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
        batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

        Takes all arguments of `fastinit.kaiming_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def kaiming_uniform(
        self, shape: Sizes, *, mode: Mode = "fan_in", negative_slope: SupportsFloat = 0.0,
        layout: Layout = "keras", in_axis: Axes | None = None, out_axis: Axes | None = None,
        batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Draws uniformly with variance 2 / ((1 + negative_slope^2) fan_in). Also called `kaiming_uniform`.

        Takes all arguments of `fastinit.kaiming_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def lecun_normal(
        self, shape: Sizes, *, truncated: bool = False, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> NDArray[Any]:
        """Draws normally with variance 1 / fan_in.

        Takes all arguments of `fastinit.lecun_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def lecun_normal(
        self, shape: Sizes, *, truncated: bool = False, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CudaName,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> CudaArray:
        """Draws normally with variance 1 / fan_in.

        Takes all arguments of `fastinit.lecun_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def lecun_normal(
        self, shape: Shape, *, truncated: bool = False, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws normally with variance 1 / fan_in.

        Takes all arguments of `fastinit.lecun_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def lecun_normal(
        self, shape: Sizes, *, truncated: bool = False, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> Any:
        """Draws normally with variance 1 / fan_in.

        Takes all arguments of `fastinit.lecun_normal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def lecun_uniform(
        self, shape: Sizes, *, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CpuName = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> NDArray[Any]:
        """Draws uniformly with variance 1 / fan_in.

        Takes all arguments of `fastinit.lecun_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def lecun_uniform(
        self, shape: Sizes, *, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: CudaName,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> CudaArray:
        """Draws uniformly with variance 1 / fan_in.

        Takes all arguments of `fastinit.lecun_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def lecun_uniform(
        self, shape: Shape, *, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws uniformly with variance 1 / fan_in.

        Takes all arguments of `fastinit.lecun_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def lecun_uniform(
        self, shape: Sizes, *, layout: Layout = "keras", in_axis: Axes | None = None,
        out_axis: Axes | None = None, batch_axis: Axes = (), dtype: DType = "float32", device: DeviceLike,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> Any:
        """Draws uniformly with variance 1 / fan_in.

        Takes all arguments of `fastinit.lecun_uniform` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def random_bits(
        self, shape: Sizes, *, device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[np.uint32]:
        """Draws the raw 32-bit words of the stream, as uint32.

        Takes all arguments of `fastinit.random_bits` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def random_bits(
        self, shape: Sizes, *, device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Draws the raw 32-bit words of the stream, as uint32.

        Takes all arguments of `fastinit.random_bits` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def random_bits(
        self, shape: Shape, *, device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws the raw 32-bit words of the stream, as uint32.

        Takes all arguments of `fastinit.random_bits` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def random_bits(
        self, shape: Sizes, *, device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Draws the raw 32-bit words of the stream, as uint32.

        Takes all arguments of `fastinit.random_bits` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def orthogonal(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
        device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

        Takes all arguments of `fastinit.orthogonal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def orthogonal(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
        device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

        Takes all arguments of `fastinit.orthogonal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def orthogonal(
        self, shape: Shape, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
        device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

        Takes all arguments of `fastinit.orthogonal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def orthogonal(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
        device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Draws a matrix with orthonormal rows or columns (whichever are fewer), times `gain`.

        Takes all arguments of `fastinit.orthogonal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def delta_orthogonal(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
        device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Draws a convolution kernel that is orthogonal at its centre and zero elsewhere.

        Takes all arguments of `fastinit.delta_orthogonal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def delta_orthogonal(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
        device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Draws a convolution kernel that is orthogonal at its centre and zero elsewhere.

        Takes all arguments of `fastinit.delta_orthogonal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def delta_orthogonal(
        self, shape: Shape, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
        device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws a convolution kernel that is orthogonal at its centre and zero elsewhere.

        Takes all arguments of `fastinit.delta_orthogonal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def delta_orthogonal(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, layout: Layout = "keras", dtype: DType = "float32",
        device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Draws a convolution kernel that is orthogonal at its centre and zero elsewhere.

        Takes all arguments of `fastinit.delta_orthogonal` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def identity(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: CpuName = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> NDArray[Any]:
        """Returns a matrix with `gain` on its main diagonal. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.identity` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def identity(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: CudaName,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> CudaArray:
        """Returns a matrix with `gain` on its main diagonal. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.identity` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def identity(
        self, shape: Shape, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: DeviceLike = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns a matrix with `gain` on its main diagonal. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.identity` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def identity(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: DeviceLike,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> Any:
        """Returns a matrix with `gain` on its main diagonal. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.identity` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def dirac(
        self, shape: Sizes, *, groups: SupportsIndex = 1, layout: Layout = "keras", dtype: DType = "float32",
        device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Returns a kernel with which a convolution returns its input. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.dirac` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def dirac(
        self, shape: Sizes, *, groups: SupportsIndex = 1, layout: Layout = "keras", dtype: DType = "float32",
        device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Returns a kernel with which a convolution returns its input. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.dirac` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def dirac(
        self, shape: Shape, *, groups: SupportsIndex = 1, layout: Layout = "keras", dtype: DType = "float32",
        device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns a kernel with which a convolution returns its input. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.dirac` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def dirac(
        self, shape: Sizes, *, groups: SupportsIndex = 1, layout: Layout = "keras", dtype: DType = "float32",
        device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Returns a kernel with which a convolution returns its input. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.dirac` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def sparse(
        self, shape: Sizes, *, sparsity: SupportsFloat, std: SupportsFloat = 0.01, dtype: DType = "float32",
        device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Draws a normal matrix and sets the same share of every column to zero.

        Takes all arguments of `fastinit.sparse` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def sparse(
        self, shape: Sizes, *, sparsity: SupportsFloat, std: SupportsFloat = 0.01, dtype: DType = "float32",
        device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Draws a normal matrix and sets the same share of every column to zero.

        Takes all arguments of `fastinit.sparse` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def sparse(
        self, shape: Shape, *, sparsity: SupportsFloat, std: SupportsFloat = 0.01, dtype: DType = "float32",
        device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Draws a normal matrix and sets the same share of every column to zero.

        Takes all arguments of `fastinit.sparse` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def sparse(
        self, shape: Sizes, *, sparsity: SupportsFloat, std: SupportsFloat = 0.01, dtype: DType = "float32",
        device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Draws a normal matrix and sets the same share of every column to zero.

        Takes all arguments of `fastinit.sparse` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def hadamard(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: CpuName = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> NDArray[Any]:
        """Returns Sylvester's Hadamard matrix, scaled to orthonormal rows. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.hadamard` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def hadamard(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: CudaName,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> CudaArray:
        """Returns Sylvester's Hadamard matrix, scaled to orthonormal rows. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.hadamard` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def hadamard(
        self, shape: Shape, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: DeviceLike = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns Sylvester's Hadamard matrix, scaled to orthonormal rows. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.hadamard` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def hadamard(
        self, shape: Sizes, *, gain: SupportsFloat = 1.0, dtype: DType = "float32", device: DeviceLike,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> Any:
        """Returns Sylvester's Hadamard matrix, scaled to orthonormal rows. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.hadamard` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def hadamard_identity(
        self, shape: Sizes, *, gain: SupportsFloat = 1.4142135623730951, layout: Layout = "keras",
        dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Returns a weight by ZerO's rule, a Hadamard matrix or an identity. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.hadamard_identity` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def hadamard_identity(
        self, shape: Sizes, *, gain: SupportsFloat = 1.4142135623730951, layout: Layout = "keras",
        dtype: DType = "float32", device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Returns a weight by ZerO's rule, a Hadamard matrix or an identity. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.hadamard_identity` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def hadamard_identity(
        self, shape: Shape, *, gain: SupportsFloat = 1.4142135623730951, layout: Layout = "keras",
        dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns a weight by ZerO's rule, a Hadamard matrix or an identity. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.hadamard_identity` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def hadamard_identity(
        self, shape: Sizes, *, gain: SupportsFloat = 1.4142135623730951, layout: Layout = "keras",
        dtype: DType = "float32", device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Returns a weight by ZerO's rule, a Hadamard matrix or an identity. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.hadamard_identity` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def triangular(
        self, shape: Sizes, *, diagonal: SupportsIndex = 0, lower: bool = True, value: SupportsFloat = 1.0,
        dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Returns matrices with one value on one side of a diagonal. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.triangular` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def triangular(
        self, shape: Sizes, *, diagonal: SupportsIndex = 0, lower: bool = True, value: SupportsFloat = 1.0,
        dtype: DType = "float32", device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Returns matrices with one value on one side of a diagonal. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.triangular` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def triangular(
        self, shape: Shape, *, diagonal: SupportsIndex = 0, lower: bool = True, value: SupportsFloat = 1.0,
        dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns matrices with one value on one side of a diagonal. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.triangular` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def triangular(
        self, shape: Sizes, *, diagonal: SupportsIndex = 0, lower: bool = True, value: SupportsFloat = 1.0,
        dtype: DType = "float32", device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Returns matrices with one value on one side of a diagonal. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.triangular` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def delta(
        self, shape: Sizes, *, place: SupportsIndex, axis: SupportsIndex = -1, value: SupportsFloat = 1.0,
        dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Returns a tensor with one value at one place along an axis. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.delta` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def delta(
        self, shape: Sizes, *, place: SupportsIndex, axis: SupportsIndex = -1, value: SupportsFloat = 1.0,
        dtype: DType = "float32", device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Returns a tensor with one value at one place along an axis. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.delta` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def delta(
        self, shape: Shape, *, place: SupportsIndex, axis: SupportsIndex = -1, value: SupportsFloat = 1.0,
        dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns a tensor with one value at one place along an axis. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.delta` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def delta(
        self, shape: Sizes, *, place: SupportsIndex, axis: SupportsIndex = -1, value: SupportsFloat = 1.0,
        dtype: DType = "float32", device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Returns a tensor with one value at one place along an axis. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.delta` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def modulo(
        self, shape: Sizes, *, divisor: SupportsIndex, axis: SupportsIndex | None = None, one_hot: bool = False,
        dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Returns the remainders of the index by `divisor`: routes in turn. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.modulo` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def modulo(
        self, shape: Sizes, *, divisor: SupportsIndex, axis: SupportsIndex | None = None, one_hot: bool = False,
        dtype: DType = "float32", device: CudaName, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Returns the remainders of the index by `divisor`: routes in turn. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.modulo` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def modulo(
        self, shape: Shape, *, divisor: SupportsIndex, axis: SupportsIndex | None = None, one_hot: bool = False,
        dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns the remainders of the index by `divisor`: routes in turn. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.modulo` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def modulo(
        self, shape: Sizes, *, divisor: SupportsIndex, axis: SupportsIndex | None = None, one_hot: bool = False,
        dtype: DType = "float32", device: DeviceLike, stream: Stream = 0, index: Index | None = None,
        shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Returns the remainders of the index by `divisor`: routes in turn. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.modulo` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def ramp(
        self, shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, axis: SupportsIndex = -1,
        power: SupportsFloat = 1.0, log: bool = False, dtype: DType = "float32", device: CpuName = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> NDArray[Any]:
        """Returns values that go from `low` to `high` along an axis. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.ramp` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def ramp(
        self, shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, axis: SupportsIndex = -1,
        power: SupportsFloat = 1.0, log: bool = False, dtype: DType = "float32", device: CudaName,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> CudaArray:
        """Returns values that go from `low` to `high` along an axis. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.ramp` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def ramp(
        self, shape: Shape, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, axis: SupportsIndex = -1,
        power: SupportsFloat = 1.0, log: bool = False, dtype: DType = "float32", device: DeviceLike = "cpu",
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns values that go from `low` to `high` along an axis. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.ramp` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def ramp(
        self, shape: Sizes, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, axis: SupportsIndex = -1,
        power: SupportsFloat = 1.0, log: bool = False, dtype: DType = "float32", device: DeviceLike,
        stream: Stream = 0, index: Index | None = None, shard: Shard | Sequence[Shard] | None = None,
        out: None = None
    ) -> Any:
        """Returns values that go from `low` to `high` along an axis. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.ramp` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def sincos(
        self, shape: Sizes, *, temperature: SupportsFloat = 10000.0, interleave: bool = True,
        endpoint: bool = False, dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Returns a table of sines and cosines of positions. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.sincos` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def sincos(
        self, shape: Sizes, *, temperature: SupportsFloat = 10000.0, interleave: bool = True,
        endpoint: bool = False, dtype: DType = "float32", device: CudaName, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Returns a table of sines and cosines of positions. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.sincos` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def sincos(
        self, shape: Shape, *, temperature: SupportsFloat = 10000.0, interleave: bool = True,
        endpoint: bool = False, dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns a table of sines and cosines of positions. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.sincos` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def sincos(
        self, shape: Sizes, *, temperature: SupportsFloat = 10000.0, interleave: bool = True,
        endpoint: bool = False, dtype: DType = "float32", device: DeviceLike, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Returns a table of sines and cosines of positions. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.sincos` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """

    @overload
    def sincos_2d(
        self, shape: Sizes, *, grid: Sequence[SupportsIndex], order: Order = "wh",
        extra_tokens: SupportsIndex = 0, temperature: SupportsFloat = 10000.0, interleave: bool = False,
        endpoint: bool = False, dtype: DType = "float32", device: CpuName = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> NDArray[Any]:
        """Returns a table of sines and cosines of the places of an image's patches. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.sincos_2d` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def sincos_2d(
        self, shape: Sizes, *, grid: Sequence[SupportsIndex], order: Order = "wh",
        extra_tokens: SupportsIndex = 0, temperature: SupportsFloat = 10000.0, interleave: bool = False,
        endpoint: bool = False, dtype: DType = "float32", device: CudaName, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> CudaArray:
        """Returns a table of sines and cosines of the places of an image's patches. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.sincos_2d` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def sincos_2d(
        self, shape: Shape, *, grid: Sequence[SupportsIndex], order: Order = "wh",
        extra_tokens: SupportsIndex = 0, temperature: SupportsFloat = 10000.0, interleave: bool = False,
        endpoint: bool = False, dtype: DType = "float32", device: DeviceLike = "cpu", stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: Out
    ) -> Out:
        """Returns a table of sines and cosines of the places of an image's patches. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.sincos_2d` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
    @overload
    def sincos_2d(
        self, shape: Sizes, *, grid: Sequence[SupportsIndex], order: Order = "wh",
        extra_tokens: SupportsIndex = 0, temperature: SupportsFloat = 10000.0, interleave: bool = False,
        endpoint: bool = False, dtype: DType = "float32", device: DeviceLike, stream: Stream = 0,
        index: Index | None = None, shard: Shard | Sequence[Shard] | None = None, out: None = None
    ) -> Any:
        """Returns a table of sines and cosines of the places of an image's patches. `seed` and `stream` are not used.

        Takes all arguments of `fastinit.sincos_2d` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """
