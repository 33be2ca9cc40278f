# SPDX-License-Identifier: BSD-3-Clause
"""Pictures that are decoded onto sheets: those of Pillow, whatever was on the sheet before."""

from __future__ import annotations

import io
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyconv.data import image_files, jpeg_sheet, pillow_memory
from pyconv.data.image_files import decode_image, picture
from pyconv.data.jpeg_sheet import jpeg_pixels

Image = pytest.importorskip("PIL.Image", reason="no Pillow")
MOST = 1 << 26, 1 << 16
SIZES = [(40, 30), (700, 2), (3, 900), (600, 520), (1, 1), (33, 47)]  # width, height


@pytest.fixture(autouse=True)
def no_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test begins without spare sheets."""
    monkeypatch.setattr(jpeg_sheet, "_spare", type(jpeg_sheet._spare)(maxlen=64))


@pytest.fixture
def lending() -> None:
    """What a test is about needs a Pillow that lends its memory."""
    if not pillow_memory._pillow_lends():
        pytest.skip("Pillow before 13")


def jpeg(width: int, height: int, **options: Any) -> bytes:
    values = np.random.default_rng(width + height).integers(0, 256, (height, width, 3))
    file = io.BytesIO()
    Image.fromarray(values.astype(np.uint8)).save(file, "JPEG", **options)
    return file.getvalue()


def written(folder: Path, content: bytes, name: str = "a.jpg") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def by_pillow(content: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def assert_are_pillow_s(folder: Path) -> None:
    for size in SIZES:
        content = jpeg(*size)
        with picture(written(folder, content), "rgb") as pixels:
            assert not pixels.flags.writeable
            np.testing.assert_array_equal(pixels, by_pillow(content))


def test_each_picture_is_its_own_on_a_sheet_that_others_used(tmp_path: Path) -> None:
    assert_are_pillow_s(tmp_path)


def test_a_sheet_serves_one_picture_after_the_other(lending: None) -> None:
    for size in ((40, 30), (500, 20), (20, 500)):
        with jpeg_pixels(Image, io.BytesIO(jpeg(*size)), *MOST) as pixels:
            assert pixels is not None
            assert not jpeg_sheet._spare
        assert len(jpeg_sheet._spare) == 1
    assert jpeg_sheet._spare[0].width == jpeg_sheet._spare[0].height == 512


def test_sheets_grow_with_the_pictures(lending: None) -> None:
    for size, sheet in (((700, 2), (700, 512)), ((3, 900), (700, 900)), ((1, 2000), (1, 2000))):
        with jpeg_pixels(Image, io.BytesIO(jpeg(*size)), *MOST) as pixels:
            assert pixels is not None
        assert [(one.width, one.height) for one in jpeg_sheet._spare] == [sheet]


def test_large_pictures_have_memory_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jpeg_sheet, "_MOST_PIXELS", 33 * 47 - 1)
    with jpeg_pixels(Image, io.BytesIO(jpeg(33, 47)), *MOST) as pixels:
        assert pixels is None
    assert_are_pillow_s(tmp_path)


def test_two_pictures_at_a_time_do_not_share_a_sheet(lending: None) -> None:
    files = [io.BytesIO(jpeg(*size)) for size in ((40, 30), (30, 40))]
    with jpeg_pixels(Image, files[0], *MOST) as one, jpeg_pixels(Image, files[1], *MOST) as other:
        assert one is not None
        assert other is not None
        assert not np.shares_memory(one, other)
        for pixels, file in ((one, files[0]), (other, files[1])):
            np.testing.assert_array_equal(pixels, by_pillow(file.getvalue()))


def test_threads_that_decode_side_by_side_do_not_meet(tmp_path: Path) -> None:
    contents = [jpeg(width, 90 - width) for width in range(20, 60)]
    paths = [written(tmp_path, content, f"{i}.jpg") for i, content in enumerate(contents)]
    wrong: list[str] = []

    def work(paths: list[str]) -> None:
        for path in paths:
            with picture(path, "rgb") as pixels:
                if not np.array_equal(pixels, decode_image(path)):
                    wrong.append(path)

    threads = [threading.Thread(target=work, args=(paths[i:] + paths[:i],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("kind", ["grayscale", "rgba"])
def test_other_colours_are_as_before(tmp_path: Path, kind: Any) -> None:
    path = written(tmp_path, jpeg(40, 30))
    with picture(path, kind) as pixels:
        np.testing.assert_array_equal(pixels, decode_image(path, kind))


def test_a_pillow_that_does_not_lend_decodes_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jpeg_sheet, "lent_pixels", lambda image: None)
    with jpeg_pixels(Image, io.BytesIO(jpeg(40, 30)), *MOST) as pixels:
        assert pixels is None
    assert_are_pillow_s(tmp_path)


@pytest.mark.parametrize("error", [AttributeError, TypeError, ValueError])
def test_a_pillow_with_another_decoder_is_not_insisted_on(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def another(*arguments: Any) -> None:
        raise error("of another Pillow")

    file = io.BytesIO(jpeg(40, 30))
    monkeypatch.setattr(Image, "_getdecoder", another)
    with jpeg_pixels(Image, file, *MOST) as pixels:
        assert pixels is None


@pytest.mark.parametrize("cut", [0, 2, 40, 400])
def test_a_damaged_file_fails_as_it_does_by_pillow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    whole = jpeg(62, 46)
    rng = np.random.default_rng(cut)
    for _ in range(20):
        content = bytearray(whole[: len(whole) - cut])
        content[int(rng.integers(2, len(content)))] = rng.integers(256)
        path = written(tmp_path, bytes(content))
        found = outcome(path)
        with monkeypatch.context() as patch:
            patch.setattr(image_files, "plain_jpeg", lambda *arguments: None)
            patch.setattr(image_files, "jpeg_pixels", lambda *arguments: nullcontext())
            assert found == outcome(path)


def outcome(path: str) -> Any:
    """Return the pixels of a file, or the error's words."""
    try:
        with picture(path, "rgb") as pixels:
            return pixels.shape, pixels.tobytes()
    except (ValueError, OSError) as error:
        return str(error)
