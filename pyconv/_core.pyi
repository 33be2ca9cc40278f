# SPDX-License-Identifier: BSD-3-Clause
"""
CPU kernels of pyconv; called through pyconv.backend.
"""
from __future__ import annotations
import collections.abc
import numpy
import typing
__all__: list[str] = ['OF_INPUT', 'Program', 'activation', 'activation_backward', 'add', 'address', 'affine_sample', 'affine_sample_backward', 'avg_pool2d', 'avg_pool2d_backward', 'col2im', 'conv2d', 'conv2d_add_backward_data', 'conv2d_algorithm', 'conv2d_backward_data', 'conv2d_backward_kernel', 'conv2d_max_pool2d', 'conv2d_max_pool2d_backward', 'conv2d_prepare', 'conv2d_prepared_size', 'conv2d_residual', 'conv2d_workspace', 'cpu_name', 'dense', 'dense_backward', 'dropout', 'empty', 'flush_denormals', 'gemm', 'im2col', 'isa', 'isas', 'labels_check', 'local_response_norm', 'local_response_norm_backward', 'max_pool2d', 'max_pool2d_backward', 'max_pool2d_check', 'memory_info', 'min_pool2d', 'normalize', 'normalize_backward', 'normalize_to_end', 'normalize_to_end_backward', 'num_threads', 'optimizer_step', 'program', 'remembered', 'resize', 'resize_backward', 'resize_bytes', 'run_lanes', 'separable_conv2d', 'set_flush_denormals', 'set_num_threads', 'sigmoid_cross_entropy', 'sigmoid_cross_entropy_backward', 'softmax', 'softmax_backward', 'softmax_cross_entropy', 'softmax_cross_entropy_backward', 'transpose_images', 'trim_memory']
class Program:
    def run(self, arg0: int | numpy.ndarray | None) -> None:
        ...
def _probe_copy(bytes: int, repeats: int) -> float:
    """
    GB/s read and written by the best of some copies
    """
def _probe_fma(dtype: int, milliseconds: int) -> float:
    """
    GFLOP/s of multiply-adds in registers
    """
def _set_isa(name: str) -> None:
    """
    Change isa(); for tests and benchmarks
    """
def activation(dtype: int, x: int | numpy.ndarray | None, y: int | numpy.ndarray | None, size: int, kind: int, slope: float, upper: float, threshold: float) -> None:
    """
    y = activation(x)
    """
def activation_backward(dtype: int, dy: int | numpy.ndarray | None, kept: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, size: int, kind: int, slope: float, upper: float, threshold: float) -> None:
    """
    dx = dy activation'(x), from the kept y or x
    """
def add(dtype: int, a: int | numpy.ndarray | None, b: int | numpy.ndarray | None, y: int | numpy.ndarray | None, size: int) -> None:
    """
    y = a + b
    """
def address(array: numpy.ndarray) -> int:
    """
    Where the array's elements begin
    """
def affine_sample(dtype: int, x: int | numpy.ndarray | None, matrices: int | numpy.ndarray | None, y: int | numpy.ndarray | None, window: bytes, interpolation: int, fill_mode: int, fill_value: float) -> None:
    """
    Images through affine maps
    """
def affine_sample_backward(dtype: int, dy: int | numpy.ndarray | None, matrices: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, window: bytes, interpolation: int, fill_mode: int) -> None:
    """
    The gradient of x
    """
def avg_pool2d(dtype: int, x: int | numpy.ndarray | None, y: int | numpy.ndarray | None, window: bytes, count_include_pad: bool) -> None:
    """
    The mean of every window
    """
def avg_pool2d_backward(dtype: int, dy: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, window: bytes, count_include_pad: bool) -> None:
    """
    The gradient of x
    """
def col2im(dtype: int, col: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, window: bytes) -> None:
    """
    The adjoint of im2col
    """
def conv2d(dtype: int, x: int | numpy.ndarray | None, kernel: int | numpy.ndarray | None, bias: int | numpy.ndarray | None, y: int | numpy.ndarray | None, window: bytes, algorithm: int, activation: int, workspace: int | numpy.ndarray | None) -> None:
    """
    y = activation(x * kernel + bias)
    """
