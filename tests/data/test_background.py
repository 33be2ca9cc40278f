# SPDX-License-Identifier: BSD-3-Clause
"""Threads of the pipeline: order, errors, bounds, and that none outlives its pass."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv.data import AUTOTUNE, Dataset

THREADS = (None, 1, 2, 5)


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Every test ends with the threads it began with."""
    before = set(threading.enumerate())
    yield
    gc.collect()
    for _ in range(200):
        left = set(threading.enumerate()) - before
        if not left:
            break
        time.sleep(0.01)
    assert not left


def counted(n: int) -> Dataset:
    return Dataset.from_tensor_slices(np.arange(n))


def collect(dataset: Dataset, seen: list[int]) -> None:
    for element in dataset:
        seen.append(element.item())


def numbers(dataset: Any) -> list[Any]:
    return [element.numpy().tolist() for element in dataset]


@pytest.mark.parametrize("threads", THREADS)
def test_the_order_is_kept_whatever_takes_longest(threads: int | None) -> None:
    def slow(i: Any) -> Any:
        time.sleep(0.004 if i.item() % 3 == 0 else 0)
        return i * 10

    dataset = counted(20).map(slow, num_parallel_calls=threads).prefetch(2)
    assert numbers(dataset) == list(range(0, 200, 10))


def test_random_maps_do_not_depend_on_threads() -> None:
    def noisy(i: Any) -> Any:
        return pyconv.random.generator().random(3)

    found = []
    for threads in THREADS:
        pyconv.set_seed(9)
        dataset = counted(12).shuffle(4).map(noisy, num_parallel_calls=threads)
        found.append([numbers(dataset.prefetch(3)), numbers(dataset), pyconv.random.get_state()])
    assert all(other == found[0] for other in found)
    assert found[0][0] != found[0][1]
    assert len({tuple(row) for row in found[0][0]}) == 12


def test_draws_of_the_consumer_do_not_mix_with_the_pipelines() -> None:
    def run(pause: float) -> tuple[Any, list[float]]:
        pyconv.set_seed(2)
        drawn, seen = [], []
        dataset = counted(30).shuffle(30).map(lambda i: (i, pyconv.random.generator().random()))
        for element in dataset.prefetch(2):
            seen.append([part.item() for part in element])
            drawn.append(pyconv.random.generator().random())
            time.sleep(pause)
        return seen, drawn

    assert run(0) == run(0.001)


@pytest.mark.parametrize("threads", THREADS)
def test_an_error_comes_in_its_place_with_its_type_and_text(threads: int | None) -> None:
    def broken(i: Any) -> Any:
        if i.item() == 5:
            raise OSError("no such picture")
        return i

    seen: list[int] = []
    dataset = counted(9).map(broken, num_parallel_calls=threads).prefetch(4)
    with pytest.raises(OSError, match="no such picture") as caught:
        collect(dataset, seen)
    assert seen == [0, 1, 2, 3, 4]
    assert "broken" in [entry.name for entry in caught.traceback]


def test_a_generators_error_comes_after_its_elements() -> None:
    def source() -> Iterator[int]:
        yield from range(4)
        raise LookupError("the disk is gone")

    for threads in THREADS:
        seen: list[int] = []
        dataset = Dataset.from_generator(source).map(lambda i: i, num_parallel_calls=threads)
        with pytest.raises(LookupError, match="the disk is gone"):
            collect(dataset.prefetch(AUTOTUNE), seen)
        assert seen == [0, 1, 2, 3]


def test_no_more_is_read_ahead_than_was_asked_for() -> None:
    read: list[int] = []

    def source() -> Iterator[int]:
        for i in range(100):
            read.append(i)
            yield i

    elements = iter(Dataset.from_generator(source).prefetch(3))
    next(elements)
    time.sleep(0.1)
    assert 4 <= len(read) <= 5  # one taken, three waiting, one held
    del elements
    read.clear()
    elements = iter(Dataset.from_generator(source).map(lambda i: i, num_parallel_calls=2))
    next(elements)
    time.sleep(0.1)
    assert len(read) == 4


def test_a_pass_left_in_the_middle_closes_what_is_below() -> None:
    closed: list[str] = []

    def source() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(threading.current_thread().name)

    dataset = Dataset.from_generator(source).map(lambda i: i, num_parallel_calls=2)
    for steps in (
        dataset,
        dataset.prefetch(2),
        dataset.shuffle(3).batch(2).prefetch(1),
        dataset.repeat().take(7).prefetch(1).cache(),
        Dataset.zip(dataset.prefetch(1), counted(5)),
    ):
        closed.clear()
        for _ in steps:
            break
        assert len(closed) == 1


def test_a_prefetched_pass_can_be_given_up_while_it_fails() -> None:
    started = threading.Event()

    def source() -> Iterator[int]:
        yield 0
        started.set()
        raise OSError("nobody hears this")

    elements = iter(Dataset.from_generator(source).prefetch(2))
    next(elements)
    started.wait(5)
    del elements


@pytest.mark.parametrize("threads", [None, 2])
@pytest.mark.parametrize(
    "uses_up",
    [
        lambda d: d.shuffle(500).take(1),
        lambda d: d.skip(499),
        lambda d: d.batch(500),
        lambda d: d.filter(lambda i: int(i) == 499),
        lambda d: d.prefetch(1).shuffle(500).take(1),
        lambda d: Dataset.from_generator(lambda: d).shuffle(500).take(1),
    ],
)
def test_a_step_that_uses_up_many_elements_can_be_given_up(threads: Any, uses_up: Any) -> None:
    later = threading.Event()
    begun = threading.Event()

    def slow(i: Any) -> Any:
        if later.is_set():
            begun.set()
            time.sleep(0.1)
        return i

    elements = iter(uses_up(counted(500).map(slow, threads)).repeat().prefetch(1))
    next(elements)
    time.sleep(0.5)  # two passes more are done, one of them waits for room
    later.set()
    next(elements)
    assert begun.wait(10)
    start = time.perf_counter()
    del elements
    gc.collect()
    assert time.perf_counter() - start < 5  # of 25 or 50


def test_two_passes_of_one_dataset_run_side_by_side() -> None:
    dataset = counted(50).shuffle(50, seed=1, reshuffle_each_iteration=False).prefetch(2).cache()
    first, second = iter(dataset), iter(dataset)
    pairs = [(a.item(), b.item()) for a, b in zip(first, second, strict=True)]
    assert len(pairs) == 50
    assert all(a == b for a, b in pairs)


def test_reading_ahead_overlaps_with_use() -> None:
    def slow(i: Any) -> Any:
        time.sleep(0.02)
        return i

    def seconds(dataset: Dataset) -> float:
        start = time.perf_counter()
        for _ in dataset:
            time.sleep(0.02)
        return time.perf_counter() - start

    dataset = counted(15).map(slow)
    assert seconds(dataset.prefetch(2)) < 0.8 * seconds(dataset)


@pytest.mark.parametrize(
    "end",
    ["", "raise SystemExit(0)", "import os; os.chdir('/')", "del elements", "elements.close()"],
)
def test_the_interpreter_ends_in_the_middle_of_a_pass(end: str) -> None:
    program = f"""
import numpy as np
from pyconv.data import Dataset
dataset = Dataset.from_tensor_slices(np.arange(10**6)).map(lambda i: i, num_parallel_calls=2)
elements = iter(dataset.batch(4).prefetch(2))
kept = [next(elements)]
kept.append(kept)
kept.append(elements if {end!r} == "" else None)
print(kept[0].numpy().tolist())
{end}
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[0, 1, 2, 3]\n", "")
