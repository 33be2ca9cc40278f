# SPDX-License-Identifier: BSD-3-Clause
"""The same seed gives the same weights, in any process and on any number of threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import hashlib
import sys
import numpy as np
import pyconv
from pyconv import layers

pyconv.set_seed(5)
x = np.random.default_rng(0).random((230, 20, 20, 3), np.float32)
y = np.random.default_rng(1).integers(0, 10, 230)
model = pyconv.Sequential([
    layers.Conv2D(17, 3, activation="relu", padding="same", input_shape=(20, 20, 3)),
    layers.MaxPooling2D(2),
    layers.Conv2D(19, 3, strides=2, activation="tanh"),
    layers.Flatten(),
    layers.Dense(33, activation="relu"),
    layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, y, batch_size=50, epochs=2, verbose=0)
digest = hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights()))
digest.update(model.predict(x, verbose=0).tobytes())
sys.stdout.write(digest.hexdigest())
"""


def digest_of_a_run(threads: int, hash_seed: int) -> str:
    environment = {
        **os.environ,
        "PYCONV_NUM_THREADS": str(threads),
        "PYTHONHASHSEED": str(hash_seed),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def expected() -> str:
    return digest_of_a_run(threads=1, hash_seed=0)


@pytest.mark.parametrize(("threads", "hash_seed"), [(1, 1), (2, 2), (3, 3), (4, 4)])
def test_identical_weights(expected: str, threads: int, hash_seed: int) -> None:
    assert len(expected) == 64
    assert digest_of_a_run(threads, hash_seed) == expected


INTERRUPTED = """
import signal
import sys
import numpy as np
import pyconv
from pyconv import layers

# A shell may have started the tests with Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

class Tell(pyconv.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            sys.stdout.write("epoch\\n")
            sys.stdout.flush()

x, y = np.random.default_rng(0).random((400, 32, 32, 8), np.float32), np.arange(400) % 10
model = pyconv.Sequential([
    layers.Conv2D(32, 3, activation="relu", input_shape=(32, 32, 8)),
    layers.Flatten(),
    layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
try:
    model.fit(x, y, batch_size=200, epochs=10_000, verbose=0, callbacks=[Tell()])
except KeyboardInterrupt:
    assert all(np.isfinite(w).all() for w in model.get_weights())
    assert len(model.history.history["loss"]) >= 1
    model.fit(x, y, batch_size=200, epochs=1, verbose=0)
    sys.stdout.write("kept\\n")
"""


def test_ctrl_c_in_a_kernel_keeps_model_and_history() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "epoch\n"
        program.send_signal(signal.SIGINT)
        rest = program.stdout.read()
        assert rest.endswith("kept\n")
        assert program.wait(20) == 0
