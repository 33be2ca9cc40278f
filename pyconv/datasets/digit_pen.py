# SPDX-License-Identifier: BSD-3-Clause
"""The pen: points along smooth strokes, and the picture that a pen of some width leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.datasets.digit_shapes import Shape

Floats = npt.NDArray[np.floating[Any]]

SIDE = 28  # pixels
REACH = 4  # pixels from a point at which its ink has surely ended
_MARGIN = REACH


def stroke_matrix(shape: Shape, count: int) -> Floats:
    """Return the matrix (count, points) that takes control points to points along the strokes.

    The curves are uniform Catmull-Rom splines; strokes share `count` by their lengths.
    """
    points = np.array(shape.points)
    pieces = [
        (matrix, np.linalg.norm(np.diff(matrix @ points, axis=0), axis=1).cumsum())
        for matrix in (_spline_matrix(stroke, len(points), 24) for stroke in shape.strokes)
    ]
    lengths = np.array([travelled[-1] for _, travelled in pieces])
    ends = np.round(np.concatenate([[0], lengths.cumsum()]) / lengths.sum() * count).astype(int)
    rows = []
    for (matrix, travelled), number in zip(pieces, np.diff(ends), strict=True):
        places = np.concatenate([[0], travelled])
        wanted = np.linspace(0, places[-1], number)
        low = np.clip(np.searchsorted(places, wanted, side="right") - 1, 0, len(places) - 2)
        share = ((wanted - places[low]) / (places[low + 1] - places[low]))[:, None]
        rows.append(matrix[low] * (1 - share) + matrix[low + 1] * share)
    return np.concatenate(rows)


def _spline_matrix(stroke: tuple[int, ...], points: int, steps: int) -> Floats:
    """Return rows of weights on all control points for places along one stroke."""
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    weights = np.hstack(  # of the points before, at, after, and after that
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2]
    )
    rows = np.zeros(((len(stroke) - 1) * steps + 1, points))
    for i in range(len(stroke) - 1):
        around = [max(i - 1, 0), i, i + 1, min(i + 2, len(stroke) - 1)]
        for column, neighbour in enumerate(around):
            rows[i * steps : (i + 1) * steps, stroke[neighbour]] += weights[:, column] / 2
    rows[-1, stroke[-1]] = 1
    return rows


def draw(x: Floats, y: Floats, radius: Floats, softness: Floats) -> Floats:
    """Return pictures (n, 28, 28) in [0, 1] of the discs at points (n, m), pixels.

    Args:
        x, y: places inside the picture; a pixel's centre has whole coordinates.
        radius: of the pen at each point; with `softness`, the width of its edge (n,), below REACH.
    """
    count, steps = x.shape
    wide = SIDE + 2 * _MARGIN
    canvas = np.zeros((count, wide * wide), np.float32)
    flat = canvas.reshape(-1)
    offsets = np.arange(1 - REACH, REACH + 1)
    window = (offsets[:, None] * wide + offsets).reshape(-1)  # (64,)
    first = np.arange(count) * (wide * wide)
    x, y = x.astype(np.float32), y.astype(np.float32)
    slope = (1 / softness).astype(np.float32)[:, None, None]
    for step in range(steps):
        column, row = np.floor(x[:, step]), np.floor(y[:, step])
        dx = (offsets - (x[:, step] - column)[:, None]).astype(np.float32)
        dy = (offsets - (y[:, step] - row)[:, None]).astype(np.float32)
        distance = np.sqrt(dx[:, None, :] ** 2 + dy[:, :, None] ** 2)  # (n, 8, 8)
        edge = radius[:, step].astype(np.float32)[:, None, None]
        ink = ((edge - distance) * slope + np.float32(0.5)).reshape(count, -1)
        corner = first + (row.astype(np.intp) + _MARGIN) * wide + column.astype(np.intp) + _MARGIN
        places = corner[:, None] + window
        flat[places] = np.maximum(flat[places], ink)
    inside = canvas.reshape(count, wide, wide)[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    pictures: Floats = np.minimum(inside, np.float32(1))
    return pictures
