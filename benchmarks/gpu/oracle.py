# SPDX-License-Identifier: BSD-3-Clause
"""The convolution by its definition on the device (stage S0), and the other kernels beside it.

S0 comes first on a new architecture: it is compared with NumPy. Then every algorithm and precision
of the device is compared with S0 there, bit for bit, as every sum here is of small integers.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.gpu.certify import _integers, differing
from benchmarks.gpu.ours import _dtype
from pyconv import backend, ops, reference
from pyconv.geometry import Window

DTYPES = ("float32", "float64", "tf32", "float16", "bfloat16")
_CODES = {"float32": 0, "float64": 1}


class Geometry(NamedTuple):
    """A convolution: shapes of x and of the kernel, and its options."""

    name: str
    x: tuple[int, ...]
    kernel: tuple[int, ...]
    options: dict[str, Any]

    def window(self) -> Window:
        """Return the checked geometry that native functions take."""
        o = self.options
        return Window.conv(
            "conv2d",
            self.x,
            self.kernel,
            o.get("strides", 1),
            o.get("padding", "valid"),
            o.get("dilation_rate", 1),
            o.get("groups", 1),
            o.get("data_format", "channels_last"),
        )


GEOMETRIES = (
    Geometry("3x3, border of 1", (2, 9, 7, 16), (3, 3, 16, 24), {"padding": 1}),
    Geometry(
        "3x2, strides and borders unequal",
        (1, 11, 8, 24),
        (3, 2, 24, 40),
        {"strides": (2, 1), "padding": ((2, 1), (0, 1))},
    ),
    Geometry(
        "3x3 dilated in groups",
        (2, 10, 9, 12),
        (3, 3, 4, 18),
        {"padding": 2, "dilation_rate": 2, "groups": 3},
    ),
    Geometry("5x5 of a first layer", (2, 13, 12, 3), (5, 5, 3, 32), {"strides": 2, "padding": 2}),
    Geometry("3x3 of a depthwise layer", (1, 9, 8, 16), (3, 3, 1, 16), {"groups": 16}),
    Geometry(
        "3x3, channels first",
        (2, 8, 7, 10),
        (3, 3, 8, 16),
        {"padding": 1, "data_format": "channels_first"},
    ),
)


class Reference:
    """The S0 kernels of a native module.

    Args:
        module: `_simt`, or `_cuda` built with PYCONV_CERTIFY. library: NumPy or CuPy, whose arrays
            of float32 or float64 the passes take and return. stream: its address.
    """

    def __init__(self, module: Any, library: Any, stream: int = 0) -> None:
        self._module, self._library, self._stream = module, library, stream

    def forward(self, x: Any, kernel: Any, bias: Any, window: Window) -> Any:
        """Return y = x * kernel + bias."""
        y = self._library.empty(window.output_shape, x.dtype)
        self._run("reference_conv2d", x.dtype, (x, kernel, bias, y), window)
        return y

    def data(self, dy: Any, kernel: Any, window: Window) -> Any:
        """Return the gradient of x."""
        dx = self._library.empty(window.input_shape, dy.dtype)
        self._run("reference_conv2d_backward_data", dy.dtype, (dy, kernel, dx), window)
        return dx

    def kernel(self, x: Any, dy: Any, window: Window) -> tuple[Any, Any]:
        """Return the gradients of kernel and bias."""
        dkernel = self._library.empty(window.kernel_shape, x.dtype)
        dbias = self._library.empty(window.f, x.dtype)
        self._run("reference_conv2d_backward_kernel", x.dtype, (x, dy, dkernel, dbias), window)
        return dkernel, dbias

    def _run(self, name: str, dtype: Any, arrays: tuple[Any, ...], window: Window) -> None:
        on_host = self._library is np
        addresses = [a.ctypes.data if on_host else a.data.ptr for a in arrays]
        code = _CODES[np.dtype(dtype).name]
        getattr(self._module, name)(code, *addresses, window.packed, self._stream)


def cases() -> Iterator[tuple[Geometry, str, str]]:
    """Yield (geometry, dtype, algorithm) of the kernels to compare with S0."""
    for geometry in GEOMETRIES:
        for dtype in DTYPES:
            yield geometry, dtype, "direct"
            if dtype in _CODES:
                yield geometry, dtype, "im2col"


def run_reference(geometry: Geometry, dtype: str) -> dict[str, Any]:
    """Return the verdict on S0 of the device beside NumPy."""
    x, kernel, bias, dy = _arrays(geometry)
    wide = [a.astype(np.float64) for a in (x, kernel, bias, dy)]
    expected = [
        reference.conv2d(*wide[:3], **geometry.options),
        *reference.conv2d_backward(wide[3], *wide[:2], **geometry.options),
    ]
    found = _by_reference(geometry, dtype)
    wrong = differing(found, [np.asarray(a).astype(dtype) for a in expected])
    return {**about(geometry, dtype, "S0"), "differing": wrong, "passed": wrong == 0}


def run(geometry: Geometry, dtype: str, algorithm: str) -> dict[str, Any]:
    """Return the verdict on one algorithm and precision of the device beside S0 there."""
    cupy = importlib.import_module("cupy")
    kind = np.dtype(np.float64) if dtype == "float64" else _dtype(dtype)
    x, kernel, bias, dy = (cupy.asarray(a).astype(kind, copy=False) for a in _arrays(geometry))
    with backend.tf32_products(dtype == "tf32"):
        y = ops.conv2d(x, kernel, bias, algorithm=algorithm, **geometry.options)
        gradients = ops.conv2d_backward(dy, x, kernel, algorithm=algorithm, **geometry.options)
    found = [cupy.asnumpy(a) for a in (y, *gradients)]
    oracle = _by_reference(geometry, "float64" if dtype == "float64" else "float32")
    # Gradients of weights keep the type they were summed in; all else is rounded once.
    expected = [a.astype(b.dtype) for a, b in zip(oracle, found, strict=True)]
    wrong = differing(found, expected)
    return {**about(geometry, dtype, algorithm), "differing": wrong, "passed": wrong == 0}


def about(geometry: Geometry, dtype: str, algorithm: str) -> dict[str, Any]:
    """Return what a verdict is on."""
    return {"case": geometry.name, "dtype": dtype, "algorithm": algorithm}


def _arrays(geometry: Geometry) -> list[np.ndarray]:
    """Return x, kernel, bias and dy of float32."""
    window = geometry.window()
    shapes = (geometry.x, geometry.kernel, (window.f,), window.output_shape)
    return [_integers(shape, seed) for seed, shape in enumerate(shapes, 1)]


def _by_reference(geometry: Geometry, dtype: str) -> list[np.ndarray]:
    """Return y, dx, dkernel and dbias as S0 makes them on the device."""
    cupy = importlib.import_module("cupy")
    cuda = importlib.import_module("pyconv._cuda")
    s0 = Reference(cuda, cupy, cupy.cuda.get_current_stream().ptr)
    x, kernel, bias, dy = (cupy.asarray(a.astype(dtype)) for a in _arrays(geometry))
    window = geometry.window()
    found = [
        s0.forward(x, kernel, bias, window),
        s0.data(dy, kernel, window),
        *s0.kernel(x, dy, window),
    ]
    return [cupy.asnumpy(a) for a in found]
