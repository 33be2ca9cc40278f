# SPDX-License-Identifier: BSD-3-Clause
"""Where batches come from: arrays, or an iterable or sequence of batches; and passes over them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

from pyconv import random
from pyconv.models.ahead import Ahead
from pyconv.models.batch import Batch as Batch
from pyconv.models.data import Gatherer, Samples, unpacked
from pyconv.models.outputs import filled, leaves
from pyconv.models.prepared import Prepared


class ArraySource:
    """Batches of prepared arrays; the last may be smaller."""

    repeats = False

    def __init__(
        self, prepared: Prepared, batch_size: int, dtype: str | None, *, shuffle: bool = False
    ) -> None:
        self.prepared, self.batch_size, self.shuffle = prepared, batch_size, shuffle
        self.samples: int | None = prepared.samples
        self.steps: int | None = -(-prepared.samples // batch_size)
        self._gatherers = [Gatherer(array, batch_size, dtype) for array in leaves(prepared.x)]

    def start(self, skipped: int = 0) -> Iterator[Batch]:
        """Begin a pass over all samples, in a new order where they are shuffled."""
        samples = self.prepared.samples
        order = random.generator().permutation(samples) if self.shuffle else None
        return self._batches(order, skipped)

    def _batches(self, order: Samples | None, skipped: int) -> Iterator[Batch]:
        samples, size = self.prepared.samples, self.batch_size
        for start in range(skipped * size, samples, size):
            stop = min(start + size, samples)
            chosen: Any = slice(start, stop) if order is None else order[start:stop]
            x = filled(self.prepared.x, [gatherer.take(chosen) for gatherer in self._gatherers])
            y = [None if array is None else array[chosen] for array in self.prepared.y]
            weights = [None if array is None else array[chosen] for array in self.prepared.weights]
            yield Batch(x, y, weights, self.prepared.form)


class IterableSource:
    """Batches of the user's, each prepared as it comes.

    An iterable starts anew for each pass, an iterator goes on where it stands. A sequence with
    `__len__` and `__getitem__` alone is read from 0, and so is an iterator that has both; the
    latter repeats where more steps are asked for. `on_epoch_end` is called after each pass.
    """

    samples: int | None = None
    batch_size: int | None = None

    def __init__(self, batches: Any, prepare: Callable[[Any, Any, Any], Batch], name: str) -> None:
        self.batches, self.prepare, self.name = batches, prepare, name
        self.steps: int | None = None
        if hasattr(batches, "__len__"):
            with suppress(TypeError):  # it has a length but does not know it
                self.steps = len(batches)
        if self.steps == 0:
            raise ValueError(f"{name} has no batches")
        self.repeats = self.steps is not None and all(
            hasattr(batches, name) for name in ("__next__", "__getitem__")
        )

    def start(self, skipped: int = 0) -> Iterator[Batch]:
        """Begin a pass; batches to skip are taken at once and left."""
        iterator = self._iterator()
        for number, batch in enumerate(islice(iterator, skipped)):
            if number + 1 == skipped:
                self.prepare(*unpacked(self.name, batch))  # what depends on shapes is made
        return self._batches(iterator, skipped)

    def _batches(self, iterator: Iterator[Any], taken: int) -> Iterator[Batch]:
        while taken != self.steps:
            try:
                batch = next(iterator)
            except StopIteration:
                break
            taken += 1
            yield self.prepare(*unpacked(self.name, batch))
        if hasattr(self.batches, "on_epoch_end"):
            self.batches.on_epoch_end()

    def _iterator(self) -> Iterator[Any]:
        if hasattr(self.batches, "__iter__") and not self.repeats:
            return iter(self.batches)
        return (self.batches[number] for number in range(self.steps or 0))


class Pass(NamedTuple):
    """Where a pass over a source stands: the random state it began with, batches taken since."""

    random_state: dict[str, Any]
    taken: int


class Epochs:
    """Epochs over a source: each a whole pass, or a given number of steps of one pass on and on.

    Args:
        steps: batches per epoch; None for all the source has.
        anew: begin each epoch with the first batch.
        device, dtype: where the model computes, and in what.
    """

    def __init__(
        self,
        source: ArraySource | IterableSource,
        steps: int | None,
        *,
        anew: bool = False,
        device: str = "cpu",
        dtype: str = "float32",
    ) -> None:
        if steps is None and getattr(getattr(source, "batches", None), "endless", False):
            raise ValueError(f"{_name(source)} never ends; the number of steps must be given")
        self.source, self.given, self.anew = source, steps, anew
        self.steps = source.steps if steps is None else steps
        self.device, self.dtype = device, dtype
        self._iterator: Iterator[Batch] | None = None
        self._began: dict[str, Any] = {}
        self._taken = 0

    @property
    def position(self) -> Pass | None:
        """Where the pass stands; None between passes."""
        return None if self._iterator is None else Pass(self._began, self._taken)

    def resume(self, position: Pass | None) -> None:
        """Go on where another's `position` was; the random state moves and is the caller's."""
        self._iterator = None
        if position is not None:
            random.set_state(position.random_state)
            self._begin(position.taken)

    def _begin(self, skipped: int = 0) -> None:
        self._began, self._taken = random.get_state(), skipped
        batches = self.source.start(skipped)
        on_host = self.device == "cpu"
        self._iterator = batches if on_host else Ahead(batches, self.device, self.dtype)

    def stage(self) -> None:
        """Begin to bring the next batch to the device, where there is one."""
        if isinstance(self._iterator, Ahead):
            self._iterator.stage()

    def epoch(self, done: int = 0) -> Iterator[Batch]:
        """Yield the batches of one epoch of which some are done."""
        if self._iterator is None or (not done and (self.given is None or self.anew)):
            self._begin()
        assert self._iterator is not None
        step = done
        while self.given is None or step < self.given:
            batch = next(self._iterator, None)
            again = not step or (self.source.repeats and self.given is not None)
            if batch is None and self._taken and again:  # the last epoch ended with the pass
                self._begin()
                batch = next(self._iterator, None)
            if batch is None:
                self._iterator = None
                if not step:
                    raise ValueError(
                        f"{_name(self.source)} has no more batches; epochs need an iterable that "
                        "starts anew"
                    )
                if self.given is not None:
                    warnings.warn(
                        f"{_name(self.source)} ended after {step} of {self.given} batches",
                        stacklevel=4,
                    )
                return
            self._taken += 1
            step += 1
            yield batch


def _name(source: ArraySource | IterableSource) -> str:
    return getattr(source, "name", "x")
