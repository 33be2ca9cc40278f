# SPDX-License-Identifier: BSD-3-Clause
"""Networks beside those of Keras 3: same layers, same weights, same results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS_NETWORK

from pyconv import applications, naming
from pyconv.random import set_seed

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

BASES: list[tuple[str, int]] = [
    ("VGG16", 64),
    ("ResNet50", 64),
    ("MobileNet", 96),
    ("DenseNet121", 64),
    ("Xception", 71),
    ("EfficientNetB0", 45),
]
LONG = ("Xception", "EfficientNetB0")  # Keras takes seconds to build them


def randomise(model: Any) -> None:
    """Give statistics and scales other values than 0 and 1; kernels keep theirs."""
    generator = np.random.default_rng(7)
    for path, variable, _ in model.paths():
        kind = path.rsplit("/", 1)[-1]
        if kind in ("gamma", "moving_variance", "variance"):
            variable.assign(generator.uniform(0.7, 1.4, variable.shape))
        elif kind in ("beta", "moving_mean", "bias", "mean"):
            variable.assign(generator.uniform(-0.1, 0.1, variable.shape))


def assert_equal_results(found: np.ndarray, expected: np.ndarray) -> None:
    scale = np.abs(expected).max()
    assert scale > 0
    assert np.abs(found - expected).max() <= KERAS_NETWORK * scale


def both(keras: Any, name: str, **options: Any) -> tuple[Any, Any]:
    naming.reset_names()
    keras.utils.clear_session()
    set_seed(5)
    ours = getattr(applications, name)(weights=None, **options)
    theirs = getattr(keras.applications, name)(weights=None, **options)
    return ours, theirs


@pytest.mark.parametrize(("name", "size"), BASES)
def test_a_base_is_the_network_of_keras(keras: Any, name: str, size: int, exhaustive: bool) -> None:
    if name in LONG and not exhaustive:
        pytest.skip(f"{name} beside Keras runs with --exhaustive")
    shape = (size, size, 3)
    ours, theirs = both(keras, name, include_top=False, input_shape=shape)
    assert [x.name for x in ours.layers] == [x.name for x in theirs.layers]
    assert [x.name for x in ours.layers if x.weights] == [
        x.name for x in theirs.layers if x.weights
    ]
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    for one, other in zip(ours.layers, theirs.layers, strict=True):
        assert one.output.shape == tuple(other.output.shape), one.name
    randomise(ours)
    theirs.set_weights(ours.get_weights())
    for layer in theirs.layers:  # Keras keeps a copy of what Normalization learned
        if type(layer).__name__ == "Normalization":
            layer.finalize_state()
    x = np.random.default_rng(1).uniform(-1, 1, (2, *shape)).astype(np.float32)
    assert_equal_results(ours.predict(x, verbose=0), theirs.predict(x, verbose=0))


def test_a_classifier_is_that_of_keras(keras: Any) -> None:
    ours, theirs = both(
        keras, "MobileNet", alpha=0.5, depth_multiplier=2, classes=5, input_shape=(32, 32, 3)
    )
    assert [x.name for x in ours.layers] == [x.name for x in theirs.layers]
    assert (ours.name, ours.output_shape) == (theirs.name, theirs.output_shape)
    randomise(ours)
    theirs.set_weights(ours.get_weights())
    x = np.random.default_rng(1).uniform(-1, 1, (2, *ours.input_shape[1:])).astype(np.float32)
    found = ours.predict(x, verbose=0)
    assert_equal_results(found, theirs.predict(x, verbose=0))


def test_a_file_of_kerass_network_opens_in_ours(keras: Any, tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    ours, theirs = both(keras, "MobileNet", alpha=0.25, include_top=False, input_shape=(32, 32, 3))
    path = tmp_path / "mobilenet.weights.h5"
    theirs.save_weights(path)
    shape = (32, 32, 3)
    found = applications.MobileNet(alpha=0.25, weights=path, include_top=False, input_shape=shape)
    for one, other in zip(found.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert found.count_params() == ours.count_params()
