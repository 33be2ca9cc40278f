# SPDX-License-Identifier: BSD-3-Clause
"""Pictures turned, moved, sheared, zoomed, mirrored and tinted by given numbers, a batch at once.

In (x, y), columns and rows counted from the centre of the image, the pixel at p shows the input at

    q = R (S Z F p + t),   R = (cos a, -sin a; sin a, cos a),   S = (1, -sin s; 0, cos s)

where a is the angle, s the shear, Z = diag(zx, zy) the zoom, F the mirroring and t = (tx, ty).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv import ops
from pyconv.arguments import finite_number
from pyconv.geometry import DataFormat
from pyconv.layers.augmentation import about_centre
from pyconv.layers.window import image_axes
from pyconv.ops.affine_sample import FillMode
from pyconv.ops.resize import Interpolation

Array: TypeAlias = npt.NDArray[Any]
Parameters: TypeAlias = Mapping[str, Any]

_NUMBERS = ("theta", "tx", "ty", "shear", "zx", "zy")
_FLIPS = ("flip_horizontal", "flip_vertical")
_CHOICES = ("channel_shift_intensity", "brightness")  # or None

_NEAR = 1e-5  # pixels by which rounding may push an edge beyond itself


class Filling(NamedTuple):
    """How pictures are read between and beyond their pixels, and where their channels are."""

    fill_mode: FillMode
    cval: float
    interpolation: Interpolation
    data_format: DataFormat


def transformed(images: Array, parameters: Sequence[Parameters], filling: Filling) -> Array:
    """Return images, each changed as its parameters say; all geometry in one native call.

    Args:
        images: (n, h, w, c), or (n, c, h, w) for "channels_first"; float32 or float64.
        parameters: for each image the numbers of ImageDataGenerator.get_random_transform.
    """
    rows, columns = image_axes(filling.data_format)
    maps = matrices(parameters, images.shape[rows], images.shape[columns])
    y = images.copy() if _change_nothing(maps) else _sampled(images, maps, filling)
    shifts, lights = _given(parameters, "channel_shift_intensity"), _given(parameters, "brightness")
    for i, shift in shifts.items():
        y[i] = np.clip(y[i] + y.dtype.type(shift), y[i].min(), y[i].max())
    for i, brightness in lights.items():
        pixels = np.moveaxis(y[i], 0, -1) if filling.data_format == "channels_first" else y[i]
        colours = pixels[..., :3] if pixels.shape[-1] == 4 else pixels  # a view
        colours[...] = brightened(colours, pixels, brightness)
    return y


def checked_parameters(function: str, parameters: Parameters) -> Parameters:
    """Return the numbers that change one image, those among them that are known, checked."""
    if not isinstance(parameters, Mapping):
        raise TypeError(
            f"{function}: transform_parameters={parameters!r}; must be a dictionary, as "
            "get_random_transform returns"
        )
    return {
        name: _checked(function, name, value)
        for name, value in parameters.items()
        if name in (*_NUMBERS, *_FLIPS, *_CHOICES)
    }


def _checked(function: str, name: str, value: object) -> float | bool | None:
    if name in _CHOICES and value is None:
        return None
    if name in _FLIPS:
        if not isinstance(value, (bool, np.bool_, int, np.integer)) or value not in (0, 1):
            raise TypeError(f"{function}: {name}={value!r}; must be True or False")
        return bool(value)
    return finite_number(function, name, value)


def matrices(parameters: Sequence[Parameters], height: int, width: int) -> Array:
    """Return the map (2, 3) of each image for ops.affine_sample."""

    def column(name: str, default: float) -> Array:
        values = np.array([one.get(name, default) for one in parameters], np.float64)
        for value in values[~np.isfinite(values)]:
            raise ValueError(f"apply_transform: {name}={value}; must be finite")
        return values

    def matrix(a: Array, b: Array, c: Array, d: Array) -> Array:
        return np.stack([a, b, c, d], axis=1).reshape(-1, 2, 2)

    angle, shear = np.deg2rad(column("theta", 0)), np.deg2rad(column("shear", 0))
    none = np.zeros(len(parameters))
    turn = matrix(np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle))
    slant = matrix(none + 1, -np.sin(shear), none, np.cos(shear))
    scale = matrix(
        column("zx", 1) * np.where(column("flip_horizontal", 0), -1, 1),
        none,
        none,
        column("zy", 1) * np.where(column("flip_vertical", 0), -1, 1),
    )
    maps = about_centre(turn @ slant @ scale, (height, width))
    maps[:, :, 2:] += turn @ np.stack([column("tx", 0), column("ty", 0)], axis=1)[..., None]
    return maps


def brightened(colours: Array, picture: Array, brightness: float) -> Array:
    """Return colours times a number, in the 256 steps of a picture's values.

    Values outside 0 to 255 are brought into it, from the least to the largest of the picture, and
    back again. What is between two steps is rounded down.
    Source: Pillow ImageEnhance.Brightness, as Keras uses it.
    """
    least, largest = picture.min(), picture.max()
    beyond = bool(least < 0 or largest > 255)
    steps = colours
    if beyond:
        steps = colours - least
        span = (picture - least).max()
        steps = (steps / span if span else steps) * 255
    lit = np.trunc(steps).astype(np.float32) * np.float32(brightness)
    lit = np.trunc(np.clip(lit, 0, 255)).astype(colours.dtype)
    return np.asarray(lit / 255 * (largest - least) + least) if beyond else lit


def _given(parameters: Sequence[Parameters], name: str) -> dict[int, float]:
    """Return the numbers that are given, by image."""
    found = {i: one.get(name) for i, one in enumerate(parameters)}
    return {i: float(value) for i, value in found.items() if value is not None}


def _change_nothing(maps: Array) -> bool:
    return bool((maps == np.eye(2, 3)).all())


def _sampled(images: Array, maps: Array, filling: Filling) -> Array:
    y = ops.affine_sample(
        images,
        maps.astype(images.dtype),
        fill_mode="nearest" if filling.fill_mode == "constant" else filling.fill_mode,
        interpolation=filling.interpolation,
        data_format=filling.data_format,
    )
    if images.size:  # weights that sum to a rounding above 1 would leave 0 to 1, which imshow tells
        np.clip(y, np.fmin.reduce(images, None), np.fmax.reduce(images, None), out=y)
    if filling.fill_mode == "constant":
        pixels = np.moveaxis(y, 1, -1) if filling.data_format == "channels_first" else y
        pixels[_beyond(maps, *pixels.shape[1:3])] = filling.cval
    return y


def _beyond(maps: Array, height: int, width: int) -> Array:
    """Return (n, h, w) bool: which pixels show what lies beyond the outermost pixels' centres."""
    i, j = np.arange(height)[:, None], np.arange(width)
    found = np.zeros((len(maps), height, width), bool)
    for axis, pixels in enumerate((width, height)):
        a, b, c = (maps[:, axis, k, None, None] for k in range(3))
        place = a * j + b * i + c
        found |= (place < -_NEAR) | (place > pixels - 1 + _NEAR)
    return found
