"""Golden results of torch's default qconfig mappings: which operators have a grid that is fixed.

Writes packages/quantization/test/golden/fixed-grids.json.

Run: python scripts/python/golden_quantization_fixed.py
"""

import warnings

import torch
from torch.ao.quantization import get_default_qat_qconfig_mapping, get_default_qconfig_mapping
from torch.ao.quantization.quantize_fx import prepare_fx, prepare_qat_fx

from golden import ROOT, write_json

BACKENDS = ["x86", "qnnpack", "onednn"]
MODULES = [torch.nn.Sigmoid, torch.nn.Softmax, torch.nn.Hardsigmoid, torch.nn.Tanh]


def between_layers(activation):
    """What is put behind the activation where it stands between two linear layers."""
    made = activation(dim=1) if activation is torch.nn.Softmax else activation()
    return torch.nn.Sequential(torch.nn.Linear(4, 4), made, torch.nn.Linear(4, 4))


def grid_of(prepared):
    (call,) = [node for node in prepared.graph.nodes if node.target == "1"]
    (user,) = call.users
    watcher = prepared.get_submodule(user.target)
    scale, zero_point = watcher.calculate_qparams()
    observer = getattr(watcher, "activation_post_process", watcher)
    return {
        "scale": float(scale),
        "zeroPoint": int(zero_point),
        "dtype": str(observer.dtype),
        "min": observer.quant_min,
        "max": observer.quant_max,
    }


def grids(backend, training):
    mapping = (get_default_qat_qconfig_mapping if training else get_default_qconfig_mapping)(backend)
    example = (torch.zeros(1, 4),)
    for module in MODULES:
        model = between_layers(module).train(training)
        prepared = (prepare_qat_fx if training else prepare_fx)(model, mapping, example)
        yield {"backend": backend, "training": training, "module": module.__name__, **grid_of(prepared)}


def main():
    warnings.simplefilter("ignore")
    cases = [
        grid
        for backend in BACKENDS
        for training in (False, True)
        for grid in grids(backend, training)
    ]
    path = ROOT / "packages/quantization/test/golden/fixed-grids.json"
    write_json(path, {"torch": torch.__version__, "cases": cases})


if __name__ == "__main__":
    main()
