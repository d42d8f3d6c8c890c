"""Golden gradients of torch's layers, for the runtime.

Writes packages/runtime/test/golden/gradients.json. Inputs, weights and cotangents come from the formula of
golden_forward.py: inputs seed 1, weight 11, bias 12, cotangent 21. Where a case has `levels`, inputs are rounded
down to that many steps from -1 to 1, so that windows hold several largest elements. Padding is in pairs.

Run: python scripts/python/golden_gradients.py
"""

import torch
from torch.nn import functional

from golden import ROOT, write_json
from golden_forward import encoded, value

OUTPUT = ROOT / "packages/runtime/test/golden/gradients.json"

POOLS = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
AVERAGES = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}
ADAPTIVE = {
    1: functional.adaptive_avg_pool1d, 2: functional.adaptive_avg_pool2d, 3: functional.adaptive_avg_pool3d,
}
CONVS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
TRANSPOSED = {1: functional.conv_transpose1d, 2: functional.conv_transpose2d, 3: functional.conv_transpose3d}


def pairs(padding):
    return [[p, p] for p in padding]


def case(kind, compute, shape, arguments, weight=None, bias=None, levels=None, **more):
    x = value(1, shape)
    if levels is not None:
        x = torch.floor(x * levels / 2) / levels * 2
    given = {"x": x, "weight": value(11, weight) if weight else None, "bias": value(12, bias) if bias else None}
    leaves = {name: t.requires_grad_() for name, t in given.items() if t is not None}
    y = compute(**leaves)
    (y * value(21, list(y.shape))).sum().backward()
    made = {"kind": kind, "arguments": arguments, "input": shape, **more}
    made.update({"weight": weight} if weight else {}, **({"bias": bias} if bias else {}))
    made.update({} if levels is None else {"levels": levels})
    return {**made, "output": encoded(y), "gradients": {k: encoded(t.grad) for k, t in leaves.items()}}


def max_pools():
    for shape, kernel, stride, padding, dilation, ceil in [
        ([2, 3, 9], [2], [2], [0], [1], False),
        ([2, 3, 9], [3], [2], [1], [2], False),
        ([2, 2, 6, 7], [2, 2], [2, 2], [0, 0], [1, 1], False),
        ([2, 2, 6, 7], [3, 2], [2, 1], [1, 0], [1, 2], False),
        ([2, 2, 6, 7], [3, 3], [1, 1], [1, 1], [1, 1], False),
        ([2, 2, 6, 7], [3, 3], [2, 2], [1, 0], [1, 1], True),
        ([2, 2, 6, 7], [1, 2], [3, 3], [0, 0], [1, 1], False),
        ([1, 2, 4, 5, 4], [2, 3, 2], [2, 2, 1], [0, 1, 0], [1, 1, 1], False),
    ]:
        axes = len(kernel)
        arguments = {
            "kernelSize": kernel, "stride": stride, "padding": pairs(padding), "dilation": dilation,
            "ceilMode": ceil,
        }
        compute = lambda x: POOLS[axes](x, kernel, stride, padding, dilation, ceil)
        for levels in (None, 4, 1):
            yield case(f"MaxPool{axes}d", compute, shape, arguments, levels=levels)


def averages():
    for shape, kernel, stride, padding, ceil, counts in [
        ([2, 3, 9], [3], [2], [1], False, True),
        ([2, 2, 6, 7], [2, 2], [2, 2], [0, 0], False, True),
        ([2, 2, 6, 7], [3, 3], [2, 1], [1, 1], True, False),
        ([1, 2, 4, 5, 4], [2, 2, 2], [2, 2, 2], [1, 0, 0], False, True),
    ]:
        axes = len(kernel)
        arguments = {
            "kernelSize": kernel, "stride": stride, "padding": pairs(padding), "ceilMode": ceil,
            "countIncludePad": counts,
        }
        compute = lambda x: AVERAGES[axes](x, kernel, stride, padding, ceil, counts)
        yield case(f"AvgPool{axes}d", compute, shape, arguments)
    for shape, size in [([2, 3, 9], [4]), ([2, 2, 6, 7], [1, 1]), ([2, 2, 6, 7], [4, 3])]:
        axes = len(size)
        compute = lambda x: ADAPTIVE[axes](x, size)
        yield case(f"AdaptiveAvgPool{axes}d", compute, shape, {"outputSize": size})


def padded(x, padding, mode):
    """torch wants the last axis first."""
    return functional.pad(x, [p for amount in reversed(padding) for p in (amount, amount)], mode=mode)


