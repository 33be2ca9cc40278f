# SPDX-License-Identifier: BSD-3-Clause
"""Replace a file in one step: killed at any instant, the old or the new file stands there whole."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

SUFFIX = ".pyconv-tmp"
KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path` that takes its place when the block ends without error.

    The file gets the umask's mode; temporary files that killed writers left are removed. A link is
    followed, so that it goes on pointing at the file.
    Raises:
        ValueError: `path` is there and is no regular file: a folder, FIFO, socket or device.
        OSError: naming `path`; the old file is untouched.
    """
    target = Path(os.path.realpath(path))
    _check_replaceable(path, target)
    temporary = None
    try:
        _sweep(target)
        temporary, file = _open_temporary(target)
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            os.replace(temporary, target)
        _sync_folder(target.parent)
    except BaseException as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        if isinstance(error, OSError):
            raise type(error)(error.errno, error.strerror or str(error), os.fspath(path)) from error
        raise


def _check_replaceable(path: str | os.PathLike[str], target: Path) -> None:
    try:
        mode = os.lstat(target).st_mode
    except OSError:  # what stands in the way shows when the temporary file is made
        return
    if not stat.S_ISREG(mode):
        kind = next((name for test, name in KINDS if test(mode)), "no regular file")
        raise ValueError(f"save: {os.fspath(path)}: {kind}; must be a regular file, or absent")


def _open_temporary(target: Path) -> tuple[Path, BinaryIO]:
    """Return a new locked file; the lock tells sweepers that its writer lives."""
    while True:
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}{SUFFIX}")
        file = open(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666), "w+b")  # noqa: SIM115
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:  # no sweeper came between open and lock
            return temporary, file
        file.close()


def _sweep(target: Path) -> None:
    """Remove temporary files of this target whose writers are gone."""
    for path in target.parent.glob(f".{_escaped(target.name)}.*{SUFFIX}"):
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # it may be a FIFO
            with open(descriptor, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
