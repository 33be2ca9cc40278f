# SPDX-License-Identifier: BSD-3-Clause
"""fit, evaluate and predict of a model on a GPU beside the same model on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import BETWEEN_DEVICES

import pyconv
from pyconv import layers

SAMPLES, CLASSES = 20, 3


def images() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (SAMPLES, 6, 6, 1)).astype(np.uint8)
    return x, rng.integers(0, CLASSES, SAMPLES)


def convnet() -> Any:
    pyconv.set_seed(3)
    model = pyconv.Sequential(
        [
            pyconv.Input((6, 6, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def same(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a, b, **BETWEEN_DEVICES)


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_training_there_gives_the_curves_of_the_cpu(gpu: Any, device: str) -> None:
    x, y = images()
    found = []
    for model in (convnet(), convnet().to(device)):
        pyconv.set_seed(5)
        history = model.fit(x, y, 8, 2, verbose=0, validation_split=0.25).history
        found.append((history, model.predict(x, verbose=0), model.evaluate(x, y, verbose=0)))
    (here, *results), (there, *others) = found
    assert here.keys() == there.keys()
    for name in here:
        same(here[name], there[name])
    for a, b in zip(results, others, strict=True):
        same(a, b)
    assert type(others[0]) is np.ndarray


def test_data_on_the_device_and_on_the_host_train_alike(any_gpu: None) -> None:
    import cupy

    x, y = images()
    weights = []
    for there in (False, True):
        model = convnet().to("cuda")
        given = (cupy.asarray(x), cupy.asarray(y)) if there else (x, y)
        pyconv.set_seed(5)
        model.fit(*given, 8, 1, verbose=0)
        assert type(model.predict(given[0], verbose=0)) is np.ndarray
        weights.append(model.get_weights())
    for a, b in zip(*weights, strict=True):
        assert (a == b).all()


def test_a_model_on_the_cpu_takes_data_that_lies_on_a_gpu(any_gpu: None) -> None:
    import cupy

    x, y = images()
    model = convnet()
    expected = model.evaluate(x, y, verbose=0)
    assert model.evaluate(cupy.asarray(x), cupy.asarray(y), verbose=0) == expected
    assert (model.predict(cupy.asarray(x), verbose=0) == model.predict(x, verbose=0)).all()


def test_datasets_weights_classes_and_callbacks_serve_a_gpu_as_the_cpu(any_gpu: None) -> None:
    x, y = images()
    found = []
    for model in (convnet(), convnet().to("cuda")):
        losses: list[float] = []
        each = pyconv.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs, kept=losses: kept.append(logs["loss"])
        )
        data = pyconv.data.Dataset.from_tensor_slices((x, y)).batch(8)
        pyconv.set_seed(5)
        model.fit(data, epochs=2, verbose=0, callbacks=[each])
        model.fit(x, y, 7, 1, verbose=0, class_weight={0: 2.0})
        model.fit(x, y, 7, 1, verbose=0, sample_weight=np.linspace(0, 1, SAMPLES))
        model.train_on_batch(x[:4], y[:4])
        found.append((losses, model.test_on_batch(x, y), model.predict_on_batch(x)))
    for a, b in zip(*found, strict=True):
        same(a, b)


def test_several_inputs_and_outputs_train_there(any_gpu: None) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random((2, 12, 4), np.float32)
    y = {"one": rng.random((12, 2), np.float32), "two": rng.integers(0, 2, (12, 1))}
    found = []
    for device in ("cpu", "cuda"):
        pyconv.set_seed(1)
        inputs = [pyconv.Input((4,)), pyconv.Input((4,))]
        joined = layers.Concatenate()([layers.Dense(5, activation="tanh")(x) for x in inputs])
        outputs = [
            layers.Dense(2, name="one")(joined),
            layers.Dense(1, activation="sigmoid", name="two")(joined),
        ]
        model = pyconv.Model(inputs, outputs).to(device)
        model.compile("sgd", {"one": "mse", "two": "binary_crossentropy"}, metrics={"two": "AUC"})
        history = model.fit([a, b], y, 5, 2, verbose=0, shuffle=False).history
        found.append((history["loss"], *model.predict([a, b], verbose=0)))
    for one, other in zip(*found, strict=True):
        same(one, other)


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".npz"])
def test_files_of_a_model_there_open_here_and_the_other_way(
    gpu: Any, tmp_path: Path, suffix: str
) -> None:
    if suffix != ".npz":
        pytest.importorskip("h5py")
    x, y = images()
    model = convnet().to("cuda")
    model.fit(x, y, 8, 1, verbose=0)
    model.save(tmp_path / f"model{suffix}")
    here = pyconv.load_model(tmp_path / f"model{suffix}")
    assert here.device == "cpu"
    for a, b in zip(model.get_weights(), here.get_weights(), strict=True):
        assert (a == b).all()
    pyconv.set_device("cuda:1")
    there = pyconv.load_model(tmp_path / f"model{suffix}")
    assert there.device == "cuda:1"
    for one in (model, there):
        pyconv.set_seed(2)
        one.train_on_batch(x, y)
    for a, b in zip(model.get_weights(), there.get_weights(), strict=True):
        same(a, b)


def test_checkpoints_and_backups_work_on_a_gpu(any_gpu: None, tmp_path: Path) -> None:
    x, y = images()
    model = convnet().to("cuda")
    kept = [
        pyconv.callbacks.ModelCheckpoint(str(tmp_path / "best.npz"), monitor="loss"),
        pyconv.callbacks.BackupAndRestore(str(tmp_path / "backup")),
        pyconv.callbacks.EarlyStopping(monitor="loss", restore_best_weights=True),
        pyconv.callbacks.ReduceLROnPlateau(monitor="loss"),
    ]
    model.fit(x, y, 8, 2, verbose=0, callbacks=kept)
    assert model.device == "cuda:0"


@pytest.mark.parametrize(
    "optimizer", ["sgd", "rmsprop", "adam", "adagrad", "adadelta", "adamax", "nadam"]
)
def test_every_optimizer_moves_weights_there_as_here(any_gpu: None, optimizer: str) -> None:
    x, y = np.ones((4, 3), np.float32), np.ones((4, 2), np.float32)
    found = []
    for device in ("cpu", "cuda"):
        pyconv.set_seed(1)
        model = pyconv.Sequential([pyconv.Input((3,)), layers.Dense(2)]).to(device)
        made = pyconv.optimizers.get(optimizer)
        config = {**made.get_config(), "clipnorm": 0.5, "use_ema": True}
        model.compile(type(made)(**{**config, "gradient_accumulation_steps": 2}), "mse")
        model.fit(x, y, 2, 3, verbose=0, shuffle=False)
        found.append(model.get_weights())
    for a, b in zip(*found, strict=True):
        same(a, b)


def test_a_model_cannot_move_while_it_is_fitted(any_gpu: None) -> None:
    x, y = images()
    model = convnet()
    moving = pyconv.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: model.to("cuda"))
    with pytest.raises(RuntimeError, match="to: this model is being fitted"):
        model.fit(x, y, verbose=0, callbacks=[moving])


def test_moving_between_fits_and_predictions_is_seen_by_all_that_was_kept(any_gpu: None) -> None:
    x, y = images()
    model = convnet()
    for device in ("cpu", "cuda", "cpu"):
        model.to(device)
        before = model.predict(x, verbose=0)
        for _ in range(6):  # small inputs are replayed from a plan on the CPU
            same(model.predict(x, verbose=0), before)
        model.fit(x, y, 8, 1, verbose=0)
        assert (model.predict(x, verbose=0) != before).any()


def test_profiles_pictures_and_costs_serve_a_model_there(any_gpu: None) -> None:
    from pyconv import evaluation, visualization

    here, there = convnet(), convnet().to("cuda")
    picture = images()[0][0].astype(np.float32)
    rows = there.profile(picture[None], repeats=2, print_fn=lambda line: None)
    assert {row.share for row in rows} == {None}
    assert all(row.milliseconds > 0 for row in rows)
    costs = [[c.multiply_adds for c in evaluation.layer_costs(m)] for m in (here, there)]
    assert costs[0] == costs[1]
    for draw in (visualization.saliency, visualization.grad_cam):
        same(draw(here, picture), draw(there, picture))
