# SPDX-License-Identifier: BSD-3-Clause
"""Digits that look handwritten, drawn stroke by stroke: data for everyone, without a download."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pyconv.datasets.digit_pen import SIDE, Floats, draw, stroke_matrix
from pyconv.datasets.digit_shapes import SHAPES, Shape
from pyconv.geometry import whole_number

Images = npt.NDArray[np.uint8]

BOX = 20.0  # pixels: the larger side of the ink, as in MNIST
STEPS = 96  # points along a digit
AT_ONCE = 512  # pictures drawn together

# How unlike two writers are: standard deviations, lengths in heights of a digit.
JITTER = 0.04
WAVE = 0.05
WAIST = 0.08
SLANT, SLANT_MEAN = 0.25, 0.18
TURN = 0.13  # radians
ASPECT, ASPECT_MEAN = 0.2, 0.07


def generated_digits(n: int, seed: int) -> tuple[Images, Images]:
    """Return n pictures of digits and their labels; the same seed gives the same pictures.

    Each is written in one of several ways, then bent, slanted, turned, stretched and drawn with a
    pen of its own width and pressure; like MNIST's it is fitted into 20x20 pixels and centred by
    its mass.

    Returns:
        images: (n, 28, 28) uint8, ink 255 on 0. labels: (n,) uint8, 0 to 9, all equally likely.
    Raises:
        TypeError: n or seed is no integer. ValueError: one is negative.

    >>> images, labels = generated_digits(100, seed=0)
    >>> images.shape, images.dtype, labels.shape
    ((100, 28, 28), dtype('uint8'), (100,))
    """
    n = whole_number("generated_digits", "n", n, 0)
    rng = np.random.default_rng(whole_number("generated_digits", "seed", seed, 0))
    weights = np.array([shape.weight for shape in SHAPES])
    digits = np.array([shape.digit for shape in SHAPES], np.uint8)
    weights /= np.bincount(digits, weights)[digits] * 10
    ways = rng.choice(len(SHAPES), n, p=weights / weights.sum())
    images = np.empty((n, SIDE, SIDE), np.uint8)
    for way in np.flatnonzero(np.bincount(ways, minlength=len(SHAPES))):
        places = np.flatnonzero(ways == way)
        for start in range(0, len(places), AT_ONCE):
            part = places[start : start + AT_ONCE]
            images[part] = _write(SHAPES[way], len(part), rng)
    return images, digits[ways]


def _write(shape: Shape, n: int, rng: np.random.Generator) -> Images:
    """Return n pictures of one way to write one digit."""
    points = np.array(shape.points)[None] + rng.normal(0, JITTER, (n, len(shape.points), 2))
    line: Floats = stroke_matrix(shape, STEPS) @ points - (0.3, 0.5)  # (n, steps, 2)
    x, y = line[..., 0], line[..., 1]
    x, y = _bend(x, y, rng)
    x, y = _slant_and_turn(x, y, rng)
    radius = _pen(x.shape, rng)
    x, y = _fit(x, y, radius)
    ink = _centre(draw(x, y, radius, rng.uniform(0.6, 1.4, n)))
    ink *= 1 - np.abs(rng.normal(0, 0.03, ink.shape))
    return np.rint(ink * 255).astype(np.uint8)


def _bend(x: Floats, y: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Move the waist up or down, then all along a smooth random field of three plane waves."""
    n = len(x)
    y = y + rng.normal(0, WAIST, (n, 1)) * (1 - 4 * y**2)
    for _ in range(3):
        across, down, phase_x, phase_y = rng.uniform(-np.pi, np.pi, (4, n, 1))
        size_x, size_y = rng.normal(0, WAVE, (2, n, 1))
        wave = 1.5 * (across * x + down * y)
        x, y = x + size_x * np.sin(wave + phase_x), y + size_y * np.sin(wave + phase_y)
    return x, y


def _slant_and_turn(x: Floats, y: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    n = len(x)
    x = x * np.exp(rng.normal(ASPECT_MEAN, ASPECT, (n, 1)))
    x = x - y * rng.normal(SLANT_MEAN, SLANT, (n, 1))
    turn = rng.normal(0, TURN, (n, 1))
    return x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)


def _pen(shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Return the pen's radius along the strokes, pixels: its own width, and a slow change."""
    n, steps = shape
    t = np.linspace(0, 1, steps)
    width = np.clip(np.exp(rng.normal(0.22, 0.28, (n, 1))), 0.6, 2.4)
    pressure = rng.normal(0, 0.12, (n, 1)) * np.sin(
        rng.uniform(2, 9, (n, 1)) * t + rng.uniform(0, 2 * np.pi, (n, 1))
    )
    return width * np.exp(pressure)


def _fit(x: Floats, y: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """Scale the ink into the box, and put the box into the middle of the picture."""
    edge = radius.max(axis=1, keepdims=True)
    low = np.stack([x, y]).min(axis=2, keepdims=True)  # (2, n, 1)
    high = np.stack([x, y]).max(axis=2, keepdims=True)
    scale = (BOX - 2 * edge) / (high - low).max(axis=0)
    middle = (low + high) / 2
    centre = (SIDE - 1) / 2
    return (x - middle[0]) * scale + centre, (y - middle[1]) * scale + centre


def _centre(ink: Floats) -> Floats:
    """Move the ink by whole pixels to bring its centre of mass to the middle; none is cut off."""
    places = np.arange(SIDE)
    shifted = []
    for axis in (2, 1):  # rows, then columns
        profile = ink.sum(axis=axis)  # (n, 28)
        wanted = np.rint((SIDE - 1) / 2 - profile @ places / profile.sum(axis=1)).astype(int)
        filled = profile > 0
        first, last = filled.argmax(axis=1), SIDE - 1 - filled[:, ::-1].argmax(axis=1)
        shifted.append((places - np.clip(wanted, -first, SIDE - 1 - last)[:, None]) % SIDE)
    rows, columns = shifted
    pictures = np.arange(len(ink))[:, None, None]
    moved: Floats = ink[pictures, rows[:, :, None], columns[:, None, :]]
    return moved
