# SPDX-License-Identifier: BSD-3-Clause
"""Outputs of another length than their batch: predict joins what the batches gave, as Keras."""

import numpy as np
import pytest

from pyconv import Input, Model
from pyconv.layers import Layer

X = np.arange(15, dtype=np.float32).reshape(5, 3)


class MeanOfBatch(Layer):
    def call(self, x):
        return x.mean(axis=0, keepdims=True)


class Apart(Layer):
    def call(self, x):
        return x.reshape((-1, 1))


class Widening(Layer):
    def call(self, x):
        return x if len(x) == 2 else x[:, :1]


def model_of(layer):
    x = Input((3,))
    return Model(x, layer(x))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_fewer_rows_than_samples_are_all_there_is(size):
    expected = [X[i : i + size].mean(axis=0) for i in range(0, 5, size)]
    model = model_of(MeanOfBatch())
    for _ in range(5):
        assert np.allclose(model.predict(X, batch_size=size, verbose=0), expected)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_more_rows_than_samples_are_all_there(size):
    found = model_of(Apart()).predict(X, batch_size=size, verbose=0)
    assert np.array_equal(found, X.reshape(-1, 1))


def test_batches_of_different_shapes_are_no_result():
    with pytest.raises(ValueError, match="dimension"):
        model_of(Widening()).predict(X, batch_size=2, verbose=0)
