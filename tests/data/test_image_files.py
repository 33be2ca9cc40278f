# SPDX-License-Identifier: BSD-3-Clause
"""Image files of every kind that people and cameras leave about, whole and broken."""

from __future__ import annotations

import io
import os
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyconv.data.image_files import MOST_PIXELS, decode_image

Image = pytest.importorskip("PIL.Image", reason="no Pillow")
PNG = b"\x89PNG\r\n\x1a\n"


def pixels(h: int = 6, w: int = 9, channels: int = 3) -> np.ndarray[Any, Any]:
    shape = (h, w, channels) if channels > 1 else (h, w)
    return np.random.default_rng(3).integers(0, 256, shape).astype(np.uint8)


def saved(path: Path, image: Any, **options: Any) -> Path:
    image.save(path, **options)
    return path


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def png(width: int, height: int, bits: int, kind: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    return (
        PNG + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_a_lossless_picture_is_its_pixels(tmp_path: Path, suffix: str) -> None:
    x = pixels()
    array = decode_image(saved(tmp_path / f"a.{suffix}", Image.fromarray(x)))
    np.testing.assert_array_equal(array, x)
    assert array.dtype == np.uint8


@pytest.mark.parametrize("suffix", ["jpg", "webp", "gif"])
def test_a_lossy_picture_is_what_pillow_decodes(tmp_path: Path, suffix: str) -> None:
    path = saved(tmp_path / f"a.{suffix}", Image.fromarray(pixels(40, 50)))
    with Image.open(path) as image:
        np.testing.assert_array_equal(decode_image(path), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize(("mode", "channels"), [("grayscale", 1), ("rgb", 3), ("rgba", 4)])
@pytest.mark.parametrize("stored", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_stored_mode_becomes_every_colour_mode(
    tmp_path: Path, stored: str, mode: Any, channels: int
) -> None:
    image = Image.fromarray(pixels(channels=4), "RGBA").convert(stored)
    path = saved(tmp_path / "a.png", image)
    array = decode_image(path, mode)
    assert array.shape == (6, 9, channels)
    wanted = image.convert({1: "L", 3: "RGB", 4: "RGBA"}[channels])
    np.testing.assert_array_equal(array, np.asarray(wanted).reshape(array.shape))


def test_a_palette_with_transparency_keeps_it_in_rgba_alone(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putdata([0, 1])
    path = saved(tmp_path / "a.png", image, transparency=bytes([0, 128]))
    rgba = decode_image(path, "rgba")
    assert rgba[0].tolist() == [[10, 20, 30, 0], [200, 100, 50, 128]]
    np.testing.assert_array_equal(decode_image(path), rgba[..., :3])


def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path: Path) -> None:
    values = np.array([[0, 128, 129, 257, 32896, 65535]], np.uint16)
    path = tmp_path / "a.png"
    path.write_bytes(png(6, 1, 16, 0, b"\0" + values.astype(">u2").tobytes()))
    assert decode_image(path, "grayscale").ravel().tolist() == [0, 0, 1, 1, 128, 255]
    assert decode_image(path)[0, 4].tolist() == [128] * 3


def test_cmyk_becomes_the_colours_it_stands_for(tmp_path: Path) -> None:
    inks = {(0, 0, 0, 0): (255, 255, 255), (255, 0, 0, 0): (0, 255, 255), (0, 0, 0, 255): (0, 0, 0)}
    for ink, colour in inks.items():
        image = Image.new("CMYK", (16, 16), ink)
        path = saved(tmp_path / "a.jpg", image, quality=100)
        assert np.abs(decode_image(path).astype(int) - colour).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_cameras_turn_is_undone(tmp_path: Path, orientation: int) -> None:
    upright = pixels(4, 7)
    # How the camera stores a picture so that a viewer, told the tag, shows it upright.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / "a.png", Image.fromarray(np.ascontiguousarray(stored)), exif=exif)
    np.testing.assert_array_equal(decode_image(path), upright)


def test_a_broken_exif_block_leaves_the_picture(tmp_path: Path) -> None:
    broken = b"Exif\0\0II*\0\xff\xff\xff\x7f"
    path = saved(tmp_path / "a.jpg", Image.fromarray(pixels()), exif=broken)
    with pytest.warns(UserWarning, match="Corrupt EXIF data"):
        assert decode_image(path).shape == (6, 9, 3)


@pytest.mark.parametrize(
    ("suffix", "options"), [("gif", {}), ("png", {}), ("webp", {"lossless": 1})]
)
def test_of_an_animation_the_first_picture_counts(
    tmp_path: Path, suffix: str, options: dict[str, Any]
) -> None:
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "lime", "blue")]
    path = saved(
        tmp_path / f"a.{suffix}", frames[0], save_all=True, append_images=frames[1:], **options
    )
    assert (decode_image(path) == [255, 0, 0]).all()


def test_the_content_decides_the_format(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", Image.fromarray(pixels()), format="PNG")
    np.testing.assert_array_equal(decode_image(path), pixels())


def test_thin_and_tiny_pictures(tmp_path: Path) -> None:
    for h, w in ((1, 1), (1, 65500), (65500, 1)):
        path = saved(tmp_path / "a.png", Image.new("L", (w, h), 7))
        assert decode_image(path).shape == (h, w, 3)


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    for width, height in ((12_000, 8_000), (30_000, 30_000), (8_193, 8_192), (65_537, 1)):
        path = tmp_path / "bomb.png"
        rows = zlib.compress(bytes(1000))
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        path.write_bytes(PNG + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
        with pytest.raises(ValueError, match=f"bomb.png: has .*{MOST_PIXELS}"):
            decode_image(path)


def test_a_picture_without_pixels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.png"
    path.write_bytes(png(0, 5, 8, 2, b""))
    with pytest.raises(ValueError, match=r"none\.png: "):
        decode_image(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"<html>", b"\x7fELF" + bytes(60), b"%!PS-Adobe-3.0 EPSF", b"8BPS\0\1", PNG],
)
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thumb.jpg"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"thumb.jpg: no picture; must be a whole file of BMP"):
        decode_image(path)


def test_rare_decoders_stay_closed(tmp_path: Path) -> None:
    for kind in ("TIFF", "JPEG2000", "PPM", "ICO", "TGA"):
        try:
            path = saved(tmp_path / "a.png", Image.fromarray(pixels()), format=kind)
        except (OSError, KeyError, ValueError):
            continue  # this Pillow cannot write it
        with pytest.raises(ValueError, match=r"a\.png: no picture"):
            decode_image(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "webp", "bmp"])
def test_a_picture_cut_short_anywhere_is_named_or_whole(tmp_path: Path, suffix: str) -> None:
    x = Image.fromarray(pixels(16, 16))
    content = saved(tmp_path / f"whole.{suffix}", x).read_bytes()
    path = tmp_path / f"cut.{suffix}"
    whole = decode_image(tmp_path / f"whole.{suffix}")
    refused = 0
    for length in range(0, len(content), max(1, len(content) // 150)):
        path.write_bytes(content[:length])
        try:
            array = decode_image(path)
        except ValueError as error:
            assert f"cut.{suffix}: " in str(error)  # noqa: PT017
            refused += 1
        else:  # what is missing held no pixels
            assert array.shape == whole.shape
    assert refused > 100


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "webp", "bmp"])
def test_flipped_bytes_never_raise_anything_else(tmp_path: Path, suffix: str) -> None:
    content = saved(tmp_path / f"whole.{suffix}", Image.fromarray(pixels(16, 16))).read_bytes()
    path = tmp_path / f"flipped.{suffix}"
    generator = np.random.default_rng(8)
    for _ in range(200):
        flipped = bytearray(content)
        for place in generator.integers(0, len(content), 3):
            flipped[place] ^= int(generator.integers(1, 256))
        path.write_bytes(flipped)
        try:
            assert decode_image(path).shape[2] == 3
        except ValueError as error:
            assert f"flipped.{suffix}: " in str(error)  # noqa: PT017


def test_pipes_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(ValueError, match=r"pipe.jpg: not an ordinary file"):
        decode_image(tmp_path / "pipe.jpg")
    with pytest.raises(ValueError, match="is a folder"):
        decode_image(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"absent\.png"):
        decode_image(tmp_path / "absent.png")


def test_an_opened_file_is_read_and_left_open() -> None:
    file = io.BytesIO()
    Image.fromarray(pixels()).save(file, "PNG")
    file.seek(0)
    np.testing.assert_array_equal(decode_image(file), pixels())
    assert not file.closed
    with pytest.raises(ValueError, match="the opened file: no picture"):
        decode_image(io.BytesIO(b"nothing"))


def test_arguments_of_other_kinds_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="decode_image: color_mode='bgr'; must be"):
        decode_image(tmp_path, "bgr")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="decode_image: path=3; must be a path"):
        decode_image(3)  # type: ignore[arg-type]


def test_without_pillow_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(ImportError, match="decode_image: image files need Pillow; pip install"):
        decode_image(tmp_path / "a.png")


def test_threads_decode_side_by_side(tmp_path: Path) -> None:
    paths = []
    for i in range(24):
        paths.append(saved(tmp_path / f"{i}.png", Image.fromarray(pixels() ^ i)))
    (tmp_path / "7.png").write_bytes(b"no picture")
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(decode_image, path) for path in paths]
    for i, job in enumerate(jobs):
        if i == 7:
            assert "7.png: no picture" in str(job.exception())
        else:
            np.testing.assert_array_equal(job.result(), pixels() ^ i)
