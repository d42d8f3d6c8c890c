"""Golden results of torch's batch-norm folds: fuse_conv_bn_eval and fuse_linear_bn_eval.

Writes packages/fuser-conv-bn/test/golden/folds.json. Inputs come from a formula (INPUTS below)
that the tests repeat, so the file holds only the folded weights and biases, bit for bit.

Run: python scripts/python/golden_folds.py
"""

import itertools
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval

from golden import ROOT, base64_of, dtype_name, sha256_of, write_json

OUTPUT = ROOT / "packages/fuser-conv-bn/test/golden/folds.json"

INPUTS = [
    "value(seed, i) = ((seed * 7919 + i * 104729 + (i * i % 1009) * 31) % 2003) / 1024",
    "  - 0.978515625, where i is the flat row-major index; exact in float32 and float64.",
    "Layer weight, layer bias, bn mean and bn beta: value(seeds.NAME, i).",
    "bn gamma: value(seeds.gamma, i) + 1.25, negated where i % 3 == 2.",
    "bn variance: 0.25 + abs(value(seeds.var, i)) * 1.5.",
    "All are then rounded to the dtype of their layer, to nearest, ties to even.",
    "Shapes as in torch: [out, in / groups, ...kernel]; transposed [in, out / groups, ...kernel];",
    "Linear [out, in]. bias: the layer has one. affine: bn has gamma. bnBias: bn has beta.",
    "expected: little-endian bytes, in base64 (weight, bias) or their sha256 (weightSha256,",
    "biasSha256). source: torch, or formula where torch's own fold is broken (transposed with",
    "groups > 1): there torch's fold ran on each group alone.",
]

FLOAT32, FLOAT64, FLOAT16, BFLOAT16 = torch.float32, torch.float64, torch.float16, torch.bfloat16
DTYPES = [FLOAT32, FLOAT64, FLOAT16, BFLOAT16]

# (in, out, kernel, groups) of every kind: plain, two groups, depthwise.
SHAPES = {
    "Conv1d": [(3, 4, [3], 1), (4, 6, [2], 2), (4, 4, [3], 4)],
    "Conv2d": [(3, 4, [3, 3], 1), (4, 6, [1, 3], 2), (3, 6, [3, 2], 3), (6, 6, [3, 3], 6)],
    "Conv3d": [(2, 3, [2, 2, 2], 1), (4, 4, [1, 2, 3], 2), (4, 4, [2, 2, 2], 4)],
    "ConvTranspose1d": [(3, 4, [3], 1), (4, 6, [2], 2), (4, 4, [3], 4)],
    "ConvTranspose2d": [(3, 4, [3, 3], 1), (4, 6, [1, 3], 2), (6, 3, [2, 2], 3), (4, 4, [3, 3], 4)],
    "ConvTranspose3d": [(2, 3, [2, 2, 2], 1), (4, 4, [1, 2, 3], 2), (4, 4, [2, 2, 2], 4)],
    "Linear": [(5, 4, [], 1), (8, 3, [], 1), (1, 6, [], 1)],
}


@dataclass
class Case:
    kind: str
    shape: tuple
    bias: bool
    dtype: torch.dtype = FLOAT32
    bn_dtype: torch.dtype = FLOAT32
    eps: float = 1e-5
    affine: bool = True
    bn_bias: bool = True
    features: int | None = None
    hashed: bool = False


def all_cases():
    for bias in (True, False):
        for kind, shapes in SHAPES.items():
            yield from (Case(kind, shape, bias) for shape in shapes)
            yield from (Case(kind, shapes[0], bias, eps=eps) for eps in (1e-3, 0.0))
        for kind in [name for name in SHAPES if name != "Linear"]:
            yield Case(kind, SHAPES[kind][0], bias, affine=False, bn_bias=False)
            yield Case(kind, SHAPES[kind][0], bias, bn_bias=False)
        for dtype, bn_dtype in itertools.product(DTYPES, DTYPES):
            yield Case("Conv2d", (2, 5, [3, 2], 1), bias, dtype, bn_dtype)
            yield Case("Linear", (7, 6, [], 1), bias, dtype, bn_dtype)
        for dtype in (FLOAT64, FLOAT16, BFLOAT16):
            yield Case("ConvTranspose2d", (4, 6, [2, 2], 2), bias, dtype, dtype)
            yield Case("Conv2d", (2, 5, [3, 2], 1), bias, dtype, affine=False, bn_bias=False)
        yield Case("Linear", (5, 4, [], 1), bias, features=1)
        yield Case("Conv2d", (16, 35, [3, 3], 1), bias, hashed=True)


