# SPDX-License-Identifier: BSD-3-Clause
"""Threads: how many, fork, Ctrl-C, the GIL, the floating-point state."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import numpy as np
import pytest

import pyconv
from pyconv import backend, ops

COUNT = "from pyconv import backend; print(backend.num_threads())"


@pytest.fixture
def four_threads() -> Iterator[None]:
    before = backend.num_threads()
    pyconv.set_num_threads(4)
    yield
    pyconv.set_num_threads(before)


def images(n: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 40, 40, 16)).astype(np.float32)
    return x, rng.standard_normal((3, 3, 16, 32)).astype(np.float32)


def test_pyconv_num_threads_wins(run_python) -> None:
    assert run_python(COUNT, PYCONV_NUM_THREADS="7", OMP_NUM_THREADS="1").stdout.strip() == "7"


@pytest.mark.parametrize("value", ["0", "abc", "-1", "1.5", "5000", ""])
def test_a_bad_pyconv_num_threads_is_refused_with_its_value(run_python, value: str) -> None:
    done = run_python(COUNT, PYCONV_NUM_THREADS=value)
    assert done.returncode == 1
    assert f"PYCONV_NUM_THREADS={value}; must be a whole number from 1 to 1024" in done.stderr


@pytest.mark.parametrize("value", ["0", "abc", "1000", "-3", "1,2"])
def test_any_omp_num_threads_leaves_a_working_import(run_python, value: str) -> None:
    done = run_python(COUNT, PYCONV_NUM_THREADS=None, OMP_NUM_THREADS=value)
    cpus = len(os.sched_getaffinity(0))
    assert done.returncode == 0, done.stderr
    assert 1 <= int(done.stdout) <= cpus


def test_the_default_follows_the_affinity(run_python) -> None:
    program = f"import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); {COUNT}"
    done = run_python(program, PYCONV_NUM_THREADS=None, OMP_NUM_THREADS=None)
    assert done.stdout.strip() == "1"


@pytest.mark.parametrize(
    ("value", "error"), [(0, ValueError), (2000, ValueError), (True, TypeError)]
)
def test_set_num_threads_refuses(value: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="set_num_threads: count="):
        pyconv.set_num_threads(value)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_computes_the_same(four_threads: None) -> None:
    x, kernel = images()
    expected = ops.conv2d(x, kernel)
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # a child that waits for its parent's threads dies instead
        os._exit(0 if np.array_equal(ops.conv2d(x, kernel), expected) else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_two_python_threads_get_the_bits_of_one(four_threads: None) -> None:
    x, kernel = images()
    expected = ops.conv2d(x, kernel)
    results: list[np.ndarray] = []
    workers = [
        threading.Thread(target=lambda: results.extend(ops.conv2d(x, kernel) for _ in range(10)))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 20
    assert all(np.array_equal(result, expected) for result in results)


FIRST_CALLS = """
import faulthandler, sys, threading, time
import numpy as np
from pyconv import ops
faulthandler.dump_traceback_later(10, exit=True)
sys.setswitchinterval(10)  # a thread keeps the GIL until a call lets go of it
x = np.ones((4, 4), np.float32)
turn = threading.Lock()
turn.acquire()
def second():
    with turn:
        ops.dense(x, x)
other = threading.Thread(target=second)
other.start()
turn.release()
end = time.perf_counter() + 0.1
while time.perf_counter() < end:  # the other has its turn, and asks for the GIL
    pass
ops.dense(x, x)
other.join()
"""


def test_two_threads_may_make_the_first_native_call_at_once(run_python) -> None:
    done = run_python(FIRST_CALLS)
    assert done.returncode == 0, done.stderr


INTERRUPT = """
import os, signal, threading, time
import numpy as np
from pyconv import ops
# A shell may have started the tests with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
x = np.ones((2, 256, 256, 64), np.float32)
kernel = np.ones((9, 9, 64, 256), np.float32)
small = x[:1, :20, :20]
expected = ops.conv2d(small, kernel)
sent = []
def interrupt():
    time.sleep(0.4)
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    while True:
        {call}
except KeyboardInterrupt:
    late = time.perf_counter() - sent[0]
assert np.array_equal(ops.conv2d(small, kernel), expected)
print(late)
"""


@pytest.mark.parametrize(
    "call",
    [
        "ops.conv2d(x, kernel)",
        "ops.conv2d(x, kernel, algorithm='im2col')",
        "ops.gemm(x.reshape(2048, -1), x.reshape(2048, -1), transpose_b=True)",
        "ops.avg_pool2d(x.reshape(1, 2048, 4096, 1), (2048, 2048), strides=1)",
        "ops.avg_pool2d_backward(x[:1], (1, 511, 511, 64), pool_size=256, strides=1)",
    ],
)
def test_ctrl_c_ends_a_long_kernel_soon(run_python, call: str) -> None:
    late = []
    # The machine is shared: one of a few attempts must be undisturbed.
    while len(late) < 4 and min(late, default=1.0) >= 0.2:
        done = run_python(INTERRUPT.replace("{call}", call))
        assert done.returncode == 0, done.stderr
        late.append(float(done.stdout))
    assert min(late) < 0.2, late


def test_a_python_thread_progresses_during_a_kernel() -> None:
    x, kernel = images(64)
    steps = 0
    stop = threading.Event()

    def count() -> None:
        nonlocal steps
        while not stop.is_set():
            steps += 1
            stop.wait(0.0005)

    counter = threading.Thread(target=count)
    counter.start()
    before = steps
    for _ in range(5):
        ops.conv2d(x, kernel)
    during = steps - before
    stop.set()
    counter.join()
    assert during >= 2


def test_denormals_are_kept_and_the_callers_state_too() -> None:
    tiny = np.full((4096,), 1e-40, np.float32)
    assert np.array_equal(ops.relu(tiny), tiny)
    kernel = np.ones((1, 1), np.float32)
    assert np.array_equal(ops.dense(tiny[:, None], kernel)[:, 0], tiny)
    assert np.float32(1e-40) * np.float32(0.5) > 0


AT_EXIT = """
import threading, time
import numpy as np
from pyconv import ops
x = np.ones((8, 64, 64, 64), np.float32)
kernel = np.ones((3, 3, 64, 64), np.float32)
def compute():
    while True:
        ops.conv2d(x, kernel)
threading.Thread(target=compute, daemon=True).start()
time.sleep({seconds})
"""


@pytest.mark.parametrize("seconds", [0.02, 0.05, 0.11])
def test_the_interpreter_ends_while_a_daemon_thread_computes(run_python, seconds: float) -> None:
    done = run_python(AT_EXIT.replace("{seconds}", str(seconds)))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_the_most_threads_fit_a_small_address_space(run_python) -> None:
    program = (
        "import resource\n"
        "import numpy as np\n"
        "import pyconv\n"
        "from pyconv import ops\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"
        "pyconv.set_num_threads(1024)\n"
        "print(ops.dense(np.ones((20000, 500), np.float32), np.ones((500, 8), np.float32)).sum())"
    )
    done = run_python(program)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == 20000 * 500 * 8
