# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of ops judged: kind, dtype, rank and place of an array; nothing is copied."""

from __future__ import annotations

import numpy as np

from pyconv.backend.devices import device_of, imported, is_on_device
from pyconv.backend.native import CODES, Array, native_dtype
from pyconv.backend.precision import gradient_dtype, is_half, takes_16_bits


def _refuse(function: str, argument: str, what: str, rule: str) -> TypeError:
    return TypeError(f"{function}: {argument}{what}; {rule}")


def _twin(function: str) -> str:
    """Return the differentiable function that stands beside an op of this name."""
    if function == "gemm":
        return "pyconv.autograd.matmul"
    return f"pyconv.{function.removesuffix('_backward')}"


def _plain_array(x: object, function: str, argument: str) -> Array:
    """Judge a Python object and return it as a base ndarray or CuPy array, not yet copied."""
    if isinstance(x, np.ndarray):
        if isinstance(x, np.ma.MaskedArray):
            raise _refuse(
                function, argument, " is a masked array", "fill the mask first: x.filled(value)"
            )
        return np.asarray(x)
    if is_on_device(x):
        return x  # type: ignore[return-value]
    if type(x).__module__.startswith("pyconv."):
        raise _refuse(
            function,
            argument,
            f" is a {type(x).__name__}",
            f"ops take arrays, the differentiable function is {_twin(function)}",
        )
    if x is None or isinstance(x, (str, bytes, dict, set)):
        raise _refuse(function, argument, f" is {type(x).__name__}", "must be an array")
    foreign = imported(x)
    if foreign is not None:
        return foreign
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{function}: {argument} is ragged; must be an array") from error
    return array


def as_input(
    x: object,
    function: str,
    argument: str,
    *,
    ndim: int | None = None,
    like: Array | None = None,
    wide: bool = False,
) -> Array:
    """Check the kind of an array argument; nothing is copied.

    Args:
        x: what the caller passed; float32 or float64, any strides and byte order. On a GPU also
            float16 and bfloat16, where the op has kernels for them.
        function, argument: names for the error text.
        ndim: the rank it must have.
        like: an array whose dtype and device it must share. wide: float32 beside 16 bits.
    Returns:
        A base ndarray or CuPy array. Pass it through contiguous() before a kernel sees it.
    Raises:
        TypeError: kind, dtype or device. ValueError: rank, ragged nesting.
    """
    array = x if type(x) is np.ndarray else _plain_array(x, function, argument)
    if type(like) is type(array) is np.ndarray and array.dtype is like.dtype:
        like = None  # which has been judged
    elif array.dtype not in CODES and native_dtype(array.dtype) not in CODES:
        served = is_half(array.dtype) and takes_16_bits(function) and is_on_device(array)
        if not served:
            raise _refuse(function, argument, f".dtype={array.dtype}", "must be float32 or float64")
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{function}: {argument}.ndim={array.ndim}; must be {ndim}")
    if like is not None:
        if wide or array.dtype != like.dtype:
            _check_dtype(array, function, argument, like, wide)
        on_host = isinstance(array, np.ndarray)
        if on_host != isinstance(like, np.ndarray):
            raise _refuse(
                function,
                argument,
                f" is a {type(array).__module__} array",
                f"the other arrays are {type(like).__module__}'s; move it there first: "
                f"model.to({device_of(like)!r}) moves weights",
            )
        if not on_host and device_of(array) != device_of(like):
            raise _refuse(
                function,
                argument,
                f" lies on {device_of(array)}",
                f"the other arrays lie on {device_of(like)}; move it there first: model.to",
            )
    return array


def _check_dtype(array: Array, function: str, argument: str, like: Array, wide: bool) -> None:
    beside_half = wide and is_half(like.dtype)
    wanted = gradient_dtype(like) if beside_half else native_dtype(like.dtype)
    if native_dtype(array.dtype) != wanted:
        where = "beside arrays of 16 bits" if beside_half else "like the other arrays"
        raise _refuse(function, argument, f".dtype={array.dtype}", f"must be {wanted} {where}")


def as_numbers(x: object, function: str, argument: str) -> Array:
    """Check an array of real numbers of any width; which dtype they become, the caller decides."""
    if type(x).__module__.startswith("pyconv."):
        raise _refuse(function, argument, f" is a {type(x).__name__}", "must be an array")
    array = x if type(x) is np.ndarray else _plain_array(x, function, argument)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise _refuse(function, argument, f".dtype={array.dtype}", "must be numbers, up to float64")
    return array


def as_integers(x: object, function: str, argument: str, like: Array) -> Array:
    """Check an array of whole numbers (labels, offsets); bool and float are refused."""
    array = _plain_array(x, function, argument)
    if array.dtype.kind not in "iu":
        raise _refuse(function, argument, f".dtype={array.dtype}", "must be an integer type")
    if isinstance(array, np.ndarray) != isinstance(like, np.ndarray):
        raise _refuse(
            function, argument, f" is a {type(array).__module__} array", "must lie beside x"
        )
    return array
