# SPDX-License-Identifier: BSD-3-Clause
"""JPEG files that go to the decoder at once: the same pixels, and the same errors, as by Pillow."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyconv.data import image_files, regular_file
from pyconv.data.image_files import decode_image
from pyconv.data.plain_jpeg import plain_jpeg

Image = pytest.importorskip("PIL.Image", reason="no Pillow")
TURN = 0x0112


def picture(mode: str = "RGB") -> Any:
    values = np.random.default_rng(3).integers(0, 256, (23, 31, 3)).astype(np.uint8)
    return Image.fromarray(values).resize((62, 46)).convert(mode)


def jpeg(mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    picture(mode).save(file, "JPEG", **options)
    return file.getvalue()


def by_camera(turn: int | None, order: str = "<", *, more: bytes = b"") -> bytes:
    """Return a file as cameras write it: EXIF of either byte order, with texts and a thumbnail."""
    exif = Image.Exif()
    exif.endian = order
    exif[0x010F], exif[0x0110], exif[0x0131] = "Maker", "Model of some length", "1.0"
    exif[0x011A], exif[0x011B], exif[0x0128] = 72.0, 72.0, 2
    if turn is not None:
        exif[TURN] = turn
    exif.get_ifd(0x8769)[0x9000] = b"0232"
    return jpeg(exif=exif.tobytes() + more)


def with_segment(content: bytes, file: bytes) -> bytes:
    """Return a file with one more segment of a camera's before the others."""
    return file[:2] + b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content + file[2:]


XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>%b</x:xmpmeta>"
TURNED_XMP = XMP % b'<rdf:Description tiff:Orientation="6"/>'


PLAIN: dict[str, Callable[[], bytes]] = {
    "baseline": jpeg,
    "progressive": lambda: jpeg(progressive=True),
    "all colours": lambda: jpeg(quality=95, subsampling=0),
    "optimized": lambda: jpeg(optimize=True),
    "comment": lambda: jpeg(comment=b"hello"),
    "profile in two parts": lambda: jpeg(icc_profile=b"x" * 70_000),
    "stored as RGB": lambda: jpeg(keep_rgb=True),
    "restart markers": lambda: jpeg(restart_marker_blocks=2),
    "more after its end": lambda: jpeg() + b"more",
    "by a camera": lambda: by_camera(None),
    "by an upright camera": lambda: by_camera(1, more=b"thumbnail"),
    "by a camera of the other byte order": lambda: by_camera(1, ">"),
    "by a camera, edited": lambda: with_segment(XMP % b"", by_camera(1)),
}
FOR_PILLOW: dict[str, Callable[[], bytes]] = {
    "grey": lambda: jpeg("L"),
    "CMYK": lambda: jpeg("CMYK"),
    "turned by the camera": lambda: by_camera(6),
    "turned by a camera of the other byte order": lambda: by_camera(8, ">"),
    "turned by an editor": lambda: with_segment(TURNED_XMP, jpeg()),
    "turned by an editor alone": lambda: with_segment(TURNED_XMP, by_camera(None)),
    "of two cameras": lambda: with_segment(b"Exif\0\0" + b"?" * 9, by_camera(1)),
    "cut short": lambda: jpeg()[:-40],
    "cut in its head": lambda: jpeg()[:30],
    "empty": lambda: b"",
    "two frames": lambda: jpeg()[:-2] + jpeg()[2:],
}
KINDS = {**PLAIN, **FOR_PILLOW}


def outcome(path: Path, monkeypatch: pytest.MonkeyPatch, *, by_pillow: bool) -> Any:
    """Return the pixels of a file, or the error's kind and words."""
    with monkeypatch.context() as patch:
        if by_pillow:
            patch.setattr(image_files, "plain_jpeg", lambda *arguments: None)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                pixels = decode_image(path)
            return (
                pixels.shape,
                pixels.tobytes(),
                sorted(str(warning.message) for warning in caught),
            )
        except (ValueError, OSError) as error:
            return type(error), str(error)


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_what_pillow_makes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(KINDS[name]())
    mine, theirs = (outcome(path, monkeypatch, by_pillow=own) for own in (False, True))
    assert mine == theirs


@pytest.mark.parametrize("name", PLAIN)
def test_plain_files_go_to_the_decoder_at_once(name: str) -> None:
    found = plain_jpeg(Image, io.BytesIO(PLAIN[name]()), 1 << 20, 1 << 10)
    assert (found.mode, found.size) == ("RGB", (62, 46))


@pytest.mark.parametrize("name", [name for name in FOR_PILLOW if name != "two frames"])
def test_others_are_left_to_pillow(name: str) -> None:
    assert plain_jpeg(Image, io.BytesIO(FOR_PILLOW[name]()), 1 << 20, 1 << 10) is None


def test_large_pictures_are_left_to_pillow_s_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO(jpeg())
    assert plain_jpeg(Image, file, 62 * 46, 62) is not None
    assert plain_jpeg(Image, file, 62 * 46 - 1, 62) is None
    assert plain_jpeg(Image, file, 62 * 46, 61) is None
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert plain_jpeg(Image, file, 62 * 46, 62) is None


@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_file_is_what_pillow_makes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path, rng = tmp_path / "a.jpg", np.random.default_rng(5)
    whole = KINDS[name]()
    head = max(whole.find(b"\xff\xda"), 3)
    for number in range(60 if len(whole) > 100 else 0):
        content = bytearray(whole)
        at = int(rng.integers(2, (head, len(whole))[number % 2]))
        if number % 3 == 0:
            content[at] = rng.integers(256)
        elif number % 3 == 1:
            del content[at : at + int(rng.integers(1, 5))]
        else:
            content[at:at] = rng.bytes(int(rng.integers(1, 5)))
        path.write_bytes(content)
        mine, theirs = (outcome(path, monkeypatch, by_pillow=own) for own in (False, True))
        assert mine == theirs, (number, at)


@pytest.mark.parametrize("most", [0, 10, 1 << 24])
def test_a_file_is_read_whole_whether_it_is_held_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg())
    whole = decode_image(path)
    monkeypatch.setattr(regular_file, "_MOST_HELD", most)
    np.testing.assert_array_equal(decode_image(path), whole)
    with regular_file.held_regular(path) as file:
        assert file.read() == jpeg()
        assert isinstance(file, io.BytesIO) is (most > 10)
