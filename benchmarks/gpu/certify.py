# SPDX-License-Identifier: BSD-3-Clause
"""Products on the device against exact ones: bit for bit, as every sum here is exact.

The special instructions are met alone, each beside its host model (see wrappers.py), and through
the kernels that use them: conversions where operands or results are rounded, tensor cores on small
integers, asynchronous copies with zero fill in windows that reach over the border.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.gpu import wrappers
from benchmarks.gpu.ours import _dtype
from pyconv import backend, ops

DTYPES = ("float32", "tf32", "float16", "bfloat16")
# n, h, c, f, k, stride, padding: odd sizes, borders, several tiles and slices.
_LAYERS = (
    (2, 9, 8, 16, 3, 1, 1),
    (1, 7, 24, 40, 3, 2, 1),
    (3, 8, 64, 136, 1, 1, 0),
    (2, 13, 3, 32, 5, 2, 2),
)

Case = tuple[str, str, Callable[[Any], list[Any]]]


def cases() -> Iterator[Case]:
    """Yield (name, dtype, run): run takes how host arrays are moved and returns results."""
    for dtype in DTYPES:
        for m, n, k in ((64, 72, 40), (130, 136, 264)):
            yield f"gemm {m}x{n}x{k}", dtype, _product(m, n, k)
        yield "sums of two, rounded once", dtype, _rounding
        for layer in _LAYERS:
            yield f"conv2d {layer}, all passes", dtype, _layer(*layer)


def _integers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return integers of -2 to 2 as float32: sums of thousands of products stay exact."""
    return np.random.default_rng(seed).integers(-2, 3, shape).astype(np.float32)


def _product(m: int, n: int, k: int) -> Callable[[Any], list[Any]]:
    # Results up to 256, which bfloat16 holds: a 5th of the elements is not zero.
    a, b = _integers((m, k), 1), _integers((k, n), 2) * (_integers((k, n), 3) == 2)
    return lambda move: [ops.gemm(move(a), move(b))]


def _rounding(move: Any) -> list[Any]:
    rng = np.random.default_rng(4)
    exponents = rng.integers(126, 130, (64, 64), dtype=np.uint32) << 23
    rest = rng.integers(0, 1 << 23, (64, 64), dtype=np.uint32)
    signs = rng.integers(0, 2, (64, 64), dtype=np.uint32) << 31
    numbers = (signs | exponents | rest).view(np.float32)
    pairs = np.eye(64, dtype=np.float32) + np.roll(np.eye(64, dtype=np.float32), 1, axis=0)
    return [ops.gemm(move(numbers), move(pairs))]


def _layer(
    n: int, h: int, c: int, f: int, k: int, stride: int, padding: int
) -> Callable[[Any], list[Any]]:
    out = (h + 2 * padding - k) // stride + 1
    x, kernel = _integers((n, h, h, c), 1), _integers((k, k, c, f), 2)
    kernel *= _integers(kernel.shape, 5) == 2
    dy = _integers((n, out, out, f), 3) * (_integers((n, out, out, f), 6) == 2)
    options: dict[str, Any] = {"strides": stride, "padding": padding}

    def run(move: Any) -> list[Any]:
        arrays = [move(array) for array in (x, kernel, dy)]
        y = ops.conv2d(arrays[0], arrays[1], **options)
        return [y, *ops.conv2d_backward(arrays[2], *arrays[:2], **options)]

    return run


def differing(device: list[Any], model: list[Any]) -> int:
    """Return in how many elements two lists of host arrays differ in their bits."""
    return sum(
        int((a.view(f"u{a.itemsize}") != b.view(f"u{b.itemsize}")).sum())
        for a, b in zip(device, model, strict=True)
    )


def run(name: str, dtype: str, case: Callable[[Any], list[Any]]) -> dict[str, Any]:
    """Return the verdict of one case."""
    cupy = importlib.import_module("cupy")
    kind = _dtype(dtype)
    with backend.tf32_products(dtype == "tf32"):
        found = [cupy.asnumpy(y) for y in case(lambda a: cupy.asarray(a).astype(kind, copy=False))]
    expected = _model(dtype, kind, case)
    wrong = differing(found, expected)
    return {"case": name, "dtype": dtype, "differing": wrong, "passed": wrong == 0}


def run_wrapper(case: wrappers.Case) -> dict[str, Any]:
    """Return the verdict of one wrapper of ptx.cuh on the device beside its host model."""
    cupy = importlib.import_module("cupy")
    capability = int(cupy.cuda.Device(0).compute_capability)
    if wrappers.needs_ampere(case.wrapper) and capability < 80:
        reason = "the device has no such instruction"
        return {"case": case.name, "wrapper": case.wrapper, "passed": None, "not_run": reason}
    cuda, simt = (importlib.import_module(f"pyconv.{name}") for name in ("_cuda", "_simt"))
    model = wrappers.run(simt, case)
    words, out = cupy.asarray(case.words), cupy.zeros(model.shape, np.uint32)
    stream = cupy.cuda.get_current_stream().ptr
    cuda.run_ptx_wrapper(case.wrapper, words.data.ptr, out.data.ptr, len(case.words), stream)
    return wrappers.judged(case, cupy.asnumpy(out), model)


def _model(dtype: str, kind: np.dtype[Any], case: Callable[[Any], list[Any]]) -> list[Any]:
    """Return a case's results by the CPU in float64, rounded once."""
    results = []

    def operand(array: np.ndarray) -> np.ndarray:
        narrow = tf32(array) if dtype == "tf32" else array.astype(kind)
        return narrow.astype(np.float64)

    for number, wide in enumerate(case(operand)):
        gradient = number >= 2 and kind.itemsize == 2  # of a kernel and a bias
        results.append(wide.astype(np.float32 if gradient else kind))
    return results


def tf32(x: np.ndarray) -> np.ndarray:
    """Return float32 rounded to 10 bits of fraction, ties away from zero, as cvt.rna does."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    rounded = (bits + np.uint32(1 << 12)) & np.uint32(0xFFFFE000)
    return np.where(np.isfinite(x), rounded.view(np.float32), x)
