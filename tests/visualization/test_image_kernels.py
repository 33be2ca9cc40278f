# SPDX-License-Identifier: BSD-3-Clause
"""Image kernels by name, their published numbers, and what they do to pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import integers
from compare import assert_same

from pyconv import reference
from pyconv.visualization import IMAGE_KERNELS, apply_image_kernel, image_kernels

PICTURE = integers((7, 9), np.float64, "grey", largest=100)
LEFT = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
TOP = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
PUBLISHED = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "blur": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16,
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "left sobel": LEFT,
    "right sobel": np.negative(LEFT),
    "top sobel": TOP,
    "bottom sobel": np.negative(TOP),
}


def test_the_kernels_are_the_published_ones() -> None:
    assert IMAGE_KERNELS.keys() == PUBLISHED.keys()
    for name, kernel in PUBLISHED.items():
        np.testing.assert_array_equal(IMAGE_KERNELS[name], kernel)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_kernel_is_a_cross_correlation(name: str) -> None:
    kernel = IMAGE_KERNELS[name]
    inner = reference.conv2d(PICTURE[None, :, :, None], kernel[:, :, None, None])[0, :, :, 0]
    assert_same(apply_image_kernel(PICTURE, name, border="cut"), inner)
    assert_same(apply_image_kernel(PICTURE, name), np.pad(inner, 1))
    repeated = apply_image_kernel(PICTURE, name, border="repeat")
    assert_same(repeated[1:-1, 1:-1], inner)
    corner = sum(
        kernel[u + 1, v + 1] * PICTURE[max(u, 0), max(v, 0)] for u in (-1, 0, 1) for v in (-1, 0, 1)
    )
    assert repeated[0, 0] == corner


def test_colours_are_taken_one_by_one() -> None:
    colours = integers((6, 5, 3), np.float64, "rgb", largest=50)
    found = apply_image_kernel(colours, "outline")
    assert found.shape == colours.shape
    for c in range(3):
        assert_same(found[..., c].copy(), apply_image_kernel(colours[..., c].copy(), "outline"))
    one = apply_image_kernel(colours[..., :1], "outline")
    assert one.shape == (6, 5, 1)


def test_bytes_stay_bytes_cut_to_their_range() -> None:
    picture = np.array([[0, 0, 0], [0, 200, 0], [0, 0, 0]], np.uint8)
    assert apply_image_kernel(picture, "outline")[1, 1] == 255
    assert apply_image_kernel(255 - picture, "outline")[1, 1] == 0
    blurred = apply_image_kernel(picture + np.uint8(2), "blur")
    assert blurred[1, 1] == 52  # 202/4 + 2 * 12/16 = 52
    assert blurred.dtype == np.uint8
    assert apply_image_kernel(picture + picture // 28, "blur")[1, 1] == 52  # 207/4 = 51.75
    assert apply_image_kernel(picture.astype(np.float32), "outline").dtype == np.float32
    assert apply_image_kernel(picture.astype(np.float32), "outline")[1, 1] == 1600


def test_an_even_picture_has_no_outline_and_keeps_its_grey() -> None:
    even = np.full((5, 6), 7.0)
    sums = {name: kernel.sum() for name, kernel in IMAGE_KERNELS.items()}
    for name, total in sums.items():
        found = apply_image_kernel(even, name, border="repeat")
        np.testing.assert_array_equal(found, 7 * total)
    assert {name for name, total in sums.items() if total == 1} == {
        "identity",
        "blur",
        "sharpen",
        "emboss",
    }


def test_a_kernel_of_ones_own_may_have_any_odd_size() -> None:
    shift = np.zeros((1, 5))
    shift[0, 4] = 1  # y[i, j] = x[i, j + 2]
    found = apply_image_kernel(PICTURE, shift, border="cut")
    np.testing.assert_array_equal(found, PICTURE[:, 4:])


@pytest.mark.parametrize(
    ("picture", "kernel", "border", "kind", "said"),
    [
        (PICTURE, "smear", "black", ValueError, "kernel='smear'; must be one of identity, blur"),
        (PICTURE, np.ones((2, 3)), "black", ValueError, r"kernel.shape=\(2, 3\); must be .*odd"),
        (PICTURE, np.ones(3), "black", ValueError, r"kernel.shape=\(3,\)"),
        (PICTURE, [[np.nan]], "black", ValueError, r"kernel\[0, 0\]=nan; must be finite"),
        (PICTURE, "blur", "white", ValueError, "border='white'; must be one of black, cut, repeat"),
        (PICTURE[:2], "blur", "black", ValueError, r"picture.shape=\(2, 9\); must be at least"),
        (PICTURE[0], "blur", "black", ValueError, r"picture.shape=\(9,\)"),
        (PICTURE[:, :0], "blur", "black", ValueError, r"picture.shape=\(7, 0\)"),
        (np.zeros((4, 4, 4)), "blur", "black", ValueError, r"picture.shape=\(4, 4, 4\)"),
        (PICTURE * np.inf, "blur", "black", ValueError, "must be finite"),
        (None, "blur", "black", TypeError, "picture is None"),
        (np.ma.masked_array(PICTURE), "blur", "black", TypeError, "masked array"),
        (PICTURE * 1j, "blur", "black", TypeError, "complex128"),
    ],
)
def test_what_no_kernel_fits_is_refused(
    picture: Any, kernel: Any, border: str, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=f"apply_image_kernel: .*{said}"):
        apply_image_kernel(picture, kernel, border=border)


@pytest.mark.parametrize("shape", [(12, 16), (12, 16, 1), (12, 16, 3)])
def test_all_kernels_are_drawn_at_once(shape: tuple[int, ...], tmp_path: Any) -> None:
    pytest.importorskip("matplotlib")
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    results = image_kernels(picture, tmp_path / "kernels.png")
    assert_same(results[1], apply_image_kernel(picture, "blur"))
    assert results.shape == (9, *shape)
    assert (tmp_path / "kernels.png").exists()
