# SPDX-License-Identifier: BSD-3-Clause
"""Dataset: elements from arrays, generators or files, changed step by step as they are read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from pyconv import random
from pyconv.arguments import checked_flag, checked_function, checked_path, whole_number
from pyconv.autograd import Tensor
from pyconv.data.background import closed_after
from pyconv.data.cache import FileCache, MemoryCache
from pyconv.data.declared import declared
from pyconv.data.elements import Element, leaves, mapped, presented
from pyconv.data.node import INFINITE, UNKNOWN, Node, Seeds
from pyconv.data.sources import Generated, Slices, Zipped
from pyconv.data.steps import Batch, Filter, Map, Part, Prefetch, Repeat, Shuffle

AUTOTUNE = -1
_MOST_THREADS = 1024
_PREFETCHED = 2  # by AUTOTUNE: one more may be ready while the next is made


class Dataset:
    """A sequence of elements, each a Tensor or a tuple or dictionary of Tensors.

    Each method returns a new Dataset; nothing is read before a `for` loop, `fit`, `evaluate` or
    `predict` asks for elements, and each of them begins a pass of its own. Arrays are not copied.
    Text stays str, and arrays of text NumPy arrays.

    A pass draws one number from pyconv's generator if a step is random; everything random in it
    follows from that number, whatever its threads do. So `set_seed` repeats a program bit for bit.
    Source: tf.data.Dataset.
    """

    def __init__(self, node: Node) -> None:
        if not isinstance(node, Node):
            raise TypeError("Dataset: use Dataset.from_tensor_slices or Dataset.from_generator")
        self._node = node
        self.class_names: list[str] | None = None
        self.file_paths: list[str] | None = None

    @classmethod
    def from_tensor_slices(cls, tensors: Any, name: str | None = None) -> Dataset:
        """Return a Dataset of the items of arrays along their first axis.

        Args:
            tensors: an array or list (n, ...), or a tuple or dictionary of them, of one length.
        Raises:
            ValueError: lengths differ, or an array has no axes. TypeError: what is no number.
        """
        return cls(Slices(tensors))

    @classmethod
    def from_generator(
        cls,
        generator: Callable[..., Iterable[Any]],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Sequence[Any] | None = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """Return a Dataset of what an iterable yields; its length is unknown.

        Args:
            generator: called for each pass; returns an iterable. Arrays it yields are copied.
            output_types: dtypes in the form of an element, to which its arrays are cast.
            output_shapes: shapes in that form, which arrays must have; None where any size is.
            args: arguments of `generator`.
            output_signature: in place of both: objects with a `shape` and a `dtype` each.
        Raises:
            TypeError: `generator` is not callable, or what it yields is no number.
            ValueError: what it yields has another form or shape.
        """
        function = "Dataset.from_generator"
        if not callable(generator):
            raise TypeError(
                f"{function}: generator is {type(generator).__name__}; must be a function that "
                "returns an iterable"
            )
        dtypes, shapes = declared(output_types, output_shapes, output_signature)
        if args is not None and not isinstance(args, (tuple, list)):
            raise TypeError(f"{function}: args={args!r}; must be a tuple of arguments")
        return cls(Generated(generator, tuple(args or ()), dtypes, shapes))

    @staticmethod
    def zip(*datasets: Any) -> Dataset:
        """Return elements of several Datasets side by side, until the shortest ends.

        Args:
            datasets: Datasets, or one tuple or dictionary of them, in the form of the elements.
        """
        form = datasets[0] if len(datasets) == 1 else datasets
        found = leaves(form)
        for dataset in found:
            if not isinstance(dataset, Dataset):
                raise TypeError(f"Dataset.zip: {dataset!r}; must be a Dataset")
        if not found:
            raise ValueError("Dataset.zip: no Datasets; give one or more")
        return Dataset(Zipped(form, [dataset._node for dataset in found]))

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Return what a function makes of each element, in order.

        Args:
            map_func: takes an element, a tuple's parts as its arguments, and returns an element.
            num_parallel_calls: threads; AUTOTUNE for one per processor; None: in the reading one.
            deterministic: taken for tf.data's sake; the order is always kept.
        """
        if deterministic is not None:
            checked_flag("Dataset.map", "deterministic", deterministic)
        checked_function("Dataset.map", "map_func", map_func)
        threads = thread_count("Dataset.map", num_parallel_calls)
        return Dataset(Map(self._node, map_func, threads))

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """Return the elements of which a function is true; how many is unknown."""
        checked_function("Dataset.filter", "predicate", predicate)
        return Dataset(Filter(self._node, predicate))

    def batch(
        self,
        batch_size: int,
        drop_remainder: bool = False,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Return every `batch_size` elements as one, their arrays stacked along a new first axis.

        Args:
            drop_remainder: leave out a last batch that would be smaller.
            num_parallel_calls, deterministic: taken for tf.data's sake.
        Raises:
            ValueError: batch_size below 1; while reading: arrays of a batch that differ in shape.
        """
        size = whole_number("Dataset.batch", "batch_size", batch_size, 1)
        thread_count("Dataset.batch", num_parallel_calls)
        if deterministic is not None:
            checked_flag("Dataset.batch", "deterministic", deterministic)
        drop = checked_flag("Dataset.batch", "drop_remainder", drop_remainder)
        return Dataset(Batch(self._node, size, drop_remainder=drop))

    def shuffle(
        self,
        buffer_size: int,
        seed: int | None = None,
        reshuffle_each_iteration: bool = True,
        name: str | None = None,
    ) -> Dataset:
        """Return the elements in random order, each drawn from a buffer of the next ones.

        Args:
            buffer_size: elements; the order is that of a whole shuffle from the number of all on.
            seed: the order's own; None draws from pyconv's generator.
            reshuffle_each_iteration: another order in each pass.
        """
        size = whole_number("Dataset.shuffle", "buffer_size", buffer_size, 1)
        if seed is not None:
            seed = whole_number("Dataset.shuffle", "seed", seed, 0)
        if reshuffle_each_iteration is None:
            reshuffle_each_iteration = True
        again = checked_flag(
            "Dataset.shuffle", "reshuffle_each_iteration", reshuffle_each_iteration
        )
        return Dataset(Shuffle(self._node, size, seed, reshuffle=again))

    def repeat(self, count: int | None = None, name: str | None = None) -> Dataset:
        """Return all elements `count` times, one pass after the other; None or -1: without end."""
        times = INFINITE if count is None else whole_number("Dataset.repeat", "count", count, -1)
        return Dataset(Repeat(self._node, times))

    def take(self, count: int, name: str | None = None) -> Dataset:
        """Return the first `count` elements, all for -1."""
        number = whole_number("Dataset.take", "count", count, -1)
        return Dataset(Part(self._node, 0, None if number < 0 else number))

    def skip(self, count: int, name: str | None = None) -> Dataset:
        """Return the elements after the first `count`, none for -1."""
        number = whole_number("Dataset.skip", "count", count, -1)
        return Dataset(Part(self._node, max(number, 0), 0 if number < 0 else None))

    def cache(self, filename: str | os.PathLike[str] = "", name: str | None = None) -> Dataset:
        """Return the same elements, kept after the first whole pass.

        Args:
            filename: of a file to keep them in, also for other runs; "" keeps them in memory.
        """
        path = checked_path("Dataset.cache", "filename", filename)
        return Dataset(FileCache(self._node, path) if path else MemoryCache(self._node))

    def prefetch(self, buffer_size: int, name: str | None = None) -> Dataset:
        """Return the same elements, made ahead in a thread of their own.

        Args:
            buffer_size: how many may wait, besides the one that is made; AUTOTUNE: 2.
        """
        size = whole_number("Dataset.prefetch", "buffer_size", buffer_size, AUTOTUNE)
        return Dataset(Prefetch(self._node, _PREFETCHED if size == AUTOTUNE else size))

    def cardinality(self) -> Tensor:
        """Return the number of elements; INFINITE_CARDINALITY or UNKNOWN_CARDINALITY: no number."""
        return Tensor(np.array(self._node.count, np.int64))

    @property
    def endless(self) -> bool:
        """Whether a pass never ends."""
        return self._node.count == INFINITE

    def __len__(self) -> int:
        if self._node.count < 0:
            how = "infinite" if self.endless else "unknown"
            raise TypeError(f"Dataset: the number of elements is {how}")
        return self._node.count

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        return _shown(self._start(), presented)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Return a pass whose elements are copied to NumPy arrays."""
        return _shown(self._start(), _copied)

    def __repr__(self) -> str:
        number = {INFINITE: "infinitely many", UNKNOWN: "an unknown number of"}
        count = number.get(self._node.count, str(self._node.count))
        return f"<Dataset of {count} elements>"

    def _start(self) -> Iterator[Element]:
        return self._node.start(Seeds(random.draw_seed() if self._node.draws else 0))


def _shown(elements: Iterator[Element], show: Callable[[Element], Any]) -> Iterator[Any]:
    with closed_after(elements):
        for element in elements:
            yield show(element)


def _copied(element: Element) -> Any:
    return mapped(lambda leaf: leaf if isinstance(leaf, str) else np.array(leaf), element)


def thread_count(function: str, num_parallel_calls: int | None) -> int:
    """Return a number of threads; 0 for None, the number of usable processors for AUTOTUNE."""
    if num_parallel_calls is None:
        return 0
    count = whole_number(
        function, "num_parallel_calls", num_parallel_calls, AUTOTUNE, _MOST_THREADS
    )
    if count != AUTOTUNE:
        return count
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
