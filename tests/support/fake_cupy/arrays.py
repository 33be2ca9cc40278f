# SPDX-License-Identifier: BSD-3-Clause
"""CuPy's ndarray on the machine of runtime.py, as strict as the real one.

Nothing is converted to NumPy unasked, host arrays do not mix with device arrays, reductions give
arrays without axes, and reading a number waits for the device.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from fake_cupy.runtime import Device, Memory, allocate, machine

# NumPy's functions that CuPy has, too, and that dispatch to it.
FUNCTIONS = frozenset(
    [
        "abs",
        "all",
        "allclose",
        "amax",
        "amin",
        "any",
        "argmax",
        "argmin",
        "argsort",
        "array_equal",
        "array_split",
        "astype",
        "broadcast_to",
        "clip",
        "concatenate",
        "copyto",
        "count_nonzero",
        "cumprod",
        "cumsum",
        "diff",
        "dot",
        "dstack",
        "einsum",
        "expand_dims",
        "eye",
        "flip",
        "full_like",
        "hstack",
        "isclose",
        "isfinite",
        "isnan",
        "isinf",
        "linspace",
        "matmul",
        "max",
        "maximum",
        "may_share_memory",
        "mean",
        "median",
        "min",
        "moveaxis",
        "nan_to_num",
        "ndim",
        "nonzero",
        "norm",
        "ones_like",
        "pad",
        "percentile",
        "prod",
        "ravel",
        "repeat",
        "reshape",
        "result_type",
        "roll",
        "rollaxis",
        "round",
        "shape",
        "shares_memory",
        "size",
        "sort",
        "split",
        "squeeze",
        "stack",
        "std",
        "sum",
        "swapaxes",
        "take",
        "take_along_axis",
        "tensordot",
        "tile",
        "transpose",
        "tril",
        "triu",
        "unique",
        "var",
        "vstack",
        "where",
        "zeros_like",
    ]
)


class ndarray(NDArrayOperatorsMixin):
    """An array on a device."""

    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, host: np.ndarray, memory: Memory, device: int) -> None:
        self._host, self._memory, self._number = host, memory, device

    @classmethod
    def fresh(cls, shape: Any, dtype: Any) -> ndarray:
        kind = np.dtype(dtype)
        shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
        size = kind.itemsize * int(np.prod(shape, dtype=np.int64))
        memory = allocate(size)
        return cls(memory.bytes.view(kind).reshape(shape), memory, machine.device)

    def _view(self, host: np.ndarray) -> ndarray:
        return ndarray(host, self._memory, self._number)

    @property
    def data(self) -> Any:
        return SimpleNamespace(ptr=self._host.__array_interface__["data"][0])

    @property
    def device(self) -> Device:
        return Device(self._number)

    @property
    def flags(self) -> Any:
        flags = self._host.flags
        return SimpleNamespace(c_contiguous=flags.c_contiguous, f_contiguous=flags.f_contiguous)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {**self._host.__array_interface__, "stream": 1}

    shape = property(lambda self: self._host.shape)
    dtype = property(lambda self: self._host.dtype)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    nbytes = property(lambda self: self._host.nbytes)
    itemsize = property(lambda self: self._host.itemsize)
    strides = property(lambda self: self._host.strides)
    T = property(lambda self: self._view(self._host.T))

    def __array__(self, *arguments: Any, **options: Any) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Use .get().")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method == "at":
            machine.run(lambda: ufunc.at(*map(_plain, inputs)))
            return None
        return _computed(getattr(ufunc, method), inputs, options)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        if function.__name__ not in FUNCTIONS:
            return NotImplemented
        if function.__name__ in ("shares_memory", "may_share_memory", "shape", "ndim", "size"):
            return function(*map(_plain, inputs))
        if function.__name__ in ("broadcast_to", "expand_dims", "moveaxis", "transpose", "squeeze"):
            return self._view(function(self._host, *inputs[1:], **options))
        if function.__name__ == "split":
            return [self._view(part) for part in function(self._host, *inputs[1:], **options)]
        return _computed(function, inputs, options)

    def get(self, stream: Any = None, order: str = "C", out: Any = None) -> np.ndarray:
        machine.wait()
        return np.array(self._host, order="C")

    def set(self, array: np.ndarray, stream: Any = None) -> None:
        if not isinstance(array, np.ndarray) or array.shape != self.shape:
            raise ValueError(f"Shape mismatch: {self.shape} and {np.shape(array)}")
        if array.dtype != self.dtype:
            raise TypeError(f"{array.dtype} array cannot be set to {self.dtype} array")
        machine.refuse_while_capturing("a copy from pageable memory")
        target = self._host

        def copy() -> None:
            np.copyto(target, array)

        used = machine.stream if stream is None else stream
        if used.ptr:
            used.pending.append(copy)
        else:
            copy()

    def __getitem__(self, key: Any) -> ndarray:
        plain = _plain_key(key)
        found = self._host[plain]
        if (
            isinstance(found, np.ndarray)
            and found.base is not None
            and np.shares_memory(found, self._host)
        ):
            return self._view(found)
        if _is_basic(plain):  # an element, still a view
            keys = plain if isinstance(plain, tuple) else (plain,)
            return self._view(self._host[(*keys, ...)])
        return _computed(lambda x: x[plain], (self,), {})

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(value, np.ndarray):
            raise TypeError("non-scalar numpy.ndarray cannot be used for fill")
        target, plain = self._host, _plain_key(key)
        source = _plain(value)
        machine.run(lambda: target.__setitem__(plain, source))

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def item(self, *arguments: Any) -> Any:
        machine.wait()
        return self._host.item(*arguments)

    def tolist(self) -> Any:
        machine.wait()
        return self._host.tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        machine.wait()
        return bool(self._host)

    def reshape(self, *shape: Any, order: str = "C") -> ndarray:
        shape = shape[0] if len(shape) == 1 else shape
        if self._host.flags.c_contiguous:
            return self._view(self._host.reshape(shape))
        return _computed(lambda x: x.reshape(shape), (self,), {})

    def ravel(self) -> ndarray:
        return self.reshape(-1)

    def view(self, dtype: Any) -> ndarray:
        return self._view(self._host.view(dtype))

    def transpose(self, *axes: Any) -> ndarray:
        return self._view(self._host.transpose(*axes))

    def swapaxes(self, one: int, other: int) -> ndarray:
        return self._view(self._host.swapaxes(one, other))

    def squeeze(self, axis: Any = None) -> ndarray:
        return self._view(self._host.squeeze(axis))

    def astype(self, dtype: Any, order: str = "K", copy: bool = True) -> ndarray:
        if not copy and self.dtype == np.dtype(dtype):
            return self
        return _computed(lambda x: x.astype(dtype), (self,), {})

    def copy(self, order: str = "C") -> ndarray:
        return _computed(lambda x: x.copy(), (self,), {})

    def fill(self, value: Any) -> None:
        target = self._host
        machine.run(lambda: target.fill(value))


def _reduction(name: str) -> Callable[..., ndarray]:
    def reduce(self: ndarray, axis: Any = None, **options: Any) -> ndarray:
        return _computed(lambda x: getattr(x, name)(axis=axis, **options), (self,), {})

    return reduce


def _giving_way(operator: Callable[..., Any]) -> Callable[..., Any]:
    """Return an operator that leaves the work to operands of a higher priority."""

    def apply(self: ndarray, other: Any) -> Any:
        first = getattr(other, "__array_priority__", 0) > self.__array_priority__
        return NotImplemented if first else operator(self, other)

    return apply


for _name in [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "ne",
    "and",
    "or",
    "xor",
]:
    for _method in (f"__{_name}__", f"__r{_name}__"):
        if hasattr(NDArrayOperatorsMixin, _method):
            setattr(ndarray, _method, _giving_way(getattr(NDArrayOperatorsMixin, _method)))
for _name in (
    "sum",
    "mean",
    "max",
    "min",
    "var",
    "std",
    "prod",
    "cumsum",
    "any",
    "all",
    "argmax",
    "argmin",
):
    setattr(ndarray, _name, _reduction(_name))
ndarray.__module__ = "cupy"


def _plain(value: Any) -> Any:
    """Return NumPy's view of a device array; host arrays do not mix."""
    if isinstance(value, ndarray):
        if value._number != machine.device:
            raise ValueError(
                f"Array device must be same as the current device: array device = {value._number} "
                f"while current = {machine.device}"
            )
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item) for item in value)
    return value


