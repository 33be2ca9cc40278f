# SPDX-License-Identifier: BSD-3-Clause
"""Which layers belong to a layer: what its attributes hold now, however they came there."""

from __future__ import annotations

import copy
import pickle
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from pyconv import Input, Model
from pyconv.layers import Dense, Layer


class Holder(Layer):
    """A layer to which tests give others; they have asked for its sublayers once before."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Any = None
        self.listed: list[Any] = []
        self.named: dict[str, Any] = {}
        self._hidden: Any = None
        assert self.sublayers() == []

    @cached_property
    def late(self) -> Dense:
        return Dense(1)


def test_a_layer_put_into_a_list_or_a_dictionary_belongs_to_it() -> None:
    holder, one, two = Holder(), Dense(1), Dense(2)
    holder.listed.append(one)
    assert holder.sublayers() == [one]
    holder.named["two"] = two
    assert holder.sublayers() == [one, two]
    holder.listed[0] = two
    assert holder.sublayers() == [two]
    holder.named.clear()
    holder.listed.clear()
    assert holder.sublayers() == []


def test_the_order_is_that_in_which_attributes_were_first_set() -> None:
    holder, one, two = Holder(), Dense(1), Dense(2)
    holder.listed.append(two)
    holder.before = one
    assert holder.sublayers() == [one, two]


@pytest.mark.parametrize("name", ["before", "_hidden", "new", "_new"])
@pytest.mark.parametrize("form", ["layer", "tuple", "list", "dict"])
def test_a_layer_set_late_belongs_to_it(name: str, form: str) -> None:
    holder, one = Holder(), Dense(1)
    setattr(holder, name, {"layer": one, "tuple": (2, one), "list": [one], "dict": {3: one}}[form])
    assert holder.sublayers() == [one]
    setattr(holder, name, None)
    assert holder.sublayers() == []
    setattr(holder, name, one)
    delattr(holder, name)
    assert holder.sublayers() == []


def test_a_layer_that_a_cached_property_made_belongs_to_it() -> None:
    holder = Holder()
    late = holder.late
    assert holder.sublayers() == [late]
    del holder.late
    assert holder.sublayers() == []


def test_copies_hold_layers_of_their_own() -> None:
    holder = Holder()
    holder.before = Dense(1)
    assert len(holder.sublayers()) == 1
    for twin in (copy.deepcopy(holder), pickle.loads(pickle.dumps(holder))):
        (own,) = twin.sublayers()
        assert own is twin.before is not holder.before
        twin.listed.append(Dense(2))
        assert len(twin.sublayers()) == 2
    assert len(holder.sublayers()) == 1


def test_the_device_is_that_of_the_first_weight_however_deep() -> None:
    holder, inner = Holder(), Holder()
    assert holder.device == "cpu"
    inner.listed.append(Dense(1))
    holder.listed += [Layer(), inner]
    inner.listed[0](np.ones((1, 2), np.float32))
    assert holder.device == "cpu"
    assert [w.shape for w in holder.weights] == [(2, 1), (1,)]


def test_a_model_of_a_graph_holds_what_it_is_given_between_steps() -> None:
    x = Input((3,))
    model = Model(x, Dense(1, name="inside")(x))
    model.compile("sgd", "mse")
    batch = np.ones((2, 3), np.float32), np.ones((2, 1), np.float32)
    model.train_on_batch(*batch)
    extra = Dense(1, kernel_regularizer="l2", name="beside")
    extra(np.ones((1, 1), np.float32))
    loss = model.test_on_batch(*batch)
    model._extra = [extra]
    with_extra = model.test_on_batch(*batch)
    assert [layer.name for layer in model.sublayers()][1:] == ["inside", "beside"]
    assert with_extra == pytest.approx(loss + 0.01 * float(extra.kernel.numpy()[0, 0]) ** 2)
    extra.trainable = False
    assert model.test_on_batch(*batch) == loss
