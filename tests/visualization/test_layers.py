# SPDX-License-Identifier: BSD-3-Clause
"""What layers hold and make: kernels, feature maps, single filters, filter maximisation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arrays import integers, normal
from compare import assert_same
from tolerances import ASCENT, FORMULA, GRADIENT_CHECK, STRETCHED_PIXEL

from pyconv import Model, Sequential, Tensor, layers, ops
from pyconv.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input, MaxPooling2D
from pyconv.visualization import (
    feature_maps,
    filter_patterns,
    filters_over_picture,
    layer_depth,
    layer_kernels,
    maximise_filter,
)
from pyconv.visualization.feature_maps import scaled_map
from pyconv.visualization.layer_outputs import find_layer, output_of
from pyconv.visualization.maximise_filter import ascended, to_bytes

PICTURE = normal((16, 14, 3), np.float32, "picture")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    pytest.importorskip("matplotlib")
    return tmp_path / "picture.png"


def network() -> Model:
    stack = [
        Input((16, 14, 3)),
        Conv2D(18, 3, activation="relu", name="first"),
        MaxPooling2D(2, name="pool"),
        Sequential([Conv2D(5, 3, name="inner")], name="inside"),
        GlobalAveragePooling2D(name="mean"),
        Dense(4, activation="softmax", name="scores"),
    ]
    model = Sequential(stack)
    for i, variable in enumerate(model.weights):
        variable.assign(normal(variable.shape, np.float32, "weight", i) * 0.3)
    return model


def test_a_map_is_brought_to_mean_128_and_deviation_64() -> None:
    # mean 1.5, deviation 1.118: 128 + 64 * (-1.342, -.447, .447, 1.342), cut to whole numbers
    assert scaled_map(np.array([[0.0, 1.0], [2.0, 3.0]])).tolist() == [[42, 99], [156, 213]]
    assert scaled_map(np.array([[0.0] * 9 + [1.0]])).tolist() == [[106] * 9 + [255]]
    assert scaled_map(np.zeros((2, 3))).tolist() == [[0] * 3] * 2
    assert scaled_map(np.full((2, 3), 0.1, np.float32)).tolist() == [[128] * 3] * 2


def test_feature_maps_are_laid_out_sixteen_a_row(picture: Path) -> None:
    model: Any = network()
    grids = feature_maps(model, PICTURE, picture)
    assert {name: grid.shape for name, grid in grids.items()} == {
        "first": (2 * 15 - 1, 16 * 13 - 1),
        "pool": (2 * 8 - 1, 16 * 7 - 1),
        "inner": (5, 5 * 5 - 1),
    }
    maps = model.layers[0](PICTURE[None]).numpy()[0]
    for i in (0, 7, 17):
        top, left = i // 16 * 15, i % 16 * 13
        assert_same(
            grids["first"][top : top + 14, left : left + 12].copy(), scaled_map(maps[..., i])
        )
    assert not grids["first"][14].any(), "gaps are black"
    assert not grids["first"][15:, 26:].any(), "there is no map 19"


def test_feature_maps_of_any_layer_by_name_path_or_itself(picture: Path) -> None:
    model: Any = network()
    everything = feature_maps(model, PICTURE, picture)
    for layer in ("inner", "inside/inner", model.layers[2].layers[0]):
        found = feature_maps(model, PICTURE, picture, layers=layer)
        assert_same(found["inner"], everything["inner"])
    found = feature_maps(model, PICTURE, picture, layers=["inside", "first"], columns=3)
    assert list(found) == ["first", "inside"]
    assert found["inside"].shape == (2 * 6 - 1, 3 * 5 - 1)


def test_channels_first_gives_the_same_panels(picture: Path) -> None:
    last = Sequential(
        [
            Input((16, 14, 3)),
            layers.Rescaling(2.0, name="s"),
            Conv2D(4, 3, name="c"),
            layers.ReLU(name="r"),
        ]
    )
    first = Sequential(
        [
            Input((3, 16, 14)),
            layers.Rescaling(2.0, name="s"),
            Conv2D(4, 3, data_format="channels_first", name="c"),
            layers.ReLU(name="r"),
        ]
    )
    first.set_weights(last.get_weights())
    expected = feature_maps(last, PICTURE, picture, layers=["s", "c", "r"])
    found = feature_maps(first, PICTURE.transpose(2, 0, 1), picture, layers=["s", "c", "r"])
    for name in ("s", "c", "r"):
        assert_same(found[name], expected[name])


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"layers": "lost"}, ValueError, "layer='lost'; must be one of first, pool, inside, ins"),
        ({"layers": "mean"}, ValueError, "layer 'mean' makes .*must make maps"),
        ({"columns": 0}, ValueError, "columns=0; must be >= 1"),
        ({"layers": []}, ValueError, "no layer"),
    ],
)
def test_what_has_no_maps_is_refused(
    options: dict[str, Any], kind: type[Exception], said: str, picture: Path
) -> None:
    with pytest.raises(kind, match=f"feature_maps: .*{said}"):
        feature_maps(network(), PICTURE, picture, **options)


def test_kernels_stand_with_a_row_per_input_channel(picture: Path) -> None:
    model: Any = network()
    grids = layer_kernels(model, picture)
    assert {name: grid.shape for name, grid in grids.items()} == {
        "first": (3 * 4 - 1, 18 * 4 - 1),
        "inner": (8 * 4 - 1, 5 * 4 - 1),  # 8 of 18 channels
    }
    kernel = model.layers[0].kernel.numpy().astype(np.float64)
    scaled = (kernel - kernel.min()) / np.ptp(kernel)
    np.testing.assert_allclose(
        grids["first"][8:11, 28:31], scaled[:, :, 2, 7], rtol=FORMULA, atol=FORMULA
    )
    assert np.nanmin(grids["first"]) == 0
    assert np.nanmax(grids["first"]) == 1
    assert np.isnan(grids["first"][3]).all()
    full = layer_kernels(model, picture, layers="inner", rows=None, columns=2)
    assert full["inner"].shape == (18 * 4 - 1, 2 * 4 - 1)


def test_depthwise_and_transposed_kernels_have_a_column_per_channel(picture: Path) -> None:
    model = Sequential(
        [
            Input((8, 8, 4)),
            layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise"),
            layers.SeparableConv2D(6, (1, 3), name="separable"),
            layers.Conv2DTranspose(5, 2, name="transposed"),
        ]
    )
    grids = layer_kernels(model, picture)
    assert grids["depthwise"].shape == (2 * 4 - 1, 4 * 4 - 1)
    assert grids["separable"].shape == (1, 8 * 4 - 1)
    assert grids["transposed"].shape == (6 * 3 - 1, 5 * 3 - 1)


def test_what_has_no_kernels_is_refused(picture: Path) -> None:
    with pytest.raises(ValueError, match="layer 'pool' is a MaxPooling2D; must be a convolution"):
        layer_kernels(network(), picture, layers="pool")
    with pytest.raises(ValueError, match="layer 'scores' is a Dense; must be a convolution"):
        layer_kernels(network(), picture, layers=["first", "scores"])
    with pytest.raises(ValueError, match="layer 'c' is a Conv2D, not built"):
        layer_kernels(Sequential([Conv2D(1, 3, name="c")]), picture)
    with pytest.raises(ValueError, match="has no convolution layer"):
        layer_kernels(Sequential([Input((3,)), Dense(1)]), picture)
    with pytest.raises(ValueError, match="layer_kernels: rows=0"):
        layer_kernels(network(), picture, rows=0)


def test_the_first_filters_each_answer_alone(picture: Path) -> None:
    grey = integers((9, 8), np.float32, "grey", largest=100) / np.float32(128)
    grey = np.abs(grey)
    kernel = integers((3, 3, 1, 20), np.float32, "filters")
    answers = filters_over_picture(grey, kernel, picture)
    assert answers.shape == (16, 7, 6)
    for i in (0, 15):
        alone = ops.conv2d(grey[None, :, :, None], np.ascontiguousarray(kernel[..., i : i + 1]))
        assert_same(answers[i], alone[0, :, :, 0])
    colours = filters_over_picture(np.stack([grey] * 3, -1), np.repeat(kernel, 3, axis=2), picture)
    np.testing.assert_allclose(colours, 3 * answers, rtol=STRETCHED_PIXEL, atol=STRETCHED_PIXEL)
    assert filters_over_picture(grey, kernel[..., :3], picture).shape == (3, 7, 6)
    for wrong in (kernel[:, :, 0], np.repeat(kernel, 3, axis=2), kernel[..., :0]):
        with pytest.raises(ValueError, match=r"filters_over_picture: kernel.shape="):
            filters_over_picture(grey, wrong, picture)


def answer(model: Model, layer: str, filter_index: int, x: np.ndarray) -> float:
    """Return the mean of a filter's maps without their border."""
    found = output_of("answer", model, Tensor(x), find_layer("answer", model, layer)).maps()
    maps = found[..., filter_index]
    border = 2 if min(maps.shape[1:]) > 4 else 0
    return float(maps[:, border : maps.shape[1] - border, border : maps.shape[2] - border].mean())


