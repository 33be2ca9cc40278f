# SPDX-License-Identifier: BSD-3-Clause
"""GradientTape: records functions of watched Tensors and replays their backwards in reverse."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, overload

import numpy as np

from pyconv.autograd.own_function import checked_gradients
from pyconv.autograd.seeds import checked_tensors, seeds_of
from pyconv.autograd.tensor import Tensor
from pyconv.autograd.variable import Variable
from pyconv.backend import Array, added, is_floating

if TYPE_CHECKING:
    from types import TracebackType

    from pyconv.autograd.function import Function


class _Active(threading.local):
    """The tapes recording in this thread, outermost first."""

    def __init__(self) -> None:
        self.tapes: list[GradientTape] = []


_active = _Active()
Inputs = tuple[Tensor | None, ...]


# A function that ran while a tape watched an input: its inputs, its output, whose gradients are
# wanted, and the versions of the variables among the inputs.
Record = tuple["Function", Inputs, Tensor, tuple[bool, ...], list[tuple[Variable, int]]]


def tapes_wanting(inputs: Inputs) -> list[tuple[GradientTape, tuple[bool, ...]]]:
    """Return the active tapes that watch an input, each with which inputs it watches."""
    found = []
    for tape in _active.tapes:
        wanted = tape._wanted(inputs)
        if True in wanted:
            found.append((tape, wanted))
    return found


@contextmanager
def no_recording() -> Iterator[None]:
    """Let no tape of this thread record what runs inside the block."""
    tapes, _active.tapes = _active.tapes, []
    try:
        yield
    finally:
        _active.tapes = tapes


class GradientTape:
    """Record functions inside a `with` block for reverse-mode differentiation.

    Args:
        persistent: keep the record after `gradient`, so that it can be asked again.
        watch_accessed_variables: watch every trainable Variable that a function meets.

    Tapes may nest, but gradients are not recorded themselves: second order is not offered.
    Source: TensorFlow's GradientTape.

    >>> from pyconv import GradientTape, Tensor
    >>> x = Tensor([1.0, 2.0])
    >>> with GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * x
    >>> tape.gradient(y, x).numpy().tolist()
    [2.0, 4.0]
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = persistent
        self._accessed = watch_accessed_variables
        self._watched: dict[int, Tensor] = {}
        self._records: list[Record] = []
        self._spent = False
        self._asked = threading.Lock()

    def __enter__(self) -> GradientTape:
        if self in _active.tapes:
            raise RuntimeError("GradientTape: this tape records already; leave its block first")
        _active.tapes.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _active.tapes.remove(self)

    def watch(self, tensors: Tensor | Sequence[Tensor]) -> None:
        """Record what is computed from these Tensors from here on."""
        for tensor in [tensors] if isinstance(tensors, Tensor) else tensors:
            if not isinstance(tensor, Tensor):
                raise TypeError(f"watch: tensors has a {type(tensor).__name__}; must be a Tensor")
            if not is_floating(tensor.array.dtype):
                raise TypeError(f"watch: tensor of dtype {tensor.dtype}; must be floating")
            self._watched[id(tensor)] = tensor

    def watches(self, tensor: Tensor | None) -> bool:
        """Tell whether the tape records functions of this Tensor."""
        if id(tensor) in self._watched:
            return True
        return self._accessed and isinstance(tensor, Variable) and tensor.trainable

    def _wanted(self, inputs: Inputs) -> tuple[bool, ...]:
        if self._accessed:
            return tuple(map(self.watches, inputs))
        return tuple(map(self._watched.__contains__, map(id, inputs)))

    def record(
        self, function: Function, inputs: Inputs, output: Tensor, wanted: tuple[bool, ...]
    ) -> None:
        """Keep a function that just ran; its output is watched from here on."""
        self._watched[id(output)] = output
        versions = [(x, x.version) for x in inputs if isinstance(x, Variable)]
        self._records.append((function, inputs, output, wanted, versions))

    @overload
    def gradient(
        self,
        target: Tensor | Sequence[Tensor],
        sources: Tensor,
        output_gradients: Tensor | Sequence[Tensor] | None = None,
    ) -> Tensor | None: ...
    @overload
    def gradient(
        self,
        target: Tensor | Sequence[Tensor],
        sources: Sequence[Tensor],
        output_gradients: Tensor | Sequence[Tensor] | None = None,
    ) -> list[Tensor | None]: ...
    def gradient(
        self,
        target: Tensor | Sequence[Tensor],
        sources: Tensor | Sequence[Tensor],
        output_gradients: Tensor | Sequence[Tensor] | None = None,
    ) -> Tensor | list[Tensor | None] | None:
        """Return d(sum of target)/d(source) for each source, None where there is no path.

        Args:
            target: one Tensor or several, any shape; several are summed.
            sources: watched Tensors or Variables, one or a sequence.
            output_gradients: weights of the targets' elements, in their shapes; ones by default.
        Raises:
            RuntimeError: the tape was asked before and is not persistent, or a Variable changed
                since.
            TypeError: a target, a source or an output gradient is no Tensor.
            ValueError: output gradients of another number, shape or dtype than the targets.
        """
        if self._spent:
            raise RuntimeError("gradient: this tape was used up; make it with persistent=True")
        wanted = checked_tensors("sources", sources)
        seeds, asked = seeds_of(target, output_gradients), {id(x) for x in wanted}
        with self._asked, no_recording():  # functions hold what passes through them meanwhile
            if not self._persistent:
                self._spent = True
                self._hand_over(asked | seeds.keys())
                self._watched.clear()  # what records alone hold is freed with them
            found = self._backward(seeds, asked)
        gradients = [None if (d := found.get(id(x))) is None else Tensor.wrap(d) for x in wanted]
        return gradients[0] if isinstance(sources, Tensor) else gradients

    def _hand_over(self, outside: set[int]) -> None:
        """Let functions take on a step of their input's maker where they alone use that input.

        Args:
            outside: ids of Tensors whose gradients are seen, or fed, from outside.
        """
        takers = [record for record in self._records if record[0].takes_over]
        if not takers:
            return
        used = Counter(map(id, chain.from_iterable([record[1] for record in self._records])))
        makers = {id(record[2]): record[0] for record in self._records}
        for function, inputs, *_ in takers:
            x = id(inputs[0])
            if x in makers and x not in outside and used[x] == 1:
                maker = makers[x]
                if function.tapes == maker.tapes == 1:
                    function.take_over(maker)

    def _backward(self, found: dict[int, Array], sources: set[int]) -> dict[int, Array]:
        """Run the records backwards; `found` maps id of a Tensor to its gradient."""
        records = list(self._records) if self._persistent else self._records
        own: set[int] = set()  # the gradients that this loop alone holds
        while records:
            # Taken off, so that what the function kept is freed as soon as it is used.
            function, inputs, y, wanted, versions = records.pop()
            output = id(y)
            del y
            dy = found.get(output) if output in sources else found.pop(output, None)
            if dy is None:
                continue
            for variable, version in versions:
                if variable.version != version:
                    raise RuntimeError(
                        "gradient: a Variable was changed after the forward that used it"
                    )
            summed = None
            if function.tapes == 1:  # another tape may want other gradients, in another thread
                function.dy_is_spare = output in own and output not in sources
                if function.adds_up and wanted[0] and id(inputs[0]) in own:
                    summed = found.get(id(inputs[0]))
                function.summed = summed
            gradients = function.gradients(dy)
            function.summed = None
            if function.is_own:
                gradients = checked_gradients(type(function).__name__, gradients, inputs, wanted)
            if not isinstance(gradients, tuple):
                gradients = (gradients,)
            for x, is_wanted, dx in zip(inputs, wanted, gradients, strict=True):
                if is_wanted and dx is not None:
                    key, dx = id(x), np.asarray(dx) if isinstance(dx, np.generic) else dx
                    if key not in found:
                        found[key] = dx
                        if function.makes_anew:
                            own.add(key)
                    elif dx is not summed:
                        found[key] = added(found[key], dx, into_a=key in own)
                        own.add(key)
        return found