def conv2d_add_backward_data(dtype: int, dy: int | numpy.ndarray | None, kernel: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, window: bytes, algorithm: int) -> None:
    """
    Adds the gradient of x to dx
    """
def conv2d_algorithm(dtype: int, window: bytes, algorithm: int, direction: int) -> int:
    """
    Which algorithm a pass takes; 0 where the asked one cannot do the shape
    """
def conv2d_backward_data(dtype: int, dy: int | numpy.ndarray | None, kernel: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, window: bytes, algorithm: int, workspace: int | numpy.ndarray | None) -> None:
    """
    The gradient of x
    """
def conv2d_backward_kernel(dtype: int, x: int | numpy.ndarray | None, dy: int | numpy.ndarray | None, dkernel: int | numpy.ndarray | None, dbias: int | numpy.ndarray | None, window: bytes, algorithm: int, workspace: int | numpy.ndarray | None) -> None:
    """
    The gradients of kernel and bias
    """
def conv2d_max_pool2d(dtype: int, x: int | numpy.ndarray | None, kernel: int | numpy.ndarray | None, bias: int | numpy.ndarray | None, y: int | numpy.ndarray | None, argmax: int | numpy.ndarray | None, window: bytes, pool: bytes, activation: int) -> None:
    """
    y = max_pool2d(activation(x * kernel + bias)), an activation up to relu6
    """
def conv2d_max_pool2d_backward(dtype: int, dy: int | numpy.ndarray | None, y: int | numpy.ndarray | None, argmax: int | numpy.ndarray | None, x: int | numpy.ndarray | None, dkernel: int | numpy.ndarray | None, dbias: int | numpy.ndarray | None, window: bytes, pool: bytes, activation: int) -> None:
    """
    The gradients of its kernel and bias
    """
def conv2d_prepare(dtype: int, kernel: int | numpy.ndarray | None, prepared: int | numpy.ndarray | None, window: bytes, algorithm: int) -> None:
    """
    Makes a kernel ready; conv2d takes it as its workspace
    """
def conv2d_prepared_size(dtype: int, window: bytes, algorithm: int) -> int:
    """
    Elements of a kernel made ready for conv2d, 0 where there is nothing to make ready
    """
def conv2d_residual(dtype: int, x: int | numpy.ndarray | None, kernel: int | numpy.ndarray | None, bias: int | numpy.ndarray | None, residual: int | numpy.ndarray | None, y: int | numpy.ndarray | None, window: bytes, algorithm: int, activation: int, workspace: int | numpy.ndarray | None) -> None:
    """
    y = activation(x * kernel + bias + residual)
    """
def conv2d_workspace(dtype: int, window: bytes, algorithm: int, direction: int) -> int:
    """
    Bytes that the caller must lend: none, the arena has them
    """
def cpu_name() -> str:
    """
    The processor's own name
    """
def dense(dtype: int, x: int | numpy.ndarray | None, kernel: int | numpy.ndarray | None, bias: int | numpy.ndarray | None, y: int | numpy.ndarray | None, n: int, inputs: int, units: int, activation: int) -> None:
    """
    y = activation(x kernel + bias)
    """
def dense_backward(dtype: int, dy: int | numpy.ndarray | None, x: int | numpy.ndarray | None, kernel: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, dkernel: int | numpy.ndarray | None, dbias: int | numpy.ndarray | None, n: int, inputs: int, units: int) -> None:
    """
    Gradients of dense
    """
def dropout(dtype: int, x: int | numpy.ndarray | None, y: int | numpy.ndarray | None, outer: int, shared: int, inner: int, seed: int, limit: int, scale: float) -> None:
    """
    y = x scaled, or 0 where the random word is below the limit
    """
def empty(shape: tuple[int, ...], dtype: numpy.dtype[typing.Any]) -> numpy.ndarray:
    """
    A C-contiguous array of the arena; contents undefined
    """
def flush_denormals() -> bool:
    """
    Whether kernels flush denormals
    """
def gemm(dtype: int, a: int | numpy.ndarray | None, b: int | numpy.ndarray | None, c: int | numpy.ndarray | None, m: int, n: int, k: int, transpose_a: bool, transpose_b: bool) -> None:
    """
    c = op(a) op(b)
    """
