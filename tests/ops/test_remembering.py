# SPDX-License-Identifier: BSD-3-Clause
"""What constructors made is remembered, and nothing that they refuse slips through."""

import numpy as np
import pytest
from arrays import normal

from pyconv import ops
from pyconv.backend import remembered
from pyconv.backend.remembering import MOST


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
    make = remembered(lambda *arguments, **options: object())
    assert make([1, 2]) is not make([1, 2])
    assert make(1, size=2) is not make(1, size=2)


def test_pairs_of_pairs_are_looked_up_and_their_types_with_them():
    make = remembered(lambda *arguments: object())
    assert make(((1, 2), (0, 1))) is make(((1, 2), (0, 1)))
    assert make(((1, 2), (0, 1))) is not make(((1, 2), (0, True)))


def test_flags_in_different_places_are_told_apart():
    make = remembered(lambda *arguments: object())
    assert make(True, False) is make(True, False)
    assert len({make(True, 1), make(1, True), make(True, True), make(1, 1)}) == 4


def test_the_places_of_flags_are_no_arguments():
    make = remembered(lambda *arguments: arguments)
    assert make(True, 2) == (True, 2)
    assert make((1, 2), 1) == ((1, 2), 1)  # a tuple that equals the flags' arguments, their places


def test_tuples_that_are_deeper_than_the_stack_are_made_anew():
    deep = ()
    for _ in range(1_000_000):
        deep = (deep,)
    make = remembered(lambda *arguments: object())
    assert make(deep) is not make(deep)
    x, kernel = normal((1, 5, 5, 2), "float32", 0), normal((3, 3, 2, 2), "float32", 1)
    with pytest.raises((TypeError, RecursionError)):
        ops.conv2d(x, kernel, strides=deep)


def test_an_error_is_not_remembered():
    answers = iter([ValueError("once"), "made"])

    def make(size):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    make = remembered(make)
    with pytest.raises(ValueError, match="once"):
        make(1)
    assert make(1) == make(1) == "made"


def test_what_is_kept_has_an_end():
    made = []
    make = remembered(lambda size: made.append(size))
    for size in range(MOST + 1):
        make(size)
    make(MOST)
    make(0)
    assert made == [*range(MOST + 1), 0]


@pytest.mark.parametrize("strides", [True, 1.0, (1, True), (1.0, 1), "1", [1.0, 1]])
def test_a_refused_argument_is_refused_also_after_its_equal_was_taken(strides):
    x, kernel = normal((1, 5, 5, 2), "float32", 0), normal((3, 3, 2, 2), "float32", 1)
    ops.conv2d(x, kernel, strides=1)
    ops.conv2d(x, kernel, strides=(1, 1))
    for _ in range(2):
        with pytest.raises(TypeError, match="strides"):
            ops.conv2d(x, kernel, strides=strides)
