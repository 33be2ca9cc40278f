# SPDX-License-Identifier: BSD-3-Clause
"""get_file: a file of the web in a cache on this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pyconv.arguments import checked_flag, checked_path, one_of
from pyconv.callbacks.messages import tell
from pyconv.data.regular_file import open_regular
from pyconv.datasets.digit_files import cache_home, keras_home
from pyconv.datasets.fetch import checked_checksum, digest_of, fetch
from pyconv.datasets.unpacking import unpack

_ALGORITHMS = {32: "md5", 64: "sha256"}
_KINDS = ("tar", "zip")


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | Sequence[str] | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: Literal["auto", "md5", "sha256"] = "auto",
    extract: bool = False,
    archive_format: str | Sequence[str] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """Return the path of a file, downloaded unless it is on this machine.

    A download that broke off goes on where it stopped; what is incomplete or has another checksum
    never stands under the file's name.

    Args:
        fname: its name here; by default the last part of the address.
        origin: its address, or several to be tried in order.
        untar: old spelling of extract.
        md5_hash: old spelling of file_hash.
        file_hash: md5 or sha256 of the file, in hexadecimal.
        cache_subdir: the folder in the cache, or an absolute path.
        extract: unpack a tar or zip archive and return the folder: `fname`, or `<stem>_extracted`
            if fname has a suffix. Links and members that lead out of the folder are refused.
        archive_format: "tar", "zip", both for "auto"; None unpacks nothing.
        cache_dir: in place of our cache, $PYCONV_HOME. Where it is not given, a file that Keras
            has in its own cache serves, too.
        force_download: download in any case.
    Raises:
        ValueError: a name, address or hash that is none; an archive that is damaged or unsafe.
        OSError: no address helped; the text says which file to fetch by hand and where to put it.
    Source: Keras utils.get_file.
    """
    addresses = _addresses(origin)
    name = _name(fname, addresses[0])
    checksum = _checksum("file_hash", file_hash, hash_algorithm)
    if checksum is None:
        checksum = _checksum("md5_hash", md5_hash, "md5")
    extracts = checked_flag("get_file", "extract", extract) or checked_flag(
        "get_file", "untar", untar
    )
    kinds = _kinds(archive_format)
    forced = checked_flag("get_file", "force_download", force_download)
    base = cache_home()
    if cache_dir is not None:
        base = Path(os.path.expanduser(checked_path("get_file", "cache_dir", cache_dir)))
    cache_subdir = checked_path("get_file", "cache_subdir", cache_subdir)
    folder = base / cache_subdir
    target, unpacked = folder / name, folder / name
    if extracts and fname is not None and "." in name:
        unpacked = folder / f"{name.partition('.')[0]}_extracted"
    elif extracts:
        target = folder / f"{name}_archive"
    found = None if forced else _valid(target, checksum)
    if found is None and not forced and cache_dir is None:
        found = _valid(keras_home() / cache_subdir / target.name, checksum)
    fresh = found is None
    if found is None:
        tell(f"Downloading data from {addresses[0]}")
        fetch("get_file", addresses, target, checksum)
        found = target
    if not extracts or kinds is None:
        return str(found)
    if (fresh or not unpacked.is_dir()) and not unpack(found, unpacked, kinds):
        raise ValueError(f"get_file: {found}: no {' or '.join(kinds)} archive")
    return str(unpacked)


def _addresses(origin: str | Sequence[str] | None) -> list[str]:
    addresses: list[Any] = list(origin) if isinstance(origin, (list, tuple)) else [origin]
    if not addresses or not all(isinstance(address, str) for address in addresses):
        raise ValueError(f"get_file: origin={origin!r}; must be an address, or several")
    return addresses


def _name(fname: str | os.PathLike[str] | None, address: str) -> str:
    if fname is not None and not isinstance(fname, (str, os.PathLike)):
        raise TypeError(f"get_file: fname={fname!r}; must be a file name")
    name = os.fspath(fname) if fname else urlsplit(address).path.rpartition("/")[2]
    if name in ("", ".", "..") or any(mark in name for mark in "/\\\0"):
        argument = "fname" if fname else "origin"
        raise ValueError(f"get_file: {argument}={fname or address!r}; must have a plain file name")
    return name


def _checksum(argument: str, digits: str | None, algorithm: str) -> str | None:
    one_of("get_file", "hash_algorithm", algorithm, ("auto", "md5", "sha256"))
    if digits is None:
        return None
    if not isinstance(digits, str):
        raise TypeError(f"get_file: {argument}={digits!r}; must be hexadecimal digits")
    if algorithm == "auto":
        algorithm = _ALGORITHMS.get(len(digits), "sha256")
    checksum = f"{algorithm}:{digits}"
    checked_checksum("get_file", checksum)
    return checksum


def _kinds(archive_format: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if archive_format is None:
        return None
    listed = isinstance(archive_format, (list, tuple))
    given: tuple[Any, ...] = tuple(archive_format) if listed else (archive_format,)
    if not all(isinstance(kind, str) for kind in given):
        raise TypeError(f"get_file: archive_format={archive_format!r}; must be a name, or several")
    if given == ("auto",):
        return _KINDS
    if not given or any(kind not in _KINDS for kind in given):
        raise ValueError(
            f"get_file: archive_format={archive_format!r}; must be 'auto', 'tar', 'zip' or None"
        )
    return given


def _valid(path: Path, checksum: str | None) -> Path | None:
    """Return the path of a file that is there and has the checksum, if one is known."""
    try:
        with open_regular(path) as file:
            if checksum is None:
                return path
            algorithm, digits = checked_checksum("get_file", checksum)
            return path if digest_of(file, algorithm) == digits else None
    except (OSError, ValueError):
        return None
