# SPDX-License-Identifier: BSD-3-Clause
"""No op reads or writes beyond its arrays: they end, or begin, at pages that may not be touched."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUPPORT = Path(__file__).parent.parent / "support"
PROGRAM = SUPPORT / "guard_pages.py"


def run_program(source, *arguments):
    path = os.pathsep.join([str(SUPPORT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, *source, *arguments],
        env={**os.environ, "PYTHONPATH": path, "PYCONV_ARENA": "poison"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.mark.parametrize("chunk", range(4))
@pytest.mark.parametrize("placement", ["end", "begin"])
def test_every_op_stays_inside_its_arrays(placement, chunk, exhaustive):
    count = 40 * (10 if exhaustive else 1)
    first = 5000 + chunk * count
    done = run_program([str(PROGRAM)], placement, str(first), str(first + count))
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= count * 7


TOUCH = """
import sys
import numpy as np
from guard_pages import guarded_empty
array = guarded_empty((5,), "float32", sys.argv[1])
beside = np.lib.stride_tricks.as_strided(array, (7,), (4 if sys.argv[1] == "end" else -4,))
print(beside.sum())
"""


@pytest.mark.parametrize("placement", ["end", "begin"])
def test_a_guard_page_ends_the_process(placement):
    done = run_program(["-c", TOUCH], placement)
    assert done.returncode < 0, "reading beyond the array went unnoticed"
