# SPDX-License-Identifier: BSD-3-Clause
"""Nodes that change what comes: map, filter, batch, shuffle, repeat, take, skip, prefetch."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from pyconv import random
from pyconv.data.background import ahead, closed_after, go_on, map_in_order
from pyconv.data.elements import Element, as_element, gathered, presented, stacked
from pyconv.data.node import INFINITE, UNKNOWN, Below, Node, Seeds, generator_of, spawned

T = TypeVar("T")

_UNIFORMS_AT_ONCE = 512


class Map(Below):
    """A user's function of each element, in the elements' order also where threads share it.

    What it draws from pyconv's generator depends on the pass and the element's number alone.
    """

    def __init__(self, below: Node, function: Callable[..., Any], threads: int) -> None:
        super().__init__(below)
        self.function, self.threads, self.draws = function, threads, True

    def start(self, seeds: Seeds) -> Iterator[Element]:
        numbered = enumerate_closing(self.below.start(spawned(seeds, 1)))
        own = spawned(seeds, 0)

        def apply(numbered: tuple[int, Element]) -> Element:
            number, element = numbered
            with random.drawing_from(lambda: generator_of(own, number)):
                return as_element("Dataset.map", called(self.function, element))

        return map_each(apply, numbered, self.threads)


class Filter(Below):
    """The elements of which a user's function is true."""

    def __init__(self, below: Node, predicate: Callable[..., Any]) -> None:
        super().__init__(below)
        self.predicate, self.count = predicate, UNKNOWN

    def start(self, seeds: Seeds) -> Iterator[Element]:
        return self._elements(self.below.start(seeds))

    def _elements(self, elements: Iterator[Element]) -> Iterator[Element]:
        with closed_after(elements):
            for element in elements:
                if _is_true(called(self.predicate, element)):
                    yield element


class DropNone(Below):
    """The elements that are not None: whose pictures could be read."""

    def __init__(self, below: Node) -> None:
        super().__init__(below)
        self.count = UNKNOWN

    def start(self, seeds: Seeds) -> Iterator[Element]:
        return self._elements(self.below.start(seeds))

    def _elements(self, elements: Iterator[Element]) -> Iterator[Element]:
        with closed_after(elements):
            for element in elements:
                if element is not None:
                    yield element


class Batch(Below):
    """Several elements as one, stacked; the last may be smaller."""

    def __init__(self, below: Node, size: int, *, drop_remainder: bool) -> None:
        super().__init__(below)
        self.size, self.drop_remainder = size, drop_remainder
        if below.count >= 0:
            self.count = below.count // size if drop_remainder else -(-below.count // size)

    def start(self, seeds: Seeds) -> Iterator[Element]:
        made = self.below.batches(seeds, self.size, drop_remainder=self.drop_remainder)
        if made is not None:
            return made
        ordered = self.below.order(seeds)
        if ordered is not None:
            arrays, places = ordered
            return self._batches(places, lambda chosen: gathered(arrays, chosen))
        elements = self.below.start(seeds)
        return self._batches(elements, lambda chosen: stacked("Dataset.batch", chosen))

    def _batches(self, items: Iterator[T], join: Callable[[list[T]], Element]) -> Iterator[Element]:
        with closed_after(items):
            while chosen := list(itertools.islice(items, self.size)):
                if len(chosen) < self.size and self.drop_remainder:
                    return
                yield join(chosen)


class Shuffle(Below):
    """Elements drawn from a buffer that is filled from below."""

    def __init__(self, below: Node, size: int, seed: int | None, *, reshuffle: bool) -> None:
        super().__init__(below)
        self.size, self.seed, self.reshuffle = size, seed, reshuffle
        self.draws = below.draws or seed is None
        self._passes = itertools.count()
        self._first: Seeds | None = None
        self._lock = threading.Lock()

    def start(self, seeds: Seeds) -> Iterator[Element]:
        picked = self.picked(seeds)
        if picked is not None:
            return picked
        elements = self.below.start(spawned(seeds, 1))
        return shuffled(elements, self.size, self._generator(seeds))

    def order(self, seeds: Seeds) -> tuple[Element, Iterator[int]] | None:
        ordered = self.below.order(spawned(seeds, 1))
        if ordered is None:
            return None
        arrays, places = ordered
        return arrays, shuffled(places, self.size, self._generator(seeds))

    def _generator(self, seeds: Seeds) -> np.random.Generator:
        if self.seed is not None:
            key = [self.seed, next(self._passes)] if self.reshuffle else [self.seed]
            return generator_of(Seeds(key))
        if not self.reshuffle:
            with self._lock:
                seeds = self._first = self._first or seeds
        return generator_of(seeds)