def im2col(dtype: int, x: int | numpy.ndarray | None, col: int | numpy.ndarray | None, window: bytes) -> None:
    """
    The matrix of windows
    """
def isa() -> str:
    """
    The instruction set in use
    """
def isas() -> list[str]:
    """
    The instruction sets this CPU can run, slowest first
    """
def labels_check(labels: int | numpy.ndarray | None, n: int, classes: int, first_bad: int | numpy.ndarray | None) -> None:
    """
    Finds the first label outside the classes
    """
def local_response_norm(dtype: int, x: int | numpy.ndarray | None, y: int | numpy.ndarray | None, n: int, c: int, size: int, k: float, alpha: float, beta: float) -> None:
    """
    y = x / (k + alpha sum x^2)^beta, the sum over near channels of a row
    """
def local_response_norm_backward(dtype: int, dy: int | numpy.ndarray | None, x: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, n: int, c: int, size: int, k: float, alpha: float, beta: float) -> None:
    """
    The gradient of local_response_norm
    """
def max_pool2d(dtype: int, x: int | numpy.ndarray | None, y: int | numpy.ndarray | None, argmax: int | numpy.ndarray | None, window: bytes) -> None:
    """
    The largest pixel of every window, and where it stood
    """
def max_pool2d_backward(dtype: int, dy: int | numpy.ndarray | None, argmax: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, window: bytes) -> None:
    """
    The gradient of x
    """
def max_pool2d_check(argmax: int | numpy.ndarray | None, window: bytes, first_bad: int | numpy.ndarray | None) -> None:
    """
    Finds the first offset outside its window or the image
    """
def memory_info() -> dict[str, int]:
    """
    Bytes of the arena: in_use, cached, peak, limit (0 = none)
    """
def min_pool2d(dtype: int, x: int | numpy.ndarray | None, y: int | numpy.ndarray | None, argmax: int | numpy.ndarray | None, window: bytes) -> None:
    """
    The smallest pixel of every window, and where it stood
    """
def normalize(dtype: int, x: int | numpy.ndarray | None, gamma: int | numpy.ndarray | None, beta: int | numpy.ndarray | None, mean: int | numpy.ndarray | None, variance: int | numpy.ndarray | None, y: int | numpy.ndarray | None, n: int, pixels: int, c: int, groups: int, epsilon: float, fixed: bool) -> None:
    """
    (x - mean) / sqrt(variance + epsilon) gamma + beta by images and groups of channels
    """
def normalize_backward(dtype: int, dy: int | numpy.ndarray | None, x: int | numpy.ndarray | None, gamma: int | numpy.ndarray | None, mean: int | numpy.ndarray | None, variance: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, dgamma: int | numpy.ndarray | None, dbeta: int | numpy.ndarray | None, n: int, pixels: int, c: int, groups: int, epsilon: float, fixed: bool) -> None:
    """
    The gradients of normalize; the statistics are constants where fixed
    """
def normalize_to_end(dtype: int, x: int | numpy.ndarray | None, gamma: int | numpy.ndarray | None, beta: int | numpy.ndarray | None, residual: int | numpy.ndarray | None, mean: int | numpy.ndarray | None, variance: int | numpy.ndarray | None, y: int | numpy.ndarray | None, n: int, pixels: int, c: int, groups: int, epsilon: float, fixed: bool, activation: int) -> None:
    """
    normalize, a residual added unless 0, an activation up to relu6
    """
def normalize_to_end_backward(dtype: int, dy: int | numpy.ndarray | None, x: int | numpy.ndarray | None, gamma: int | numpy.ndarray | None, beta: int | numpy.ndarray | None, y: int | numpy.ndarray | None, mean: int | numpy.ndarray | None, variance: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, dgamma: int | numpy.ndarray | None, dbeta: int | numpy.ndarray | None, dz: int | numpy.ndarray | None, n: int, pixels: int, c: int, groups: int, epsilon: float, fixed: bool, activation: int) -> None:
    """
    Its gradients; with dz, which is the residual's, through y, else through x
    """
def num_threads() -> int:
    """
    Threads that a call may use
    """
def optimizer_step(dtype: int, rule: int, table: bytes, rate: float, decay: float, a: float, b: float, c: float, epsilon: float) -> None:
    """
    One step of an optimizer, in place, on records (param, grad, 3 states, size)
    """
