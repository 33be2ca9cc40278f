# SPDX-License-Identifier: BSD-3-Clause
"""Is a result right? Samples of it against float64 or longer sums, all of it against a peer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import networks
from benchmarks.competitors.numpy_book import training_losses
from benchmarks.inputs import Array, Arrays
from benchmarks.row import Task
from pyconv import reference

_SAMPLES = 24
# Rounding of one chain or of blocks, in units of u * sum(|a| |b|): DESIGN's bound.
_CHAIN = 8.0
_WINOGRAD = 5e-6
# Peers add long sums in one chain; here only the operation must be the same.
_PEER = {"float32": 1e-4, "float64": 1e-12}
_TRAININGS = ("training", "scratch training")
_LOSSES = {"float32": 1e-4, "float64": 1e-10}
# Of pixels in [0, 1] whose places are known to float32.
_PLACES = 1e-4


class WrongResult(Exception):
    """A result that is not what the task asks for; the text says where."""


def check(task: Task, inputs: Arrays, result: Arrays) -> float:
    """Compare samples of a result with sums in higher precision; raise WrongResult.

    Returns:
        The relative error at the samples: root of the mean square over that of the exact results.
    """
    for name, array in result.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise WrongResult(f"{name} is not finite everywhere")
    return _CHECKS[task["kind"]](task, inputs, result)


def compare(task: Task, ours: Arrays, peer: Arrays) -> float:
    """Return the relative L2 distance of two libraries' results; raise WrongResult if it is far."""
    if task["kind"] == "epoch":
        ours, peer = _learned(ours), _learned(peer)
    if task["kind"] in networks.KINDS:
        return _near(task, ours, peer, "the peer")
    worst = 0.0
    for name in ours.keys() & peer.keys():
        if ours[name].shape != peer[name].shape:
            raise WrongResult(f"{name}.shape={ours[name].shape}; the peer's is {peer[name].shape}")
        error = float(np.linalg.norm((ours[name] - peer[name]).ravel()))
        worst = max(worst, error / max(1e-30, float(np.linalg.norm(peer[name].ravel()))))
    bound = (_LOSSES if task["kind"] in _TRAININGS else _PEER)[task["dtype"]]
    if not worst <= bound:
        raise WrongResult(f"differs from the peer by {worst:.1e}; at most {bound:.0e}")
    return worst


def _near(task: Task, ours: Arrays, other: Arrays, whose: str) -> float:
    """Return the largest distance of a network's results; raise WrongResult if one is far."""
    if ours.keys() != other.keys():
        raise WrongResult(f"{sorted(ours.keys() ^ other.keys())}: not from both")
    apart = networks.distance(ours, other)
    for name, distance in apart.items():
        bound = networks.bound(task, name)
        if not distance <= bound:
            raise WrongResult(f"{name} differs from {whose} by {distance:.1e}; at most {bound:.0e}")
    return max(apart.values())


def _network(task: Task, inputs: Arrays, result: Arrays) -> float:
    return _near(task, result, networks.expected(task, inputs), "float64")


def _epoch(task: Task, inputs: Arrays, result: Arrays) -> float:
    """The loss before training as float64 has it; that after it smaller."""
    return _near(task, _learned(result), networks.expected(task, inputs), "float64")


def _learned(result: Arrays) -> Arrays:
    """Return the loss before an epoch, if that after it is smaller; batches are drawn freely."""
    before, after = float(result["first"][0]), float(result["learned"][0])
    if not after < networks.LEARNED_SHARE * before:
        raise WrongResult(f"the loss went from {before:.3f} to {after:.3f}")
    return {"first": result["first"]}


def _long(task: Task) -> Any:
    return np.float64 if task["dtype"] == "float32" else np.longdouble


def _require(name: str, actual: Array, expected: Array, condition: Array, task: Task) -> float:
    """|actual - expected| <= 8 u condition, where condition is the sum of absolute products.

    Of Winograd's convolution the root of the mean square error counts, relative to the results.
    Return that for every operation.
    """
    if actual.shape != expected.shape:
        raise WrongResult(f"{name}.shape={actual.shape}; must be {expected.shape}")
    size = max(1e-30, float(np.linalg.norm(expected.astype(np.float64))))
    distance = float(np.linalg.norm((actual - expected).astype(np.float64))) / size
    if _may_be_winograd(task):
        if not distance <= _WINOGRAD:
            raise WrongResult(f"{name}: relative error {distance:.1e}; at most {_WINOGRAD:.0e}")
        return distance
    bound = _CHAIN * np.finfo(task["dtype"]).eps / 2 * condition
    error: Array = np.abs(actual.astype(expected.dtype) - expected)
    if not (error <= bound).all():
        raise WrongResult(f"{name}: error {float(error.max()):.1e} at a sample")
    return distance


