# SPDX-License-Identifier: BSD-3-Clause
"""A layer's activation may be set when the layer is built: it holds from the next call on."""

import numpy as np
import pytest
from arrays import normal

from pyconv import Sequential, activations
from pyconv.layers import (
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    SeparableConv2D,
)

MAKERS = [
    lambda **own: Dense(4, **own),
    lambda **own: Conv2D(4, 3, **own),
    lambda **own: Conv2DTranspose(4, 3, **own),
    lambda **own: DepthwiseConv2D(3, **own),
    lambda **own: SeparableConv2D(4, 3, **own),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("before", ["relu", "tanh", "sigmoid", "linear"])
@pytest.mark.parametrize("after", ["relu", "tanh", "sigmoid", "linear"])
def test_a_new_activation_holds_in_calls_and_predictions(make, before, after):
    x = normal((2, 6, 5, 3), "float32", 0)
    changed, fresh = Sequential([make(activation=before)]), Sequential([make(activation=after)])
    for model in (changed, fresh):
        model.build((None, *x.shape[1:]))
    fresh.set_weights(changed.get_weights())
    changed.predict(x)
    changed.layers[0].activation = activations.get(after)
    expected = fresh(x).numpy()
    assert np.array_equal(changed(x).numpy(), expected)
    assert np.allclose(changed.predict(x), expected, atol=1e-6)
