# SPDX-License-Identifier: BSD-3-Clause
"""The arena: reuse, poison, limits, memory that stays flat."""

from __future__ import annotations

import resource

import numpy as np
import pytest

import pyconv
from pyconv import backend, ops

RELU = "import numpy as np, pyconv; from pyconv import ops; "
FAULTS = "import resource; faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"


def test_released_memory_is_handed_out_again() -> None:
    x = np.ones((1 << 20,), np.float32)
    pyconv.trim_memory()
    first = ops.relu(x).__array_interface__["data"][0]
    second = ops.relu(x).__array_interface__["data"][0]
    assert first == second
    assert pyconv.memory_info()["cached"] >= x.nbytes


def test_trim_memory_gives_all_cached_memory_back() -> None:
    ops.relu(np.ones((1 << 20,), np.float32))
    cached = pyconv.memory_info()["cached"]
    assert cached > 0
    assert pyconv.trim_memory() == cached
    assert pyconv.memory_info()["cached"] == 0


def test_an_array_outlives_the_name_it_was_made_under() -> None:
    part = ops.relu(np.arange(1 << 20, dtype=np.float32))[5:10]
    others = [ops.relu(np.zeros((1 << 20,), np.float32)) for _ in range(3)]
    assert len(others) == 3
    assert np.array_equal(part, [5, 6, 7, 8, 9])


def test_poison_fills_fresh_arrays_with_nan(run_python) -> None:
    program = (
        "import numpy as np; from pyconv import backend; "
        "print(np.isnan(backend.empty_on(np.zeros(1, np.float32), (1 << 16,))).all())"
    )
    assert run_python(program, PYCONV_ARENA="poison").stdout.strip() == "True"


def test_the_limit_is_a_memory_error_and_life_goes_on(run_python) -> None:
    program = RELU + (
        "x = np.ones(1 << 22, np.float32)\n"
        "try: ops.relu(x)\n"
        "except MemoryError as error: print(error)\n"
        "print(ops.relu(x[:1 << 18]).sum())"
    )
    done = run_python(program, PYCONV_ARENA_LIMIT="8M")
    assert done.stdout.splitlines() == [
        "an array of shape (4194304,) takes 16777216 bytes",
        "262144.0",
    ], done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("PYCONV_ARENA", "2"), ("PYCONV_ARENA_LIMIT", "much"), ("PYCONV_ISA", "avx9")],
)
def test_a_bad_setting_stops_the_import_with_its_value(run_python, name: str, value: str) -> None:
    done = run_python("import pyconv", **{name: value})
    assert done.returncode == 1
    assert f"{name}={value}; " in done.stderr


def test_an_impossible_size_is_a_memory_error() -> None:
    like = np.zeros(1, np.float32)
    with pytest.raises(MemoryError, match=r"an array of shape \(1099511627776, 1024\)"):
        backend.empty_on(like, (1 << 40, 1 << 10))


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def test_resident_memory_stays_flat() -> None:
    x = np.random.default_rng(0).standard_normal((8, 20, 20, 8)).astype(np.float32)
    kernel = np.ones((3, 3, 8, 16), np.float32)
    y = ops.conv2d(x, kernel)

    def step() -> None:
        ops.conv2d_backward(y, x, kernel)
        pooled, argmax = ops.max_pool2d_with_argmax(ops.conv2d(x, kernel))
        ops.max_pool2d_backward(pooled, argmax, y.shape)
        with pytest.raises(ValueError, match="strides"):
            ops.conv2d(x, kernel, strides=0)

    for _ in range(100):
        step()
    before = resident_bytes()
    for _ in range(1000):
        step()
    assert resident_bytes() - before < 1_000_000


def test_a_program_that_changes_sizes_soon_gets_its_memory_back(run_python) -> None:
    program = (
        RELU
        + FAULTS
        + (
            "for megabytes in (90, 70, 50):  # more than the arena may cache\n"
            "    ops.relu(np.ones(megabytes << 18, np.float32))\n"
            "x = np.ones(20 << 18, np.float32); pair = np.empty((2,) + x.shape, np.float32)\n"
            "for _ in range(50): ops.relu(x); ops.relu(pair)\n"
            "before = faults()\n"
            "for _ in range(50): ops.relu(x); ops.relu(pair)\n"
            "print(faults() - before)\n"
            "info = pyconv.memory_info(); print(info['cached'] <= info['peak'] + (64 << 20))"
        )
    )
    faults, bounded = run_python(program).stdout.split()
    assert int(faults) < 100
    assert bounded == "True"


def test_a_limit_holds_whatever_was_freed_before(run_python) -> None:
    program = RELU + (
        "ops.relu(np.ones(58 << 18, np.float32))\n"
        "first = ops.relu(np.ones(39 << 18, np.float32))\n"
        "second = ops.relu(np.ones(58 << 18, np.float32))\n"
        "print(pyconv.memory_info()['in_use'] <= 105 << 20)"
    )
    assert run_python(program, PYCONV_ARENA_LIMIT="105M").stdout.strip() == "True"


def test_a_step_that_holds_less_at_once_than_in_all_is_not_mapped_anew(run_python) -> None:
    program = (
        RELU
        + FAULTS
        + (
            "sizes = [60, 88, 62, 86, 64, 84, 66, 82, 68, 80]  # one at a time\n"
            "xs = [np.ones(megabytes << 18, np.float32) for megabytes in sizes]\n"
            "for _ in range(4):\n"
            "    before = faults()\n"
            "    for x in xs: ops.relu(x)\n"
            "print(faults() - before)\n"
            "info = pyconv.memory_info(); print(info['cached'] <= info['peak'] * 9 // 8)"
        )
    )
    faults, bounded = run_python(program).stdout.split()
    assert int(faults) < 100
    assert bounded == "True"


def test_matrices_of_images_side_by_side_are_bounded(run_python) -> None:
    program = (
        "import numpy as np; from pyconv import backend, ops; backend.set_num_threads(32)\n"
        "x = np.zeros((64, 515, 515, 1), np.float32); dy = np.ones((64, 512, 512, 1), np.float32)\n"
        "kernel = np.ones((4, 4, 1, 1), np.float32)\n"
        "dx = ops.conv2d_backward(dy, x, kernel, needs=('x',))[0]\n"
        "print(backend.memory_info()['peak'] - dx.nbytes)"
    )
    assert int(run_python(program).stdout) <= 257 << 20