def _may_be_winograd(task: Task) -> bool:
    shape = {
        "kind": "conv2d",
        "dtype": "float32",
        "groups": 1,
        "stride": 1,
    }
    fits = all(task.get(key) == value for key, value in shape.items())
    fits = fits and task["kh"] == task["kw"] and task["kh"] in (3, 5)
    return fits and task["algorithm"] in ("auto", "winograd")


def _products(letters: str, a: Array, b: Array, task: Task) -> tuple[Array, Array]:
    """Return einsum(a, b) in higher precision, and the same of absolute values."""
    a, b = a.astype(_long(task)), b.astype(_long(task))
    return np.einsum(letters, a, b), np.einsum(letters, np.abs(a), np.abs(b))


def _positions(n: int, h: int, w: int) -> tuple[Array, Array, Array]:
    """Return random pixels of n images of h x w, the corners of the first and last among them."""
    generator = np.random.default_rng(3)
    corners = [(i, y, x) for i in (0, n - 1) for y in (0, h - 1) for x in (0, w - 1)]
    others = generator.integers(0, (n, h, w), (_SAMPLES - len(corners), 3))
    images, rows, columns = np.array([*corners, *others.tolist()]).T
    return images, rows, columns


def _taps(task: Task) -> tuple[Array, Array]:
    """Return row and column in the window of every tap."""
    kh, kw = (task["pool"], task["pool"]) if "pool" in task else (task["kh"], task["kw"])
    return np.divmod(np.arange(kh * kw), kw)


def _windows(task: Task, x: Array, outside: float) -> Array:
    """Return the windows of the sampled outputs, (samples, taps, c)."""
    n, i, j = _positions(task["n"], task["oh"], task["ow"])
    a, b = _taps(task)
    rows = i[:, None] * task["stride"] - task["padding"] + a
    columns = j[:, None] * task["stride"] - task["padding"] + b
    inside = (rows >= 0) & (rows < task["h"]) & (columns >= 0) & (columns < task["w"])
    pixels = x[n[:, None], rows.clip(0, task["h"] - 1), columns.clip(0, task["w"] - 1)]
    return np.where(inside[..., None], pixels, outside)


def _reached(task: Task) -> tuple[Array, Array, Array, Array]:
    """Return the outputs (row, column) that each tap of the sampled pixels reaches, if any."""
    n, y, x = _positions(task["n"], task["h"], task["w"])
    a, b = _taps(task)
    rows, row_rest = np.divmod(y[:, None] + task["padding"] - a, task["stride"])
    columns, column_rest = np.divmod(x[:, None] + task["padding"] - b, task["stride"])
    inside = (rows >= 0) & (rows < task["oh"]) & (columns >= 0) & (columns < task["ow"])
    inside &= (row_rest == 0) & (column_rest == 0)
    return np.broadcast_to(n[:, None], rows.shape), rows, columns, inside


def _gemm(task: Task, inputs: Arrays, result: Arrays) -> float:
    rows = np.random.default_rng(3).integers(0, task["m"], 4)
    expected, condition = _products("mk,kn->mn", inputs["a"][rows], inputs["b"], task)
    return _require("c", result["c"][rows], expected, condition, task)


def _conv2d(task: Task, inputs: Arrays, result: Arrays) -> float:
    passes = {"forward": _conv2d_forward, "data": _conv2d_data, "kernel": _conv2d_kernel}
    return passes[task["direction"]](task, inputs, result)