@pytest.mark.parametrize("layer", ["first", "inner"])
def test_ascent_raises_the_answer_of_its_filter(layer: str) -> None:
    model = network()
    x = np.random.default_rng(0).uniform(0.4, 0.6, (2, 16, 14, 3)).astype(np.float32)
    filters = np.argsort([answer(model, layer, f, x[:1]) for f in range(5)])[-2:]  # none is dead
    before = [answer(model, layer, f, x[i : i + 1]) for i, f in enumerate(filters)]
    target = find_layer("test", model, layer)
    up = ascended("test", model, target, filters, x, 20, 1.0)
    after = [answer(model, layer, f, up[i : i + 1]) for i, f in enumerate(filters)]
    assert all(new > 2 * abs(old) for old, new in zip(before, after, strict=True))
    one = ascended("test", model, target, filters[1:], x[1:], 20, 1.0)
    np.testing.assert_allclose(one, up[1:], atol=ASCENT)  # alone or with others, the same picture


def test_a_step_is_the_normalised_gradient_of_finite_differences() -> None:
    f64 = {"dtype": "float64"}
    model = Sequential([Input((7, 8, 2), **f64), Conv2D(3, 3, activation="tanh", name="c", **f64)])
    x = normal((1, 7, 8, 2), np.float64, "start")
    moved = ascended("test", model, model.layers[0], [2], x, 1, 0.5)
    eps, gradient = GRADIENT_CHECK["eps"], np.empty_like(x)
    for place in np.ndindex(x.shape):
        ends = [x.copy(), x.copy()]
        ends[0][place] += eps
        ends[1][place] -= eps
        gradient[place] = (answer(model, "c", 2, ends[0]) - answer(model, "c", 2, ends[1])) / eps
    expected = x + 0.5 * gradient / np.linalg.norm(gradient)
    np.testing.assert_allclose(moved, expected, atol=GRADIENT_CHECK["atol"])
    np.testing.assert_allclose(np.linalg.norm(moved - x), 0.5, rtol=FORMULA)