def value(seed, count):
    i = np.arange(count, dtype=np.int64)
    remainder = (seed * 7919 + i * 104729 + (i * i % 1009) * 31) % 2003
    return remainder / 1024 - 0.978515625


def gamma_value(seed, count):
    return (value(seed, count) + 1.25) * np.where(np.arange(count) % 3 == 2, -1, 1)


def var_value(seed, count):
    return 0.25 + np.abs(value(seed, count)) * 1.5


def fill(tensor, seed, formula=value):
    if tensor is not None:
        tensor.data.copy_(torch.from_numpy(formula(seed, tensor.numel())).reshape(tensor.shape))


def build_layer(case, seeds):
    size_in, size_out, kernel, groups = case.shape
    options = {"bias": case.bias, "dtype": case.dtype}
    if case.kind == "Linear":
        layer = nn.Linear(size_in, size_out, **options)
    else:
        layer = getattr(nn, case.kind)(size_in, size_out, kernel, groups=groups, **options)
    fill(layer.weight, seeds["weight"])
    fill(layer.bias, seeds["bias"])
    return layer.eval()


def build_bn(case, seeds):
    dimensions = "1d" if case.kind == "Linear" else case.kind[-2:]
    bn_class = getattr(nn, f"BatchNorm{dimensions}")
    bn = bn_class(
        case.features or case.shape[1],
        eps=case.eps,
        affine=case.affine,
        bias=case.bn_bias,
        dtype=case.bn_dtype,
    )
    fill(bn.running_mean, seeds["mean"])
    fill(bn.running_var, seeds["var"], var_value)
    fill(bn.weight, seeds["gamma"], gamma_value)
    fill(bn.bias, seeds["beta"])
    return bn.eval()


def chunks(tensor, groups):
    return [None] * groups if tensor is None else tensor.chunk(groups)


def fold_each_group(conv, bn):
    """Torch's own fold, applied to every group of a transposed convolution by itself."""
    per_channel = (conv.bias, bn.running_mean, bn.running_var, bn.weight, bn.bias)
    folded = [
        fuse_conv_bn_weights(weight, bias, mean, var, bn.eps, gamma, beta, transpose=True)
        for weight, bias, mean, var, gamma, beta in zip(
            conv.weight.chunk(conv.groups), *(chunks(tensor, conv.groups) for tensor in per_channel)
        )
    ]
    weights, biases = zip(*folded)
    return torch.cat(weights), torch.cat(biases), "formula"


def fold(layer, bn):
    if isinstance(layer, nn.Linear):
        folded = fuse_linear_bn_eval(layer, bn)
    elif layer.transposed and layer.groups > 1:
        return fold_each_group(layer, bn)
    else:
        folded = fuse_conv_bn_eval(layer, bn, transpose=layer.transposed)
    return folded.weight, folded.bias, "torch"


def expected(case, weight, bias):
    if case.hashed:
        return {"weightSha256": sha256_of(weight), "biasSha256": sha256_of(bias)}
    return {"weight": base64_of(weight), "bias": base64_of(bias)}


def record(number, case):
    names = ["weight", "bias", "mean", "var", "gamma", "beta"]
    seeds = {name: number * len(names) + offset for offset, name in enumerate(names, start=1)}
    layer, bn = build_layer(case, seeds), build_bn(case, seeds)
    weight, bias, source = fold(layer, bn)
    size_in, size_out, kernel, groups = case.shape
    return {
        "id": f"{number:03}-{case.kind}-{dtype_name(case.dtype)}-{dtype_name(case.bn_dtype)}",
        "kind": case.kind,
        "in": size_in,
        "out": size_out,
        "kernel": kernel,
        "groups": groups,
        "features": bn.num_features,
        "dtype": dtype_name(case.dtype),
        "bnDtype": dtype_name(case.bn_dtype),
        "bias": case.bias,
        "affine": case.affine,
        "bnBias": case.bn_bias,
        "eps": case.eps,
        "seeds": seeds,
        "source": source,
        "expected": expected(case, weight, bias),
    }


def main():
    torch.set_num_threads(1)
    cases = [record(number, case) for number, case in enumerate(all_cases())]
    write_json(OUTPUT, {"torch": torch.__version__, "inputs": INPUTS, "cases": cases})


if __name__ == "__main__":
    main()
