# SPDX-License-Identifier: BSD-3-Clause
"""What constructors made is remembered, and nothing that they refuse slips through."""

import numpy as np
import pytest
from arrays import normal

from pyconv import ops
from pyconv.remembering import remembered


def test_a_result_is_made_once():
    made = []
    make = remembered(lambda *arguments: made.append(arguments) or object())
    assert make(1, (2, 3), "valid", None) is make(1, (2, 3), "valid", None)
    assert len(made) == 1


@pytest.mark.parametrize("other", [True, 1.0, np.int64(1)])
def test_equal_arguments_of_other_types_are_made_anew(other):
    made = []
    make = remembered(lambda *arguments: made.append(arguments) or object())
    assert make(1) is not make(other)
    assert make((1, 1)) is not make((other, 1))
    assert len(made) == 4


def test_what_cannot_be_looked_up_is_made_anew():
    make = remembered(lambda *arguments: object())
    assert make([1, 2]) is not make([1, 2])
    assert make(((1, 2), (0, 1))) is not make(((1, 2), (0, 1)))


@pytest.mark.parametrize("strides", [True, 1.0, (1, True), (1.0, 1), "1", [1.0, 1]])
def test_a_refused_argument_is_refused_also_after_its_equal_was_taken(strides):
    x, kernel = normal((1, 5, 5, 2), "float32", 0), normal((3, 3, 2, 2), "float32", 1)
    ops.conv2d(x, kernel, strides=1)
    ops.conv2d(x, kernel, strides=(1, 1))
    for _ in range(2):
        with pytest.raises(TypeError, match="strides"):
            ops.conv2d(x, kernel, strides=strides)
