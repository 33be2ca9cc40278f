# SPDX-License-Identifier: BSD-3-Clause
"""Plans under interrupts and threads: none is lost, none keeps room that it does not take."""

import signal
import threading

import numpy as np
import pytest
from arrays import normal
from planned import assert_follows, ordinary, picture, planned, small_model

from pyconv import Input, Sequential
from pyconv.layers import BatchNormalization, Conv2D
from pyconv.models import plan
from pyconv.models.tracing import Plan


def wide_model():
    return Sequential([Input(shape=(None, 300, 1)), Conv2D(100, 3)])


def wide(seed=0):
    return normal((1, 300, 300, 1), "float32", seed)  # its plan takes more than half the room


def test_an_interrupted_plan_goes_on(monkeypatch):
    model, x = wide_model(), wide()
    assert planned(model, x)

    def interrupted(self, x):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Plan, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.predict(x, verbose=0)
    assert (x.shape, x.dtype) in model._plans._plans
    assert_follows(model, wide(1))


def test_a_plan_that_an_interrupt_has_lost_is_made_again():
    model, x = wide_model(), wide()
    assert planned(model, x)
    del model._plans._plans[x.shape, x.dtype]
    assert any(planned(model, x) for _ in range(3))
    assert_follows(model, wide(1))


def test_a_signal_in_the_midst_of_a_plan_leaves_it_right():
    model = Sequential([Input(shape=(64, 64, 32))])
    for _ in range(20):
        model.add(Conv2D(32, 3, padding="same", activation="relu"))
    x = normal((2, 64, 64, 32), "float32", 0)
    assert planned(model, x)
    expected = ordinary(model, x)

    def predict_on():
        while True:
            model.predict(x, verbose=0)

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for _ in range(5):
            signal.setitimer(signal.ITIMER_REAL, 0.005)
            with pytest.raises(KeyboardInterrupt):
                predict_on()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
    assert any(planned(model, x) for _ in range(3))


def test_threads_that_meet_at_one_plan_seldom_make_another(monkeypatch):
    model, x = small_model(), picture()
    assert planned(model, x)
    made = []
    draft = type(model._plans)._draft
    monkeypatch.setattr(
        type(model._plans), "_draft", lambda self, *given: made.append(0) or draft(self, *given)
    )
    for _ in range(400):  # as where another thread has it each time
        model._plans._plans.pop((x.shape, x.dtype), None)
        model.predict(x, verbose=0)
    assert len(made) <= 25


def test_weights_that_a_thread_replaces_are_those_of_before_or_after():
    model = Sequential(
        [Input(shape=(32, 32, 8)), Conv2D(16, 3), BatchNormalization(), Conv2D(8, 3)]
    )
    x, known = normal((1, 32, 32, 8), "float32", 0), {}
    kernels = [normal(model.layers[2].kernel.shape, "float32", seed) for seed in range(3)]
    for kernel in kernels:
        model.layers[2].kernel.array = kernel.copy()
        known[ordinary(model, x).tobytes()] = True
    ended, wrong = threading.Event(), []

    def predict():
        while not ended.is_set():
            if model.predict(x, verbose=0).tobytes() not in known:
                wrong.append(1)

    threads = [threading.Thread(target=predict) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(300):
        model.layers[2].kernel.array = kernels[turn % 3].copy()
        if turn % 10 == 0:
            model.predict(x, verbose=0)
    ended.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_turn_that_an_interrupt_has_not_ended_goes_on(monkeypatch):
    monkeypatch.setattr(plan, "_turn", {"thread": threading.get_ident()})
    assert planned(small_model(), picture())
    assert not plan._turn
    plan._turn["thread"] = threading.get_ident() + 1
    assert not planned(small_model(), picture())
