# SPDX-License-Identifier: BSD-3-Clause
"""A Tensor wraps one array; functions of Tensors are recorded by the tapes that watch them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pyconv import autograd
from pyconv.backend import Array, checked_device, device_of, imported, noted, put, to_host

Operand = Any  # Tensor, array, list or number: what the operators accept on their other side
FLOATS = ("float32", "float64")


def array_of(value: object, what: str = "Tensor: value") -> Array:
    """Return the array inside a Tensor, an array as it is, and lists and numbers as a new array.

    Python floats become float32. Masked, object, text, complex and date arrays: TypeError; lists of
    several lengths: ValueError.

    Args:
        what: what error texts call the value.
    """
    if isinstance(value, Tensor):
        return value.array
    if hasattr(value, "__cuda_array_interface__"):  # also of PyTorch's: taken as CuPy's, no copy
        on_device = imported(value)
        if on_device is not None:
            return noted(on_device)
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{what} is a masked array; fill it first, its mask would be lost")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{what} is a {type(value).__name__}, but no array: {error}") from None
    if array.dtype.kind not in "fiub":
        kind = "" if array.ndim else f" ({type(value).__name__})"
        raise TypeError(f"{what} has dtype {array.dtype}{kind}; must be numbers")
    if array.dtype == np.float64 and not isinstance(value, (np.ndarray, np.generic)):
        array = array.astype(np.float32)
    return array


class Tensor:
    """One array and its place in the record of a tape; a value that never changes.

    Functions of Tensors return new Tensors. `made_from` tells a loss that the values are the
    softmax or sigmoid of the logits kept there, so that it can be computed from them.
    """

    __slots__ = ("array", "made_from")
    __array_priority__ = 1000  # ndarray + Tensor asks the Tensor; CuPy's own is 100

    array: Array
    made_from: tuple[str, Tensor] | None

    def __init__(self, value: object) -> None:
        self.array = array_of(value)
        self.made_from = None

    @classmethod
    def wrap(cls, array: Array) -> Tensor:
        """Return a Tensor of an array that a function just made, unchecked."""
        tensor = Tensor.__new__(Tensor)
        tensor.array = array
        tensor.made_from = None
        return tensor

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    @property
    def ndim(self) -> int:
        return int(self.array.ndim)

    @property
    def size(self) -> int:
        return int(self.array.size)

    @property
    def device(self) -> str:
        """Where the values lie, "cpu" or "cuda:N"."""
        return device_of(self.array)

    def to(self, device: str) -> Tensor:
        """Return the values on a device, the Tensor itself where they lie there; not recorded."""
        name = checked_device("Tensor.to", device)
        return self if name == self.device else Tensor.wrap(noted(put(self.array, name)))

    def numpy(self) -> np.ndarray[Any, Any]:
        """Return a writable copy in NumPy that no later call changes."""
        return np.array(to_host(self.array))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if copy is False:
            return np.asarray(self.array, dtype=dtype)
        return self.numpy() if dtype is None else self.numpy().astype(dtype, copy=False)

    def __dlpack__(self, **options: Any) -> Any:
        """Lend the values to another library, where they lie; without their gradient."""
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        kind, number = self.array.__dlpack_device__()
        return int(kind), int(number)

    def __array_function__(
        self, function: Any, types: Any, arguments: Any, options: dict[str, Any]
    ) -> Any:
        """Let NumPy's functions work on copies in NumPy; they give arrays, without gradients."""
        return function(*_without_tensors(arguments), **_without_tensors(options))

    def item(self) -> Any:
        return self.array.item()

    def __float__(self) -> float:
        return float(self.array.item())

    def __int__(self) -> int:
        return int(self.array.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iu":
            raise TypeError(f"Tensor: dtype {self.dtype} cannot be an index; must be integer")
        return int(self.array.item())

    def __bool__(self) -> bool:
        return bool(self.array)

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __format__(self, spec: str) -> str:
        return format(str(self) if self.ndim or not spec else self.item(), spec)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} shape={self.shape} dtype={self.dtype}\n{self.array!r}>"

    def __getitem__(self, key: Any) -> Tensor:
        return autograd.getitem(self, key)

    def __add__(self, other: Operand) -> Tensor:
        return autograd.add(self, other)

    def __radd__(self, other: Operand) -> Tensor:
        return autograd.add(other, self)

    def __sub__(self, other: Operand) -> Tensor:
        return autograd.subtract(self, other)

    def __rsub__(self, other: Operand) -> Tensor:
        return autograd.subtract(other, self)

    def __mul__(self, other: Operand) -> Tensor:
        return autograd.multiply(self, other)

    def __rmul__(self, other: Operand) -> Tensor:
        return autograd.multiply(other, self)

    def __truediv__(self, other: Operand) -> Tensor:
        return autograd.divide(self, other)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return autograd.divide(other, self)

    def __floordiv__(self, other: Operand) -> Tensor:
        return Tensor(self.array // _other(other))

    def __rfloordiv__(self, other: Operand) -> Tensor:
        return Tensor(_other(other) // self.array)

    def __mod__(self, other: Operand) -> Tensor:
        return Tensor(self.array % _other(other))

    def __rmod__(self, other: Operand) -> Tensor:
        return Tensor(_other(other) % self.array)

    def __and__(self, other: Operand) -> Tensor:
        return Tensor(self.array & _other(other))

    def __or__(self, other: Operand) -> Tensor:
        return Tensor(self.array | _other(other))

    def __xor__(self, other: Operand) -> Tensor:
        return Tensor(self.array ^ _other(other))

    def __invert__(self) -> Tensor:
        return Tensor(~self.array)

    def __pow__(self, other: Operand) -> Tensor:
        return autograd.power(self, other)

    def __rpow__(self, other: Operand) -> Tensor:
        return autograd.power(other, self)

    def __matmul__(self, other: Operand) -> Tensor:
        return autograd.matmul(self, other)

    def __rmatmul__(self, other: Operand) -> Tensor:
        return autograd.matmul(other, self)

    def __neg__(self) -> Tensor:
        return autograd.negative(self)

    def __abs__(self) -> Tensor:
        return autograd.absolute(self)

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]
        return Tensor(self.array == _other(other))

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        return Tensor(self.array != _other(other))

    def __lt__(self, other: Operand) -> Tensor:
        return Tensor(self.array < _other(other))

    def __le__(self, other: Operand) -> Tensor:
        return Tensor(self.array <= _other(other))

    def __gt__(self, other: Operand) -> Tensor:
        return Tensor(self.array > _other(other))

    def __ge__(self, other: Operand) -> Tensor:
        return Tensor(self.array >= _other(other))

    __hash__ = object.__hash__

    def reshape(self, *shape: Any) -> Tensor:
        return autograd.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Tensor:
        if len(axes) == 1 and not isinstance(axes[0], int):
            axes = tuple(axes[0])
        return autograd.transpose(self, axes or None)

    @property
    def T(self) -> Tensor:
        return autograd.transpose(self, None)

    def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        return autograd.sum(self, axis, keepdims=keepdims)

    def mean(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        return autograd.mean(self, axis, keepdims=keepdims)

    def max(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        return autograd.max(self, axis, keepdims=keepdims)

    def min(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        return autograd.min(self, axis, keepdims=keepdims)

    def var(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        return autograd.var(self, axis, keepdims=keepdims)

    def argmax(self, axis: int | None = None) -> Tensor:
        return autograd.argmax(self, axis)

    def astype(self, dtype: Any) -> Tensor:
        return autograd.cast(self, dtype)


def _other(value: object) -> Any:
    return value if isinstance(value, (int, float)) else array_of(value)


def _without_tensors(value: Any) -> Any:
    """Return a structure of arguments with a copy in NumPy for each Tensor."""
    if isinstance(value, Tensor):
        return value.numpy()
    if isinstance(value, dict):
        return {key: _without_tensors(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_without_tensors(item) for item in value)
    return value


def as_tensor(value: object) -> Tensor:
    """Return a Tensor as it is, anything else wrapped."""
    return value if isinstance(value, Tensor) else Tensor(value)