def _by_group(task: Task, inputs: Arrays) -> Array:
    """Return the kernel as (taps, c / groups, groups, f / groups)."""
    groups = task["groups"]
    kernel = inputs["kernel"]
    return kernel.reshape(-1, kernel.shape[2], groups, task["f"] // groups)


def _conv2d_forward(task: Task, inputs: Arrays, result: Arrays) -> float:
    windows = _windows(task, inputs["x"], 0.0)
    windows = windows.reshape(*windows.shape[:2], task["groups"], -1)
    expected, condition = _products("stgc,tcgf->sgf", windows, _by_group(task, inputs), task)
    bias = inputs["bias"].astype(expected.dtype)
    expected = expected.reshape(_SAMPLES, -1) + bias
    condition = condition.reshape(_SAMPLES, -1) + np.abs(bias)
    y = result["y"][_positions(task["n"], task["oh"], task["ow"])]
    return _require("y", y, expected, condition, task)


def _conv2d_data(task: Task, inputs: Arrays, result: Arrays) -> float:
    n, rows, columns, inside = _reached(task)
    pixels = inputs["dy"][n, rows.clip(0, task["oh"] - 1), columns.clip(0, task["ow"] - 1)]
    pixels = np.where(inside[..., None], pixels, 0).reshape(*n.shape, task["groups"], -1)
    expected, condition = _products("stgf,tcgf->sgc", pixels, _by_group(task, inputs), task)
    dx = result["dx"][_positions(task["n"], task["h"], task["w"])]
    return _require("dx", dx, expected.reshape(dx.shape), condition.reshape(dx.shape), task)


def _conv2d_kernel(task: Task, inputs: Arrays, result: Arrays) -> float:
    generator = np.random.default_rng(3)
    kh, kw, per_group, filters = inputs["kernel"].shape
    p, s = task["padding"], task["stride"]
    found = []
    for _ in range(_SAMPLES):
        a, b, c, f = generator.integers(0, (kh, kw, per_group, filters))
        channel = f // (filters // task["groups"]) * per_group + c
        plane = np.pad(inputs["x"][..., channel], [(0, 0), (p, p), (p, p)])
        plane = plane[:, a : a + s * task["oh"] : s, b : b + s * task["ow"] : s]
        plane = plane[:, : task["oh"], : task["ow"]]
        dy = inputs["dy"][..., f]
        found.append((result["dkernel"][a, b, c, f], *_products("nij,nij->", plane, dy, task)))
    actual, expected, condition = map(np.array, zip(*found, strict=True))
    return _require("dkernel", actual, expected, condition, task)


def _max_pool2d(task: Task, inputs: Arrays, result: Arrays) -> float:
    if task["direction"] == "backward":
        return _max_pool2d_backward(task, inputs, result)
    outputs = _positions(task["n"], task["oh"], task["ow"])
    windows = _windows(task, inputs["x"], -np.inf)
    exact = np.zeros(())
    distance = _require("y", result["y"][outputs], windows.max(axis=1), exact, task)
    if "argmax" in result:
        winners = result["argmax"][outputs]
        if not (winners == windows.argmax(axis=1)).all():
            raise WrongResult("argmax: another pixel won at a sample")
    return distance


def _max_pool2d_backward(task: Task, inputs: Arrays, result: Arrays) -> float:
    p, s, k = task["padding"], task["stride"], task["pool"]
    pixels = _positions(task["n"], task["h"], task["w"])
    x = np.pad(inputs["x"], [(0, 0), (p, p), (p, p), (0, 0)], constant_values=-np.inf)
    n, rows, columns, inside = _reached(task)
    expected = np.zeros((_SAMPLES, task["c"]))
    condition = np.zeros_like(expected)
    for sample, tap in np.argwhere(inside):
        image, i, j = n[sample, tap], rows[sample, tap], columns[sample, tap]
        window = x[image, i * s : i * s + k, j * s : j * s + k].reshape(-1, task["c"])
        part = np.where(window.argmax(axis=0) == tap, inputs["dy"][image, i, j], 0)
        expected[sample] += part
        condition[sample] += np.abs(part)
    return _require("dx", result["dx"][pixels], expected, condition, task)


def _avg_pool2d(task: Task, inputs: Arrays, result: Arrays) -> float:
    """Windows of the table lie inside the image: each mean is of as many pixels."""
    share = 1 / task["pool"] ** 2
    if task["direction"] == "forward":
        windows = _windows(task, inputs["x"], 0.0).astype(_long(task))
        y = result["y"][_positions(task["n"], task["oh"], task["ow"])]
        return _require("y", y, windows.mean(axis=1), np.abs(windows).mean(axis=1), task)
    n, rows, columns, inside = _reached(task)
    pixels = inputs["dy"][n, rows.clip(0, task["oh"] - 1), columns.clip(0, task["ow"] - 1)]
    pixels = np.where(inside[..., None], pixels, 0).astype(_long(task)) * share
    dx = result["dx"][_positions(task["n"], task["h"], task["w"])]
    return _require("dx", dx, pixels.sum(axis=1), np.abs(pixels).sum(axis=1), task)


def _im2col(task: Task, inputs: Arrays, result: Arrays) -> float:
    n, i, j = _positions(task["n"], task["oh"], task["ow"])
    rows = result["col"][(n * task["oh"] + i) * task["ow"] + j]
    windows = _windows(task, inputs["x"], 0.0).reshape(rows.shape)
    return _require("col", rows, windows, np.zeros(()), task)


def _col2im(task: Task, inputs: Arrays, result: Arrays) -> float:
    n, rows, columns, inside = _reached(task)
    shape = (task["n"], task["oh"], task["ow"], n.shape[1], task["c"])
    parts = inputs["col"].reshape(shape)[
        n, rows.clip(0, task["oh"] - 1), columns.clip(0, task["ow"] - 1), np.arange(n.shape[1])
    ]
    parts = np.where(inside[..., None], parts, 0).astype(_long(task))
    dx = result["dx"][_positions(task["n"], task["h"], task["w"])]
    return _require("dx", dx, parts.sum(axis=1), np.abs(parts).sum(axis=1), task)


def _training(task: Task, inputs: Arrays, result: Arrays) -> float:
    losses = result["losses"]
    expected = training_losses(task, inputs, len(losses))
    error = float(np.abs(losses / expected - 1).max())
    bound = _LOSSES[task["dtype"]]
    if not error <= bound:
        raise WrongResult(f"losses differ by {error:.1e} from float64; at most {bound:.0e}")
    return error


def _augmentation(task: Task, inputs: Arrays, result: Arrays) -> float:
    """Rotation, zoom and flip of the first and the last image in float64."""
    sizes, worst = np.array([task["w"], task["h"]]), 0.0
    for image in (0, task["n"] - 1):
        angle, zoom = np.deg2rad(float(inputs["angle"][image])), float(inputs["zoom"][image])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        mirror = np.diag([-1.0 if inputs["mirrored"][image] else 1.0, 1.0])
        expected = inputs["x"][image : image + 1].astype(np.float64)
        for linear in (turn, zoom * np.eye(2), mirror):
            offset = (sizes - 1) / 2 - linear @ ((sizes - 1) / 2)
            matrix = np.column_stack([linear, offset])[None]
            expected = reference.affine_sample(expected, matrix, fill_mode="reflect")
        error = float(np.abs(result["y"][image] - expected[0]).max())
        if not error <= _PLACES:
            raise WrongResult(f"y: error {error:.1e} in image {image}; at most {_PLACES:.0e}")
        worst = max(worst, error)
    return worst


def _input_pipeline(task: Task, inputs: Arrays, result: Arrays) -> float:
    from PIL import Image

    expected = inputs["labels"][: task["n"]]
    if not np.array_equal(result["labels"], expected):
        raise WrongResult("labels: others than those of the first files")
    worst = 0.0
    for place in (0, task["n"] - 1):
        with Image.open(str(inputs["paths"][place])) as image:
            x = np.asarray(image.convert("RGB"), np.float64)
        y = _resized(_resized(x, task["h"]).swapaxes(0, 1), task["w"]).swapaxes(0, 1)
        worst = max(worst, _require("images", result["images"][place], y, y + 255, task))
    return worst


def _resized(x: Array, size: int) -> Array:
    """Return x at another size of its first axis: bilinear, centres at half pixels, no blur."""
    place = (np.arange(size) + 0.5) * len(x) / size - 0.5
    low = np.floor(place).astype(int)
    share = (place - low)[:, None, None]
    below, above = (x[(low + i).clip(0, len(x) - 1)] for i in (0, 1))
    return np.asarray((1 - share) * below + share * above)


_CHECKS: dict[str, Callable[[Task, Arrays, Arrays], float]] = {
    "gemm": _gemm,
    "conv2d": _conv2d,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
    "im2col": _im2col,
    "col2im": _col2im,
    **dict.fromkeys(_TRAININGS, _training),
    "augmentation": _augmentation,
    "input_pipeline": _input_pipeline,
    "network training": _network,
    "inference": _network,
    "epoch": _epoch,
}
