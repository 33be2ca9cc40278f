# SPDX-License-Identifier: BSD-3-Clause
"""IDX files: good ones are read, hostile ones refused by a ValueError that names the path."""

from __future__ import annotations

import gzip
import os
import re
import resource
import struct
from pathlib import Path

import numpy as np
import pytest

from pyconv.datasets.idx import read_idx

SAMPLE = (28, 28)
IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)


def idx(array: np.ndarray, *, magic: bytes | None = None, count: int | None = None) -> bytes:
    sizes = [len(array) if count is None else count, *array.shape[1:]]
    head = bytes([0, 0, 8, array.ndim]) if magic is None else magic
    return head + struct.pack(f">{len(sizes)}I", *sizes) + array.tobytes()


def refuses(path: Path, content: bytes | None, reason: str) -> None:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(str(path)) + f".*{reason}"):
        read_idx(path, SAMPLE)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_reads_images_and_labels(tmp_path: Path, pack: object) -> None:
    (tmp_path / "images").write_bytes(pack(idx(IMAGES)))
    (tmp_path / "labels").write_bytes(pack(idx(np.arange(5, dtype=np.uint8))))
    images = read_idx(tmp_path / "images", SAMPLE)
    np.testing.assert_array_equal(images, IMAGES)
    assert images.dtype == np.uint8
    assert images.flags.writeable
    np.testing.assert_array_equal(read_idx(tmp_path / "labels", ()), np.arange(5))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "begins with"),
        (idx(IMAGES, magic=bytes([0, 0, 8, 1])), "begins with 00 00 08 01"),
        (idx(IMAGES, magic=bytes([0, 0, 13, 3])), "begins with 00 00 0d 03"),
        (b"PK\x03\x04" + bytes(40), "begins with 50 4b"),
        (idx(IMAGES)[:7], "the header alone"),
        (idx(IMAGES, count=0), "0 samples"),
        (idx(IMAGES, count=2**32 - 1), "4294967295 samples"),
        (idx(IMAGES, count=6), "samples, too many|the file holds"),
        (idx(IMAGES, count=900_000), "900000 samples, too many"),
        (idx(IMAGES) + b"x", "goes on after"),
        (idx(IMAGES, count=4), "goes on after"),
        (idx(IMAGES)[:-1], "samples, too many|the file holds"),
        (idx(IMAGES.reshape(5, 14, 56)), r"samples of shape \(14, 56\)"),
    ],
)
def test_refuses_what_is_not_such_an_array(
    tmp_path: Path, content: bytes, reason: str, pack: object
) -> None:
    refuses(tmp_path / "file", pack(content), reason)


def test_refuses_a_gzip_file_cut_anywhere(tmp_path: Path) -> None:
    packed = gzip.compress(idx(IMAGES))
    for length in range(2, len(packed), 97):
        refuses(tmp_path / "file.gz", packed[:length], "")
    refuses(tmp_path / "file.gz", packed[:-1], "damaged gzip")


def test_finds_a_flipped_bit_in_a_gzip_file(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(idx(IMAGES)))
    for place in (1, 2, len(packed) // 2, len(packed) - 6):
        changed = bytearray(packed)
        changed[place] ^= 4
        refuses(tmp_path / "file.gz", bytes(changed), "")


def test_refuses_garbage_after_the_gzip_stream(tmp_path: Path) -> None:
    refuses(tmp_path / "file.gz", gzip.compress(idx(IMAGES)) + b"garbage", "damaged gzip")


def test_a_gzip_bomb_takes_no_memory(tmp_path: Path) -> None:
    bomb = gzip.compress(idx(np.zeros((400_000, 28, 28), np.uint8)), 9)  # 300 MB of zeros
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refuses(tmp_path / "bomb.gz", bomb, "400000 samples, too many")
    refuses(tmp_path / "bomb.gz", gzip.compress(idx(IMAGES) + bytes(10**8)), "goes on after")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # KiB


def test_neither_folder_nor_pipe_nor_device_is_read(tmp_path: Path) -> None:
    refuses(tmp_path, None, "folder|not an ordinary file")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    refuses(pipe, None, "not an ordinary file")
    with pytest.raises(ValueError, match="/dev/zero: not an ordinary file"):
        read_idx("/dev/zero", SAMPLE)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        read_idx(tmp_path / "nothing", SAMPLE)
