# SPDX-License-Identifier: BSD-3-Clause
"""Fetch published files into our cache, checked against their checksums, through pooch."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RemoteFile:
    """A published file: its name at every address, and its checksum "md5:..." or "sha256:...".

    The checksum is None where none is published.
    """

    name: str
    checksum: str | None


def download(
    function: str, files: Sequence[RemoteFile], addresses: Sequence[str], folder: Path
) -> None:
    """Put the files into the folder, each from the first address that serves it unharmed.

    Raises:
        ImportError: pooch is not installed. OSError: no address helped. Both say which file to
            fetch by hand, from where, and where to put it.
    """
    try:
        pooch = importlib.import_module("pooch")
    except ImportError:
        names = ", ".join(file.name for file in files)
        raise ImportError(
            f"{function}: the data is not on this machine; to download it: pip install pooch; or "
            f"put {names} from {addresses[0]} into {folder}"
        ) from None
    for file in files:
        _fetch(pooch.retrieve, function, file, addresses, folder)


def _fetch(
    retrieve: Callable[..., object],
    function: str,
    file: RemoteFile,
    addresses: Sequence[str],
    folder: Path,
) -> None:
    reasons = []
    for address in addresses:
        try:
            retrieve(address + file.name, file.checksum, fname=file.name, path=folder)
        except (OSError, ValueError) as error:  # no connection; another file than published
            reasons.append(f"{address}: {error}")
        else:
            return
    raise OSError(
        f"{function}: {file.name} could not be downloaded; put it into {folder} from one of "
        f"{', '.join(addresses)} ({'; '.join(reasons)})"
    )
