# SPDX-License-Identifier: BSD-3-Clause
"""Folding: in evaluate and predict a normalisation becomes part of the convolution before it.

With s = gamma / sqrt(moving_variance + epsilon), norm(x * kernel + bias) = x * (kernel s) +
((bias - moving_mean) s + beta); an activation that convolutions can end with is joined too. Source:
Jacob et al., Quantization and Training of Neural Networks, 2018, section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from pyconv import activations
from pyconv.autograd import Tensor, Variable, no_recording
from pyconv.backend import Array
from pyconv.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Layer,
    ReLU,
)
from pyconv.layers.running import running, structure


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
    """A convolution with the normalisation and the activation that follow it."""

    def __init__(self, layer: Any, norm: BatchNormalization | None, activation: Any) -> None:
        self.layer, self.norm, self.activation = layer, norm, activation
        self._versions: tuple[int, ...] = ()
        self._kernel: Any = None
        self._bias: Any = None

    @property
    def name(self) -> str:
        return str(self.layer.name)

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        x = self.layer.prepared(x)
        kernel, bias = self._weights()
        y: Tensor = self.layer.convolve(x, kernel, bias, self.activation)
        return y

    def _weights(self) -> tuple[Any, Any]:
        if self.norm is None:
            return self.layer.kernel, self.layer.bias
        known = [self.layer.kernel, self.layer.bias, *self.norm.weights]
        versions = tuple(v.version for v in known if v is not None)
        if versions != self._versions:
            self._kernel, self._bias = self._fold(self.norm)
            self._versions = versions
        return self._kernel, self._bias

    def _fold(self, norm: BatchNormalization) -> tuple[Array, Array]:
        kernel = self.layer.kernel.array
        scale = _wide(norm.gamma, 1.0) / np.sqrt(_wide(norm.moving_variance) + norm.epsilon)
        offset = (_wide(self.layer.bias, 0.0) - _wide(norm.moving_mean)) * scale
        offset = offset + _wide(norm.beta, 0.0)
        # (kh, kw, c, f), or (kh, kw, c, multiplier) with f = c * multiplier
        own = scale if isinstance(self.layer, Conv2D) else scale.reshape(kernel.shape[2:])
        return (kernel * own).astype(kernel.dtype), offset.astype(kernel.dtype)


def _wide(variable: Variable | None, missing: float = 0.0) -> Any:
    return missing if variable is None else variable.array.astype(np.float64)


def folded_length(layers: Sequence[Any], start: int) -> tuple[Folded | None, int]:
    """Return what layers from `start` on become, each taking what the one before it made.

    Returns:
        (None, 1) where nothing can be joined, else the Folded and how many layers it stands for.
    """
    layer = layers[start]
    if not _can_take_more(layer):
        return None, 1
    after = start + 1
    norm = layers[after] if after < len(layers) and _follows(layers[after], layer) else None
    after += norm is not None
    activation = _fused(layers[after]) if after < len(layers) else None
    after += activation is not None
    return (Folded(layer, norm, activation) if after > start + 1 else None), after - start


def _can_take_more(layer: Any) -> bool:
    return (
        type(layer) in (Conv2D, DepthwiseConv2D)
        and layer.built
        and layer.activation is activations.linear
        and layer.activity_regularizer is None
    )


def _follows(norm: Any, layer: Any) -> bool:
    """Tell whether a layer is a normalisation over the channels that a convolution makes."""
    if type(norm) is not BatchNormalization or not norm.built:
        return False
    channels = 1 if layer.data_format == "channels_first" else 3
    same = norm.dtype == layer.dtype and norm.activity_regularizer is None
    return same and norm.axis % 4 == channels and isinstance(layer.kernel.array, np.ndarray)


def _fused(layer: Any) -> Any:
    """Return the name of the activation that a layer applies, if a convolution can end with it."""
    if not isinstance(layer, Layer) or layer.activity_regularizer is not None:
        return None
    if type(layer) is Activation:
        return activations.fused_name(layer.activation)
    if type(layer) is ReLU and layer.negative_slope == 0 and layer.threshold == 0:
        return {None: "relu", 6.0: "relu6"}.get(layer.max_value)
    return None


class FoldedChain:
    """Layers one after the other, folded when they first run so, and again when they change."""

    def __init__(self) -> None:
        self._key: tuple[Any, ...] = ()
        self._steps: list[Any] = []

    def steps(self, layers: list[Layer]) -> list[Any]:
        """Return callables of (x, training) that stand for all layers."""
        key = (structure.changes, *map(id, layers))
        if key != self._key:
            self._steps, start = [], 0
            while start < len(layers):
                folded, count = folded_length(layers, start)
                self._steps.append(folded or layers[start])
                start += count if folded else 1
            self._key = key
        return self._steps