class Repeat(Below):
    """All elements again and again, `times` times or without end."""

    def __init__(self, below: Node, times: int) -> None:
        super().__init__(below)
        self.times = times
        if times == 0 or below.count == 0:
            self.count = 0
        elif times == INFINITE or below.count == INFINITE:
            self.count = INFINITE
        elif below.count != UNKNOWN:
            self.count = below.count * times

    def start(self, seeds: Seeds) -> Iterator[Element]:
        for number in itertools.count():
            if number == self.times:
                return
            empty = True
            elements = self.below.start(spawned(seeds, number))
            with closed_after(elements):
                for element in elements:
                    empty = False
                    yield element
            if empty:
                return


class Part(Below):
    """The elements from one number to another; None: to the end."""

    def __init__(self, below: Node, first: int, last: int | None) -> None:
        super().__init__(below)
        self.first, self.last = first, last
        if below.count == INFINITE:
            self.count = INFINITE if last is None else max(0, last - first)
        elif below.count != UNKNOWN:
            end = below.count if last is None else min(last, below.count)
            self.count = max(0, end - first)
        elif last is not None and last <= first:
            self.count = 0

    def start(self, seeds: Seeds) -> Iterator[Element]:
        picked = self.picked(seeds)
        return self._of(self.below.start(seeds)) if picked is None else picked

    def order(self, seeds: Seeds) -> tuple[Element, Iterator[int]] | None:
        ordered = self.below.order(seeds)
        return None if ordered is None else (ordered[0], self._of(ordered[1]))

    def _of(self, items: Iterator[T]) -> Iterator[T]:
        with closed_after(items):
            yield from itertools.islice(items, self.first, self.last)


class Prefetch(Below):
    """The same elements, made ahead of their use in a thread of their own."""

    def __init__(self, below: Node, size: int) -> None:
        super().__init__(below)
        self.size = size

    def start(self, seeds: Seeds) -> Iterator[Element]:
        elements = self.below.start(seeds)
        return ahead(elements, self.size) if self.size else elements


def called(function: Callable[..., Any], element: Element) -> Any:
    """Return a user's function of an element, whose parts are its arguments if it is a tuple."""
    shown = presented(element)
    try:
        return function(*shown) if isinstance(shown, tuple) else function(shown)
    except StopIteration as error:  # passes are generators, which this would end or confuse
        raise RuntimeError(f"Dataset: {function!r} raised StopIteration") from error


def _is_true(answer: Any) -> bool:
    """Return what a predicate answers.

    Raises:
        ValueError: an array of several answers, or of none.
    """
    if np.size(answer) != 1:
        raise ValueError(
            f"Dataset.filter: predicate returned shape {np.shape(answer)}; must be one truth value"
        )
    return bool(answer)


def map_each(function: Callable[[T], Element], items: Iterator[T], threads: int) -> Iterator[Any]:
    """Yield a function of each item, computed here where threads is 0."""
    return map_in_order(function, items, threads) if threads else _map_here(function, items)


def _map_here(function: Callable[[T], Element], items: Iterator[T]) -> Iterator[Element]:
    with closed_after(items):
        for item in items:
            go_on()
            yield function(item)


def enumerate_closing(items: Iterator[T]) -> Iterator[tuple[int, T]]:
    """Yield items with their numbers; closing this closes them."""
    with closed_after(items):
        yield from enumerate(items)


def shuffled(items: Iterator[T], size: int, generator: np.random.Generator) -> Iterator[T]:
    """Yield items in random order, each drawn from a buffer of the next `size` ones."""
    buffer: list[T] = []
    uniforms = _uniforms(generator)
    with closed_after(items):
        for item in items:
            if len(buffer) < size:
                buffer.append(item)
                continue
            place = int(next(uniforms) * size)
            drawn, buffer[place] = buffer[place], item
            yield drawn
    while buffer:
        place = int(next(uniforms) * len(buffer))
        buffer[place], buffer[-1] = buffer[-1], buffer[place]
        yield buffer.pop()


def _uniforms(generator: np.random.Generator) -> Iterator[float]:
    """Yield random numbers in [0, 1), drawn many at a time."""
    while True:
        yield from generator.random(_UNIFORMS_AT_ONCE).tolist()
