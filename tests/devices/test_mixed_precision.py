# SPDX-License-Identifier: BSD-3-Clause
"""Policies of precision, what they compute, and the optimizer that scales the loss."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import BETWEEN_DEVICES, HALF_CURVE

import pyconv
from pyconv import backend, layers, mixed_precision, ops
from pyconv.mixed_precision import LossScaleOptimizer, Policy

HAS_BFLOAT16 = importlib.util.find_spec("ml_dtypes") is not None
BFLOAT16 = pytest.mark.skipif(not HAS_BFLOAT16, reason="no ml_dtypes, so no bfloat16")
HALVES = ("mixed_float16", pytest.param("mixed_bfloat16", marks=BFLOAT16))


@pytest.fixture(autouse=True)
def _policy_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Policy, "chosen", Policy("float32"))
    monkeypatch.setattr(backend.precision, "in_use", False)


def convnet() -> Any:
    pyconv.set_seed(3)
    model = pyconv.Sequential(
        [
            pyconv.Input((6, 6, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(8, activation="tanh"),
            layers.Dense(3, activation="softmax", dtype="float32"),
        ]
    )
    return model


def images() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((20, 6, 6, 1), np.float32), rng.integers(0, 3, 20)


def test_the_policy_is_float32_until_another_is_set(gpu: Any) -> None:
    assert mixed_precision.global_policy() == Policy("float32")
    mixed_precision.set_global_policy("mixed_float16")
    assert mixed_precision.global_policy().name == "mixed_float16"
    layer = layers.Dense(3)
    assert (layer.variable_dtype, layer.compute_dtype) == ("float32", "float16")
    assert layers.Dense(3, dtype="float32").compute_dtype == "float32"
    assert layers.Dense(3, dtype=Policy("tf32")).dtype_policy.tf32


def test_a_name_that_is_no_policy_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"Policy: name='half'; must be one of \('float32', "):
        mixed_precision.set_global_policy("half")
    with pytest.raises(ValueError, match=r"Dense: dtype='float16'; must be one of"):
        layers.Dense(3, dtype="float16")


@pytest.mark.parametrize("name", ["tf32", *HALVES])
def test_without_a_gpu_a_policy_of_the_gpu_is_refused_at_once(gpu: Any, name: str) -> None:
    gpu.driver_error = "cudaErrorNoDevice: no CUDA-capable device is detected"
    with pytest.raises(RuntimeError, match=rf"set_global_policy: policy='{name}'.*: no CUDA"):
        mixed_precision.set_global_policy(name)
    assert mixed_precision.global_policy().name == "float32"


@pytest.mark.parametrize("name", ["tf32", *HALVES])
def test_on_the_cpu_such_a_policy_is_an_error_that_says_what_to_do(gpu: Any, name: str) -> None:
    model = pyconv.Sequential([pyconv.Input((4,)), layers.Dense(3, dtype=name, name="first")])
    with pytest.raises(ValueError, match=rf"first: policy '{name}' needs a GPU.*model\.to\('cuda'"):
        model.predict(np.zeros((2, 4), np.float32), verbose=0)
    assert model.to("cuda").predict(np.zeros((2, 4), np.float32), verbose=0).shape == (2, 3)


def test_bfloat16_without_ml_dtypes_is_an_import_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(ImportError, match=r"bfloat16 needs ml_dtypes .*pip install ml_dtypes"):
        Policy("mixed_bfloat16")


@pytest.mark.parametrize(
    ("name", "code"), [("mixed_float16", 2), pytest.param("mixed_bfloat16", 3, marks=BFLOAT16)]
)
def test_products_compute_in_16_bits_and_weights_stay_float32(
    gpu: Any, name: str, code: int
) -> None:
    mixed_precision.set_global_policy(name)
    x, y = images()
    model = convnet().to("cuda")
    model.compile("sgd", "sparse_categorical_crossentropy")
    gpu.products.clear()
    model.train_on_batch(x, y)
    codes = {(kind, product) for product, kind in gpu.products}
    assert {(code, "conv2d"), (code, "conv2d_backward_kernel"), (code, "dense")} <= codes
    assert (0, "dense") in codes  # the last layer's own policy
    assert {v.dtype for v in model.weights} == {np.dtype(np.float32)}
    assert model.predict(x, verbose=0).dtype == np.float32
    with backend.on_device("cuda:0"):
        inner = model.layers[0](pyconv.Tensor(x).to("cuda"))
    assert inner.dtype.name == Policy(name).compute_dtype


@pytest.mark.parametrize("name", HALVES)
def test_mixed_training_follows_the_float32_curve(gpu: Any, name: str) -> None:
    x, y = images()
    found = []
    for policy in ("float32", name):
        mixed_precision.set_global_policy(policy)
        model = convnet().to("cuda")
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        pyconv.set_seed(1)
        found.append(model.fit(x, y, 10, 4, verbose=0).history["loss"])
    np.testing.assert_allclose(*found, rtol=HALF_CURVE[name])
    assert found[0] != found[1]


def test_tf32_reaches_products_forward_and_backward_of_its_layers_alone(gpu: Any) -> None:
    x, y = images()
    model = pyconv.Sequential(
        [
            pyconv.Input((6, 6, 1)),
            layers.Conv2D(2, 3, dtype="tf32"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    ).to("cuda")
    model.compile("sgd", pyconv.losses.SparseCategoricalCrossentropy(from_logits=True))
    gpu.products.clear()
    model.train_on_batch(x, y)
    assert {kind for product, kind in gpu.products if product.startswith("conv2d")} == {4}
    assert {kind for product, kind in gpu.products if product.startswith("dense")} == {0}
    model.predict(x, verbose=0)
    assert gpu.products[-2:] == [("conv2d", 4), ("dense", 0)]


def test_ops_take_16_bit_arrays_on_a_gpu_whether_or_not_a_policy_is_set(gpu: Any) -> None:
    import cupy

    half = np.ones((2, 2), np.float16)
    with pytest.raises(TypeError, match=r"gemm: a.dtype=float16; must be float32 or float64"):
        ops.gemm(half, half)
    for in_use in (False, True):
        backend.precision.in_use = in_use
        product = ops.gemm(cupy.asarray(half), cupy.asarray(half))
        assert product.dtype == np.float16
        assert (product.get() == 2).all()


@pytest.mark.parametrize("name", HALVES)
@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Conv2D(3, 3, activation="sigmoid"),
        lambda: layers.DepthwiseConv2D(3),
        lambda: layers.Conv2DTranspose(2, 2, strides=2),
        lambda: layers.LayerNormalization(),
        lambda: layers.GlobalAveragePooling2D(),
        lambda: layers.Dropout(0.4),
        lambda: layers.UpSampling2D(),
        lambda: layers.Softmax(),
        lambda: layers.ZeroPadding2D(1),
        lambda: layers.PReLU(),
        lambda: layers.Rescaling(0.5),
        lambda: layers.GaussianNoise(0.1),
    ],
    ids=lambda make: type(make()).__name__,
)
def test_a_layer_gives_16_bits_near_the_float32_result(gpu: Any, name: str, make: Any) -> None:
    x = pyconv.Tensor(np.random.default_rng(2).random((2, 6, 6, 2), np.float32)).to("cuda")
    found, gradients = [], []
    for policy in ("float32", name):
        mixed_precision.set_global_policy(policy)
        pyconv.set_seed(1)
        layer = make()
        layer.to("cuda")
        with pyconv.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
            total = pyconv.cast(y, np.float32).sum()
        assert y.dtype.name == Policy(policy).compute_dtype
        found.append(pyconv.cast(y, np.float32).numpy())
        gradients.append([g.numpy() for g in tape.gradient(total, [x, *layer.trainable_weights])])
    rough = HALF_CURVE[name]
    np.testing.assert_allclose(*found, rtol=rough, atol=rough)
    for a, b in zip(*gradients, strict=True):
        assert b.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=rough, atol=rough * max(1.0, float(abs(a).max())))


def test_residuals_of_16_bits_and_float32_meet_in_float32(gpu: Any) -> None:
    import cupy

    backend.precision.in_use = True
    half, single = (pyconv.Tensor(cupy.ones(3, kind)) for kind in (np.float16, np.float32))
    assert (half + single).dtype == np.float32
    assert (half + half).dtype == np.float16
    assert (half * 0.5).dtype == np.float16


def test_compile_scales_the_loss_under_mixed_float16_alone(gpu: Any) -> None:
    for name, scales in (("mixed_float16", True), ("tf32", False), ("float32", False)):
        mixed_precision.set_global_policy(name)
        model = convnet()
        model.compile("adam", "sparse_categorical_crossentropy")
        assert isinstance(model.optimizer, LossScaleOptimizer) is scales
        model.compile("adam", "sparse_categorical_crossentropy", auto_scale_loss=False)
        assert not isinstance(model.optimizer, LossScaleOptimizer)


def scaled(**options: Any) -> tuple[LossScaleOptimizer, pyconv.Variable]:
    return LossScaleOptimizer("sgd", **options), pyconv.Variable(np.ones(2, np.float32))


def test_the_scale_is_2_to_the_15th_and_taken_out_of_the_gradients() -> None:
    optimizer, variable = scaled()
    assert optimizer.scale == 2.0**15
    loss = optimizer.scale_loss(pyconv.Tensor(np.float32(2)))
    assert float(loss) == 2.0**16
    optimizer.apply([np.full(2, 2.0**15, np.float32)], [variable])
    np.testing.assert_allclose(variable.numpy(), 0.99, **BETWEEN_DEVICES)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_step_that_is_not_finite_is_left_out_and_halves_the_scale(bad: float) -> None:
    optimizer, variable = scaled(dynamic_growth_steps=2)
    good = np.zeros(2, np.float32)
    optimizer.apply([good], [variable])
    optimizer.apply([np.array([0, bad], np.float32)], [variable])
    assert (variable.numpy() == 1).all()
    assert (optimizer.scale, optimizer.iterations) == (2.0**14, 1)
    optimizer.apply([good], [variable])
    assert optimizer.scale == 2.0**14  # the bad step began the count anew
    optimizer.apply([good], [variable])
    assert optimizer.scale == 2.0**15


def test_the_scale_doubles_after_2000_good_steps() -> None:
    optimizer, variable = scaled()
    for _ in range(1999):
        optimizer.apply([np.zeros(2, np.float32)], [variable])
    assert optimizer.scale == 2.0**15
    optimizer.apply([np.zeros(2, np.float32)], [variable])
    assert optimizer.scale == 2.0**16


def test_an_overflowing_step_changes_no_weight_of_a_model_and_training_goes_on(gpu: Any) -> None:
    mixed_precision.set_global_policy("mixed_float16")
    x, y = images()
    model = convnet().to("cuda")
    model.compile(
        LossScaleOptimizer("adam", initial_scale=2.0**20), "sparse_categorical_crossentropy"
    )
    before = [v.numpy() for v in model.trainable_weights]
    model.train_on_batch(x, y)
    assert model.optimizer.scale == 2.0**19
    after = [v.numpy() for v in model.trainable_weights]
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    for _ in range(12):
        model.train_on_batch(x, y)
    assert model.optimizer.iterations > 0


def test_a_file_keeps_policies_scale_and_inner_state(gpu: Any, tmp_path: Path) -> None:
    mixed_precision.set_global_policy("mixed_float16")
    x, y = images()
    model = convnet().to("cuda")
    model.compile(
        LossScaleOptimizer("adam", initial_scale=512.0), "sparse_categorical_crossentropy"
    )
    model.fit(x, y, 10, 1, verbose=0)
    model.save(tmp_path / "model.npz")
    mixed_precision.set_global_policy("float32")
    pyconv.set_device("cuda")
    again = pyconv.load_model(tmp_path / "model.npz")
    assert [x.dtype_policy.name for x in again.layers] == ["mixed_float16"] * 6 + ["float32"]
    assert (again.optimizer.scale, again.optimizer.iterations) == (512.0, 2)
    for one in (model, again):
        one.train_on_batch(x, y)
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        assert (a == b).all()


@pytest.mark.oracle
def test_the_scale_moves_as_keras_s(keras: Any) -> None:
    ours, variable = scaled(dynamic_growth_steps=3)
    theirs = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), dynamic_growth_steps=3)
    other = keras.Variable(np.ones(2, np.float32))
    theirs.build([other])
    rng = np.random.default_rng(1)
    for _ in range(12):
        gradient = rng.normal(size=2).astype(np.float32) * 1000
        if rng.random() < 0.3:
            gradient[0] = np.inf
        ours.apply([gradient], [variable])
        theirs.apply([keras.ops.convert_to_tensor(gradient)], [other])
        assert ours.scale == float(theirs.dynamic_scale)
        weights = other.value.detach().numpy()
        np.testing.assert_allclose(variable.numpy(), weights, **BETWEEN_DEVICES)


@pytest.mark.parametrize(("policy", "kept"), [("tf32", "float32"), ("mixed_float16",) * 2])
def test_a_keras_file_holds_policies_that_keras_knows(
    gpu: Any, tmp_path: Path, policy: str, kept: str
) -> None:
    pytest.importorskip("h5py")
    mixed_precision.set_global_policy(policy)
    model = convnet()
    for suffix in ("keras", "h5"):
        model.save(tmp_path / f"model.{suffix}")
        again = pyconv.load_model(tmp_path / f"model.{suffix}")
        assert again.layers[0].dtype_policy.name == kept
        assert again.layers[-1].dtype_policy.name == "float32"


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("mixed_float16", "f2"), pytest.param("mixed_bfloat16", "f4", marks=BFLOAT16)],
)
def test_predictions_are_numbers_that_numpy_knows(gpu: Any, name: str, dtype: str) -> None:
    model = pyconv.Sequential([pyconv.Input((4,)), layers.Dense(3, dtype=name)]).to("cuda")
    x = np.ones((5, 4), np.float32)
    for found in (model.predict(x, verbose=0), model.predict_on_batch(x)):
        assert found.dtype == np.dtype(dtype)


@pytest.mark.parametrize("name", ["tf32", *HALVES])
def test_folded_layers_meet_those_of_other_policies_in_predict(gpu: Any, name: str) -> None:
    def chain(policy: str, *, folds: bool) -> Any:
        pyconv.set_seed(2)
        model = pyconv.Sequential(
            [
                pyconv.Input((6, 6, 1)),
                layers.Conv2D(3, 2, dtype=policy),
                layers.BatchNormalization(),
                layers.Conv2D(4, 3),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.Conv2D(4, 2, dtype=policy),
                layers.Flatten(),
            ]
        ).to("cuda")
        x = images()[0]
        if folds:
            return model.predict(x, verbose=0)
        return pyconv.cast(model(pyconv.Tensor(x).to("cuda"), training=False), np.float32).numpy()

    gpu.products.clear()
    rough = HALF_CURVE.get(name, HALF_CURVE["mixed_float16"])
    plain = chain("float32", folds=False)
    for folds in (True, False):
        found = chain(name, folds=folds)
        np.testing.assert_allclose(found, plain, rtol=rough, atol=rough * abs(plain).max())
    own = {"mixed_float16": 2, "mixed_bfloat16": 3, "tf32": 4}[name]
    assert {kind for _, kind in gpu.products} == {0, own}
