# SPDX-License-Identifier: BSD-3-Clause
"""Hostile calls: each is refused by name, argument, value and rule, in a process that lives."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from arrays import integers
from compare import assert_same
from hostile_call import zeros
from hostile_calls import hostile_calls

from pyconv import ops, reference

CALLS = hostile_calls()
SUPPORT = Path(__file__).parent.parent / "support"


def test_there_are_many():
    assert len(CALLS) >= 400
    names = {name for name, value in vars(ops).items() if callable(value)}
    assert {call.function for call in CALLS} == names


@pytest.mark.parametrize("function", sorted({call.function for call in CALLS}))
def test_refusals_name_function_argument_value_and_rule(function):
    wrong = []
    for call in CALLS:
        if call.function != function:
            continue
        what = f"{function}(..., {call.options})"
        try:
            call.run()
        except call.error as error:
            text = str(error)
            starts = text.startswith((f"{function}: ", f"{function.partition('_with_arg')[0]}: "))
            if not starts or call.text not in text:
                wrong.append(f"{what} says {text!r}, without {call.text!r}")
        except Exception as error:
            wrong.append(f"{what} raises {error!r}, not {call.error.__name__}: {call.text}")
        else:
            wrong.append(f"{what} is accepted; should say {call.text!r}")
    assert not wrong, "\n".join(wrong)


RUN_ALL = """
import faulthandler, sys
faulthandler.enable()
from hostile_calls import hostile_calls
from pyconv import _core
for isa in _core.isas():
    _core._set_isa(isa)
    for call in hostile_calls():
        try:
            call.run()
        except (ValueError, TypeError, MemoryError):
            pass
print("alive")
"""


def test_a_process_lives_through_all_of_them():
    path = os.pathsep.join([str(SUPPORT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "alive\n"


HUGE_RESULTS = {
    "conv2d": lambda: ops.conv2d(zeros(1, 2, 2, 1), zeros(1, 1, 1, 1), padding=2**20),
    "im2col": lambda: ops.im2col(zeros(1, 2, 2, 1), 1, padding=2**20),
    "im2col, k=4000": lambda: ops.im2col(zeros(1, 4000, 4000, 1), 4000, padding="same"),
    "max_pool2d": lambda: ops.max_pool2d(
        np.broadcast_to(np.float32(0), (2**20, 2**20, 1, 1)), (1, 1)
    ),
    "relu": lambda: ops.relu(np.broadcast_to(np.float32(0), (2**20, 2**20))),
    "gemm": lambda: ops.gemm(zeros(2**21, 1), zeros(1, 2**21)),
}


@pytest.mark.parametrize("what", HUGE_RESULTS)
def test_what_cannot_fit_is_a_memory_error_at_once(what):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises((MemoryError, ValueError)):
        HUGE_RESULTS[what]()
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert kilobytes < 300_000, "memory was touched"


@pytest.mark.parametrize(
    "kind", [np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64, np.uint64]
)
def test_numpy_integers_are_integers(kind, device):
    x, kernel = integers((1, 7, 7, 4), "float32", 0), integers((3, 3, 2, 6), "float32", 1)
    options = {
        "strides": (kind(2), kind(1)),
        "padding": ((kind(1), 0), (kind(2), kind(0))),
        "dilation_rate": kind(2),
        "groups": kind(2),
    }
    y = ops.conv2d(device(x), device(kernel), **options)
    assert_same(device.host(y), reference.conv2d(x, kernel, **options))
    pooled = ops.max_pool2d(device(x), kind(2), strides=kind(3), padding=kind(1))
    assert_same(device.host(pooled), reference.max_pool2d(x, 2, strides=3, padding=1))
