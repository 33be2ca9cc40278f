# SPDX-License-Identifier: BSD-3-Clause
"""A Function pairs one forward computation on arrays with its backward."""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv.autograd.own_function import checked_result, no_backward, no_forward
from pyconv.autograd.tape import tapes_wanting
from pyconv.autograd.tensor import Tensor, as_tensor
from pyconv.backend import (
    Array,
    computes_in_16_bits,
    is_floating,
    joined,
    precision,
    rounds_to_tf32,
    tf32_products,
    widened,
)

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName

Gradients = Array | None | tuple[Array | None, ...]


class Function:
    """One application of a differentiable function; made anew for each call.

    A subclass takes its options in `__init__`, computes in `forward(*arrays)` and returns one
    gradient per input from `backward(dy)`; where `wanted` is False it may be None. What backward
    needs is kept on self, and only when `recording`. backward changes neither dy nor what forward
    got: others may hold them.
    """

    takes_16_bits = False  # forward and backward are made for them
    joins_float32 = True  # its float32 inputs become 16 bits then
    is_own = False  # the user's: what it returns is checked
    takes_over = False  # whether `take_over` does anything
    makes_anew = False  # its gradients are arrays of their own, that nothing else holds
    adds_up = False  # its first gradient can be added to `summed`, which it then is
    dy_is_spare = False  # backward may write where its dy lies: nothing else holds it
    summed: Array | None = None  # so far the gradient of the first input, if held by the tape alone
    _dtypes: list[np.dtype[Any] | None] | None = None  # of the inputs, once other policies are used
    _tf32 = _widens = False
    wanted: tuple[bool, ...] = ()  # one per input once a tape records; empty when none does
    tapes = 0  # that recorded it
    forward: Callable[..., Array] = no_forward
    backward: Callable[..., Gradients] = no_backward

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.is_own = not cls.__module__.startswith("pyconv.")
        cls.takes_over = cls.take_over is not Function.take_over

    @property
    def recording(self) -> bool:
        return bool(self.wanted)

    def __call__(self, *inputs: Tensor | None) -> Tensor:
        if self.is_own:
            inputs = tuple(None if x is None else as_tensor(x) for x in inputs)
        tapes = tapes_wanting(inputs)
        if tapes:
            self.tapes, self.wanted = len(tapes), tapes[0][1]
        if self.tapes > 1:
            self.wanted = tuple(map(any, zip(*[wanted for _, wanted in tapes], strict=True)))
        arrays = [None if x is None else x.array for x in inputs]
        array = self._in_precision(arrays) if precision.in_use else self.forward(*arrays)
        if self.is_own:
            array = checked_result(type(self).__name__, array)
        y = Tensor.wrap(np.asarray(array) if isinstance(array, np.generic) else array)
        for tape, wanted in tapes:
            tape.record(self, inputs, y, wanted)
        return y

    def _in_precision(self, arrays: list[Array | None]) -> Array:
        """Return forward of arrays among which some may have 16 bits on a GPU.

        A function that takes these has the float32 ones joined to them, unless they are weights
        that stay wide; any other computes in float32, and its result is narrowed.
        """
        halves = [a.dtype for a in arrays if a is not None and computes_in_16_bits(a)]
        self._tf32, self._widens = rounds_to_tf32(), bool(halves) and not self.takes_16_bits
        if halves or self._tf32:
            self._dtypes = [None if a is None else a.dtype for a in arrays]
        if not halves:
            return self.forward(*arrays)
        if self.takes_16_bits and not self.joins_float32:
            return self.forward(*arrays)
        if self.takes_16_bits:
            return self.forward(*[None if a is None else joined(a, halves[0]) for a in arrays])
        return joined(self.forward(*[None if a is None else widened(a) for a in arrays]), halves[0])

    def gradients(self, dy: Array) -> Gradients:
        """Return backward in the precision of the forward, each gradient in its input's type."""
        if self._dtypes is None:
            return self.backward(dy)
        with tf32_products(self._tf32):
            found = self.backward(widened(dy) if self._widens else dy)
        several = found if isinstance(found, tuple) else (found,)
        return tuple(map(_as_dtype, several, self._dtypes))

    def hand_over(self) -> ActivationName:
        """Return a last step whose gradient the one user of the result takes on, by name.

        Such a step is left out of this backward from then on. None: there is none.
        """
        return None

    def take_over(self, maker: Function) -> None:
        """Take on what the maker of the input hands over; nobody else used that input."""

    def names_of_wanted(self, *names: str) -> tuple[str, ...]:
        """Return the names of the inputs whose gradient is wanted, for an op's `needs`."""
        return tuple(compress(names, self.wanted))


def _as_dtype(dx: Array | None, dtype: np.dtype[Any] | None) -> Array | None:
    if dx is None or dtype is None or not is_floating(dtype):
        return dx
    return dx.astype(dtype, copy=False)
