# SPDX-License-Identifier: BSD-3-Clause
"""A picture of bytes is resized to the bits that its values have as floats."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same_bits

from pyconv import ops
from pyconv.backend import instruction_sets
from pyconv.data import pillow_memory
from pyconv.data.pillow_memory import pixels_of
from pyconv.data.resampling import resample

Image = pytest.importorskip("PIL.Image", reason="no Pillow")
SUPPORT = Path(__file__).parent.parent / "support"
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
BEFORE = [(1, 1), (7, 5), (3, 1), (1, 4), (50, 67)]
AFTER = [(1, 1), (2, 3), (9, 2), (5, 17), (7, 5), (45, 66)]


def picture(h: int, w: int, c: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(h * 100 + w + c).integers(0, 256, (h, w, c), dtype=np.uint8)


def image_of(x: np.ndarray[Any, Any]) -> Any:
    return Image.fromarray(x[..., 0] if x.shape[2] == 1 else x, MODES[x.shape[2]])


@pytest.mark.parametrize("isa", instruction_sets())
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("channels", sorted(MODES))
def test_the_bits_are_those_of_the_floats(
    isa: str, interpolation: Any, channels: int, set_isa: Callable[[str], None]
) -> None:
    set_isa(isa)
    for before in BEFORE:
        x = picture(*before, channels)
        lent = pixels_of(image_of(x))
        for size in AFTER:
            want = ops.resize(x[None].astype(np.float32), size, interpolation=interpolation)[0]
            for image in (lent, x, np.asfortranarray(x), x[::-1].copy()[::-1]):
                out = np.full((*size, channels), np.nan, np.float32)
                assert resample(image, size, interpolation, out) is out
                assert_same_bits(out, want)


def test_a_window_of_the_pixels_is_read_where_it_lies() -> None:
    x = picture(20, 30, 3)
    inner = (slice(3, 17), slice(5, 26))
    y = resample(pixels_of(image_of(x))[inner], (9, 8), "bilinear")
    assert_same_bits(y, resample(x[inner].copy(), (9, 8), "bilinear"))


@pytest.mark.parametrize("channels", sorted(MODES))
def test_pixels_are_lent_without_a_copy_and_outlive_the_image(channels: int) -> None:
    x = picture(6, 7, channels)
    image = image_of(x)
    lent = pixels_of(image)
    del image
    assert lent.shape == x.shape
    assert not lent.flags.writeable
    np.testing.assert_array_equal(lent, x)
    np.testing.assert_array_equal(pixels_of(image_of(x))[1:, 2:], x[1:, 2:])


@pytest.mark.parametrize("channels", sorted(MODES))
def test_a_picture_in_pieces_is_copied(channels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(image: Any, schema: object = None) -> None:
        raise ValueError("not in one piece")

    monkeypatch.setattr(Image.Image, "__arrow_c_array__", refused, raising=False)
    x = picture(6, 7, channels)
    np.testing.assert_array_equal(pixels_of(image_of(x)), x)


def test_a_pillow_that_lends_unsafely_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def crashes(image: Any, schema: object = None) -> None:
        pytest.fail("Pillow before 13 was asked for its memory")

    monkeypatch.setattr(Image.Image, "__arrow_c_array__", crashes, raising=False)
    monkeypatch.setattr(pillow_memory, "version", lambda name: "12.1.0")
    pillow_memory._pillow_lends.cache_clear()
    try:
        x = picture(6, 7, 3)
        np.testing.assert_array_equal(pixels_of(image_of(x)), x)
    finally:
        pillow_memory._pillow_lends.cache_clear()


GUARDED = """
import sys
import numpy as np
from guard_pages import guarded_empty
from pyconv import _core
from pyconv.backend import instruction_sets
from pyconv.data.resampling import resample

placement = sys.argv[1]
for isa in instruction_sets():
    _core._set_isa(isa)
    for h, w in ((1, 1), (3, 5), (2, 17), (9, 33)):
        for size in ((1, 1), (4, 3), (2, 16), (5, 35)):
            for c, pixel in ((1, 1), (3, 3), (3, 4), (4, 4)):
                memory = guarded_empty((h * w * pixel - (pixel - c),), "uint8", placement)
                memory[...] = 7
                x = np.lib.stride_tricks.as_strided(memory, (h, w, c), (w * pixel, pixel, 1))
                y = guarded_empty((*size, c), "float32", placement)
                y[...] = 0
                resample(x, size, "bilinear", y)
                assert (y == 7).all()
print("inside")
"""


@pytest.mark.parametrize("placement", ["end", "begin"])
def test_nothing_beyond_the_pixels_is_read_or_written(placement: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", GUARDED, placement],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SUPPORT), *sys.path])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == "inside\n", done.stderr
