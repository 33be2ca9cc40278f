# SPDX-License-Identifier: BSD-3-Clause
"""Folding: in evaluate and predict a normalisation becomes part of the convolution before it.

With s = gamma / sqrt(moving_variance + epsilon), norm(x * kernel + bias) = x * (kernel s) +
((bias - moving_mean) s + beta); an activation that convolutions can end with is joined too.
Source: Jacob et al., Quantization and Training of Neural Networks, 2018, section 3.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from pyconv import activations
from pyconv.autograd import Tensor, Variable, no_recording
from pyconv.autograd.tensor import array_of
from pyconv.backend import Array, as_input, contiguous, precision
from pyconv.geometry import Padding, Window
from pyconv.layers import BatchNormalization, Conv2D, Layer
from pyconv.layers.running import running, structure
from pyconv.models.joinable import can_be_joined, fused_activation, is_plain
from pyconv.models.padding import Padded
from pyconv.models.steps import Slot, Step
from pyconv.ops.conv2d import convolve
from pyconv.ops.depthwise_conv2d import depthwise_window
from pyconv.ops.prepared_kernel import PreparedKernel
from pyconv.ops.separable_in_bands import runs_in_bands, separable_in_bands
from pyconv.ops.windows import conv_window

# Products over fewer channels take too little time for bands to pay.
LEAST_CHANNELS = 128
LONGEST = 3  # layers that one step may stand for: a convolution, a normalisation, a curve


@contextmanager
def inference() -> Iterator[None]:
    """Run models without recording, and folded; not where a profile watches each layer."""
    before, running.folds = running.folds, running.observer is None
    try:
        with no_recording():
            yield
    finally:
        running.folds = before


class Folded:
    """A convolution, or one with the zeros before it, and the normalisation and activation after.

    Args:
        first: the convolution, or the pair.
    """

    def __init__(self, first: Any, norm: BatchNormalization | None, activation: Any) -> None:
        self.pair = first if type(first) is Padded else None
        self.layer, self.norm, self.activation = _layer_of(first), norm, activation
        # The weights' versions and arrays, and what became of them; set as one, for other threads.
        self._folded: tuple[tuple[int, ...], list[Array], Any, Any] = ((), [], None, None)
        self._prepared = PreparedKernel()

    @property
    def name(self) -> str:
        return str(self.layer.name)

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        x, padding = self._images(x)
        if precision.in_use:
            x = self.layer.by_policy(x)
        version, kernel, bias = self._weights()
        if type(self.layer) is Conv2D:
            window, kernel = self._window(x.array, kernel, padding)
            form = self._prepared.form(kernel, version, window)
            return Tensor.wrap(
                convolve("conv2d", window, x.array, kernel, bias, self.activation, prepared=form)
            )
        y: Tensor = self.layer.convolve(x, kernel, bias, self.activation, padding)
        return y

    def onto(self, x: Any, residual: Array, ending: Any) -> Tensor | None:
        """Return ending(folded(x) + residual); None where the two are not of one shape and dtype.

        The layer is a Conv2D.
        """
        x, padding = self._images(x)
        version, kernel, bias = self._weights()
        window, kernel = self._window(x.array, kernel, padding)
        if residual.shape != window.output_shape or residual.dtype != x.dtype:
            return None
        form = self._prepared.form(kernel, version, window)
        return Tensor.wrap(
            convolve(
                "conv2d", window, x.array, kernel, bias, ending, prepared=form, residual=residual
            )
        )

    def after(self, depthwise: Folded, x: Any) -> Tensor | None:
        """Return folded(depthwise(x)) in one operation; None where there is none for the shapes.

        The layer is a Conv2D without zeros, the other one's a DepthwiseConv2D.
        """
        x, padding = depthwise._images(x)
        _, kernel, bias = depthwise._weights()
        version, own, own_bias = self._weights()
        images, first, grouped = _depthwise(depthwise.layer, x.array, array_of(kernel), padding)
        window, own = self._window_over(images, first.output_shape, own, self.layer.padding)
        if first.c < LEAST_CHANNELS or not runs_in_bands(images, first, window):
            return None
        return Tensor.wrap(
            separable_in_bands(
                "conv2d",
                first,
                window,
                images,
                (grouped, None if bias is None else array_of(bias)),
                depthwise.activation,
                (own, own_bias),
                self.activation,
                self._prepared.form(own, version, window),
            )
        )

    def _images(self, x: Any) -> tuple[Tensor, Padding]:
        """Return images as the convolution takes them, and the padding it gives them."""
        if self.pair is not None:
            return self.pair.images(x)
        return self.layer.prepared(x), self.layer.padding

    def _window(self, x: Array, kernel: Any, padding: Padding) -> tuple[Window, Array]:
        x = as_input(x, "conv2d", "x", ndim=4)
        return self._window_over(x, x.shape, kernel, padding)

    def _window_over(
        self, x: Array, shape: tuple[int, ...], kernel: Any, padding: Padding
    ) -> tuple[Window, Array]:
        """Return a Conv2D's window over images of a shape, and its kernel, checked beside x."""
        layer, name = self.layer, "conv2d"
        kernel = contiguous(as_input(array_of(kernel), name, "kernel", ndim=4, like=x))
        window = conv_window(
            name,
            shape,
            kernel.shape,
            layer.strides,
            padding,
            layer.dilation_rate,
            layer.groups,
            layer.data_format,
        )
        return window, kernel

    def _weights(self) -> tuple[tuple[int, ...], Any, Any]:
        """Return what tells these weights from others, the kernel and the bias."""
        layer = self.layer
        known, norm = [layer.kernel, layer.bias], self.norm
        if norm is not None:
            known += norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance
        arrays = [v.array for v in known if v is not None]
        versions = (*(v.version for v in known if v is not None), *map(id, arrays))
        folded = self._folded
        if versions != folded[0]:
            now = self._own() if norm is None else self._fold(norm)
            folded = self._folded = (versions, arrays, *now)
        return folded[0], folded[2], folded[3]

    def _own(self) -> tuple[Any, Any]:
        bias = self.layer.bias
        if type(self.layer) is not Conv2D or bias is None:
            return self.layer.kernel, bias
        return self.layer.kernel, bias.array

    def _fold(self, norm: BatchNormalization) -> tuple[Array, Array]:
        kernel = self.layer.kernel.array
        scale = _wide(norm.gamma, 1.0) / np.sqrt(_wide(norm.moving_variance) + norm.epsilon)
        offset = (_wide(self.layer.bias, 0.0) - _wide(norm.moving_mean)) * scale
        offset = offset + _wide(norm.beta, 0.0)
        # (kh, kw, c, f), or (kh, kw, c, multiplier) with f = c * multiplier
        own = scale if isinstance(self.layer, Conv2D) else scale.reshape(kernel.shape[2:])
        found = (kernel * own).astype(kernel.dtype), offset.astype(kernel.dtype)
        for array in found:
            if isinstance(array, np.ndarray):
                array.flags.writeable = False  # a plan takes it for a constant
        return found