def _is_half(operands: list[Any]) -> bool:
    """Tell whether one of them is an array of 16-bit floats."""
    arrays = [x for x in operands if isinstance(x, np.ndarray)]
    return any(x.dtype == np.float16 or x.dtype.name == "bfloat16" for x in arrays)


def _plain_key(key: Any) -> Any:
    if isinstance(key, (np.ndarray, list)):
        machine.refuse_while_capturing("an index that lies on the host")
    if isinstance(key, tuple):
        return tuple(map(_plain_key, key))
    return key._host if isinstance(key, ndarray) else key


def _is_basic(key: Any) -> bool:
    keys = key if isinstance(key, tuple) else (key,)
    return all(k is None or k is Ellipsis or isinstance(k, (slice, int, np.integer)) for k in keys)


def _computed(function: Callable[..., Any], inputs: Any, options: dict[str, Any]) -> Any:
    """Return what a function of NumPy makes of device arrays, as device arrays."""
    given = options.pop("out", None)
    plain = [_plain(value) for value in inputs]
    named = {name: _plain(value) for name, value in options.items()}
    with np.errstate(all="ignore"):
        trial = function(*plain, **named)  # for shape and dtype; in a capture of old numbers
    several = isinstance(trial, (tuple, list))
    if _is_half(plain) and not several and np.asarray(trial).dtype == np.float32:
        machine.widenings.append(np.shape(trial))
    results = []
    for number, one in enumerate(trial if several else (trial,)):
        if given is not None:
            target = given[0] if isinstance(given, tuple) else given
        else:
            target = ndarray.fresh(np.shape(one), np.asarray(one).dtype)
        results.append(target)

        def work(place: np.ndarray = target._host, number: int = number) -> None:
            with np.errstate(all="ignore"):
                found = function(*plain, **named)
            np.copyto(place, found[number] if several else found, casting="unsafe")

        machine.run(work)
    return (
        type(trial)(results)
        if several and isinstance(trial, list)
        else (tuple(results) if several else results[0])
    )
