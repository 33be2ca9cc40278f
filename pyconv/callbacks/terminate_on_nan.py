# SPDX-License-Identifier: BSD-3-Clause
"""TerminateOnNaN: training ends as soon as the loss is no number."""

from __future__ import annotations

import math

from pyconv.callbacks.callback import Callback, Logs
from pyconv.callbacks.messages import tell


class TerminateOnNaN(Callback):
    """Stop after a batch whose loss is NaN or infinite.

    Args:
        raise_error: raise a RuntimeError instead.
    Source: Keras TerminateOnNaN.
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"TerminateOnNaN: the loss of batch {batch} is {loss}")
        tell(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
