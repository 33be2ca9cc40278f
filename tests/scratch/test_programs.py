# SPDX-License-Identifier: BSD-3-Clause
"""Programs as a reader of the book types them: star imports, explicit layers, a script's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pyconv.datasets import generated_digits

OWN_NETWORK = """
import sys, os
sys.path.append(os.pardir)
import pickle
import numpy as np
from collections import OrderedDict
from pyconv.scratch.layers import *
from pyconv.scratch.gradient import numerical_gradient


class OwnConvNet:
    def __init__(self, filters=4, hidden=12, std=0.05):
        self.params = {}
        self.params['W1'] = std * np.random.randn(filters, 1, 5, 5)
        self.params['b1'] = np.zeros(filters)
        self.params['W2'] = std * np.random.randn(filters * 144, hidden)
        self.params['b2'] = np.zeros(hidden)
        self.params['W3'] = std * np.random.randn(hidden, 10)
        self.params['b3'] = np.zeros(10)
        self.layers = OrderedDict()
        self.layers['Conv1'] = Convolution(self.params['W1'], self.params['b1'], 1, 0)
        self.layers['Relu1'] = Relu()
        self.layers['Pool1'] = Pooling(pool_h=2, pool_w=2, stride=2)
        self.layers['Affine1'] = Affine(self.params['W2'], self.params['b2'])
        self.layers['Relu2'] = Relu()
        self.layers['Affine2'] = Affine(self.params['W3'], self.params['b3'])
        self.last_layer = SoftmaxWithLoss()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return self.last_layer.forward(self.predict(x), t)

    def accuracy(self, x, t, batch_size=100):
        if t.ndim != 1:
            t = np.argmax(t, axis=1)
        acc = 0.0
        for i in range(int(x.shape[0] / batch_size)):
            tx = x[i * batch_size:(i + 1) * batch_size]
            tt = t[i * batch_size:(i + 1) * batch_size]
            acc += np.sum(np.argmax(self.predict(tx), axis=1) == tt)
        return acc / x.shape[0]

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        layers = list(self.layers.values())
        layers.reverse()
        for layer in layers:
            dout = layer.backward(dout)
        grads = {}
        for i, name in enumerate(('Conv1', 'Affine1', 'Affine2')):
            grads['W' + str(i + 1)] = self.layers[name].dW
            grads['b' + str(i + 1)] = self.layers[name].db
        return grads

    def save_params(self, file_name='params.pkl'):
        with open(file_name, 'wb') as f:
            pickle.dump(dict(self.params), f)
"""

TRAINING = """
import numpy as np
from pyconv.scratch.mnist import load_mnist
from own_convnet import OwnConvNet
from pyconv.scratch.trainer import Trainer
from pyconv.scratch.util import smooth_curve, shuffle_dataset

np.random.seed(1)
(x_train, t_train), (x_test, t_test) = load_mnist(flatten=False)
x_train, t_train = shuffle_dataset(x_train, t_train)
x_train, t_train = x_train[:500], t_train[:500]
network = OwnConvNet()
trainer = Trainer(network, x_train, t_train, x_test, t_test,
                  epochs=6, mini_batch_size=50,
                  optimizer='Adam', optimizer_param={'lr': 0.01},
                  evaluate_sample_num_per_epoch=200)
trainer.train()
network.save_params("params.pkl")
print("smooth:", len(smooth_curve(trainer.train_loss_list)))
print("final:", trainer.test_acc_list[-1])
"""

OPTIMIZERS_COMPARED = """
from pyconv.scratch.optimizer import *
from pyconv.scratch.multi_layer_net import MultiLayerNet

def df(x, y):
    return x / 10.0, 2.0 * y

optimizers = {'SGD': SGD(lr=0.95), 'Momentum': Momentum(lr=0.1),
              'AdaGrad': AdaGrad(lr=1.5), 'Adam': Adam(lr=0.3)}
for key in optimizers:
    params = {'x': -7.0, 'y': 2.0}
    grads = {}
    for i in range(30):
        grads['x'], grads['y'] = df(params['x'], params['y'])
        optimizers[key].update(params, grads)
    assert abs(params['x']) < 4.5 and abs(params['y']) < 1, (key, params)

np.random.seed(0)
x, t = np.random.rand(50, 6), np.random.randint(0, 3, 50)
for name in optimizers:
    net, optimizer = MultiLayerNet(input_size=6, hidden_size_list=[8, 8], output_size=3), Adam()
    before = net.loss(x, t)
    for i in range(20):
        optimizer.update(net.params, net.gradient(x, t))
    assert net.loss(x, t) < before
print('fine')
"""

FILTERS_AND_HALF_FLOATS = """
import numpy as np
from pyconv.scratch.nets import SimpleConvNet
from pyconv.scratch.layers import Convolution
from pyconv.scratch.mnist import load_mnist

(x_train, t_train), (x_test, t_test) = load_mnist(flatten=False)
network = SimpleConvNet()
network.load_params('trained.pkl')
assert abs(network.params['b1'][0] - 0.25) < 1e-12
img = x_test[0].reshape(1, 1, 28, 28)
for i in range(16):
    w = network.params['W1'][i]
    w = w.reshape(1, *w.shape)
    out = Convolution(w, 0).forward(img)
    out = out.reshape(out.shape[2], out.shape[3])
    assert out.shape == (24, 24)
full = network.predict(x_test[:20])
x_test = x_test.astype(np.float16)
for param in network.params.values():
    param[...] = param.astype(np.float16)
half = network.predict(x_test[:20])
assert half.dtype == np.float64 and (half != full).any() and np.allclose(half, full, atol=1e-2)
print('fine')
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for programs, with a small MNIST of generated digits beside them."""
    images, labels = generated_digits(900, seed=2)
    (tmp_path / "data" / "mnist").mkdir(parents=True)
    np.savez_compressed(
        tmp_path / "data" / "mnist" / "mnist.npz",
        x_train=images[:700], y_train=labels[:700], x_test=images[700:], y_test=labels[700:],
    )  # fmt: skip
    return tmp_path


def run(folder: Path, name: str, program: str) -> list[str]:
    (folder / name).write_text(program)
    (folder / "elsewhere").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, str(folder / name)],
        cwd=folder / "elsewhere",
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            "PYCONV_DATA": str(folder / "data"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_network_of_ones_own_trains_by_the_trainer(folder: Path) -> None:
    (folder / "own_convnet.py").write_text(OWN_NETWORK)
    shown = run(folder, "train.py", TRAINING)
    assert sum(line.startswith("train loss:") for line in shown) == 60
    assert [line[:11] for line in shown if line.startswith("===")] == [
        *(f"=== epoch:{i}" for i in range(1, 7)),
        "=" * 11,
    ]
    assert shown[-2] == "smooth: 60"
    assert float(shown[-1].removeprefix("final: ")) > 0.5
    assert (folder / "elsewhere" / "params.pkl").read_bytes()[:1] == b"\x80"


def test_optimizers_move_plain_numbers_and_networks(folder: Path) -> None:
    assert run(folder, "compare.py", OPTIMIZERS_COMPARED) == ["fine"]


def test_filters_of_a_trained_network_and_half_floats(folder: Path) -> None:
    from pyconv.scratch.nets import SimpleConvNet

    network = SimpleConvNet()
    network.params["b1"][...] = 0.25
    network.save_params(folder / "trained.pkl")
    assert run(folder, "filters.py", FILTERS_AND_HALF_FLOATS) == ["fine"]
