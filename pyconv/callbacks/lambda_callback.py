# SPDX-License-Identifier: BSD-3-Clause
"""LambdaCallback: a callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyconv.arguments import checked_function
from pyconv.callbacks.callback import Callback

Event = Callable[..., Any] | None


class LambdaCallback(Callback):
    """Call functions at the events they are given for, with the arguments of Callback's methods.

    Source: Keras LambdaCallback.
    """

    def __init__(
        self,
        on_epoch_begin: Event = None,
        on_epoch_end: Event = None,
        on_train_begin: Event = None,
        on_train_end: Event = None,
        on_train_batch_begin: Event = None,
        on_train_batch_end: Event = None,
        *,
        on_batch_begin: Event = None,
        on_batch_end: Event = None,
        on_test_begin: Event = None,
        on_test_end: Event = None,
        on_test_batch_begin: Event = None,
        on_test_batch_end: Event = None,
        on_predict_begin: Event = None,
        on_predict_end: Event = None,
        on_predict_batch_begin: Event = None,
        on_predict_batch_end: Event = None,
    ) -> None:
        given = {name: value for name, value in locals().items() if name.startswith("on_")}
        for name, function in given.items():
            if function is None:
                continue
            checked_function("LambdaCallback", name, function)
            setattr(self, name, function)
