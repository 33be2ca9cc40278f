# SPDX-License-Identifier: BSD-3-Clause
"""A Function pairs one forward computation on arrays with its backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from pyconv.autograd.tape import tapes_wanting
from pyconv.autograd.tensor import Tensor
from pyconv.backend import Array

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName

Gradients = Array | None | tuple[Array | None, ...]


class Function:
    """One application of a differentiable function; made anew for each call.

    A subclass takes its options in `__init__`, computes in `forward(*arrays)` and returns one
    gradient per input from `backward(dy)`; where `wanted` is False it may be None. What backward
    needs is kept on self, and only when `recording`.
    """

    wanted: tuple[bool, ...] = ()  # one per input once a tape records; empty when none does
    tapes = 0  # that recorded it
    forward: Callable[..., Array]
    backward: Callable[[Array], Gradients]

    @property
    def recording(self) -> bool:
        return bool(self.wanted)

    def __call__(self, *inputs: Tensor | None) -> Tensor:
        tapes = tapes_wanting(inputs)
        self.tapes = len(tapes)
        if self.tapes == 1:
            self.wanted = tapes[0][1]
        elif tapes:
            self.wanted = tuple(map(any, zip(*[wanted for _, wanted in tapes], strict=True)))
        array = self.forward(*[None if x is None else x.array for x in inputs])
        y = Tensor.wrap(np.asarray(array) if isinstance(array, np.generic) else array)
        for tape, wanted in tapes:
            tape.record(self, inputs, y, wanted)
        return y

    def hand_over(self) -> ActivationName:
        """Return a last step whose gradient the one user of the result takes on, by name.

        Such a step is left out of this backward from then on. None: there is none.
        """
        return None

    def take_over(self, maker: Function) -> None:
        """Take on what the maker of the input hands over; nobody else used that input."""

    def names_of_wanted(self, *names: str) -> tuple[str, ...]:
        """Return the names of the inputs whose gradient is wanted, for an op's `needs`."""
        return tuple(name for name, wanted in zip(names, self.wanted, strict=True) if wanted)
