# SPDX-License-Identifier: BSD-3-Clause
"""Killed at any instant, out of disk or refused by the file system, the old file stands."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyconv import layers
from pyconv.models import Sequential, load_model
from pyconv.saving import atomic
from pyconv.saving.atomic import atomic_write

KILLS = {".npz": 60, ".keras": 20, ".h5": 20}  # 200 of each with --exhaustive
SUFFIXES = tuple(KILLS)
ROOT = Path(__file__).parents[2]

WRITERS = """
import os
import sys
import pyconv
if not sys.argv[1].endswith(".npz"):
    import h5py
model = pyconv.load_model(sys.argv[1])
for line in sys.stdin:
    child = os.fork()
    first = step = float(line)
    while not child:
        step += 1
        for weight in model.weights:
            weight.assign(weight.array * 0 + step)
        model.save(sys.argv[1])
        if step == first + 1:  # from here on it may be killed at any instant
            os.write(1, b"%d\\n" % os.getpid())
    os.waitpid(child, 0)
    sys.stdout.write("dead\\n")
    sys.stdout.flush()
"""


def model_of(value: float, units: int = 2000) -> Sequential:
    model = Sequential([layers.Dense(units, input_shape=(100,))])
    model.set_weights([np.full_like(w, value) for w in model.get_weights()])
    return model


def path_of(folder: Path, suffix: str) -> Path:
    if suffix != ".npz":
        pytest.importorskip("h5py")
    return folder / f"net{suffix}"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_file_survives_kills_while_saving(
    tmp_path: Path, suffix: str, exhaustive: bool
) -> None:
    path, kills = path_of(tmp_path, suffix), 200 if exhaustive else KILLS[suffix]
    longest = 0.04 if suffix == ".npz" else 0.12
    model_of(0.0).save(path)
    with subprocess.Popen(
        [sys.executable, "-c", WRITERS, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        for round_, delay in enumerate(np.random.default_rng(1).uniform(0.0, longest, kills)):
            server.stdin.write(f"{1000 * round_}\n")
            writer = int(server.stdout.readline())
            time.sleep(delay)
            os.kill(writer, signal.SIGKILL)
            assert server.stdout.readline() == "dead\n"
            found = {float(v) for w in load_model(path).get_weights() for v in (w.min(), w.max())}
            assert len(found) == 1, "torn"
            assert found.pop() > 1000 * round_, "this round's writer has written"
    model_of(7.0).save(path)
    assert os.listdir(tmp_path) == [path.name], "what killed writers left is swept"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_reader_beside_a_writer_loads_a_whole_old_or_new_model(
    tmp_path: Path, suffix: str
) -> None:
    path = path_of(tmp_path, suffix)
    model_of(0.0).save(path)
    seen: list[float] = []
    with subprocess.Popen(
        [sys.executable, "-c", WRITERS, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write("0\n")
        writer = int(server.stdout.readline())
        until = time.monotonic() + 15
        while len(set(seen)) < 8 and time.monotonic() < until:
            found = {float(v) for w in load_model(path).get_weights() for v in (w.min(), w.max())}
            assert len(found) == 1, "torn"
            seen += found
        os.kill(writer, signal.SIGKILL)
        assert server.stdout.readline() == "dead\n"
    assert len(set(seen)) >= 8, "the writer must have replaced the file under the reader"
    assert seen == sorted(seen), "never an older one after a newer one"


@pytest.mark.parametrize("limit", [0, 4096, 65536, 700_000])
@pytest.mark.parametrize(
    ("call", "suffix"),
    [
        *(("save", suffix) for suffix in SUFFIXES),
        *(("save_weights", suffix) for suffix in (".npz", ".h5", ".weights.h5")),
    ],
)
def test_the_file_survives_a_full_disk(tmp_path: Path, limit: int, call: str, suffix: str) -> None:
    path = path_of(tmp_path, suffix)
    getattr(model_of(1.0), call)(path)
    before = path.read_bytes()
    assert len(before) > 700_000
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, old[1]))
    try:
        with pytest.raises(OSError, match=path.name):
            getattr(model_of(2.0), call)(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_the_file_survives_a_failing_call(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.npz"
    path.write_bytes(b"old")

    def fail(*_: Any) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(atomic.os, name, fail)  # type: ignore[attr-defined]
    with (
        pytest.raises(OSError, match=r"Input/output error: .*net\.npz"),
        atomic_write(path) as file,
    ):
        file.write(b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["net.npz"]


def test_an_error_or_ctrl_c_in_the_writer_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    path.write_bytes(b"old")
    for error in (KeyboardInterrupt, ZeroDivisionError):
        with pytest.raises(error), atomic_write(path):
            raise error
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["net.npz"]


def test_the_mode_is_the_umasks(tmp_path: Path) -> None:
    for mask, mode in ((0o022, 0o644), (0o077, 0o600)):
        old = os.umask(mask)
        try:
            model_of(1.0, 3).save(tmp_path / "net.npz")
        finally:
            os.umask(old)
        assert (tmp_path / "net.npz").stat().st_mode & 0o777 == mode


def test_a_link_goes_on_pointing_at_the_file(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.npz").symlink_to(tmp_path / "real" / "net.npz")
    model_of(3.0, 3).save(tmp_path / "link.npz")
    assert (tmp_path / "link.npz").is_symlink()
    assert load_model(tmp_path / "real" / "net.npz").get_weights()[0][0, 0] == 3.0


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere/net\.npz"):
        model_of(1.0, 3).save(tmp_path / "nowhere" / "net.npz")


def test_another_living_writers_file_is_not_swept(tmp_path: Path) -> None:
    path = tmp_path / "a[1].npz"
    with atomic_write(path) as slow:
        slow.write(b"slow")
        with atomic_write(path) as quick:
            quick.write(b"quick")
        assert path.read_bytes() == b"quick"
    assert path.read_bytes() == b"slow"
    stale = tmp_path / f".{path.name}.0123{atomic.SUFFIX}"
    other = tmp_path / f".b.npz.0123{atomic.SUFFIX}"
    stale.touch()
    other.touch()
    with atomic_write(path) as file:
        file.write(b"last")
    assert sorted(os.listdir(tmp_path)) == [other.name, path.name]


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.fspath(path))


@pytest.mark.parametrize(
    ("make", "kind"),
    [(os.mkfifo, "a FIFO"), (make_socket, "a socket"), (Path.mkdir, "a folder")],
    ids=["fifo", "socket", "folder"],
)
@pytest.mark.parametrize("linked", [False, True], ids=["itself", "by-a-link"])
def test_what_is_no_regular_file_is_refused_and_stays(
    tmp_path: Path, make: Callable[[Path], object], kind: str, linked: bool
) -> None:
    path = tmp_path / "net.npz"
    make(tmp_path / "thing" if linked else path)
    if linked:
        path.symlink_to("thing")
    before = os.stat(path)
    with pytest.raises(ValueError, match=rf"net\.npz: {kind}; must be a regular file"):
        model_of(1.0, 3).save(path)
    assert os.path.samestat(before, os.stat(path))
    assert len(os.listdir(tmp_path)) == 1 + linked


def test_a_device_is_refused() -> None:
    # Asked by its mode alone: nothing here opens a device.
    with pytest.raises(ValueError, match="a device; must be a regular file"):
        atomic._check_replaceable("null.npz", Path(os.devnull))


def test_a_fifo_among_old_temporary_files_does_not_make_saving_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f".net.npz.0123{atomic.SUFFIX}")
    model_of(1.0, 3).save(tmp_path / "net.npz")
    assert load_model(tmp_path / "net.npz").count_params() == 303
