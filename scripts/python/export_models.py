"""Export networks with random weights and statistics, as both exporters of torch write them.

Full-size networks go to a folder, .cache/models by default; tiny ones of the same topology go to
packages/onnx/test/models. NAME.torchscript.onnx and NAME.dynamo.onnx keep their batch-norms;
NAME.dynamo-optimized.onnx is the dynamo exporter's default, which has folded them already.

Run: python scripts/python/export_models.py [FOLDER]
"""

import sys
from pathlib import Path

import torch
from torch import nn

from architectures import (
    BasicBlock,
    Bottleneck,
    MobileNetV2,
    ResNet,
    mlp,
    signal_net,
    upsampler,
    volume_net,
)
from onnx_export import difference, export_dynamo, export_torchscript

ROOT = Path(__file__).resolve().parents[2]
TINY_FOLDER = ROOT / "packages/onnx/test/models"
BATCH = 2

# Name: (how to build the network, shape of one input).
FULL = {
    "resnet18": (lambda: ResNet(BasicBlock, [2, 2, 2, 2]), [3, 224, 224]),
    "resnet50": (lambda: ResNet(Bottleneck, [3, 4, 6, 3]), [3, 224, 224]),
    "mobilenetv2_100": (lambda: MobileNetV2(), [3, 224, 224]),
    "mlp": (lambda: mlp([64, 128, 128, 10]), [64]),
}
TINY = {
    "resnet18": (lambda: ResNet(BasicBlock, [1, 1], (4, 8), 10), [3, 32, 32]),
    "resnet50": (lambda: ResNet(Bottleneck, [1, 1], (2, 4), 10), [3, 32, 32]),
    "mobilenetv2": (lambda: MobileNetV2([(1, 4, 1, 1), (3, 4, 1, 1)], 6, 16, 10), [3, 32, 32]),
    "mlp": (lambda: mlp([8, 12, 12, 4]), [8]),
    "conv-transpose": (upsampler, [6, 4, 4]),
    "conv1d": (signal_net, [2, 20]),
    "conv3d": (lambda: volume_net(bias=True), [1, 6, 6, 8]),
    "conv3d-no-bias": (lambda: volume_net(bias=False), [1, 6, 6, 8]),
}

# Equal batch-norms, as before training: the TorchScript exporter stores equal tensors once.
FRESH = "resnet18-fresh"

# The dynamo exporter of torch 2.13 gives Conv3d without bias one of shape [out, 2], which ONNX
# Runtime refuses: https://github.com/microsoft/onnxscript/issues/2931
REFUSED = "conv3d-no-bias.dynamo.onnx"


def randomize(model):
    """Statistics as if trained, and weights large enough for inputs to matter in the outputs."""
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.modules.conv._ConvNd)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
        elif isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 1.5)


def export(export_function, model, shape, path, **options):
    export_function(model, torch.rand(BATCH, *shape), path, **options)
    report = f"{path.name}: {path.stat().st_size} bytes"
    if path.name != REFUSED:
        error = difference(model, path, torch.randn(BATCH + 1, *shape))
        report += f", {error:.1e} from torch in ONNX Runtime"
    print(report)


def export_network(name, build, shape, folder, compact, fresh=False):
    torch.manual_seed(0)
    model = build().eval()
    if not fresh:
        randomize(model)
    export(export_torchscript, model, shape, folder / f"{name}.torchscript.onnx")
    export(export_dynamo, model, shape, folder / f"{name}.dynamo.onnx", compact=compact)
    if name == "resnet18":
        path = folder / f"{name}.dynamo-optimized.onnx"
        export(export_dynamo, model, shape, path, compact=compact, optimize=True)


def export_all(networks, folder, compact):
    folder.mkdir(parents=True, exist_ok=True)
    print(f"In {folder}:")
    for name, (build, shape) in networks.items():
        export_network(name, build, shape, folder, compact)


def main():
    torch.set_num_threads(1)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".cache/models"
    export_all(TINY, TINY_FOLDER, compact=True)
    export_network(FRESH, *TINY["resnet18"], TINY_FOLDER, compact=True, fresh=True)
    export_all(FULL, folder, compact=False)


if __name__ == "__main__":
    main()
