# SPDX-License-Identifier: BSD-3-Clause
"""Filter maximisation: the picture that makes one filter of a layer answer most.

Gradient ascent from grey noise: x += rate g / |g|, g = d mean(maps[..., f], 2 pixels of border
left out) / d x.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.arguments import IntPair, finite_number, normalise_pair, whole_number
from pyconv.autograd import GradientTape, Tensor, no_recording
from pyconv.geometry import DataFormat
from pyconv.layers import Layer
from pyconv.models import Model
from pyconv.visualization.layer_outputs import (
    check_model,
    find_layer,
    layout_of,
    output_of,
)

Images = npt.NDArray[Any]

BORDER = 2  # pixels of the maps that padding may have made
LEAST_SQUARE = 1e-12  # of a gradient that is divided by
SIDE = 200  # pixels, where the model takes any
TOGETHER = 8  # filters


def maximise_filter(
    model: Model,
    layer: str | Layer,
    filter_index: int = 0,
    *,
    size: IntPair | None = None,
    steps: int = 30,
    rate: float = 10.0,
    crop: int | None = None,
    seed: int = 0,
) -> npt.NDArray[np.uint8]:
    """Return the picture that a filter answers to, as bytes to look at.

    Args:
        model: whose input is pictures. layer: one that makes maps, by name, path or as itself; at
            its first use.
        filter_index: which of its channels.
        size: of the picture, pixels; the model's, or 200 where it takes any.
        steps, rate: of the ascent; every step is `rate` long.
        crop: pixels cut off on every side afterwards; an eighth of the size by default.
        seed: of the noise between 0.4 and 0.6 that it starts from.
    Returns:
        (h, w, c): mean 0 and deviation 1 brought to 128 and 64, then cut to 0..255.
    Raises:
        TypeError, ValueError: an argument that does not fit the model.
    Source: Chollet, Deep Learning with Python, 2nd edition, 9.4.2.
    """
    (found,) = maximised(
        "maximise_filter", model, layer, [filter_index], size, steps, rate, crop, seed
    )
    return found


def maximised(
    function: str,
    model: Model,
    layer: str | Layer,
    filters: Sequence[int],
    size: IntPair | None,
    steps: int,
    rate: float,
    crop: int | None,
    seed: int,
) -> list[npt.NDArray[np.uint8]]:
    """Return the picture of each of several filters, for any function that needs them."""
    model = check_model(function, model)
    steps = whole_number(function, "steps", steps, 0)
    rate = finite_number(function, "rate", rate, above=0)
    target = find_layer(function, model, layer)
    chosen = [whole_number(function, f"filters[{i}]", f, 0) for i, f in enumerate(filters)]
    height, width, channels, layout = _picture_shape(function, model, size)
    cut = min(height, width) // 8 if crop is None else whole_number(function, "crop", crop, 0)
    if 2 * cut >= min(height, width):
        raise ValueError(f"{function}: crop={cut} of {(height, width)} pixels leaves none")
    shape = (height, width, channels) if layout == "channels_last" else (channels, height, width)
    noise = np.random.default_rng(whole_number(function, "seed", seed, 0))
    found: list[npt.NDArray[np.uint8]] = []
    for start in range(0, len(chosen), TOGETHER):
        part = chosen[start : start + TOGETHER]
        x = noise.uniform(0.4, 0.6, (len(part), *shape)).astype(model.dtype)
        x = ascended(function, model, target, part, x, steps, rate)
        x = x if layout == "channels_last" else x.transpose(0, 2, 3, 1)
        found += [to_bytes(one)[cut : height - cut, cut : width - cut] for one in x]
    return found


def filters_of(function: str, model: Model, layer: str | Layer, size: IntPair | None) -> int:
    """Return how many maps a layer makes, for any function that takes all of them."""
    target = find_layer(function, check_model(function, model), layer)
    height, width, channels, layout = _picture_shape(function, model, size)
    shape = (height, width, channels) if layout == "channels_last" else (channels, height, width)
    with no_recording():
        output = output_of(function, model, Tensor(np.zeros((1, *shape), model.dtype)), target)
    return int(output.maps().shape[-1])


def ascended(
    function: str,
    model: Model,
    layer: Layer,
    filters: Sequence[int],
    x: Images,
    steps: int,
    rate: float,
) -> Images:
    """Return images (k, ...), each after `steps` steps towards its own filter."""
    for _ in range(steps):
        image = Tensor(x).to(model.device)
        with GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(image)
            output = output_of(function, model, image, layer)
        y: Tensor = output.value
        weights = _weights(function, y, filters, output.data_format)
        gradient = tape.gradient(y, image, Tensor(weights).to(y.device))
        if gradient is None:
            raise ValueError(f"{function}: layer {layer.name!r} does not depend on the picture")
        g = gradient.numpy()
        squares = np.square(g).sum(axis=(1, 2, 3), keepdims=True)
        x = x + x.dtype.type(rate) * (g / np.sqrt(np.maximum(squares, LEAST_SQUARE)))
    return x


def _weights(function: str, y: Tensor, filters: Sequence[int], data_format: DataFormat) -> Images:
    """Return how each element of the maps counts: the inner pixels of one channel per image."""
    weights = np.zeros(y.shape, y.dtype)
    maps = weights if data_format == "channels_last" else weights.transpose(0, 2, 3, 1)
    _, height, width, channels = maps.shape
    for i, f in enumerate(filters):
        if f >= channels:
            raise ValueError(f"{function}: filter {f}; must be < {channels}")
        inner = maps[i, _inner(height), _inner(width), f]
        inner[...] = 1 / inner.size
    return weights


def _inner(pixels: int) -> slice:
    """Return the pixels without the border, where any are left."""
    return slice(BORDER, pixels - BORDER) if pixels > 2 * BORDER else slice(None)


def _picture_shape(
    function: str, model: Model, size: IntPair | None
) -> tuple[int, int, int, DataFormat]:
    """Return height, width, channels and layout of the pictures that a model takes."""
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise ValueError(f"{function}: the model takes {shape}; must take one picture (n, h, w, c)")
    layout = layout_of(model)
    own = shape[1:3] if layout == "channels_last" else shape[2:4]
    channels = shape[3] if layout == "channels_last" else shape[1]
    if channels is None:
        raise ValueError(f"{function}: the model takes {shape}; its channels must be known")
    if size is not None:
        own = normalise_pair(function, "size", size, 1)
    height, width = (SIDE if n is None else n for n in own)
    return height, width, channels, layout


def to_bytes(image: Images) -> npt.NDArray[np.uint8]:
    """Return values of mean 128 and deviation 64, cut to 0..255; an even image becomes 128."""
    centred = image.astype(np.float64) - image.mean()
    spread = centred.std()
    scaled = centred / (spread if spread > 0 else 1.0) * 64 + 128
    pixels: npt.NDArray[np.uint8] = scaled.clip(0, 255).astype(np.uint8)
    return pixels
