# SPDX-License-Identifier: BSD-3-Clause
"""Downloads over HTTP: from one of several addresses, resumed, checked, and whole or not at all.

Bytes arrive in a file `.name.part` beside the target, which takes the target's place only when it
is complete and its checksum is right. Where a checksum is known, a later call goes on with the part
of an earlier one, from any address.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

_SECONDS = 30.0  # without a byte
_CHUNK = 1 << 16
_MOST_ATTEMPTS = 5  # at one address, each of which must bring bytes
_DIGITS = {"md5": 32, "sha256": 64}


def fetch(function: str, addresses: Sequence[str], path: Path, checksum: str | None = None) -> None:
    """Put the file that one of the addresses serves at a path; an old one is replaced.

    Args:
        addresses: of http or https, tried in order.
        checksum: "md5:..." or "sha256:..." of the whole file.
    Raises:
        OSError: no address helped; the text says why each did not. ValueError: an address or
            checksum that is none.
    """
    for address in addresses:
        if not re.match(r"https?://[^/]", address, re.IGNORECASE):
            raise ValueError(f"{function}: {address!r}; must begin with http:// or https://")
    wanted = None if checksum is None else checked_checksum(function, checksum)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    reasons = []
    with _locked(part) as file:
        done = False
        try:
            for address in addresses:
                if wanted is None:
                    file.truncate(0)  # whose part this is nobody knows
                reason = _from_one(address, file, wanted)
                if reason is None:
                    file.flush()
                    os.fsync(file.fileno())
                    os.replace(part, path)
                    done = True
                    return
                reasons.append(f"{address}: {reason}")
        finally:
            if not done and (wanted is None or not os.fstat(file.fileno()).st_size):
                part.unlink(missing_ok=True)
    raise OSError(
        f"{function}: {path.name} could not be downloaded; put it into {path.parent} from "
        f"{' or '.join(addresses)} ({'; '.join(reasons)})"
    )


def checked_checksum(function: str, checksum: str) -> tuple[str, str]:
    """Return the algorithm and the hexadecimal digits of a checksum."""
    algorithm, _, digits = checksum.partition(":")
    if algorithm not in _DIGITS or not re.fullmatch(r"[0-9a-fA-F]+", digits):
        raise ValueError(f"{function}: checksum {checksum!r}; must be 'md5:...' or 'sha256:...'")
    if len(digits) != _DIGITS[algorithm]:
        raise ValueError(
            f"{function}: checksum {checksum!r}; {algorithm} has {_DIGITS[algorithm]} digits"
        )
    return algorithm, digits.lower()


def digest_of(file: BinaryIO, algorithm: str) -> str:
    """Return the hexadecimal checksum of an open file, from its start."""
    file.seek(0)
    digest = hashlib.new(algorithm, usedforsecurity=False)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _locked(part: Path) -> BinaryIO:
    """Open the part file for one process at a time; others wait."""
    while True:
        file = open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666), "r+b")  # noqa: SIM115
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:  # no other process moved or removed it meanwhile
            try:
                if os.stat(part).st_ino == os.fstat(file.fileno()).st_ino:
                    return file
            except FileNotFoundError:
                pass
        file.close()


def _from_one(address: str, file: BinaryIO, wanted: tuple[str, str] | None) -> str | None:
    """Fill the file from one address; return None, or why that failed."""
    resumed = os.fstat(file.fileno()).st_size > 0
    reason = _fill(address, file, trusted=wanted is not None)
    if reason is not None or wanted is None:
        return reason
    if digest_of(file, wanted[0]) == wanted[1]:
        return None
    file.truncate(0)
    if resumed:  # the part may have been another file's
        return _from_one(address, file, wanted)
    return f"another file than published: {wanted[0]} is not {wanted[1]}"


def _fill(address: str, file: BinaryIO, *, trusted: bool) -> str | None:
    """Append what the address serves beyond the file's end; return None once it is whole.

    What the server cannot name the version of is only gone on with if a checksum will tell.
    """
    validator: str | None = None
    reason = ""
    for _ in range(_MOST_ATTEMPTS):
        have = file.seek(0, os.SEEK_END)
        try:
            validator = _append(address, file, have, validator)
            return None
        except Exception as error:  # what a server or the way to it can do has no end
            reason = str(error) or type(error).__name__
            if isinstance(error, MemoryError):
                raise
            if isinstance(error, _BrokenOff):
                validator = error.validator
            if file.seek(0, os.SEEK_END) <= have:
                break
            if not trusted and validator is None:
                file.truncate(0)
    return reason


class _BrokenOff(OSError):
    """The connection ended before the file; the validator names the file's version."""

    def __init__(self, text: str, validator: str | None) -> None:
        super().__init__(text)
        self.validator = validator


def _append(address: str, file: BinaryIO, have: int, validator: str | None) -> str | None:
    """Read the bytes from `have` on to the end of the file; return the version's validator."""
    from urllib.error import HTTPError

    headers = {"User-Agent": "pyconv", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if validator:
            headers["If-Range"] = validator
    try:
        response = _open(address, headers)
    except HTTPError as error:
        with error:
            if error.code == 416 and have == _total(error.headers.get("Content-Range")):
                return validator  # there is nothing beyond
            if error.code == 416:
                file.truncate(0)
            raise OSError(f"HTTP {error.code} {error.reason}") from None
    with response:
        start, total = 0, None
        if response.status == 206:
            place = re.fullmatch(
                r"bytes (\d+)-\d+/(\d+|\*)", response.headers["Content-Range"] or ""
            )
            if place is None or int(place[1]) != have:
                raise OSError("answers with another part of the file than was asked for")
            start = have
            total = None if place[2] == "*" else int(place[2])
        elif response.status != 200:
            raise OSError(f"HTTP {response.status}")
        length = response.headers["Content-Length"]
        if total is None and length is not None and length.isdecimal():
            total = start + int(length)
        file.truncate(start)
        file.seek(start)
        new = response.headers["ETag"] or response.headers["Last-Modified"]
        if new and new.startswith("W/"):
            new = None
        _copy(response, file, total, new)
        return str(new) if new else None


def _copy(response: Any, file: BinaryIO, total: int | None, validator: str | None) -> None:
    try:
        while chunk := response.read(_CHUNK):
            file.write(chunk)
    except Exception as error:  # of the socket, of http.client, of the disk
        raise _BrokenOff(str(error) or type(error).__name__, validator) from None
    have = file.tell()
    if total is not None and have != total:
        raise _BrokenOff(f"ended after {have} of {total} bytes", validator)


def _total(content_range: str | None) -> int | None:
    found = re.fullmatch(r"bytes \*/(\d+)", content_range or "")
    return int(found[1]) if found else None


def _open(address: str, headers: dict[str, str]) -> Any:
    """Open an address; redirections may not lead from https to http, nor elsewhere."""
    from urllib import request

    class Redirects(request.HTTPRedirectHandler):
        def redirect_request(
            self, req: Any, fp: Any, code: int, msg: str, hd: Any, new: str
        ) -> Any:
            secure = req.full_url.lower().startswith("https:")
            if not new.lower().startswith("https:" if secure else ("http:", "https:")):
                raise OSError(f"redirects to {new}")
            return super().redirect_request(req, fp, code, msg, hd, new)

    opener = request.build_opener(Redirects)
    return opener.open(request.Request(address, headers=headers), timeout=_SECONDS)
