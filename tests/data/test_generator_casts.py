# SPDX-License-Identifier: BSD-3-Clause
"""Dataset.from_generator: values keep what they are under the dtype asked for, or are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pyconv.data import Dataset


def test_generators_are_cast_and_checked_on_request() -> None:
    pair = Dataset.from_generator(
        lambda: iter([([1, 2], 3)]),
        output_types=("float32", np.int32),
        output_shapes=((None,), ()),
    )
    x, y = next(iter(pair))
    assert (x.dtype, y.dtype) == (np.float32, np.int32)
    spec = type("Spec", (), {"shape": (3,), "dtype": "float32"})()
    dataset = Dataset.from_generator(lambda: iter([[1, 2]]), output_signature=spec)
    with pytest.raises(ValueError, match=r"yielded an array of shape \(2,\); must be \(3,\)"):
        list(dataset)
    with pytest.raises(ValueError, match=r"yielded array; the given dtypes are"):
        list(Dataset.from_generator(lambda: [1], output_types=("float32", "float32")))
    ranged = Dataset.from_generator(range, args=(2, 4))
    assert [element.numpy() for element in ranged] == [2, 3]


def cast_to(dtype: Any, value: Any) -> Any:
    return next(iter(Dataset.from_generator(lambda: [value], output_types=dtype))).numpy()


def test_casts_keep_values() -> None:
    assert cast_to("int32", 2.7) == 2
    assert cast_to("float32", 2**40) == 2.0**40
    assert cast_to("bool", 3)
    assert np.isnan(cast_to("float32", np.nan))
    assert np.isinf(cast_to("float32", np.float64(np.inf)))


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int32", np.nan),
        ("int32", 2**31),
        ("uint8", -1),
        ("uint8", 256),
        ("int64", np.uint64(2**63)),
        ("int64", np.float64(2.0**63)),
        ("float32", np.float64(1e300)),
        ("float16", 1e6),
    ],
)
def test_values_that_a_dtype_cannot_hold_are_refused(dtype: Any, value: Any) -> None:
    with pytest.raises(ValueError, match=f"from_generator: yielded .* must fit into {dtype}"):
        cast_to(dtype, value)


def test_text_is_no_number() -> None:
    assert list(Dataset.from_generator(lambda: ["a"], output_types="str")) == ["a"]
    for dtype, value in (("float32", "a"), ("str", 1)):
        with pytest.raises(TypeError, match=r"from_generator: yielded .*; must be"):
            cast_to(dtype, value)
