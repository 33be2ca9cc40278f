# SPDX-License-Identifier: BSD-3-Clause
"""Arrays that end, or begin, at a page no one may touch: a read or write beyond is a crash.

Run as a program with the placement ("end" or "begin") and the first and last seed: every op on
every instruction set, inputs and outputs so placed, outputs poisoned, results compared with those
of ordinary arrays. Prints how many calls it made.
"""

from __future__ import annotations

import ctypes
import faulthandler
import mmap
import sys
from typing import Any

import numpy as np

_PAGE = mmap.PAGESIZE
_NO_ACCESS = 0
_mprotect = ctypes.CDLL(None, use_errno=True).mprotect
_mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def guarded_empty(shape: Any, dtype: Any, placement: str) -> np.ndarray:
    """Return an array of bytes 0xff (NaN, 255, -1) that touches a guard page at one end."""
    kind = np.dtype(dtype)
    count = int(np.prod(shape, dtype=np.int64))
    inner = max(-(-count * kind.itemsize // _PAGE), 1) * _PAGE
    memory = mmap.mmap(-1, inner + 2 * _PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    np.frombuffer(memory, np.uint8)[...] = 0xFF
    offset = _PAGE if placement == "begin" else _PAGE + inner - count * kind.itemsize
    array = np.frombuffer(memory, kind, count, offset).reshape(shape)
    for page in (start, start + _PAGE + inner):
        if _mprotect(page, _PAGE, _NO_ACCESS) != 0:
            raise OSError(ctypes.get_errno(), "mprotect")
    return array


def guarded(array: Any, placement: str) -> Any:
    """Return a copy of an array at a guard page; other values unchanged."""
    if not isinstance(array, np.ndarray):
        return array
    copy = guarded_empty(array.shape, array.dtype, placement)
    copy[...] = array
    return copy


def guard_outputs(placement: str) -> None:
    """Make every op allocate its results at guard pages."""

    def empty_on(like: np.ndarray, shape: Any, dtype: Any = None) -> np.ndarray:
        return guarded_empty(tuple(shape), dtype or like.dtype, placement)

    modules = [sys.modules[name] for name in sorted(sys.modules) if name.startswith("pyconv.ops.")]
    patched = [module for module in modules if hasattr(module, "empty_on")]
    if len(patched) < 6:
        raise RuntimeError(f"only {len(patched)} modules of pyconv.ops allocate by empty_on")
    for module in patched:
        module.empty_on = empty_on  # type: ignore[attr-defined]


def _calls(seeds: range) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Return (op, arrays, options): each op's ordinary call, then generated convolutions."""
    from arrays import integers
    from conv_cases import conv_case
    from op_calls import op_calls

    calls = []
    for dtype in ("float32", "float64"):
        calls += [(op, arrays, options) for op, (arrays, options) in op_calls(dtype).items()]
    for seed in seeds:
        case = conv_case(seed)
        shapes = (case.x_shape, case.kernel_shape, case.kernel_shape[3:], case.output_shape)
        x, kernel, bias, dy = (
            integers(shape, case.dtype, seed, i) for i, shape in enumerate(shapes)
        )
        for algorithm in ("direct", "im2col"):
            options = {**case.options, "algorithm": algorithm}
            calls.append(("conv2d", {"x": x, "kernel": kernel, "bias": bias}, options))
            calls.append(("conv2d_backward", {"dy": dy, "x": x, "kernel": kernel}, options))
        moved = {key: case.options[key] for key in ("strides", "padding", "data_format")}
        size = case.kernel_shape[:2]
        calls.append(
            (
                "im2col",
                {"x": x},
                {"kernel_size": size, **moved, "dilation_rate": case.options["dilation_rate"]},
            )
        )
        pooled = {"pool_size": 2, "padding": "same", "data_format": case.options["data_format"]}
        for op in ("max_pool2d_with_argmax", "min_pool2d_with_argmin", "avg_pool2d"):
            calls.append((op, {"x": x}, pooled))
        kept = {"data_format": case.options["data_format"]}
        for interpolation in ("nearest", "bilinear") if seed % 4 == 0 else ():
            chosen = {**kept, "interpolation": interpolation}
            calls.append(("resize", {"x": x}, {**chosen, "size": (seed % 7 + 1, seed % 11 + 1)}))
            maps = integers((x.shape[0], 2, 3), case.dtype, seed, largest=3)
            options = {
                **chosen,
                "fill_mode": ("constant", "nearest", "reflect", "wrap")[seed // 4 % 4],
            }
            calls.append(("affine_sample", {"x": x, "matrices": maps}, options))
            calls.append(("affine_sample_backward", {"dy": x, "matrices": maps}, options))
        rows = x.reshape(-1, x.shape[-1])
        calls.append(
            (
                "gemm",
                {"a": rows, "b": rows},
                {"transpose_b": True} if rows.shape[0] < 200 else {"transpose_a": True},
            )
        )
    for image, c, f in (((1, 7, 9), 5, 3), ((2, 21, 19), 17, 33)):
        x = integers((*image, c), "float32", 0)
        dy, bias = integers((*image, f), "float32", 2), integers((f,), "float32", 3)
        options = {"padding": "same", "algorithm": "winograd"}
        for taps in (3, 5):
            kernel = integers((taps, taps, c, f), "float32", 1)
            calls.append(("conv2d", {"x": x, "kernel": kernel, "bias": bias}, options))
            calls.append(("conv2d_backward", {"dy": dy, "x": x, "kernel": kernel}, options))
    for dtype in ("float32", "float64"):  # so many rows and filters that windows are copied
        shapes = ((2, 4, 6, 520), (2, 2, 520, 330), (2, 3, 5, 330))
        x, kernel, dy = (integers(shape, dtype, i) for i, shape in enumerate(shapes))
        calls.append(("conv2d_backward", {"dy": dy, "x": x, "kernel": kernel}, {}))
    return calls


def main(placement: str, first: int, last: int) -> None:
    """Make every call on every instruction set, then again at guard pages."""
    from compare import assert_same_bits
    from op_calls import run

    from pyconv import _core

    faulthandler.enable()
    calls = _calls(range(first, last))
    expected = {}
    for isa in _core.isas():
        _core._set_isa(isa)
        expected[isa] = [run(*call) for call in calls]
    guard_outputs(placement)
    for isa in _core.isas():
        _core._set_isa(isa)
        for (op, arrays, options), result in zip(calls, expected[isa], strict=True):
            placed = {name: guarded(array, placement) for name, array in arrays.items()}
            got = run(op, placed, options)
            assert_same_bits(got, result, f"{op} on {isa}: {options}")
    sys.stdout.write(f"{len(calls) * len(_core.isas())}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
