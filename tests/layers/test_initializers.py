# SPDX-License-Identifier: BSD-3-Clause
"""Initializers: distributions by statistics, seeds, names and configurations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pyconv import initializers, layers, random, set_seed

SHAPE = (3, 3, 40, 60)  # fan_in 360, fan_out 540
SPREAD = 5 / math.sqrt(2 * math.prod(SHAPE))  # five deviations of an estimated deviation, relative

VARIANCES = {
    "glorot_uniform": 2 / 900,
    "glorot_normal": 2 / 900,
    "he_uniform": 2 / 360,
    "he_normal": 2 / 360,
    "lecun_uniform": 1 / 360,
    "lecun_normal": 1 / 360,
    "random_normal": 0.05**2,
    "random_uniform": 0.05**2 / 3,
    "truncated_normal": (0.05 * 0.87962566) ** 2,
    "variance_scaling": 1 / 360,
}


@pytest.mark.parametrize("name", VARIANCES)
def test_variance_and_limit(name: str) -> None:
    set_seed(3)
    values = initializers.get(name)(SHAPE)
    deviation = math.sqrt(VARIANCES[name])
    assert values.dtype == np.float32
    assert values.std() == pytest.approx(deviation, rel=SPREAD)
    assert abs(values.mean()) < 5 * deviation / math.sqrt(values.size)
    if "uniform" in name:
        assert np.abs(values).max() <= math.sqrt(3) * deviation * (1 + 1e-6)
    if name in ("glorot_normal", "he_normal", "lecun_normal", "truncated_normal"):
        assert np.abs(values).max() <= 2 * deviation / 0.87962566 * (1 + 1e-6)


def test_the_process_generator_moves_on_and_a_seed_of_its_own_repeats() -> None:
    set_seed(3)
    glorot = initializers.GlorotUniform()
    first, second = glorot((4, 5)), glorot((4, 5))
    assert not np.array_equal(first, second)
    set_seed(3)
    np.testing.assert_array_equal(glorot((4, 5)), first)
    seeded = initializers.GlorotUniform(seed=7)
    np.testing.assert_array_equal(seeded((4, 5)), seeded((4, 5)))


def test_constants() -> None:
    assert initializers.get("zeros")((2,)).tolist() == [0, 0]
    assert initializers.get("Ones")((2,), "float64").dtype == np.float64
    assert initializers.Constant(2.5)((2,)).tolist() == [2.5, 2.5]


@pytest.mark.parametrize("name", sorted(initializers.registry.names))
def test_an_equal_one_comes_from_its_configuration(name: str) -> None:
    made = initializers.get(name)
    twin = initializers.get(initializers.serialize(made))
    assert type(twin) is type(made)
    assert twin.get_config() == made.get_config()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"class_name": "Lambda", "config": {}}, "class_name='Lambda'"),
        ({"class_name": "os.system", "config": {}}, r"class_name='os\.system'"),
        ({"class_name": "Zeros", "config": {"code": 1}}, "Zeros"),
        ({"class_name": "Zeros", "config": []}, "Zeros"),
        ({"class_name": "RandomNormal", "config": {"seed": "x"}}, "seed='x'"),
        ({"class_name": "VarianceScaling", "config": {"mode": "fan"}}, "mode='fan'"),
        ({"class_name": ["Zeros"], "config": {}}, "class_name"),
    ],
)
def test_hostile_configurations_are_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        initializers.get(config)


def test_the_random_state_goes_out_and_back() -> None:
    set_seed(11)
    random.generator().random(7, np.float32)  # leaves half a word over
    state = random.get_state()
    expected = random.generator().integers(0, 2**31, 9)
    set_seed(12)
    random.set_state(state)
    np.testing.assert_array_equal(random.generator().integers(0, 2**31, 9), expected)


@pytest.mark.parametrize(
    "state",
    [{}, {"bit_generator": "MT19937"}, {**random.get_state(), "state": "-1"}, {"state": None}],
)
def test_refuses_what_is_no_random_state(state: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="set_state"):
        random.set_state(state)


def test_refuses_seeds_that_are_none() -> None:
    with pytest.raises(TypeError, match=r"seed=1\.5"):
        set_seed(1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="seed=-1"):
        set_seed(-1)


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (2, 2, 3, 4)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape: tuple[int, ...]) -> None:
    matrix = initializers.Orthogonal(gain=2.0, seed=1)(shape, "float64").reshape(-1, shape[-1])
    small = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-12)


def test_orthogonal_favours_no_direction() -> None:
    set_seed(5)
    drawn = np.array([initializers.get("orthogonal")((2, 2), "float64") for _ in range(2000)])
    assert np.abs(drawn.mean(axis=0)).max() < 5 * math.sqrt(0.5 / 2000)


def test_identity() -> None:
    assert initializers.Identity(3.0)((2, 3)).tolist() == [[3, 0, 0], [0, 3, 0]]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: initializers.Identity()((2, 2, 2)), ValueError, "Identity: shape="),
        (lambda: initializers.Orthogonal()((2,)), ValueError, "Orthogonal: shape="),
        (lambda: initializers.Orthogonal("1"), TypeError, "Orthogonal: gain='1'"),
        (lambda: initializers.Identity(float("inf")), ValueError, "Identity: gain=inf"),
    ],
)
def test_matrices_refuse_what_they_cannot_make(call: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_drawn_by_blocks_are_those_drawn_at_once(dtype: str) -> None:
    shape = (3, 7, 5003)  # more than three blocks, the last one short
    set_seed(8)
    found = [
        initializers.RandomUniform(-1, 2)(shape, dtype),
        initializers.RandomNormal(1, 3)(shape, dtype),
        initializers.TruncatedNormal(1, 3)(shape, dtype),
    ]
    after = random.generator().random()
    set_seed(8)
    generator = random.generator()
    uniform, normal = generator.uniform(-1, 2, shape), generator.normal(1, 3, shape)
    cut = generator.standard_normal(shape)
    while (outside := np.abs(cut) > 2).any():
        cut[outside] = generator.standard_normal(int(outside.sum()))
    for one, other in zip(found, (uniform, normal, 1 + 3 * cut), strict=True):
        np.testing.assert_array_equal(one, other.astype(dtype))
    assert after == generator.random(), "no more numbers are drawn"


def test_a_weight_is_no_array_of_the_users() -> None:
    class Given(initializers.Initializer):
        values = np.ones((2, 3), np.float32)

        def __call__(self, shape: tuple[int, ...], dtype: str = "float32") -> Any:
            return self.values

    layer = layers.Dense(3, kernel_initializer=Given())
    layer.ensure_built((None, 2))
    layer.kernel.assign_add(np.ones((2, 3)))
    assert Given.values.sum() == 6
