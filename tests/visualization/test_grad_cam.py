# SPDX-License-Identifier: BSD-3-Clause
"""Grad-CAM and saliency: against finite differences, against PyTorch, in models of every build."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import normal
from tolerances import FORMULA, GRADIENT_CHECK, KERAS, PIXEL, STRETCHED_PIXEL

from pyconv import Model, Sequential, Tensor
from pyconv.layers import (
    Activation,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
)
from pyconv.visualization import grad_cam, jet, overlay, saliency, superimpose

PICTURE = normal((12, 10, 2), np.float64, "picture 4")
F64 = {"dtype": "float64"}


def network(end: str = "softmax", units: int = 3) -> Model:
    """Two convolutions, a pool, and a dense end; weights seeded."""
    inputs = Input((12, 10, 2), **F64)
    x = Conv2D(4, 3, activation="tanh", name="first", **F64)(inputs)  # no ties in the pool
    x = MaxPooling2D(2, name="pool", **F64)(x)
    x = Conv2D(5, 3, activation="relu", padding="same", name="last", **F64)(x)
    x = Flatten(name="flat", **F64)(x)
    x = Dense(units, activation=end or None, name="scores", **F64)(x)
    return seeded(Model(inputs, x))


def seeded(model: Model) -> Model:
    for i, variable in enumerate(model.weights):
        variable.assign(normal(variable.shape, np.float64, "weight", i) * 0.4)
    return model


def heat_by_differences(model: Any, layer: str, index: int, *, softmax: bool) -> np.ndarray:
    """Return Grad-CAM from the maps and central differences of the score to each of them."""
    maps = Model(model.input, model.get_layer(layer).output).predict(PICTURE[None], verbose=0)
    tail = Model(model.get_layer(layer).output, model.output)

    def score(a: np.ndarray) -> float:
        logit_or_p = tail(a)
        if not softmax and logit_or_p.made_from is not None:
            logit_or_p = logit_or_p.made_from[1]
        return float(logit_or_p.numpy()[0, index])

    eps = GRADIENT_CHECK["eps"]
    gradient = np.empty_like(maps)
    for place in np.ndindex(maps.shape):
        moved = [maps.copy(), maps.copy()]
        moved[0][place] += eps
        moved[1][place] -= eps
        gradient[place] = (score(moved[0]) - score(moved[1])) / (2 * eps)
    heat = np.maximum((maps[0] * gradient.mean(axis=(0, 1, 2))).mean(axis=-1), 0)
    assert heat.max() > 0
    return heat / heat.max()


@pytest.mark.parametrize("layer", ["first", "pool", "last"])
@pytest.mark.parametrize("before_softmax", [True, False])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_heat_map_is_the_one_of_finite_differences(
    layer: str, before_softmax: bool, index: int
) -> None:
    model = network()
    expected = heat_by_differences(model, layer, index, softmax=not before_softmax)
    found = grad_cam(model, PICTURE, layer, index, before_softmax=before_softmax)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=GRADIENT_CHECK["atol"])


def test_the_default_is_the_last_layer_of_maps_and_the_likeliest_class() -> None:
    model = network()
    best = int(model.predict(PICTURE[None], verbose=0).argmax())
    found = grad_cam(model, PICTURE)
    np.testing.assert_array_equal(found, grad_cam(model, PICTURE[None], "last", best))
    assert found.min() >= 0
    assert found.max() == 1


def test_a_pool_at_the_end_is_passed_over() -> None:
    stack = [Conv2D(3, 3, name="conv", **F64), MaxPooling2D(2), GlobalAveragePooling2D()]
    model = seeded(Sequential([Input((12, 10, 2), **F64), *stack, Dense(2, **F64)]))
    np.testing.assert_array_equal(
        grad_cam(model, PICTURE, None, 1), grad_cam(model, PICTURE, "conv", 1)
    )


def test_saliency_is_the_gradient_of_finite_differences() -> None:
    model = network()
    logits = Model(model.input, model.get_layer("flat").output)
    kernel, bias = (w.numpy() for w in model.get_layer("scores").weights)

    def score(x: np.ndarray) -> float:
        return float((logits.predict(x[None], verbose=0) @ kernel + bias)[0, 2])

    eps, strength = GRADIENT_CHECK["eps"], np.empty(PICTURE.shape)
    for place in np.ndindex(PICTURE.shape):
        above, below = PICTURE.copy(), PICTURE.copy()
        above[place] += eps
        below[place] -= eps
        strength[place] = abs(score(above) - score(below)) / (2 * eps)
    expected = strength.max(axis=-1)
    found = saliency(model, PICTURE, 2)
    np.testing.assert_allclose(found, expected / expected.max(), atol=GRADIENT_CHECK["atol"])


@pytest.mark.oracle
@pytest.mark.parametrize("before_softmax", [True, False])
def test_heat_map_and_saliency_are_those_of_pytorch(before_softmax: bool) -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    model = network()
    w = [torch.from_numpy(v.numpy()) for v in model.weights]
    x = torch.from_numpy(PICTURE.transpose(2, 0, 1)[None].copy()).requires_grad_()
    first = functional.conv2d(x, w[0].permute(3, 2, 0, 1), w[1]).tanh()
    pooled = functional.max_pool2d(first, 2)
    maps = functional.conv2d(pooled, w[2].permute(3, 2, 0, 1), w[3], padding=1).relu()
    logits = maps.permute(0, 2, 3, 1).reshape(1, -1) @ w[4] + w[5]
    score = (logits if before_softmax else logits.softmax(dim=1))[0, 1]
    d_maps, d_x = torch.autograd.grad(score, (maps, x))
    heat = (maps * d_maps.mean(dim=(0, 2, 3), keepdim=True)).mean(dim=1)[0].relu()
    strength = d_x[0].abs().amax(dim=0)
    found = grad_cam(model, PICTURE, "last", 1, before_softmax=before_softmax)
    np.testing.assert_allclose(found, (heat / heat.max()).detach().numpy(), atol=KERAS)
    found = saliency(model, PICTURE, 1, before_softmax=before_softmax)
    np.testing.assert_allclose(found, (strength / strength.max()).numpy(), atol=KERAS)


class Own(Model):
    """The layers of another model behind a `call` of its own."""

    def __init__(self, inner: Model) -> None:
        super().__init__(name="own", dtype="float64")
        self.inner = inner

    def call(self, x: Tensor) -> Tensor:
        return self.inner(x)


def test_models_inside_models_give_the_same_heat_map() -> None:
    flat = network()
    expected = grad_cam(flat, PICTURE, "last", 1)
    cut = Model(flat.input, flat.get_layer("last").output, name="base")
    inputs = Input((12, 10, 2), **F64)
    nested = Model(inputs, flat.get_layer("scores")(Flatten(**F64)(cut(inputs))))
    stack = Sequential([Input((12, 10, 2), **F64), nested])
    for model in (nested, stack, Own(flat), Own(nested)):
        for layer in ("last", flat.get_layer("last"), None):
            np.testing.assert_array_equal(grad_cam(model, PICTURE, layer, 1), expected)
    np.testing.assert_array_equal(grad_cam(nested, PICTURE, "base", 1), expected)
    np.testing.assert_array_equal(grad_cam(nested, PICTURE, "base/last", 1), expected)


def test_channels_first_gives_the_same_maps() -> None:
    first = {"data_format": "channels_first", **F64}
    inputs = Input((2, 12, 10), **F64)
    x = Conv2D(4, 3, activation="tanh", **first)(inputs)
    x = MaxPooling2D(2, **first)(x)
    x = Activation("relu", name="last", **F64)(Conv2D(5, 3, padding="same", **first)(x))
    outputs = Dense(3, activation="softmax", **F64)(Flatten(**first)(x))
    model, expected = seeded(Model(inputs, outputs)), network()
    for layer in (None, "last"):
        found = grad_cam(model, PICTURE.transpose(2, 0, 1), layer, 1)
        np.testing.assert_allclose(found, grad_cam(expected, PICTURE, layer, 1), atol=PIXEL)
    found = saliency(model, PICTURE.transpose(2, 0, 1), 1)
    np.testing.assert_allclose(found, saliency(expected, PICTURE, 1), atol=PIXEL)


def test_one_unit_speaks_for_class_one_and_against_class_zero() -> None:
    model = network("sigmoid", 1)
    likelier = int(model.predict(PICTURE[None], verbose=0)[0, 0] > 0.5)
    for_one, for_zero = grad_cam(model, PICTURE, "last", 1), grad_cam(model, PICTURE, "last", 0)
    assert for_one.max() == for_zero.max() == 1
    assert not ((for_one > 0) & (for_zero > 0)).any(), (
        "what speaks for one speaks against the other"
    )
    np.testing.assert_array_equal(
        grad_cam(model, PICTURE, "last"), for_one if likelier else for_zero
    )
    np.testing.assert_array_equal(saliency(model, PICTURE, 0), saliency(model, PICTURE, 1))


def test_a_certain_class_has_a_map_before_the_softmax_and_none_behind_it() -> None:
    model = Sequential([network(""), Dense(3, activation="softmax", **F64)])
    model(PICTURE[None])
    model.layers[1].set_weights([np.eye(3) * 1e4, np.zeros(3)])
    assert model.predict(PICTURE[None], verbose=0).max() == 1
    assert grad_cam(model, PICTURE).max() == 1
    assert grad_cam(model, PICTURE, before_softmax=False).max() == 0
    assert saliency(model, PICTURE, before_softmax=False).max() == 0


def test_a_layer_used_twice_counts_at_its_last_use() -> None:
    shared = Conv2D(2, 3, padding="same", activation="relu", name="shared", **F64)
    inputs = Input((12, 10, 2), **F64)
    twice = shared(shared(inputs))
    model = seeded(Model(inputs, Dense(3, **F64)(GlobalAveragePooling2D(**F64)(twice))))
    once = Sequential([Input((12, 10, 2), **F64), shared])
    second = once.predict(once.predict(PICTURE[None], verbose=0), verbose=0)[0]
    kernel = model.layers[-1].weights[0].numpy()
    expected = np.maximum((second * kernel[:, 1]).mean(axis=-1), 0)
    found = grad_cam(model, PICTURE, "shared", 1)
    np.testing.assert_allclose(found, expected / expected.max(), atol=PIXEL)


def test_nothing_is_left_behind() -> None:
    model = network()
    before = [w.numpy() for w in model.weights]
    first = grad_cam(model, PICTURE)
    saliency(model, PICTURE)
    np.testing.assert_array_equal(grad_cam(model, PICTURE), first)
    for variable, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "no layer": (lambda m: grad_cam(m, PICTURE, "lost"), ValueError, "layer='lost'; must be one"),
    "no maps": (
        lambda m: grad_cam(m, PICTURE, "flat"),
        ValueError,
        "'flat' makes .*must make maps",
    ),
    "strange layer": (
        lambda m: grad_cam(m, PICTURE, Conv2D(1, 1, name="x")),
        ValueError,
        "layer 'x' is not in",
    ),
    "wrong kind": (lambda m: grad_cam(m, PICTURE, 3), TypeError, "layer=3; must be a layer's name"),
    "class": (lambda m: grad_cam(m, PICTURE, None, 3), ValueError, "class_index=3; must be < 3"),
    "negative": (lambda m: grad_cam(m, PICTURE, None, -1), ValueError, "class_index=-1; must be"),
    "half": (lambda m: grad_cam(m, PICTURE, None, 1.5), TypeError, "class_index=1.5; must be an"),
    "two": (lambda m: grad_cam(m, np.stack([PICTURE] * 2)), ValueError, "must be one"),
    "flat picture": (lambda m: grad_cam(m, PICTURE[0, 0]), ValueError, r"picture.shape=\(2,\)"),
    "nan": (lambda m: grad_cam(m, PICTURE * np.nan), ValueError, "nan; must be finite"),
    "text": (lambda m: grad_cam(m, "cat.png"), TypeError, "picture has"),
    "none": (lambda m: grad_cam(m, None), TypeError, "picture is None"),
    "no model": (lambda m: grad_cam(m.layers[1], PICTURE), TypeError, "must be a Model"),
    "flag": (lambda m: grad_cam(m, PICTURE, before_softmax=1), TypeError, "before_softmax=1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_grad_cam_cannot_explain_is_refused(name: str) -> None:
    call, kind, said = REFUSED[name]
    with pytest.raises(kind, match=f"^grad_cam: .*{said}"):
        call(network())


def test_a_layer_off_the_path_is_refused() -> None:
    inputs = Input((12, 10, 2), **F64)
    used = Conv2D(1, 3, name="used", **F64)(inputs)
    unused = Conv2D(1, 3, name="unused", **F64)(inputs)
    scores = Dense(2, **F64)(Flatten(**F64)(used))
    with pytest.raises(ValueError, match="grad_cam: the model gives list; must give"):
        grad_cam(Model(inputs, [scores, unused]), PICTURE, "used")

    class Beside(Model):
        def __init__(self) -> None:
            super().__init__(name="beside", dtype="float64")
            self.main = Model(inputs, scores)
            self.side = Conv2D(1, 3, name="side", **F64)
            self.idle = Conv2D(1, 3, name="idle", **F64)

        def call(self, x: Tensor) -> Tensor:
            self.side(x)
            return self.main(x)

    model = Beside()
    model(PICTURE[None])
    with pytest.raises(ValueError, match="grad_cam: the score does not depend on layer 'side'"):
        grad_cam(model, PICTURE, "side")
    with pytest.raises(ValueError, match="grad_cam: layer 'idle' takes no part in 'beside'"):
        grad_cam(model, PICTURE, "idle")


def test_two_layers_of_one_name_need_a_path() -> None:
    parts = [Sequential([Conv2D(2, 3, name="conv", **F64)], name=name) for name in "ab"]
    end = [GlobalAveragePooling2D(**F64), Dense(2, **F64)]
    model = Sequential([Input((12, 10, 2), **F64), *parts, *end])
    with pytest.raises(ValueError, match="layer='conv'; must be one of a/conv, b/conv"):
        grad_cam(model, PICTURE, "conv")
    assert grad_cam(model, PICTURE, "a/conv").shape == (10, 8)
    assert grad_cam(model, PICTURE, "b/conv").shape == (8, 6)


def test_a_network_without_maps_is_refused() -> None:
    model = Sequential([Input((12, 10, 2), **F64), Flatten(**F64), Dense(2, **F64)])
    with pytest.raises(ValueError, match=r"grad_cam: no layer of .* makes maps"):
        grad_cam(model, PICTURE)


def test_the_colours_are_those_of_jet() -> None:
    colormaps = pytest.importorskip("matplotlib").colormaps
    steps = np.arange(256) / 255
    np.testing.assert_allclose(jet(steps), colormaps["jet"](steps)[:, :3], atol=PIXEL)
    assert jet(0.0).tolist() == [0, 0, 0.5]
    for value in (None, "x", 1j, np.ma.masked_array([0.5], [True])):
        with pytest.raises(TypeError, match="jet: values"):
            jet(value)
    np.testing.assert_array_equal(jet([-1.0, 2.0]), jet([0.0, 1.0]))
    assert jet(np.zeros((2, 3, 4))).shape == (2, 3, 4, 3)


def test_a_heat_map_lies_over_its_picture() -> None:
    black = np.zeros((4, 6), np.uint8)
    heat = np.array([[0.0, 1.0]])
    both = superimpose(black, heat, 0.4)
    assert both.shape == (4, 6, 3)
    np.testing.assert_allclose(both[0, 0], [0, 0, 0.5], atol=PIXEL)  # dark blue, and in the end
    np.testing.assert_allclose(both[3, 5], [0.5, 0, 0], atol=PIXEL)  # dark red; between them 1
    white = np.full((4, 6, 3), 255, np.uint8)
    expected = 1 + 0.4 * jet(np.full((4, 6), 0.5))
    least, most = expected.min(), expected.max()
    np.testing.assert_allclose(
        superimpose(white, [[0.5]]), (expected - least) / (most - least), atol=STRETCHED_PIXEL
    )
    plain = superimpose(np.arange(24.0).reshape(4, 6) / 23, heat, 0)
    np.testing.assert_allclose(plain[..., 0], np.arange(24).reshape(4, 6) / 23, atol=PIXEL)


@pytest.mark.parametrize(
    ("picture", "heat", "alpha", "kind", "said"),
    [
        (np.zeros((4, 4, 2)), np.zeros((2, 2)), 0.4, ValueError, r"picture.shape=\(4, 4, 2\)"),
        (np.zeros((0, 4)), np.zeros((2, 2)), 0.4, ValueError, r"picture.shape=\(0, 4\)"),
        (np.zeros((4, 4)), np.zeros((2, 2, 1)), 0.4, ValueError, r"heat_map.shape=\(2, 2, 1\)"),
        (np.zeros((4, 4)), np.full((2, 2), 1.1), 0.4, ValueError, "heat_map has values outside"),
        (np.zeros((4, 4)), np.full((2, 2), np.nan), 0.4, ValueError, "heat_map has values outside"),
        (np.full((4, 4), np.inf), np.zeros((2, 2)), 0.4, ValueError, "inf; must be finite"),
        (np.zeros((4, 4)), np.zeros((2, 2)), -1, ValueError, "alpha=-1; must be finite and >= 0"),
        (np.zeros((4, 4)), np.zeros((2, 2)), "much", TypeError, "alpha='much'"),
    ],
)
def test_pictures_and_maps_are_checked(
    picture: Any, heat: Any, alpha: Any, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=f"superimpose: .*{said}"):
        superimpose(picture, heat, alpha)


def test_the_overlay_returns_what_superimpose_does(tmp_path: Any) -> None:
    pytest.importorskip("matplotlib")
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    heat = np.random.default_rng(1).random((3, 4))
    found = overlay(picture, heat, tmp_path / "overlay.png")
    np.testing.assert_array_equal(found, superimpose(picture, heat))
    np.testing.assert_allclose(found.max(), 1, rtol=FORMULA)