def test_a_linear_filter_answers_most_to_itself() -> None:
    """Behind a convolution of the picture's size the best picture is the kernel."""
    model = Sequential([Input((6, 6, 1)), Conv2D(2, 6, use_bias=False, name="c")])
    found = maximise_filter(model, "c", 1, steps=40, rate=1.0, crop=0)
    kernel = model.layers[0].get_weights()[0][..., 1]
    assert np.corrcoef(found.ravel(), kernel.ravel())[0, 1] > 0.98


def test_patterns_become_bytes_around_128() -> None:
    pixels = normal((20, 20, 3), np.float32, "pixels")
    found = to_bytes(pixels)
    assert found.dtype == np.uint8
    assert abs(found.mean() - 127.5) < 2
    assert (to_bytes(np.full((4, 4, 1), 3.0)) == 128).all()
    model = network()
    assert maximise_filter(model, "first", 2, steps=1).shape == (14, 12, 3)
    assert maximise_filter(model, "first", 2, steps=1, crop=3).shape == (10, 8, 3)
    same = [maximise_filter(model, "first", 2, steps=2, seed=5) for _ in range(2)]
    assert_same(*same)


def test_open_sizes_are_chosen_and_layouts_kept() -> None:
    last = Sequential([Input((None, None, 3)), Conv2D(4, 3, name="c")])
    first = Sequential(
        [Input((3, None, None)), Conv2D(4, 3, data_format="channels_first", name="c")]
    )
    first.set_weights(last.get_weights())
    assert maximise_filter(last, "c", 1, size=(20, 24), steps=1).shape == (16, 20, 3)
    assert maximise_filter(last, "c", 1, steps=0).shape == (150, 150, 3)
    found = maximise_filter(first, "c", 1, size=(20, 24), steps=1)
    assert found.shape == (16, 20, 3)


