"""Well-known networks, in the sizes of their papers or narrow and shallow, plus small ones.

Submodules carry the names torchvision gives them, so that exported files look like real ones.
"""

import torch
from torch import nn


def conv(size_in, size_out, kernel, stride=1, groups=1):
    padding = kernel // 2
    return nn.Conv2d(size_in, size_out, kernel, stride, padding, groups=groups, bias=False)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, size_in, width, stride, downsample):
        super().__init__()
        self.conv1 = conv(size_in, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.conv2 = conv(width, width, 3)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = downsample

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        skip = x if self.downsample is None else self.downsample(x)
        return self.relu(out + skip)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, size_in, width, stride, downsample):
        super().__init__()
        self.conv1 = conv(size_in, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv(width, width * self.expansion, 1)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.relu = nn.ReLU()
        self.downsample = downsample

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        skip = x if self.downsample is None else self.downsample(x)
        return self.relu(out + skip)


class ResNet(nn.Module):
    def __init__(self, block, depths, widths=(64, 128, 256, 512), classes=1000):
        super().__init__()
        self.size = widths[0]
        self.conv1 = nn.Conv2d(3, self.size, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(self.size)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layers = [f"layer{number}" for number in range(1, len(depths) + 1)]
        for name, width, depth in zip(self.layers, widths, depths):
            stride = 1 if name == "layer1" else 2
            self.add_module(name, self.make_layer(block, width, depth, stride))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(self.size, classes)

    def make_layer(self, block, width, depth, stride):
        downsample = None
        size_out = width * block.expansion
        if stride != 1 or self.size != size_out:
            project = conv(self.size, size_out, 1, stride)
            downsample = nn.Sequential(project, nn.BatchNorm2d(size_out))
        first = block(self.size, width, stride, downsample)
        self.size = size_out
        return nn.Sequential(first, *(block(size_out, width, 1, None) for _ in range(depth - 1)))

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name in self.layers:
            x = getattr(self, name)(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


def conv_bn_relu6(size_in, size_out, kernel, stride=1, groups=1):
    layer = conv(size_in, size_out, kernel, stride, groups)
    return nn.Sequential(layer, nn.BatchNorm2d(size_out), nn.ReLU6())


class InvertedResidual(nn.Module):
    def __init__(self, size_in, size_out, stride, expansion):
        super().__init__()
        hidden = size_in * expansion
        expand = [conv_bn_relu6(size_in, hidden, 1)] if expansion > 1 else []
        depthwise = conv_bn_relu6(hidden, hidden, 3, stride, groups=hidden)
        project = [conv(hidden, size_out, 1), nn.BatchNorm2d(size_out)]
        self.conv = nn.Sequential(*expand, depthwise, *project)
        self.skip = stride == 1 and size_in == size_out

    def forward(self, x):
        return x + self.conv(x) if self.skip else self.conv(x)


# Rows of (expansion, width, depth, stride).
MOBILENET_V2 = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
]


class MobileNetV2(nn.Module):
    def __init__(self, rows=MOBILENET_V2, stem=32, last=1280, classes=1000):
        super().__init__()
        layers, size = [conv_bn_relu6(3, stem, 3, stride=2)], stem
        for expansion, width, depth, first_stride in rows:
            for stride in [first_stride] + [1] * (depth - 1):
                layers.append(InvertedResidual(size, width, stride, expansion))
                size = width
        self.features = nn.Sequential(*layers, conv_bn_relu6(size, last, 1))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(last, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean([2, 3]))


def mlp(sizes):
    layers = []
    for size_in, size_out in zip(sizes[:-2], sizes[1:-1]):
        layers += [nn.Linear(size_in, size_out), nn.BatchNorm1d(size_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def upsampler():
    """Transposed convolutions: with a bias, without one, and in groups."""
    return nn.Sequential(
        nn.ConvTranspose2d(6, 8, 4, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.ConvTranspose2d(4, 6, 2, stride=2, groups=2),
        nn.BatchNorm2d(6),
        nn.Tanh(),
    )


def signal_net():
    return nn.Sequential(
        nn.Conv1d(2, 6, 5, padding=2, bias=False),
        nn.BatchNorm1d(6),
        nn.ReLU(),
        nn.Conv1d(6, 6, 3, dilation=2, groups=2),
        nn.BatchNorm1d(6),
        nn.ReLU(),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(6, 3),
    )


def volume_net(bias):
    return nn.Sequential(
        nn.Conv3d(1, 4, 3, padding=1, bias=bias),
        nn.BatchNorm3d(4),
        nn.ReLU(),
        nn.MaxPool3d(2),
        nn.Conv3d(4, 4, (1, 2, 3)),
        nn.BatchNorm3d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool3d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )
