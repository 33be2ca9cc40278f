# SPDX-License-Identifier: BSD-3-Clause
"""Ready networks: functions that return a model, not yet compiled, and the table of all.

Those in CamelCase have the signature of keras.applications; their modules hold preprocess_input and
decode_predictions.
"""

from pyconv.applications.alexnet import AlexNet, AlexNet2014, AlexNetUngrouped
from pyconv.applications.binary_convnets import (
    cats_dogs_convnet,
    cats_dogs_convnet_150,
    cats_dogs_convnet_augmented,
    gender_convnet,
    transfer_head,
)
from pyconv.applications.deep_convnet import deep_convnet
from pyconv.applications.densenet import DenseNet121, DenseNet169, DenseNet201
from pyconv.applications.digits import DIGITS_FILE, digits
from pyconv.applications.dropout_convnets import (
    cifar_convnet,
    fashion_convnet,
    leader_board_convnet,
    small_convnet,
)
from pyconv.applications.efficientnet import (
    EfficientNetB0,
    EfficientNetB1,
    EfficientNetB2,
    EfficientNetB3,
    EfficientNetB4,
    EfficientNetB5,
    EfficientNetB6,
    EfficientNetB7,
)
from pyconv.applications.googlenet import GoogLeNet, with_auxiliary_classifiers
from pyconv.applications.lenet_5 import lenet_5, lenet_5_original, lenet_5_same, lenet_caffe
from pyconv.applications.mnist_convnet import (
    mnist_convnet,
    mnist_convnet_first_edition,
    mnist_convnet_unpooled,
    mnist_dense_net,
)
from pyconv.applications.mobilenet import MobileNet
from pyconv.applications.networks import NETWORKS, Network
from pyconv.applications.resnet import ResNet18, ResNet34, ResNet50, ResNet101, ResNet152
from pyconv.applications.resnet_20 import resnet_20
from pyconv.applications.simple_convnet import simple_convnet
from pyconv.applications.slide_convnet import slide_classifier, slide_convnet
from pyconv.applications.small_residual_nets import mini_xception, small_residual_net
from pyconv.applications.transfer_nets import (
    birds_resnet50,
    cats_dogs_vgg16,
    cats_dogs_vgg16_features,
    cats_dogs_vgg16_tuned,
    gender_vgg16,
)
from pyconv.applications.vgg16 import VGG16
from pyconv.applications.vgg19 import VGG19
from pyconv.applications.xception import Xception

from pyconv.applications import imagenet_utils, resnet50  # isort: skip

__all__ = [
    "DIGITS_FILE",
    "NETWORKS",
    "VGG16",
    "VGG19",
    "AlexNet",
    "AlexNet2014",
    "AlexNetUngrouped",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "GoogLeNet",
    "MobileNet",
    "Network",
    "ResNet18",
    "ResNet34",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "Xception",
    "birds_resnet50",
    "cats_dogs_convnet",
    "cats_dogs_convnet_150",
    "cats_dogs_convnet_augmented",
    "cats_dogs_vgg16",
    "cats_dogs_vgg16_features",
    "cats_dogs_vgg16_tuned",
    "cifar_convnet",
    "deep_convnet",
    "digits",
    "fashion_convnet",
    "gender_convnet",
    "gender_vgg16",
    "imagenet_utils",
    "leader_board_convnet",
    "lenet_5",
    "lenet_5_original",
    "lenet_5_same",
    "lenet_caffe",
    "mini_xception",
    "mnist_convnet",
    "mnist_convnet_first_edition",
    "mnist_convnet_unpooled",
    "mnist_dense_net",
    "resnet50",
    "resnet_20",
    "simple_convnet",
    "slide_classifier",
    "slide_convnet",
    "small_convnet",
    "small_residual_net",
    "transfer_head",
    "with_auxiliary_classifiers",
]
