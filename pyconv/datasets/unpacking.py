# SPDX-License-Identifier: BSD-3-Clause
"""Unpacking archives that others made: files and folders alone, within one folder, or nothing.

Members that link, leave the folder, are devices, appear twice, or unpack to far more than the
archive's size make the whole archive refused. Owners, modes and times are not taken over.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from pyconv.data.regular_file import open_regular
from pyconv.datasets.idx import MOST_RATIO

_CHUNK = 1 << 20
_FREE_BYTES = 1 << 24  # a small archive may unpack to this much
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


def unpack(path: Path, folder: Path, kinds: tuple[str, ...] = ("tar", "zip")) -> bool:
    """Unpack an archive into a folder, which is replaced; False where it is no such archive.

    Args:
        kinds: "tar", also packed by gzip, bzip2 or xz, and "zip".
    Raises:
        ValueError: naming the archive and the member, what is damaged or unsafe; the folder is as
            it was. OSError: the file system.
    """
    with open_regular(path) as file:
        members = _members(file, kinds)
        if members is None:
            return False
        most = _FREE_BYTES + MOST_RATIO * os.fstat(file.fileno()).st_size
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            fresh.chmod(0o777 & ~_umask())
            _write_all(members, fresh, most)
            _replace(fresh, folder)
        except (*_DAMAGE, ValueError, RuntimeError) as error:
            raise ValueError(f"{path}: {error}") from None
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return True


Member = tuple[str, bool, Callable[[], Any]]  # name, whether it is a folder, how to open it


def _members(file: BinaryIO, kinds: tuple[str, ...]) -> Iterator[Member] | None:
    if "zip" in kinds and zipfile.is_zipfile(file):
        file.seek(0)
        return _zip_members(file)
    file.seek(0)
    if "tar" in kinds and tarfile.is_tarfile(file):
        file.seek(0)
        return _tar_members(file)
    return None


def _zip_members(file: BinaryIO) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise ValueError(f"member {info.filename!r} is a link or device; refused")
            yield info.filename, info.is_dir(), partial(archive.open, info)


def _tar_members(file: BinaryIO) -> Iterator[Member]:
    with tarfile.open(fileobj=file) as archive:
        for info in archive:
            if not (info.isreg() or info.isdir()):
                raise ValueError(f"member {info.name!r} is a link or device; refused")
            yield info.name, info.isdir(), partial(archive.extractfile, info)


def _write_all(members: Iterator[Member], folder: Path, most: int) -> None:
    for name, is_folder, opened in members:
        target = folder.joinpath(*_parts(name))
        if is_folder:
            target.mkdir(parents=True, exist_ok=True)
            continue
        if target == folder:
            raise ValueError(f"member {name!r} has no name; refused")
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened() as source, open(target, "xb") as file:
            while chunk := source.read(_CHUNK):
                most -= len(chunk)
                if most < 0:
                    raise ValueError(
                        f"unpacks to more than {MOST_RATIO} times its size at member {name!r}; "
                        "refused"
                    )
                file.write(chunk)


def _parts(name: str) -> list[str]:
    """Return the parts of a member's path, none of which leads out of the folder."""
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or ":" in parts[0]:
        raise ValueError(f"member {name!r} leads out of the archive's folder; refused")
    return [part for part in parts if part not in ("", ".")]


def _replace(fresh: Path, folder: Path) -> None:
    """Put a folder in another's place."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        os.replace(folder, old)
        shutil.rmtree(old, ignore_errors=True)
    os.replace(fresh, folder)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