def convolutions():
    for shape, weight, groups, stride, padding, dilation, mode in [
        ([2, 4, 9], [8, 4, 3], 1, [2], [1], [1], "zeros"),
        ([2, 4, 6, 7], [8, 4, 3, 3], 1, [1, 1], [1, 1], [1, 1], "zeros"),
        ([2, 4, 6, 7], [8, 2, 3, 2], 2, [2, 1], [1, 0], [1, 2], "zeros"),
        ([2, 8, 6, 7], [24, 2, 2, 3], 4, [1, 2], [0, 1], [1, 1], "zeros"),
        ([2, 3, 6, 7], [60, 1, 3, 3], 3, [1, 1], [1, 1], [1, 1], "zeros"),
        ([2, 4, 6, 7], [4, 1, 3, 3], 4, [1, 1], [1, 1], [1, 1], "zeros"),
        ([2, 4, 6, 7], [8, 1, 3, 3], 4, [2, 2], [1, 1], [1, 1], "zeros"),
        ([2, 4, 6, 7], [8, 2, 3, 3], 2, [1, 1], [1, 2], [1, 1], "circular"),
        ([2, 4, 6, 7], [8, 4, 3, 3], 1, [2, 1], [1, 2], [1, 1], "reflect"),
        ([2, 4, 6, 7], [8, 4, 3, 3], 1, [1, 1], [2, 1], [1, 1], "replicate"),
        ([1, 4, 4, 5, 4], [6, 2, 2, 2, 2], 2, [2, 1, 1], [1, 0, 1], [1, 1, 1], "zeros"),
    ]:
        axes = len(stride)

        def compute(x, weight, bias):
            if mode == "zeros":
                return CONVS[axes](x, weight, bias, stride, padding, dilation, groups)
            return CONVS[axes](padded(x, padding, mode), weight, bias, stride, 0, dilation, groups)

        arguments = {
            "groups": groups, "stride": stride, "padding": pairs(padding), "dilation": dilation,
            "paddingMode": mode,
        }
        yield case(f"Conv{axes}d", compute, shape, arguments, weight, [weight[0]])


def transposed():
    for shape, weight, groups, stride, padding, output_padding, dilation in [
        ([2, 4, 5], [4, 3, 3], 1, [2], [1], [1], [1]),
        ([2, 4, 4, 5], [4, 3, 2, 2], 1, [2, 2], [0, 0], [0, 0], [1, 1]),
        ([2, 8, 4, 5], [8, 3, 3, 2], 2, [2, 1], [1, 0], [1, 0], [1, 2]),
        ([2, 4, 4, 5], [4, 2, 3, 3], 4, [1, 1], [1, 1], [0, 0], [1, 1]),
        ([1, 4, 3, 3, 2], [4, 2, 2, 2, 2], 1, [1, 2, 1], [0, 1, 0], [0, 0, 0], [1, 1, 1]),
    ]:
        axes = len(stride)
        compute = lambda x, weight, bias: TRANSPOSED[axes](
            x, weight, bias, stride, padding, output_padding, groups, dilation
        )
        arguments = {
            "groups": groups, "stride": stride, "padding": pairs(padding), "outputPadding": output_padding,
            "dilation": dilation,
        }
        yield case(f"ConvTranspose{axes}d", compute, shape, arguments, weight, [weight[1] * groups])


def norms():
    """`statistics`: whether running statistics are kept, with seeds 13 and 14 as in golden_forward.py."""
    for kind, shape in [
        ("BatchNorm1d", [5, 3]), ("BatchNorm1d", [2, 3, 4]), ("BatchNorm2d", [2, 3, 4, 2]),
        ("BatchNorm3d", [2, 3, 2, 3, 2]),
    ]:
        for training, statistics, affine in [
            (True, True, True), (False, True, True), (False, False, True), (True, True, False),
            (False, True, False),
        ]:
            mean, variance = value(13, [3]), 0.25 + 1.5 * value(14, [3]).abs()
            given = (mean, variance) if statistics else (None, None)
            uses_batch = training or not statistics

            def compute(x, weight=None, bias=None):
                return functional.batch_norm(x, *given, weight, bias, uses_batch, 0.1, 1e-3)

            arguments = {"numFeatures": 3, "eps": 1e-3}
            named = {"weight": [3], "bias": [3]} if affine else {}
            yield case(kind, compute, shape, arguments, **named, training=training, statistics=statistics)


def main():
    torch.set_num_threads(1)
    cases = [*max_pools(), *averages(), *convolutions(), *transposed(), *norms()]
    write_json(OUTPUT, {"torch": torch.__version__, "cases": cases})


if __name__ == "__main__":
    main()
