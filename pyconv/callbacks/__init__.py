# SPDX-License-Identifier: BSD-3-Clause
"""Callbacks by Keras's names."""

from pyconv.callbacks.backup_and_restore import BackupAndRestore
from pyconv.callbacks.callback import Callback, CallbackList
from pyconv.callbacks.csv_logger import CSVLogger
from pyconv.callbacks.early_stopping import EarlyStopping
from pyconv.callbacks.history import History
from pyconv.callbacks.lambda_callback import LambdaCallback
from pyconv.callbacks.learning_rate_scheduler import LearningRateScheduler
from pyconv.callbacks.model_checkpoint import ModelCheckpoint
from pyconv.callbacks.monitor import MonitorCallback
from pyconv.callbacks.progress import ProgressLine
from pyconv.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from pyconv.callbacks.terminate_on_nan import TerminateOnNaN

ProgbarLogger = ProgressLine  # Keras's name

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "MonitorCallback",
    "ProgbarLogger",
    "ProgressLine",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