def _depthwise(
    layer: Any, x: Array, kernel: Array, padding: Padding
) -> tuple[Array, Window, Array]:
    """Return checked images, a DepthwiseConv2D's window and its kernel in grouped form."""
    name = "depthwise_conv2d"
    x = as_input(x, name, "x", ndim=4)
    kernel = as_input(kernel, name, "kernel", ndim=4, like=x)
    return x, *depthwise_window(
        name, x, kernel, layer.strides, padding, layer.dilation_rate, layer.data_format
    )


def _wide(variable: Variable | None, missing: float = 0.0) -> Any:
    return missing if variable is None else variable.array.astype(np.float64)


def folded_length(layers: Sequence[Any], start: int) -> tuple[Folded | None, int]:
    """Return what layers from `start` on become, each taking what the one before it made.

    Returns:
        (None, 1) where nothing can be joined or kept ready, else the Folded and how many layers it
        stands for.
    """
    first, after = layers[start], start + 1
    layer = _layer_of(first)
    if not _can_take_more(layer):
        ready = type(layer) is Conv2D and is_plain(layer) and layer._fused is not None
        return (Folded(first, None, layer._fused) if ready else None), 1
    norm = layers[after] if after < len(layers) and _follows(layers[after], layer) else None
    after += norm is not None
    activation = fused_activation(layers[after]) if after < len(layers) else None
    after += activation is not None
    joined = after > start + 1 or type(layer) is Conv2D
    return (Folded(first, norm, activation) if joined else None), after - start


def _layer_of(first: Any) -> Any:
    """Return the layer of a pair of zeros and a layer, anything else as it is."""
    return first.layer if type(first) is Padded else first


def _can_take_more(layer: Any) -> bool:
    return is_plain(layer) and layer.activation is activations.linear


def _follows(norm: Any, layer: Any) -> bool:
    """Tell whether a layer is a normalisation over the channels that a convolution makes."""
    if type(norm) is not BatchNormalization or not norm.built or not can_be_joined(norm):
        return False
    channels = 1 if layer.data_format == "channels_first" else 3
    return norm.dtype_policy == layer.dtype_policy and norm.axis % 4 == channels


class Chain:
    """Layers one after the other, as `made` puts them together; anew when they change."""

    def __init__(self, made: Callable[[Sequence[Any]], list[Any]]) -> None:
        self._make = made
        self._made: tuple[tuple[Any, ...], list[Any]] = ((), [])  # from which layers, and the steps

    def __reduce__(self) -> tuple[type[Chain], tuple[Any]]:
        return Chain, (self._make,)

    def steps(self, layers: list[Layer]) -> list[Any]:
        """Return callables of (x, training) that stand for all layers."""
        key = (structure.changes, *map(id, layers))
        known, steps = self._made
        if key == known:
            return steps
        steps = self._make(layers)
        self._made = key, steps
        return steps


def folded_layers(layers: Sequence[Any]) -> list[Any]:
    """Return what runs in inference in the place of layers one after the other."""
    steps, start = [], 0
    while start < len(layers):
        folded, count = folded_length(layers, start)
        steps.append(folded or layers[start])
        start += count if folded else 1
    return steps


def folded_steps(steps: list[Step], results: list[int]) -> list[Step]:
    """Return steps that give the same results with convolutions joined to what follows them."""
    uses = Counter(slot for step in steps for slot in step.sources) + Counter(results)
    consumer = {slot: step for step in steps for slot in step.sources}
    joined: set[int] = set()  # the outputs of steps that an earlier one stands for
    found = []
    for step in steps:
        if step.outputs[0] in joined:
            continue
        chain = [step]
        while chain[-1].alone and uses[chain[-1].outputs[0]] == 1 and len(chain) < LONGEST:
            follower = consumer.get(chain[-1].outputs[0])
            if follower is None or type(follower.arguments) is not Slot or follower.training:
                break
            chain.append(follower)
        folded, count = folded_length([each.layer for each in chain], 0)
        if folded is not None:
            joined |= {each.outputs[0] for each in chain[1:count]}
            step = step._replace(layer=folded, outputs=chain[count - 1].outputs)
        found.append(step)
    return found