def program(calls: collections.abc.Sequence[tuple[collections.abc.Callable[..., None], tuple[typing.Any, ...]]]) -> Program:
    """
    Calls (function, arguments) kept as one; None where one of them cannot be kept
    """
def remembered(make: typing.Any, most: int) -> typing.Any:
    """
    The constructor with a memory, for positional arguments that are plain: int, str, bool, None, tuples of int or of tuples of int
    """
def resize(dtype: int, x: int | numpy.ndarray | None, y: int | numpy.ndarray | None, window: bytes, interpolation: int) -> None:
    """
    Images at another size
    """
def resize_backward(dtype: int, dy: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, window: bytes, interpolation: int) -> None:
    """
    The gradient of x
    """
def resize_bytes(x: int | numpy.ndarray | None, row_stride: int, pixel_stride: int, y: int | numpy.ndarray | None, window: bytes, interpolation: int) -> None:
    """
    A picture of bytes as floats at another size
    """
def run_lanes(lanes: collections.abc.Sequence[tuple[Program, collections.abc.Sequence[tuple[int | numpy.ndarray | None, int | numpy.ndarray | None, int]]]], x: int | numpy.ndarray | None, bytes: int, parts: int) -> None:
    """
    Programs run side by side on the parts of x; of each lane (program, [(from, to, bytes)])
    """
def separable_conv2d(dtype: int, x: int | numpy.ndarray | None, depthwise_kernel: int | numpy.ndarray | None, depthwise_bias: int | numpy.ndarray | None, pointwise_kernel: int | numpy.ndarray | None, bias: int | numpy.ndarray | None, y: int | numpy.ndarray | None, window: bytes, pointwise_window: bytes, between: int, activation: int, workspace: int | numpy.ndarray | None) -> None:
    """
    y = activation(between(x * depthwise + its bias) * pointwise + bias)
    """
def set_flush_denormals(flush: bool) -> None:
    """
    Flush denormals to zero inside kernels
    """
def set_num_threads(count: int) -> None:
    """
    Change num_threads()
    """
def sigmoid_cross_entropy(dtype: int, logits: int | numpy.ndarray | None, targets: int | numpy.ndarray | None, loss: int | numpy.ndarray | None, size: int, label_smoothing: float) -> None:
    """
    Binary loss of every logit
    """
def sigmoid_cross_entropy_backward(dtype: int, dloss: int | numpy.ndarray | None, logits: int | numpy.ndarray | None, targets: int | numpy.ndarray | None, dlogits: int | numpy.ndarray | None, size: int, label_smoothing: float) -> None:
    """
    The gradient of the logits
    """
def softmax(dtype: int, x: int | numpy.ndarray | None, y: int | numpy.ndarray | None, n: int, classes: int, logarithm: bool) -> None:
    """
    Softmax of every row, or its logarithm
    """
def softmax_backward(dtype: int, dy: int | numpy.ndarray | None, y: int | numpy.ndarray | None, dx: int | numpy.ndarray | None, n: int, classes: int, logarithm: bool) -> None:
    """
    The gradient of softmax's rows, from the result y
    """
def softmax_cross_entropy(dtype: int, logits: int | numpy.ndarray | None, labels: int | numpy.ndarray | None, targets: int | numpy.ndarray | None, loss: int | numpy.ndarray | None, probabilities: int | numpy.ndarray | None, n: int, classes: int, label_smoothing: float) -> None:
    """
    Loss and softmax of every row
    """
def softmax_cross_entropy_backward(dtype: int, dloss: int | numpy.ndarray | None, probabilities: int | numpy.ndarray | None, labels: int | numpy.ndarray | None, targets: int | numpy.ndarray | None, dlogits: int | numpy.ndarray | None, n: int, classes: int, label_smoothing: float) -> None:
    """
    The gradient of the logits
    """
def transpose_images(dtype: int, x: int | numpy.ndarray | None, y: int | numpy.ndarray | None, n: int, rows: int, columns: int) -> None:
    """
    y (n, columns, rows) = x (n, rows, columns), each image transposed
    """
def trim_memory() -> int:
    """
    Give cached memory back to the system; returns bytes
    """
OF_INPUT: int = 4611686018427387904
