# SPDX-License-Identifier: BSD-3-Clause
"""load_img, img_to_array, array_to_img, save_img, beside Keras's."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv.utils import array_to_img, img_to_array, load_img, save_img

Image = pytest.importorskip("PIL.Image", reason="no Pillow")


def stored(path: Path, mode: str, size: tuple[int, int] = (23, 17)) -> Path:
    values = np.random.default_rng(5).integers(0, 256, (*size[::-1], 4)).astype(np.uint8)
    if mode == "I;16":
        Image.fromarray(values[..., 0].astype(np.uint16) * 257).save(path)
    else:
        Image.fromarray(values, "RGBA").convert(mode).save(path)
    return path


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:Palette images with Transparency")  # Keras's way there
@pytest.mark.parametrize("color_mode", ["grayscale", "rgb", "rgba"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"target_size": (8, 9)},
        {"target_size": (31, 40), "interpolation": "bilinear", "keep_aspect_ratio": True},
        {"target_size": (5, 50), "interpolation": "lanczos"},
    ],
)
def test_load_img_equals_keras(
    keras: Any, tmp_path: Path, color_mode: str, mode: str, options: dict[str, Any]
) -> None:
    if mode == "I;16" and color_mode != "grayscale":
        pytest.skip("Keras cuts 16 bits off at 255")
    path = stored(tmp_path / "a.png", mode)
    wanted = keras.utils.load_img(path, color_mode=color_mode, **options)
    found = load_img(path, color_mode=color_mode, **options)  # type: ignore[arg-type]
    assert (found.mode, found.size) == (wanted.mode, wanted.size)
    np.testing.assert_array_equal(np.asarray(found), np.asarray(wanted))


def test_sixteen_bits_become_eight_in_colour(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.png", "I;16")
    grey = np.asarray(load_img(path, color_mode="grayscale"))
    np.testing.assert_array_equal(np.asarray(load_img(path))[..., 1], grey // 257)


def test_an_image_is_read_from_a_path_bytes_or_a_file(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.png", "RGB")
    wanted = np.asarray(load_img(path))
    for given in (str(path), str(path).encode(), io.BytesIO(path.read_bytes())):
        np.testing.assert_array_equal(np.asarray(load_img(given)), wanted)


@pytest.mark.oracle
@pytest.mark.parametrize("data_format", [None, "channels_last", "channels_first"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("dtype", [None, "uint8", "float64"])
def test_img_to_array_equals_keras(
    keras: Any, tmp_path: Path, data_format: Any, mode: str, dtype: Any
) -> None:
    image = Image.open(stored(tmp_path / "a.png", mode))
    wanted = keras.utils.img_to_array(image, data_format, dtype)
    found = img_to_array(image, data_format, dtype)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.oracle
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_array_to_img_equals_keras(
    keras: Any, channels: int, scale: bool, data_format: Any
) -> None:
    generator = np.random.default_rng(7)
    x = generator.uniform(-40 if scale else 0, 255.9, (6, 5, channels)).astype(np.float32)
    if data_format == "channels_first":
        x = x.transpose(2, 0, 1)
    wanted = keras.utils.array_to_img(x, data_format, scale)
    found = array_to_img(x, data_format, scale)
    assert found.mode == wanted.mode
    np.testing.assert_array_equal(np.asarray(found), np.asarray(wanted))


def test_wide_greys_and_flat_pictures() -> None:
    wide = array_to_img(np.array([[[300.0], [7.0]]]), scale=False)
    assert wide.mode == "I"
    assert np.asarray(wide).tolist() == [[300, 7]]
    assert np.asarray(array_to_img(np.full((2, 2, 1), 9.0))).tolist() == [[0, 0], [0, 0]]
    assert array_to_img(pyconv.Tensor(np.zeros((2, 3, 3)))).size == (3, 2)


def test_values_as_far_apart_as_floats_can_be_keep_their_order() -> None:
    values = np.array([-3e38, 0, 3e38], np.float32).reshape(1, 3, 1)
    assert np.asarray(array_to_img(values)).tolist() == [[0, 127, 255]]


def test_wide_greys_are_saved_as_png_of_16_bits(tmp_path: Path) -> None:
    wide = np.array([[[300.0], [65535.0]]])
    save_img(tmp_path / "a.png", wide, scale=False)
    assert np.asarray(load_img(tmp_path / "a.png", "grayscale")).tolist() == [[300, 65535]]
    with pytest.raises(ValueError, match="save_img: x has values from -1 to 300; PNG keeps 0 to"):
        save_img(tmp_path / "b.png", np.array([[[300.0], [-1.0]]]), scale=False)
    assert not (tmp_path / "b.png").exists()


def test_a_saved_picture_is_read_back(tmp_path: Path) -> None:
    x = np.random.default_rng(1).integers(0, 256, (5, 4, 3)).astype(np.float32)
    for name in ("a.png", "a.bmp"):
        save_img(tmp_path / name, x, scale=False)
        np.testing.assert_array_equal(img_to_array(load_img(tmp_path / name)), x)
    save_img(tmp_path / "a.jpg", x, quality=100)
    with pytest.warns(UserWarning, match="JPEG keeps no transparency"):
        save_img(tmp_path / "b.jpg", np.ones((4, 4, 4)))
    file = io.BytesIO()
    save_img(file, x, file_format="png", scale=False)
    np.testing.assert_array_equal(img_to_array(load_img(io.BytesIO(file.getvalue()))), x)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.bmp", "a.jpg", "a.png", "b.jpg"]


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="not finite"):
        save_img(path, np.full((2, 2, 3), np.nan))
    assert path.read_bytes() == b"old"
    with pytest.raises(FileNotFoundError, match="nowhere"):
        save_img(tmp_path / "nowhere" / "a.png", np.ones((2, 2, 3)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: load_img("a", color_mode="hsv"), "load_img: color_mode='hsv'"),  # type: ignore[arg-type]
        (lambda: load_img("a", target_size=(0, 4)), r"load_img: target_size\[0\]=0"),
        (lambda: load_img("a", target_size=(1 << 14, 1 << 14)), "at most 67108864 pixels"),
        (lambda: load_img("a", interpolation="area"), "load_img: interpolation='area'; must be"),
        (lambda: load_img(4), "load_img: path=4; must be a path"),  # type: ignore[arg-type]
        (lambda: img_to_array(np.zeros(3)), r"img_to_array: img has shape \(3,\)"),
        (lambda: img_to_array("a"), "img_to_array: img has dtype <U1"),
        (lambda: img_to_array(np.zeros((2, 2)), 0), "img_to_array: data_format=0; must be"),  # type: ignore[arg-type]
        (lambda: img_to_array(np.zeros((2, 2)), None, "float3"), "dtype='float3'; must be a dtype"),
        (lambda: img_to_array(np.zeros((2, 2)), None, (2, 3)), r"dtype=\(2, 3\); must be a dtype"),  # type: ignore[arg-type]
        (lambda: array_to_img("a"), "array_to_img: x has dtype <U1"),
        (
            lambda: array_to_img(np.zeros((2, 2, 3)), dtype=bool),
            "array_to_img: dtype=<class 'bool'",
        ),  # type: ignore[arg-type]
        (
            lambda: save_img("a.jpg", np.zeros((2, 2, 3)), quality=101),
            "quality=101; must be <= 100",
        ),
        (
            lambda: save_img("a.jpg", np.zeros((2, 2, 3)), quality="high"),
            "save_img: quality='high'",
        ),  # type: ignore[arg-type]
        (lambda: img_to_array(np.zeros((2, 2)), "nchw"), "data_format='nchw'"),  # type: ignore[arg-type]
        (lambda: array_to_img(np.zeros((2, 2))), r"array_to_img: x.shape=\(2, 2\)"),
        (lambda: array_to_img(np.zeros((2, 2, 2))), "and 1, 3 or 4 channels"),
        (lambda: array_to_img(np.zeros((0, 2, 3))), "must have pixels"),
        (lambda: array_to_img(np.full((1, 1, 3), 1e30), scale=False), r"must be below 2\^31"),
        (lambda: save_img("a.png", np.zeros((2, 2, 3)), file_format=3), "file_format=3; must be"),  # type: ignore[arg-type]
        (lambda: save_img(3, np.zeros((2, 2, 3)), file_format="png"), "save_img: path=3; must"),  # type: ignore[arg-type]
        (lambda: save_img("a.xyz", np.zeros((2, 2, 3))), "file_format='xyz'; must be one Pillow"),
        (lambda: save_img("a", np.zeros((2, 2, 3))), "file_format=''"),
    ],
)
def test_arguments_out_of_range_are_named(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()
