# SPDX-License-Identifier: BSD-3-Clause
"""Fetch published files into our cache, checked against their checksums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyconv.callbacks.messages import tell
from pyconv.datasets.fetch import fetch


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
        OSError: no address helped; the text says which file to fetch by hand, from where, and
            where to put it.
    """
    for file in files:
        if not (folder / file.name).exists():
            tell(f"Downloading {file.name} from {addresses[0]}")
            fetch(function, [a + file.name for a in addresses], folder / file.name, file.checksum)
