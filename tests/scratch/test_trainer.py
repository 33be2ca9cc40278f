# SPDX-License-Identifier: BSD-3-Clause
"""Trainer: the lines it prints, the lists it keeps, the batches it draws."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from pyconv.scratch import nets, optimizer
from pyconv.scratch.trainer import OPTIMIZERS, Trainer


class Recorder:
    """A network of one weight that notes what it is asked."""

    def __init__(self) -> None:
        self.params = {"w": np.array([1.0])}
        self.calls: list[Any] = []
        self.losses = iter(np.arange(100) / 4)

    def gradient(self, x: Any, t: Any) -> dict[str, Any]:
        self.calls.append(("gradient", tuple(x), tuple(t)))
        return {"w": np.array([1.0])}

    def loss(self, x: Any, t: Any) -> Any:
        self.calls.append(("loss", tuple(x), float(self.params["w"][0])))
        return next(self.losses)

    def accuracy(self, x: Any, t: Any) -> Any:
        self.calls.append(("accuracy", len(x)))
        return len(x) / 8


def trainer(network: Any, **options: Any) -> Trainer:
    x, t = np.arange(6), np.arange(6) + 10
    settings = {"epochs": 2, "mini_batch_size": 2, **options}
    return Trainer(network, x, t, x[:4], t[:4], **settings)


def test_the_lines_and_lists_of_two_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    training = trainer(Recorder())
    training.train()
    assert capsys.readouterr().out.splitlines() == [
        "train loss:0.0",
        "=== epoch:1, train acc:0.75, test acc:0.5 ===",
        "train loss:0.25",
        "train loss:0.5",
        "train loss:0.75",
        "=== epoch:2, train acc:0.75, test acc:0.5 ===",
        "train loss:1.0",
        "train loss:1.25",
        "=============== Final Test Accuracy ===============",
        "test acc:0.5",
    ]
    assert training.train_loss_list == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]
    assert training.train_acc_list == [0.75, 0.75]
    assert training.test_acc_list == [0.5, 0.5]
    assert (training.current_iter, training.current_epoch, training.max_iter) == (6, 2, 6)


def test_batches_are_drawn_with_replacement_by_np_random() -> None:
    network = Recorder()
    np.random.seed(5)
    trainer(network, verbose=False).train()
    np.random.seed(5)
    drawn = [call[1] for call in network.calls if call[0] == "gradient"]
    assert drawn == [tuple(np.random.choice(6, 2)) for _ in range(6)]
    labels = [call[2] for call in network.calls if call[0] == "gradient"]
    assert labels == [tuple(i + 10 for i in batch) for batch in drawn]


def test_a_step_moves_by_its_gradient_then_measures_the_loss_on_the_same_batch() -> None:
    network = Recorder()
    training = trainer(network, optimizer="sgd", optimizer_param={"lr": 0.25}, verbose=False)
    training.train_step()
    assert [call[0] for call in network.calls] == ["gradient", "loss", "accuracy", "accuracy"]
    assert network.calls[0][1] == network.calls[1][1]
    assert network.calls[1][2] == 0.75


def test_accuracies_are_measured_on_the_first_samples_and_at_last_on_all() -> None:
    network = Recorder()
    trainer(network, evaluate_sample_num_per_epoch=3, epochs=1, verbose=False).train()
    assert [call for call in network.calls if call[0] == "accuracy"] == [
        *(("accuracy", 3), ("accuracy", 3), ("accuracy", 4)),
    ]


def test_quiet_training_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    trainer(Recorder(), verbose=False).train()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("samples", "batch", "epochs", "steps", "per_epoch"),
    [(6, 2, 3, 9, 3), (7, 2, 3, 10, 3.5), (3, 100, 4, 4, 1), (6, 4, 1, 1, 1.5), (5, 5, 0, 0, 1)],
)
def test_the_number_of_steps(samples, batch, epochs, steps, per_epoch) -> None:
    x = np.arange(samples)
    training = Trainer(Recorder(), x, x, x, x, epochs=epochs, mini_batch_size=batch)
    assert (training.max_iter, training.iter_per_epoch) == (steps, per_epoch)


@pytest.mark.parametrize("name", [*OPTIMIZERS, "SGD", "AdaGrad", "RMSprop", "RmsPrpo", "ADAM"])
def test_optimizers_by_name(name: str) -> None:
    training = trainer(Recorder(), optimizer=name, optimizer_param={"lr": 0.5})
    expected = {"rmsprpo": "rmsprop"}.get(name.lower(), name.lower())
    assert type(training.optimizer).__name__.lower() == expected
    assert training.optimizer.lr == 0.5


def test_settings_reach_the_optimizer() -> None:
    settings = {"lr": 0.1, "momentum": 0.5}
    moving = trainer(Recorder(), optimizer="momentum", optimizer_param=settings).optimizer
    assert isinstance(moving, optimizer.Momentum)
    assert moving.momentum == 0.5
    assert trainer(Recorder()).optimizer.lr == 0.01
    assert trainer(Recorder(), optimizer="adam", optimizer_param={}).optimizer.lr == 0.001


BAD = [
    ({"epochs": -1}, ValueError, "Trainer: epochs=-1; must be >= 0"),
    ({"epochs": 1.5}, TypeError, "Trainer: epochs=1.5; must be an int"),
    ({"mini_batch_size": 0}, ValueError, "Trainer: mini_batch_size=0; must be >= 1"),
    ({"mini_batch_size": True}, TypeError, "mini_batch_size=True; must be an int"),
    ({"optimizer": "adamax"}, ValueError, "optimizer='adamax'; must be one of sgd, momentum"),
    ({"optimizer": None}, ValueError, "optimizer=None; must be one of"),
    ({"optimizer_param": {"lr": float("nan")}}, ValueError, "optimizer_param['lr']=nan; must be"),
    ({"optimizer_param": {"rate": 1}}, TypeError, "rate"),
    ({"evaluate_sample_num_per_epoch": 0}, ValueError, "evaluate_sample_num_per_epoch=0; must"),
]


@pytest.mark.parametrize(("options", "error", "text"), BAD)
def test_bad_settings_are_refused_by_name(options, error, text) -> None:
    with pytest.raises(error, match=re.escape(text)):
        trainer(Recorder(), **options)


def test_samples_and_labels_must_be_as_many() -> None:
    x = np.arange(3)
    with pytest.raises(ValueError, match="x_train has 3 samples, t_train 2"):
        Trainer(Recorder(), x, x[:2], x, x)
    with pytest.raises(ValueError, match="x_test has 0 samples, t_test 0"):
        Trainer(Recorder(), x, x, x[:0], x[:0])


def test_lists_train_as_their_arrays_do() -> None:
    x, t = list(range(6)), [[label] for label in range(6)]
    recorded = []
    for given in ((x, t, x[:4], t[:4]), (np.array(x), np.array(t), np.array(x[:4]), t[:4])):
        np.random.seed(5)
        network = Recorder()
        Trainer(network, *given, epochs=2, mini_batch_size=2, verbose=False).train()
        recorded.append(repr(network.calls))
    assert recorded[0] == recorded[1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("photographs", "x_train is str; must be an array of numbers"),
        ({"x": [1]}, "x_train is dict; must be an array"),
        (None, "x_train is NoneType; must be an array"),
        (3, "x_train is int; must be an array"),
        (["a", "b", "c"], "x_train is list; must be an array of numbers"),
        ([[1], [2, 3], [4]], "x_train is a list, but no array"),
        (np.float64(1), "x_train is float64; must be an array"),
        (np.array([None] * 3), "x_train is ndarray; must be an array of numbers"),
    ],
)
def test_what_is_no_array_of_numbers_is_named(given: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"Trainer: {message}"):
        Trainer(Recorder(), given, np.arange(3), np.arange(3), np.arange(3))


def test_the_same_seed_trains_the_same_network() -> None:
    x, t = np.random.rand(20, 1, 12, 12), np.arange(20) % 3
    conv = {"filter_num": 2, "filter_size": 3, "pad": 1, "stride": 1}
    results = []
    for _ in range(2):
        np.random.seed(11)
        net = nets.SimpleConvNet((1, 12, 12), conv, 5, 3)
        training = Trainer(
            *(net, x, t, x, t), epochs=3, mini_batch_size=7, optimizer="Adam",
            optimizer_param={"lr": 0.01}, verbose=False,
        )  # fmt: skip
        training.train()
        results.append((training.train_loss_list, net.params))
    assert results[0][0] == results[1][0]
    for key, value in results[0][1].items():
        np.testing.assert_array_equal(value, results[1][1][key])
