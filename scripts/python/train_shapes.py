"""Train the example network on drawn shapes and export it with its batch-norms.

Writes examples/models/shapes.onnx (TorchScript exporter), examples/models/shapes.dynamo.onnx
(dynamo exporter) and 500 test pictures with labels in examples/models/shapes-test/.

Run: python scripts/python/train_shapes.py (some minutes on one core)
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from onnx_export import export_dynamo, export_torchscript, run
from shapes_data import CLASSES, make_shapes

FOLDER = Path(__file__).resolve().parents[2] / "examples/models"
TRAIN_COUNT, TEST_COUNT = 12_000, 500
EPOCHS, BATCH_SIZE = 8, 64


class ConvBn(nn.Module):
    def __init__(self, size_in, size_out, kernel, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(
            size_in, size_out, kernel, padding=kernel // 2, groups=groups, bias=False
        )
        self.bn = nn.BatchNorm2d(size_out)

    def forward(self, x):
        return self.bn(self.conv(x))


class Separable(nn.Module):
    """A depthwise and a pointwise convolution."""

    def __init__(self, size_in, size_out):
        super().__init__()
        self.depthwise = ConvBn(size_in, size_in, 3, groups=size_in)
        self.pointwise = ConvBn(size_in, size_out, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.pointwise(self.relu(self.depthwise(x))))


class Residual(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.first = ConvBn(size, size, 3)
        self.second = ConvBn(size, size, 3)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(x + self.second(self.relu(self.first(x))))


class PreActivation(nn.Module):
    """The convolution feeds both the batch-norm and the skip around it: it must stay as it is."""

    def __init__(self, size_in, size_out):
        super().__init__()
        self.conv = nn.Conv2d(size_in, size_out, 3, padding=1)
        self.bn = nn.BatchNorm2d(size_out)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.conv(x)
        return x + self.relu(self.bn(x))


class Head(nn.Module):
    def __init__(self, size_in, hidden, classes):
        super().__init__()
        self.fc1 = nn.Linear(size_in, hidden)
        self.bn = nn.BatchNorm1d(hidden)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.fc2(self.relu(self.bn(self.fc1(x))))


class ShapesNet(nn.Module):
    """Takes raw pixels 0..255; `pixels` normalises them before a zero-padded convolution."""

    def __init__(self):
        super().__init__()
        self.pixels = nn.BatchNorm2d(1)
        self.stem = ConvBn(1, 16, 3)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.block1 = Separable(16, 32)
        self.block2 = Residual(32)
        self.block3 = PreActivation(32, 48)
        self.block4 = ConvBn(48, 64, 1)
        self.average = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.head = Head(64, 128, len(CLASSES))

    def forward(self, x):
        x = self.pool(self.relu(self.stem(self.pixels(x))))
        x = self.pool(self.block2(self.block1(x)))
        x = self.block4(self.block3(x))
        return self.head(self.flatten(self.average(x)))


def train(model, images, labels):
    steps = EPOCHS * -(-len(images) // BATCH_SIZE)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=steps)
    for epoch in range(EPOCHS):
        for rows in torch.randperm(len(images)).split(BATCH_SIZE):
            loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {EPOCHS}: loss of the last batch {loss.item():.4f}")


def accuracy(logits, labels):
    return f"{(logits.argmax(1) == labels).mean():.2%}"


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = ShapesNet()
    images, labels = make_shapes(TRAIN_COUNT, seed=1)
    train(model, torch.from_numpy(images).float(), torch.from_numpy(labels).long())
    model.eval()

    test_images, test_labels = make_shapes(TEST_COUNT, seed=2)
    (FOLDER / "shapes-test").mkdir(parents=True, exist_ok=True)
    np.save(FOLDER / "shapes-test/inputs.npy", test_images)
    np.save(FOLDER / "shapes-test/labels.npy", test_labels)

    batch = torch.from_numpy(test_images).float()
    with torch.no_grad():
        print("torch:", accuracy(model(batch).numpy(), test_labels))
    exporters = {"shapes.onnx": export_torchscript, "shapes.dynamo.onnx": export_dynamo}
    for name, export in exporters.items():
        export(model, batch[:2], FOLDER / name, names=("image", "logits"))
        print(f"{name}:", accuracy(run(FOLDER / name, batch.numpy()), test_labels))


if __name__ == "__main__":
    main()
