"""Golden results of torch's parameter initialisation after torch.manual_seed.

Writes packages/ir/test/golden/inits.json: weights and biases as base64 of their little-endian
bytes, or, for the large layer, sha256 and the first 16 weights.

Run: python scripts/python/golden_inits.py
"""

import torch
from torch import nn

from golden import ROOT, base64_of, dtype_name, sha256_of, write_json

OUTPUT = ROOT / "packages/ir/test/golden/inits.json"
SEEDS = [0, 1, 42, 123456789]
STORED_WHOLE = 300

# Each model is a list of layers made one after the other from one generator.
MODELS = {
    "conv1d": [("Conv1d", 2, 3, [3], 1)],
    "conv2d": [("Conv2d", 3, 4, [3, 3], 1)],
    "conv2d-grouped": [("Conv2d", 4, 6, [1, 3], 2)],
    "conv2d-large": [("Conv2d", 8, 16, [3, 3], 1)],
    "conv3d": [("Conv3d", 2, 3, [2, 1, 3], 1)],
    "conv-transpose2d": [("ConvTranspose2d", 3, 4, [2, 3], 1)],
    "conv-transpose2d-grouped": [("ConvTranspose2d", 4, 6, [2, 2], 2)],
    "linear": [("Linear", 5, 4, [], 1)],
    "linear-wide": [("Linear", 40, 7, [], 1)],
    "conv2d-then-linear": [("Conv2d", 1, 4, [3, 3], 1), ("Linear", 6, 5, [], 1)],
}
FLOAT64_MODELS = ["conv2d", "conv-transpose2d", "linear", "conv2d-then-linear"]


def build_layer(spec, dtype):
    kind, size_in, size_out, kernel, groups = spec
    if kind == "Linear":
        return nn.Linear(size_in, size_out, dtype=dtype)
    return getattr(nn, kind)(size_in, size_out, kernel, groups=groups, dtype=dtype)


def stored_weight(weight):
    if weight.numel() <= STORED_WHOLE:
        return {"weight": base64_of(weight)}
    return {"weightSha256": sha256_of(weight), "weightStart": base64_of(weight.flatten()[:16])}


def record_layer(spec, dtype):
    layer = build_layer(spec, dtype)
    keys = ["kind", "in", "out", "kernel", "groups"]
    return dict(zip(keys, spec)) | stored_weight(layer.weight) | {"bias": base64_of(layer.bias)}


def record(name, seed, dtype):
    torch.manual_seed(seed)
    return {
        "id": f"{name}-{dtype_name(dtype)}-{seed}",
        "seed": seed,
        "dtype": dtype_name(dtype),
        "layers": [record_layer(spec, dtype) for spec in MODELS[name]],
    }


def main():
    torch.set_num_threads(1)
    models = [(name, torch.float32) for name in MODELS]
    models += [(name, torch.float64) for name in FLOAT64_MODELS]
    cases = [record(name, seed, dtype) for name, dtype in models for seed in SEEDS]
    write_json(OUTPUT, {"torch": torch.__version__, "cases": cases})


if __name__ == "__main__":
    main()