def test_patterns_are_drawn_eight_a_row(picture: Path) -> None:
    model = network()
    grid = filter_patterns(model, "first", picture, filters=10, steps=2)
    assert grid.shape == (2 * 14 + 5, 8 * 12 + 7 * 5, 3)
    alone = maximise_filter(model, "first", 0, steps=2)
    assert_same(grid[:14, :12].copy(), alone)
    assert not grid[14:19].any()
    chosen = filter_patterns(model, model.layers[0], picture, filters=[9, 0], steps=2)
    assert chosen.shape == (14, 2 * 12 + 5, 3)
    grey = Sequential([Input((16, 14, 1)), Conv2D(2, 3, name="c")])
    assert filter_patterns(grey, "c", picture, steps=1).shape == (14, 2 * 12 + 5)  # all there are
    assert filter_patterns(grey, "c", picture, filters=2, steps=1).ndim == 2


def test_layers_are_drawn_from_edges_to_parts(picture: Path) -> None:
    photograph = np.random.default_rng(0).integers(0, 256, (16, 14, 3)).astype(np.uint8)
    rows = layer_depth(
        network(),
        ["first", "inner"],
        picture,
        picture=photograph,
        preprocessed=photograph / 127.5 - 1,
        filters=3,
        steps=1,
    )
    assert [row.shape for row in rows] == [(3, 14, 12, 3)] * 2
    assert picture.exists()
    with pytest.raises(ValueError, match="layer_depth: layers='first'; must be several names"):
        layer_depth(network(), "first", picture)


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"filter_index": 18}, ValueError, "filter 18; must be < 18"),
        ({"filter_index": -1}, ValueError, r"filters\[0\]=-1; must be >= 0"),
        ({"layer": "scores"}, ValueError, "layer 'scores' makes .*must make maps"),
        ({"layer": "lost"}, ValueError, "layer='lost'; must be one of"),
        ({"steps": -1}, ValueError, "steps=-1; must be >= 0"),
        ({"rate": 0}, ValueError, "rate=0; must be finite and > 0"),
        ({"rate": float("nan")}, ValueError, "rate=nan"),
        ({"crop": 7}, ValueError, r"crop=7 of \(16, 14\) pixels leaves none"),
        ({"size": 0}, ValueError, r"size.*=0; must be >= 1"),
    ],
)
def test_what_cannot_be_maximised_is_refused(
    options: dict[str, Any], kind: type[Exception], said: str
) -> None:
    arguments = {"layer": "first", "filter_index": 0, **options}
    with pytest.raises(kind, match=f"maximise_filter: .*{said}|maximise_filter: {said}"):
        maximise_filter(network(), **arguments)


def test_models_that_take_no_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="must take one picture"):
        maximise_filter(Sequential([Input((3,)), Dense(2, name="d")]), "d")
    with pytest.raises(TypeError, match="maximise_filter: model=None"):
        maximise_filter(None, "d")  # type: ignore[arg-type]
    flat = Sequential([Input((4, 4, 1)), Flatten(), Dense(2)])
    with pytest.raises(ValueError, match="feature_maps: no layer of"):
        feature_maps(flat, np.zeros((4, 4)))


def test_layers_of_one_name_are_told_apart(picture: Path) -> None:
    parts = [Sequential([Conv2D(2, 3, name="conv")], name=name) for name in "ab"]
    model = Sequential([Input((16, 14, 3)), *parts, Conv2D(1, 1, name="end")])
    assert list(feature_maps(model, PICTURE, picture)) == ["a/conv", "b/conv", "end"]
    assert list(layer_kernels(model, picture)) == ["a/conv", "b/conv", "end"]
    assert list(layer_kernels(model, picture, layers="b/conv")) == ["b/conv"]
