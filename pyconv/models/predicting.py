# SPDX-License-Identifier: BSD-3-Clause
"""predict: the outputs for samples, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from pyconv.autograd import Tensor
from pyconv.backend import on_device, put, to_host, widened
from pyconv.callbacks import Callback
from pyconv.models.arguments import checked_batch_size, checked_steps
from pyconv.models.compiling import Compiling
from pyconv.models.data import are_batches
from pyconv.models.feed import ArraySource, Batch, Epochs, IterableSource
from pyconv.models.folding import inference
from pyconv.models.outputs import filled, leaves, mapped
from pyconv.models.plan import Plans
from pyconv.models.prepared import Prepared, inputs_of, length_of, outputs_for
from pyconv.models.replay import Replays


class Collected:
    """The batches of one output, copied into one array where it is known how long that is.

    An output may have another length than its batch, as a mean over the samples has: then the
    batches are joined as they are.
    """

    def __init__(self, epochs: Epochs) -> None:
        self.samples = epochs.source.samples if epochs.given is None else None
        self.whole: np.ndarray[Any, Any] | None = None
        self.filled = 0
        self.parts: list[np.ndarray[Any, Any]] = []

    def add(self, host: np.ndarray[Any, Any]) -> None:
        if self.samples is None:
            self.parts.append(host.copy())
            return
        if self.whole is None:
            self.whole = np.empty((self.samples, *host.shape[1:]), host.dtype)
        last = self.filled + len(host)
        if last > self.samples or host.shape[1:] != self.whole.shape[1:]:
            self.parts = [self.whole[: self.filled], host.copy()]
            self.samples = self.whole = None
            return
        self.whole[self.filled : last] = host
        self.filled = last

    def joined(self) -> np.ndarray[Any, Any]:
        if self.whole is not None:
            return self.whole if self.filled == self.samples else self.whole[: self.filled].copy()
        return np.concatenate(self.parts) if len(self.parts) > 1 else self.parts[0]


def _host_array(output: Tensor) -> np.ndarray[Any, Any]:
    """Return an output in NumPy, which knows float16 but no bfloat16."""
    unknown = output.dtype.kind == "V"
    return to_host(widened(output.array) if unknown else output.array)


def _length(x: Any, dtype: str) -> int:
    """Return the number of samples of an array that needs no cast; 0 for anything else."""
    return len(x) if type(x) is np.ndarray and x.ndim and x.dtype == dtype else 0


def host_dtype(device: str, dtype: str) -> str | None:
    """Return what the host casts inputs of a model to; None where a GPU does it."""
    return dtype if device == "cpu" else None


class Predicting(Compiling):
    """A model that returns its outputs as NumPy arrays."""

    @cached_property
    def _plans(self) -> Plans:
        return Plans()

    @cached_property
    def _replays(self) -> Replays:
        return Replays()

    _outputs_like: Any = None  # the structure of the outputs of the last call

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: float | None = None,
        callbacks: Sequence[Callback] | None = None,
    ) -> Any:
        """Return the outputs for samples x as NumPy arrays (n, ...); nothing is recorded.

        Args:
            x: (n, ...) numbers; a list or dictionary of them for several inputs; or an iterable of
                batches x, (x, y) or (x, y, weights).
            batch_size: 32 by default; not used where x is an iterable of batches.
            steps: batches to take; all by default.
        Returns:
            one array, or a list or dictionary of them as the model returns.
        Source: Keras Model.predict.
        """
        size = checked_batch_size("predict", batch_size)
        quiet = type(verbose) is int and verbose == 0 and not callbacks
        if quiet and steps is None and 0 < _length(x, self.dtype) <= size:
            planned = self._plans.replayed(x)
            if planned is not None:
                return planned
        epochs = Epochs(
            self._inputs("predict", x, size),
            checked_steps("predict", "steps", steps),
            device=self.device,
            dtype=self.dtype,
        )
        calls = self._calls("predict", epochs, verbose, callbacks)
        calls.call("on_predict_begin", {})
        found: Any = None
        collected: list[Collected] = []
        with inference(), on_device(self.device):
            for step, batch in enumerate(epochs.epoch() if epochs.source.samples != 0 else ()):
                calls.call("on_predict_batch_begin", step, {})
                found = self._host_outputs(batch.x, epochs)
                outputs = leaves(found)
                collected = collected or [Collected(epochs) for _ in outputs]
                for kept, output in zip(collected, outputs, strict=True):
                    kept.add(output)
                calls.call("on_predict_batch_end", step, {"outputs": found})
        calls.call("on_predict_end", {})
        if found is None:
            return self._nothing(epochs)
        return filled(found, [kept.joined() for kept in collected])

    def _host_outputs(self, x: Any, epochs: Epochs) -> Any:
        """Return the outputs for one batch as arrays of the host; the next is on its way then."""
        planned = self._plans.outputs(self, x)
        if planned is not None:
            return planned
        outputs = self(x, training=False) if epochs.device == "cpu" else self._replayed(x)
        epochs.stage()
        return mapped(_host_array, outputs)

    def _replayed(self, x: Any) -> Any:
        """Return the outputs for one batch on a GPU, by a graph where there is one."""

        def work(batch: Batch) -> list[Tensor | None]:
            outputs = self(batch.x, training=False)
            self._outputs_like = mapped(lambda _: None, outputs)
            return leaves(outputs)

        versions = tuple(v.version for v in self.weights)
        found = self._replays.run(self, Batch(x, [], []), work, "predict", versions)
        return filled(self._outputs_like, found)

    def _inputs(self, function: str, x: Any, size: int) -> ArraySource | IterableSource:
        if are_batches(x):
            return IterableSource(
                x, lambda x, y, w: Batch(self._batch(function, x), [], []), f"{function}: x"
            )
        x = inputs_of(self, function, x)
        outputs = outputs_for(self, x)
        return ArraySource(Prepared(x, [], [], outputs, length_of(x)), size, self._host_dtype)

    def _cast(self, function: str, x: Any) -> Any:
        """Return one batch of inputs in the model's dtype, where the model lies."""
        device, found = self.device, inputs_of(self, function, x)
        with on_device(device):
            return mapped(lambda array: put(array, device).astype(self.dtype, copy=False), found)

    def _batch(self, function: str, x: Any) -> Any:
        """Return one batch of inputs, in the model's dtype unless it is cast on a GPU."""
        return self._host_cast(inputs_of(self, function, x))

    @property
    def _host_dtype(self) -> str | None:
        """What the host casts inputs to; None where a GPU does it."""
        return host_dtype(self.device, self.dtype)

    def _host_cast(self, x: Any) -> Any:
        dtype = self._host_dtype
        if dtype is None:
            return x
        return mapped(lambda array: array.astype(dtype, copy=False), x)

    def _nothing(self, epochs: Epochs) -> Any:
        assert isinstance(epochs.source, ArraySource)
        outputs = epochs.source.prepared.outputs
        return outputs.pack([np.empty(shape, self.dtype) for shape in outputs.shapes])

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch as NumPy arrays.

        Source: Keras Model.predict_on_batch.
        """
        with inference(), on_device(self.device):
            found = self(self._cast("predict_on_batch", x), training=False)
        return mapped(lambda output: np.array(_host_array(output)), found)
