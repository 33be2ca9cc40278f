# SPDX-License-Identifier: BSD-3-Clause
"""Which device weights go to, how models move, and what is said where that cannot be."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from tolerances import BETWEEN_DEVICES

import pyconv
from pyconv import backend, layers, ops


def small_model() -> Any:
    return pyconv.Sequential([pyconv.Input((4,)), layers.Dense(3), layers.Dense(2)])


def test_weights_lie_on_the_cpu_unless_another_device_is_asked_for() -> None:
    assert pyconv.get_device() == "cpu"
    assert {v.device for v in small_model().weights} == {"cpu"}


@pytest.mark.parametrize(("asked", "name"), [("cuda", "cuda:0"), ("cuda:1", "cuda:1")])
def test_set_device_decides_where_new_weights_go(gpu: Any, asked: str, name: str) -> None:
    before = small_model()
    pyconv.set_device(asked)
    assert pyconv.get_device() == name
    assert {v.device for v in small_model().weights} == {name}
    assert {v.device for v in before.weights} == {"cpu"}
    pyconv.set_device("cpu")
    assert {v.device for v in small_model().weights} == {"cpu"}


def test_the_environment_decides_until_the_program_does(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYCONV_DEVICE", "cuda:1")
    assert pyconv.get_device() == "cuda:1"
    pyconv.set_device("cpu")
    assert pyconv.get_device() == "cpu"


def test_an_environment_that_cannot_be_had_is_an_error_and_not_the_cpu(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu.devices = 0
    monkeypatch.setenv("PYCONV_DEVICE", "cuda")
    with pytest.raises(RuntimeError, match="PYCONV_DEVICE: device='cuda': no CUDA device"):
        layers.Dense(3)(np.zeros((1, 4), np.float32))


def test_a_model_moves_there_and_back_with_the_same_bits(gpu: Any) -> None:
    model = small_model()
    before = model.get_weights()
    assert model.to("cuda") is model
    assert {v.device for v in model.weights} == {"cuda:0"}
    assert model.device == "cuda:0"
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    model.to("cuda:1").to("cpu")
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    assert all(isinstance(v.array, np.ndarray) for v in model.weights)


def test_layers_built_or_added_after_the_move_follow_the_model(gpu: Any) -> None:
    model = pyconv.Sequential([layers.Dense(3)]).to("cuda")
    model.add(layers.Dense(2))
    model.build((None, 4))
    assert {v.device for v in model.weights} == {"cuda:0"}


def test_the_optimizer_s_state_moves_with_the_model(gpu: Any) -> None:
    x, y = np.ones((4, 4), np.float32), np.ones((4, 2), np.float32)
    there, here = small_model(), small_model()
    here.set_weights(there.get_weights())
    for model in (there, here):
        model.compile("adam", "mse")
        model.train_on_batch(x, y)
    there.to("cuda")
    state = there.optimizer.state_of(there.trainable_weights[0])
    assert {backend.device_of(array) for array in state.values()} == {"cuda:0"}
    for model in (there, here):
        model.train_on_batch(x, y)
    for a, b in zip(there.get_weights(), here.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, **BETWEEN_DEVICES)


def test_one_layer_moved_alone_takes_its_optimizer_state_along(gpu: Any) -> None:
    model = small_model()
    model.compile("adam", "mse")
    x, y = np.ones((4, 4), np.float32), np.ones((4, 2), np.float32)
    model.train_on_batch(x, y)
    for layer in model.layers:
        layer.to("cuda")
    before = model.get_weights()
    model.train_on_batch(x, y)
    assert model.device == "cuda:0"
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:-1", "cuda:x", "CUDA", "", "cuda:1.0"])
def test_a_name_that_is_no_device_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match=r"set_device: device=.*; must be 'cpu', 'cuda' or"):
        pyconv.set_device(name)


def test_a_device_that_is_no_string_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"set_device: device=0; must be 'cpu'"):
        pyconv.set_device(0)  # type: ignore[arg-type]


def test_device_99_is_a_value_error_that_counts_the_devices(gpu: Any) -> None:
    with pytest.raises(ValueError, match=r"set_device: device='cuda:99'; this machine has 2 CUDA"):
        pyconv.set_device("cuda:99")
    with pytest.raises(ValueError, match=r"Sequential.to: device='cuda:2'; this machine has 2"):
        small_model().to("cuda:2")


def test_no_gpu_is_a_runtime_error_with_the_driver_s_words(gpu: Any) -> None:
    gpu.driver_error = "cudaErrorInsufficientDriver: driver version is insufficient"
    with pytest.raises(RuntimeError, match=r"set_device: .*no CUDA device: .*insufficient"):
        pyconv.set_device("cuda")
    assert pyconv.get_device() == "cpu"


def test_hidden_devices_are_named(gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu.devices = 0
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(RuntimeError, match=r"no CUDA device \(CUDA_VISIBLE_DEVICES=''\)"):
        pyconv.set_device("cuda")


def test_without_the_module_one_import_error_says_how_to_get_it(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyconv._cuda", None)
    with pytest.raises(ImportError, match=r"needs pyconv._cuda; build with CUDA: pip install"):
        pyconv.set_device("cuda")


def test_without_cupy_one_import_error_says_how_to_get_it(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(ImportError, match=r"needs CuPy .*: pip install cupy-cuda13x"):
        small_model().to("cuda")


def test_a_forked_process_is_told_to_spawn(gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pyconv.set_device("cuda")
    monkeypatch.setattr("os.getpid", lambda: -1)
    with pytest.raises(RuntimeError, match=r"does not survive fork\(\); start .* 'spawn'"):
        pyconv.set_device("cuda")


def test_an_input_beside_weights_of_another_device_is_a_type_error_naming_to(gpu: Any) -> None:
    import cupy

    model, x = small_model().to("cuda"), np.zeros((1, 4), np.float32)
    with pytest.raises(TypeError, match=r"inputs lie on cpu, the weights on cuda:0; .*model\.to"):
        model(x)
    assert model(cupy.asarray(x)).device == "cuda:0"
    with pytest.raises(TypeError, match=r"inputs lie on cuda:0, the weights on cpu; .*model\.to"):
        small_model()(cupy.asarray(x))


def test_ops_refuse_arrays_that_lie_apart(gpu: Any) -> None:
    import cupy

    x, kernel = np.ones((1, 4, 4, 1), np.float32), np.ones((2, 2, 1, 1), np.float32)
    with pytest.raises(TypeError, match=r"conv2d: kernel is a numpy array; .*model\.to\('cuda:0'"):
        ops.conv2d(cupy.asarray(x), kernel)
    with cupy.cuda.Device(1):
        other = cupy.asarray(kernel)
    with pytest.raises(TypeError, match=r"kernel lies on cuda:1; the other arrays lie on cuda:0"):
        ops.conv2d(cupy.asarray(x), other)


def test_a_kernel_is_never_given_arrays_of_two_places(gpu: Any) -> None:
    import cupy

    x = cupy.zeros(4, np.float32)
    kernels = backend.kernels_for(x)
    with pytest.raises(TypeError, match=r"activation: arrays lie on cuda:0 and in NumPy"):
        kernels.activation(0, x, np.zeros(4, np.float32), 4, 0, 0.0, 0.0, 0.0)
    with cupy.cuda.Device(1):
        other = cupy.zeros(4, np.float32)
    with pytest.raises(TypeError, match=r"activation: arrays lie on cuda:0 and cuda:1"):
        kernels.activation(0, x, other, 4, 0, 0.0, 0.0, 0.0)


def test_an_op_runs_on_the_device_and_stream_of_its_arrays(gpu: Any) -> None:
    import cupy

    with cupy.cuda.Device(1):
        x = cupy.asarray(np.array([[-1.0, 2.0]], np.float32))
    y = ops.relu(x)  # the current device is 0
    assert y.device.id == 1
    assert y.get().tolist() == [[0.0, 2.0]]
    with cupy.cuda.Stream(non_blocking=True):  # the stand-in refuses any other stream
        assert ops.relu(cupy.asarray(np.ones((1, 2), np.float32))).get().tolist() == [[1.0, 1.0]]


def test_out_of_memory_is_a_memory_error_after_which_the_library_goes_on(gpu: Any) -> None:
    import cupy

    x = cupy.ones((1, 8, 8, 4), np.float32)
    gpu.memory = gpu.used
    with pytest.raises(MemoryError, match=r"shape \(1, 10000, 8, 4\) takes 1280000 bytes on cuda"):
        ops.resize(x, (10000, 8))
    model = pyconv.Sequential([pyconv.Input((4096,)), layers.Dense(4096)])
    with pytest.raises(MemoryError, match=r"takes 67108864 bytes on cuda:0"):
        model.to("cuda")
    gpu.memory = 1 << 32
    assert ops.resize(x, (16, 8)).shape == (1, 16, 8, 4)
    assert model.to("cuda").device == "cuda:0"


def test_foreign_arrays_on_a_gpu_enter_through_dlpack(gpu: Any) -> None:
    import cupy

    class Foreign:
        """An array of another library, on a GPU."""

        __cuda_array_interface__ = None
        array = cupy.asarray(np.array([[-1.0, 2.0]], np.float32))

        def __dlpack__(self, stream: Any = None) -> Any:
            return self.array

        def __dlpack_device__(self) -> tuple[int, int]:
            return 2, 0

    assert ops.relu(Foreign()).get().tolist() == [[0.0, 2.0]]  # type: ignore[arg-type]
    taken = pyconv.Tensor(Foreign())
    assert taken.device == "cuda:0"
    assert taken.array is Foreign.array


def test_info_and_show_config_tell_the_device(
    gpu: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pyconv.set_device("cuda:1")
    pyconv.show_config()
    shown = capsys.readouterr().out
    assert "device: cuda:1\n" in shown
    assert "cuda: built with CUDA 0.0 for simt, driver for 0.0; cuda:0 host SIMT layer" in shown
    from pyconv.cli import main

    assert main(["info"]) == 0
    assert "device         cuda:1" in capsys.readouterr().out
    monkeypatch.setattr("pyconv.backend.devices._chosen", None)
    monkeypatch.setenv("PYCONV_DEVICE", "cuda:7")
    pyconv.show_config()
    assert "device: PYCONV_DEVICE: device='cuda:7'; this machine has 2" in capsys.readouterr().out
